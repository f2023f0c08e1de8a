// Tests of policies on disk, and of what is done with them.
#include "lib/mta-sts/cache.h"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/base/file.h"
#include "lib/mta-sts/policies.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::int64_t now = 1'800'000'000;

Cached cached(const std::string& domain = "example.com", std::int64_t fetched = now, int max_age = 604'800) {
    Cached made{domain, "20160831085700Z", fetched, "", {}};
    made.text = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: " + std::to_string(max_age);
    made.policy = parse_policy(made.text).value();
    return made;
}

TEST(MtaStsCache, AFileHoldsWhatWasFetched) {
    const std::string content = format_cached(cached());
    EXPECT_TRUE(content.starts_with(
        "posthouse-mta-sts 1\ndomain: example.com\nid: 20160831085700Z\nfetched: 1800000000\n\nversion: STSv1\r\n"));
    const auto read = parse_cached(content);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->domain, "example.com");
    EXPECT_EQ(read->id, "20160831085700Z");
    EXPECT_EQ(read->fetched, now);
    EXPECT_EQ(read->text, cached().text);
    EXPECT_EQ(read->policy, cached().policy);
}

TEST(MtaStsCache, ADamagedFileIsNoPolicy) {
    const std::string content = format_cached(cached());
    for (std::size_t i = 0; i < content.size(); ++i) {
        EXPECT_FALSE(parse_cached(content.substr(0, i))) << i;
        std::string flipped = content;
        flipped[i] = static_cast<char>(flipped[i] ^ 1);
        EXPECT_FALSE(parse_cached(flipped)) << i;
    }
}

TEST(MtaStsCache, KeepsPoliciesOverRestarts) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/sts";
    EXPECT_EQ(Cache(path).load("example.com"), std::nullopt);
    ASSERT_TRUE(Cache(path).store(cached()));
    ASSERT_TRUE(Cache(path).store(cached("example.net", now - 1)));
    EXPECT_EQ(Cache(path).load("Example.com")->fetched, now);
    EXPECT_EQ(Cache(path).load("example.net")->fetched, now - 1);
    ASSERT_TRUE(Cache(path).store(cached("example.com", now + 5)));
    EXPECT_EQ(Cache(path).load("example.com")->fetched, now + 5);
    ASSERT_TRUE(Cache(path).remove("example.com"));
    EXPECT_EQ(Cache(path).load("example.com"), std::nullopt);
    EXPECT_TRUE(Cache(path).remove("example.com"));
}

TEST(MtaStsCache, AFileOfAnotherDomainOrAPathCountsForNothing) {
    const TemporaryFolder folder;
    const Cache cache(folder.path());
    std::ofstream(folder.path() + "/example.net.policy") << format_cached(cached("example.com"));
    EXPECT_EQ(cache.load("example.net"), std::nullopt);
    EXPECT_EQ(cache.load("../example.net"), std::nullopt);
    EXPECT_FALSE(cache.store(cached("../x")));
    EXPECT_EQ(cache
                  .store(cached(std::string(60, 'a') + "." + std::string(60, 'a') + "." + std::string(60, 'a') + "." +
                                std::string(60, 'a')))
                  .error()
                  .code,
              ErrorCode::limit);
}

TEST(MtaStsCache, WhatNoLongerHoldsIsRemoved) {
    const TemporaryFolder folder;
    const Cache cache(folder.path());
    ASSERT_TRUE(cache.store(cached("old.example", now - 604'800)));
    ASSERT_TRUE(cache.store(cached("new.example", now - 604'799)));
    std::ofstream(folder.path() + "/bad.example.policy") << "x";
    std::ofstream(folder.path() + "/README") << "x";
    EXPECT_EQ(cache.remove_expired(now), 2u);
    EXPECT_TRUE(cache.load("new.example"));
    EXPECT_EQ(cache.load("old.example"), std::nullopt);
    EXPECT_TRUE(read_file(folder.path() + "/README"));
}

dns::Answer<std::string> txt(std::vector<std::string> records) {
    dns::Answer<std::string> answer;
    answer.outcome = records.empty() ? dns::Outcome::no_data : dns::Outcome::records;
    answer.records = std::move(records);
    return answer;
}

TEST(MtaStsPlan, WithoutAPolicyARecordSaysToFetchOne) {
    EXPECT_EQ(plan(std::nullopt, txt({"v=STSv1; id=1;"}), now), Step::fetch);
    EXPECT_EQ(plan(std::nullopt, txt({}), now), Step::nothing);
    EXPECT_EQ(plan(std::nullopt, {}, now), Step::nothing);
}

TEST(MtaStsPlan, APolicyHoldsWhateverDnsSays) {
    const std::optional<Cached> kept = cached();
    EXPECT_EQ(plan(kept, txt({}), now + 604'799), Step::use_cached);                 // the record is gone
    EXPECT_EQ(plan(kept, {}, now + 604'799), Step::use_cached);                      // no answer
    EXPECT_EQ(plan(kept, txt({"v=STSv1; id=?"}), now + 604'799), Step::use_cached);  // malformed
    EXPECT_EQ(plan(kept, txt({}), now + 604'800), Step::nothing);                    // and ends with its time
    EXPECT_EQ(plan(kept, txt({"v=STSv1; id=20160831085700Z;"}), now + 604'800), Step::fetch);
    EXPECT_EQ(plan(kept, txt({}), now - 1'000'000), Step::use_cached);  // the clock was set back
}

TEST(MtaStsPlan, AnotherIdOrADayMakesItFetchedAnew) {
    const std::optional<Cached> kept = cached();
    const auto same = txt({"v=STSv1; id=20160831085700Z;"});
    EXPECT_EQ(plan(kept, same, now + 86'399), Step::use_cached);
    EXPECT_EQ(plan(kept, same, now + 86'400), Step::fetch);
    EXPECT_EQ(plan(kept, txt({"v=STSv1; id=2;"}), now), Step::fetch);
    EXPECT_EQ(plan(cached("example.com", now, 100), same, now + 49), Step::use_cached);
    EXPECT_EQ(plan(cached("example.com", now, 100), same, now + 50), Step::fetch);
}

}  // namespace
}  // namespace posthouse::mta_sts
