// Tests of look-ups in an SQLite database that are remembered for as long as it has not changed.
#include "auth/server/cached_directory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {
namespace {

using namespace std::chrono_literals;

class CachedDirectoryTest : public testing::Test {
  protected:
    CachedDirectoryTest() {
        settings_.sqlite = {folder_.path() + "/directory.sqlite", 0};
        writer_ = make(settings_.sqlite.path);
        pool_ = std::make_unique<DirectoryPool>(settings_);
        cached_ = std::make_unique<CachedDirectory>(*pool_, LookupCache::Settings{1h, 1h, 1h, 1 << 20});
    }
    static std::unique_ptr<Directory> make(const std::string& path) {
        auto directory = std::move(*create_sqlite_directory({path, 0}));
        EXPECT_TRUE(directory->add_domain("example.org"));
        return directory;
    }
    void add(const std::string& email) { EXPECT_TRUE(writer_->add_user({email, "hash", 0, true, false})); }
    static std::string in_words(const Result<std::optional<User>>& user) {
        if (!user) return std::string(to_string(user.error().code));
        return *user ? "yes" : "no";
    }
    std::string has(const std::string& email) {
        return in_words(cached_->look_up([&](Lookups& lookups) { return lookups.find_user(email); }));
    }
    /// Also "unknown".
    std::string has_without_waiting(const std::string& email) {
        const auto found = cached_->look_up_fresh([&](Lookups& lookups) { return lookups.find_user(email); });
        return found ? in_words(*found) : "unknown";
    }

    TemporaryFolder folder_;
    DatabaseSettings settings_;
    std::unique_ptr<Directory> writer_;
    std::unique_ptr<DirectoryPool> pool_;
    std::unique_ptr<CachedDirectory> cached_;
};

TEST_F(CachedDirectoryTest, WhatWasFoundIsKnownUntilAnybodyChangesTheDatabase) {
    add("joe@example.org");
    EXPECT_EQ(has_without_waiting("joe@example.org"), "unknown");
    EXPECT_EQ(has("joe@example.org"), "yes");
    EXPECT_EQ(has("ann@example.org"), "no");
    EXPECT_EQ(has_without_waiting("joe@example.org"), "yes");
    EXPECT_EQ(has_without_waiting("ann@example.org"), "no");

    add("ann@example.org");
    EXPECT_EQ(has_without_waiting("ann@example.org"), "unknown");
    EXPECT_EQ(has("ann@example.org"), "yes");
    EXPECT_EQ(has_without_waiting("ann@example.org"), "yes");

    ASSERT_TRUE(writer_->remove_user("joe@example.org"));
    EXPECT_EQ(has_without_waiting("joe@example.org"), "unknown");
    EXPECT_EQ(has("joe@example.org"), "no");
}

TEST_F(CachedDirectoryTest, AnAnswerIsNotOfTheVersionThatCameWhileItWasAsked) {
    const auto found = cached_->look_up([&](Lookups& lookups) {
        auto before = lookups.find_user("joe@example.org");
        add("joe@example.org");
        return before;
    });
    EXPECT_EQ(in_words(found), "no");
    EXPECT_EQ(has("joe@example.org"), "yes");
}

TEST_F(CachedDirectoryTest, ADatabaseThatTakesThePlaceOfAnotherIsAnother) {
    add("joe@example.org");
    EXPECT_EQ(has("joe@example.org"), "yes");
    const std::string other = folder_.path() + "/other.sqlite";
    make(other);
    writer_.reset();
    for (const char* part : {"-wal", "-shm"})
        std::filesystem::remove(settings_.sqlite.path + part);  // of the one before
    std::filesystem::rename(other, settings_.sqlite.path);
    EXPECT_EQ(has_without_waiting("joe@example.org"), "unknown");
    EXPECT_EQ(has("joe@example.org"), "no");
}

TEST_F(CachedDirectoryTest, WithoutTheDatabaseWhatIsKnownIsForAnOutageAlsoAfterAChange) {
    add("joe@example.org");
    EXPECT_EQ(has("joe@example.org"), "yes");
    add("ann@example.org");
    EXPECT_EQ(has_without_waiting("joe@example.org"), "unknown");
    std::filesystem::rename(settings_.sqlite.path, settings_.sqlite.path + ".away");
    EXPECT_EQ(has_without_waiting("joe@example.org"), "unknown");
    EXPECT_EQ(has("joe@example.org"), "yes");
    EXPECT_EQ(has("ann@example.org"), "unavailable");
    std::filesystem::rename(settings_.sqlite.path + ".away", settings_.sqlite.path);
    EXPECT_EQ(has("ann@example.org"), "yes");
}

}  // namespace
}  // namespace posthouse::auth
