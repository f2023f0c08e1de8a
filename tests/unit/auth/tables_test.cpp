// Tests of what authd remembers: verdicts, recent log-ins, log-ins for masters; and of its directory connections.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "auth/server/directory_pool.h"
#include "auth/server/login_table.h"
#include "auth/server/recent_log_ins.h"
#include "auth/server/verdict_cache.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {
namespace {

const std::chrono::steady_clock::time_point start{std::chrono::hours(1000)};

TEST(VerdictCache, FindsWhatWasSaidOfThisVeryHashAndPassword) {
    VerdictCache cache;
    cache.remember("{H}one", "secret", true, start);
    cache.remember("{H}one", "wrong", false, start);
    EXPECT_EQ(cache.find("{H}one", "secret", start), true);
    EXPECT_EQ(cache.find("{H}one", "wrong", start), false);
    EXPECT_EQ(cache.find("{H}two", "secret", start), std::nullopt);
    EXPECT_EQ(cache.find("{H}on", "esecret", start), std::nullopt);
}

TEST(VerdictCache, ForgetsAfterAWhileFailuresSooner) {
    VerdictCache cache;
    cache.remember("h", "good", true, start);
    cache.remember("h", "bad", false, start);
    EXPECT_EQ(cache.find("h", "bad", start + VerdictCache::bad_for), std::nullopt);
    EXPECT_EQ(cache.find("h", "good", start + VerdictCache::bad_for), true);
    EXPECT_EQ(cache.find("h", "good", start + VerdictCache::good_for), std::nullopt);
}

TEST(VerdictCache, IsBounded) {
    VerdictCache cache;
    for (std::size_t i = 0; i <= VerdictCache::max_entries; ++i) cache.remember("h", std::to_string(i), true, start);
    EXPECT_EQ(cache.find("h", "0", start), std::nullopt);
    EXPECT_EQ(cache.find("h", std::to_string(VerdictCache::max_entries), start), true);
}

TEST(RecentLogIns, KnowsThePairForADay) {
    RecentLogIns recent;
    recent.remember("joe", "192.0.2.1", start);
    EXPECT_TRUE(recent.knows("joe", "192.0.2.1", start));
    EXPECT_FALSE(recent.knows("joe", "192.0.2.2", start));
    EXPECT_FALSE(recent.knows("ann", "192.0.2.1", start));
    EXPECT_FALSE(recent.knows("joe", "192.0.2.1", start + RecentLogIns::kept_for));
}

TEST(RecentLogIns, ForgetsTheOlderHalfWhenFull) {
    RecentLogIns recent;
    for (std::size_t i = 0; i <= RecentLogIns::max_entries; ++i)
        recent.remember(std::to_string(i), "n", start + std::chrono::seconds(i));
    const auto now = start + std::chrono::seconds(RecentLogIns::max_entries);
    EXPECT_FALSE(recent.knows("0", "n", now));
    EXPECT_TRUE(recent.knows(std::to_string(RecentLogIns::max_entries - 1), "n", now));
    EXPECT_TRUE(recent.knows(std::to_string(RecentLogIns::max_entries), "n", now));
}

TEST(LoginTable, HandsALogInOutOnceAndSoon) {
    LoginTable table;
    table.add({"cookie", 7, 1}, "joe", start);
    table.add({"cookie", 7, 2}, "ann", start);
    EXPECT_EQ(table.take({"biscuit", 7, 1}, start), std::nullopt);
    EXPECT_EQ(table.take({"cookie", 8, 1}, start), std::nullopt);
    EXPECT_EQ(table.take({"cookie", 7, 1}, start), "joe");
    EXPECT_EQ(table.take({"cookie", 7, 1}, start), std::nullopt);
    EXPECT_EQ(table.take({"cookie", 7, 2}, start + LoginTable::kept_for), std::nullopt);
}

DatabaseSettings of_file(const SqliteSettings& file) {
    DatabaseSettings settings;
    settings.sqlite = file;
    return settings;
}

TEST(DirectoryPool, HealsWhenTheDatabaseComesBackOrIsReplaced) {
    const TemporaryFolder folder;
    const SqliteSettings settings{folder.path() + "/d.sqlite", 0};
    DirectoryPool pool(of_file(settings));
    const auto has = [&](const std::string& name) {
        return pool.with([&](Directory& directory) { return directory.has_domain(name); });
    };
    EXPECT_EQ(has("example.org").error().code, ErrorCode::unavailable);
    ASSERT_TRUE((*create_sqlite_directory(settings))->add_domain("example.org"));
    EXPECT_TRUE(*has("example.org"));

    const SqliteSettings other{folder.path() + "/other.sqlite", 0};
    ASSERT_TRUE((*create_sqlite_directory(other))->add_domain("example.net"));
    std::filesystem::rename(other.path, settings.path);
    EXPECT_FALSE(*has("example.org"));
    EXPECT_TRUE(*has("example.net"));

    std::filesystem::remove(settings.path);
    EXPECT_EQ(has("example.net").error().code, ErrorCode::unavailable);
    std::ofstream(settings.path) << std::string(8192, 'x');
    EXPECT_EQ(has("example.net").error().code, ErrorCode::unavailable);
    std::filesystem::remove(settings.path);
    ASSERT_TRUE((*create_sqlite_directory(settings))->add_domain("example.com"));
    EXPECT_TRUE(*has("example.com"));
}

TEST(DirectoryPool, SeesAChangeAtOnce) {
    const TemporaryFolder folder;
    const SqliteSettings settings{folder.path() + "/d.sqlite", 0};
    const auto writer = std::move(*create_sqlite_directory(settings));
    DirectoryPool pool(of_file(settings));
    const auto has = [&] {
        return *pool.with([&](Directory& directory) { return directory.has_domain("example.org"); });
    };
    EXPECT_FALSE(has());
    ASSERT_TRUE(writer->add_domain("example.org"));
    EXPECT_TRUE(has());
    ASSERT_TRUE(writer->remove_domain("example.org"));
    EXPECT_FALSE(has());
}

}  // namespace
}  // namespace posthouse::auth
