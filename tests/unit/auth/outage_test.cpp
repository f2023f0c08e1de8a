// Tests of look-ups and writes while the database is away, busy, or read-only.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "auth/server/cached_directory.h"
#include "auth/server/directory_keeper.h"
#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

using namespace std::chrono_literals;

constexpr LookupCache::Settings remembers{0ms, 0ms, 1h, 1 << 20};  // always asks, and remembers for an outage

class OutageTest : public EngineTest {
  protected:
    OutageTest() {
        EXPECT_TRUE(init_database(settings()));
        settings().mariadb.connect_timeout = 3s;
        settings().mariadb.query_timeout = 3s;
        const auto directory = std::move(*open_directory(settings()));
        EXPECT_TRUE(directory->add_domain("example.org"));
        EXPECT_TRUE(directory->add_user({"joe@example.org", "hash", 0, true, false}));
        EXPECT_TRUE(directory->add_user({"ann@example.org", "hash", 0, true, false}));
        pool_ = std::make_unique<DirectoryPool>(settings());
        cached_ = std::make_unique<CachedDirectory>(*pool_, remembers);
    }
    ~OutageTest() override {
        if (GetParam() != Engine::mariadb) return;
        server().go_on();
        if (server().pid() == 0) server().start();
        server().execute("SET GLOBAL read_only = 0");
    }
    static RunningMariadb& server() { return RunningMariadb::shared(); }
    /// "yes", "no", or the error's code.
    std::string has(const std::string& email) {
        const auto user = cached_->look_up([&](Lookups& lookups) { return lookups.find_user(email); });
        if (!user) return std::string(to_string(user.error().code));
        return *user ? "yes" : "no";
    }
    void take_away() {
        if (GetParam() == Engine::mariadb)
            server().kill();
        else
            std::filesystem::rename(settings().sqlite.path, settings().sqlite.path + ".away");
    }
    void bring_back() {
        if (GetParam() == Engine::mariadb)
            server().start();
        else
            std::filesystem::rename(settings().sqlite.path + ".away", settings().sqlite.path);
        pool_->source().probe();
    }

    std::unique_ptr<DirectoryPool> pool_;
    std::unique_ptr<CachedDirectory> cached_;
};

TEST_P(OutageTest, WhatIsKnownGoesOnAndTheRestIsUnavailableNeverMissing) {
    EXPECT_EQ(has("joe@example.org"), "yes");
    EXPECT_EQ(has("nobody@example.org"), "no");
    take_away();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(has("joe@example.org"), "yes");
        EXPECT_EQ(has("nobody@example.org"), "no");
        EXPECT_EQ(has("ann@example.org"), "unavailable");
        EXPECT_EQ(has("nobody2@example.org"), "unavailable");
    }
    bring_back();
    EXPECT_EQ(has("ann@example.org"), "yes");
    EXPECT_EQ(has("nobody2@example.org"), "no");
    EXPECT_TRUE(pool_->with([](Directory& directory) { return directory.remove_user("joe@example.org"); }));
    EXPECT_EQ(has("joe@example.org"), "no");
}

TEST_P(OutageTest, ASnapshotThatCannotBeginFallsBackToWhatIsKnown) {
    const auto both = [&] {
        return cached_->look_up([](Lookups& lookups) -> Result<bool> {
            const Result<Snapshot> snapshot = Snapshot::of(lookups);
            if (!snapshot) return fail(snapshot.error());
            const auto user = lookups.find_user("joe@example.org");
            if (!user) return fail(user.error());
            return *user ? lookups.has_domain("example.org") : Result<bool>(false);
        });
    };
    EXPECT_TRUE(*both());
    take_away();
    EXPECT_TRUE(*both());
    bring_back();
    EXPECT_TRUE(*both());
}

TEST_P(OutageTest, AWriteWaitsForTheDatabaseAndHoldsNobodyUp) {
    take_away();
    DirectoryKeeper keeper(*pool_, 20ms);
    std::atomic<int> tried = 0;
    keeper.write("usage", [](Directory& directory) { return directory.set_usage("joe@example.org", 1, 1); });
    keeper.write("usage", [&](Directory& directory) {
        ++tried;
        return directory.set_usage("joe@example.org", 2, 1);
    });
    EXPECT_FALSE(keeper.wait_until_written(100ms));
    bring_back();
    EXPECT_TRUE(keeper.wait_until_written(60s));
    EXPECT_GE(tried, 1);
    const auto user = pool_->with([](Directory& directory) { return directory.find_user("joe@example.org"); });
    EXPECT_EQ((*user)->usage->bytes, 2);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, OutageTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, OutageTest, testing::Values(Engine::mariadb));

class MariadbOutageTest : public OutageTest {};

TEST_P(MariadbOutageTest, ARestartIsNotNoticed) {
    EXPECT_EQ(has("joe@example.org"), "yes");
    server().kill();
    server().start();
    EXPECT_EQ(has("ann@example.org"), "yes");
}

TEST_P(MariadbOutageTest, AFrozenServerIsGivenUpAndFoundAgain) {
    EXPECT_EQ(has("joe@example.org"), "yes");
    server().freeze();
    EXPECT_EQ(has("ann@example.org"), "unavailable");
    EXPECT_EQ(has("joe@example.org"), "yes");
    server().go_on();
    pool_->source().probe();
    EXPECT_EQ(has("ann@example.org"), "yes");
}

TEST_P(MariadbOutageTest, AReadOnlyServerAnswersAndSaysWhyItDoesNotWrite) {
    server().execute("SET GLOBAL read_only = 1");
    EXPECT_EQ(has("ann@example.org"), "yes");
    const auto written = pool_->with([](Directory& directory) { return directory.add_domain("example.net"); });
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_EQ(written.error().text, "Directory is read-only");
    DirectoryKeeper keeper(*pool_, 20ms);
    keeper.write("usage", [](Directory& directory) { return directory.set_usage("joe@example.org", 7, 1); });
    EXPECT_FALSE(keeper.wait_until_written(100ms));
    EXPECT_EQ(has("joe@example.org"), "yes");
    server().execute("SET GLOBAL read_only = 0");
    EXPECT_TRUE(keeper.wait_until_written(60s));
}

TEST_P(MariadbOutageTest, TheNextServerIsUsedAndTheFirstAgainWhenItIsBack) {
    const TemporaryFolder folder;
    const std::string first = folder.path() + "/first.sock";
    settings().mariadb.hosts = {first, server().socket()};
    DirectoryPool pool(settings());
    const auto target = [&] {
        Result<DirectoryPool::Lease> lease = pool.take();
        if (!lease) return lease.error().message();
        std::string where = lease->target;
        pool.keep(std::move(*lease));
        return where;
    };
    EXPECT_EQ(target(), server().socket());
    EXPECT_EQ(target(), server().socket());
    std::filesystem::create_symlink(server().socket(), first);
    pool.source().probe();
    EXPECT_EQ(target(), first);
}

TEST_P(MariadbOutageTest, AConnectionThatTheServerEndedIsReplaced) {
    EXPECT_EQ(has("joe@example.org"), "yes");
    server().execute("KILL USER posthouse@localhost");
    EXPECT_EQ(has("ann@example.org"), "yes");
}

INSTANTIATE_TEST_SUITE_P(Mariadb, MariadbOutageTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
