// Tests of what authd remembers of the directory.
#include "auth/server/lookup_cache.h"

#include <gtest/gtest.h>

namespace posthouse::auth {
namespace {

using namespace std::chrono_literals;
using Map = LookupCache::Map;
using Value = LookupCache::Value;

constexpr LookupCache::Time start{};
User make_joe() {
    User user;
    user.email = "joe@example.org";
    user.password = "hash";
    return user;
}

const Value joe = std::optional(make_joe());
const Value nobody = std::optional<User>();

LookupCache::Settings settings(std::size_t bytes = 1 << 20) { return {10s, 2s, 1h, bytes}; }

TEST(LookupCache, AnswersAreFreshForAWhileAndGoodInAnOutageForLonger) {
    LookupCache cache(settings());
    EXPECT_FALSE(cache.fresh(Map::user, "joe@example.org", start));
    cache.remember(Map::user, "joe@example.org", joe, cache.generation(), start);
    cache.remember(Map::user, "ann@example.org", nobody, cache.generation(), start);
    EXPECT_TRUE(cache.fresh(Map::user, "joe@example.org", start + 9s));
    EXPECT_FALSE(cache.fresh(Map::user, "joe@example.org", start + 10s));
    EXPECT_TRUE(cache.fresh(Map::user, "ann@example.org", start + 1s));
    EXPECT_FALSE(cache.fresh(Map::user, "ann@example.org", start + 2s));
    EXPECT_FALSE(cache.fresh(Map::alias, "joe@example.org", start));
    EXPECT_TRUE(cache.in_outage(Map::user, "joe@example.org", start + 59min));
    EXPECT_TRUE(cache.in_outage(Map::user, "ann@example.org", start + 59min));
    EXPECT_FALSE(cache.in_outage(Map::user, "joe@example.org", start + 1h));
}

TEST(LookupCache, ForgetsADomainAndWhoIsResponsibleOrMaySendOrEverything) {
    LookupCache cache(settings());
    const auto note = [&](Map map, const char* key) { cache.remember(map, key, true, cache.generation(), start); };
    note(Map::user, "joe@example.org");
    note(Map::alias, "@example.org");
    note(Map::domain, "example.org");
    note(Map::domain, "example.net");
    note(Map::responsible, "example.net");
    note(Map::sender, "info@example.net");
    const std::vector<std::string> names{"ann@example.org"};
    EXPECT_EQ(cache.forget(names), 5u);
    EXPECT_TRUE(cache.fresh(Map::domain, "example.net", start));
    EXPECT_EQ(cache.forget({}), 1u);
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(LookupCache, AnAnswerThatWasAskedForBeforeAChangeIsNotNoted) {
    LookupCache cache(settings());
    const std::uint64_t generation = cache.generation();
    cache.forget({});
    cache.remember(Map::user, "joe@example.org", joe, generation, start);
    EXPECT_FALSE(cache.fresh(Map::user, "joe@example.org", start));
}

TEST(LookupCache, WhatIsOfAnEarlierVersionIsForAnOutageOnly) {
    LookupCache cache(settings());
    cache.expect(1);
    cache.remember(Map::user, "joe@example.org", joe, cache.generation(), start);
    cache.expect(1);
    EXPECT_TRUE(cache.fresh(Map::user, "joe@example.org", start));
    cache.expect(2);
    EXPECT_FALSE(cache.fresh(Map::user, "joe@example.org", start));
    EXPECT_TRUE(cache.in_outage(Map::user, "joe@example.org", start));
    cache.expect(1);  // somebody who looked earlier, and comes late
    cache.remember(Map::user, "joe@example.org", joe, cache.generation(), start);
    EXPECT_TRUE(cache.fresh(Map::user, "joe@example.org", start));
}

TEST(LookupCache, IsBoundedAndForgetsWhatWasNotUsedForLongest) {
    LookupCache cache(settings(4000));
    const auto key = [](int i) { return "user" + std::to_string(i) + "@example.org"; };
    for (int i = 0; i < 100; ++i) {
        cache.remember(Map::user, key(i), joe, cache.generation(), start);
        EXPECT_TRUE(cache.fresh(Map::user, key(0), start)) << i;
        EXPECT_LE(cache.bytes(), 4000u);
    }
    EXPECT_FALSE(cache.fresh(Map::user, key(1), start));
    EXPECT_TRUE(cache.fresh(Map::user, key(99), start));
    cache.remember(Map::alias, "all@example.org", std::vector<std::string>(1000, "x@example.org"), cache.generation(),
                   start);
    EXPECT_FALSE(cache.fresh(Map::alias, "all@example.org", start));
}

TEST(LookupCache, WithoutRoomNothingIsNoted) {
    LookupCache cache(settings(0));
    cache.remember(Map::user, "joe@example.org", joe, cache.generation(), start);
    EXPECT_FALSE(cache.in_outage(Map::user, "joe@example.org", start));
}

}  // namespace
}  // namespace posthouse::auth
