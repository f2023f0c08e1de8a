// The usage of accounts out of maildirsize, shared by several processes (here: several sources), and room reserved.
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "storage/count_files.h"
#include "storage/maildirsize_usage.h"
#include "storage/quota_keeper.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using std::chrono::milliseconds;

SharedLimits limits(std::vector<std::string> rules, std::vector<std::string> warnings = {}, std::string grace = "") {
    return std::make_shared<QuotaLimits>(
        QuotaLimits::parse({std::move(rules), std::move(warnings), std::move(grace)}).value());
}

/// A message whose file has just so many bytes.
std::string message(std::size_t bytes) { return "A: b\r\n\r\n" + std::string(bytes - 8, 'x') + "\r\n"; }

class UsageTest : public MailRoot {
  protected:
    MaildirSizeUsage source{store, milliseconds(0)};
    QuotaKeeper keeper{source};
    const SharedLimits none = limits({});

    std::string size_file() const { return read("maildirsize"); }
    /// Delivers through `with`, as lmtpd does.
    void deliver_counted(UsageSource& with, std::size_t bytes, const SharedLimits& account_limits) {
        const UsageSource::Moment begun = with.moment(bob);
        ASSERT_TRUE(deliver(store, bob, message(bytes)));
        with.changed(bob, account_limits, {static_cast<std::int64_t>(bytes - 1), 1}, begun);
    }
    Usage counted(const SharedLimits& account_limits) const {
        return count_files(path(), Layout(), *account_limits)->usage;
    }
    void make_old() const {
        const timespec old[2] = {{0, UTIME_OMIT}, {::time(nullptr) - 16 * 60, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, path("maildirsize").c_str(), old, 0), 0);
    }
};

TEST_F(UsageTest, AllMailboxesAreCountedByTheirNamesAndBySizeWhereANameTellsNone) {
    append(*open(), "1234\r\n");
    append(*open("Trash"), "12\r\n", flags({Flag::seen}));
    write("cur/1.M1P1.elsewhere:2,S", "exactly 20 bytes....");
    write("new/2.M1P1.elsewhere", "5 b..");
    write("new/.hidden", "not counted");
    EXPECT_EQ(count_files(path(), Layout(), QuotaLimits())->usage, (Usage{5 + 3 + 20 + 5, 4}));
    EXPECT_EQ(count_files(path(), Layout(), *limits({"Trash:ignore"}))->usage, (Usage{5 + 20 + 5, 3}));
    EXPECT_EQ(count_files(path("nowhere"), Layout(), QuotaLimits())->usage, Usage{});
}

TEST_F(UsageTest, WithoutAFileTheMessagesAreCountedAndTheFileIsWritten) {
    append(*open(), "1234\r\n");
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), (Usage{5, 1}));
    EXPECT_EQ(size_file(), "1000S\n5 1\n");
}

TEST_F(UsageTest, AValidFileIsBelievedAndADamagedOneCountedAgain) {
    append(*open(), "1234\r\n");
    write("maildirsize", "1000S\n500 7\n");
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), (Usage{500, 7}));
    write("maildirsize", "1000S\n500 7\n1");
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), (Usage{5, 1}));
    EXPECT_EQ(size_file(), "1000S\n5 1\n");
}

TEST_F(UsageTest, OverQuotaIsBelievedForAQuarterOfAnHour) {
    write("maildirsize", "1000S\n1000 7\n");
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), (Usage{1000, 7}));
    make_old();
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), Usage{});
    write("maildirsize", "1000S\n999 7\n");
    make_old();
    EXPECT_EQ(source.usage(bob, limits({"*:bytes=1000"})), (Usage{999, 7})) << "it isn't full";
}

TEST_F(UsageTest, AChangeIsKnownAtOnceAndWrittenByFlush) {
    const SharedLimits thousand = limits({"*:bytes=1000"});
    ASSERT_EQ(source.usage(bob, thousand), Usage{});
    deliver_counted(source, 101, thousand);
    deliver_counted(source, 51, thousand);
    EXPECT_EQ(source.usage(bob, thousand), (Usage{150, 2}));
    EXPECT_EQ(size_file(), "1000S\n0 0\n");
    const std::vector<AccountUsage> news = source.flush(UsageSource::Flush::now_and_then);
    ASSERT_EQ(news.size(), 1u);
    EXPECT_EQ(news[0].usage, (Usage{150, 2}));
    EXPECT_EQ(news[0].account, bob);
    EXPECT_EQ(size_file(), "1000S\n0 0\n150 2\n");
    EXPECT_TRUE(source.flush(UsageSource::Flush::now_and_then).empty()) << "nothing has changed since";
    EXPECT_EQ(counted(thousand), (Usage{150, 2}));
}

TEST_F(UsageTest, WhoIsNeverAskedForAnAccountCountsItAtFlush) {
    append(*open(), "1234\r\n");
    deliver_counted(source, 101, none);
    EXPECT_EQ(source.flush(UsageSource::Flush::now_and_then).at(0).usage, (Usage{105, 2}));
    EXPECT_EQ(size_file(), "0S\n105 2\n");
}

TEST_F(UsageTest, AFileThatIsThereIsAddedToWithoutCounting) {
    write("maildirsize", "0S\n7000 3\n");
    deliver_counted(source, 101, none);
    EXPECT_EQ(source.flush(UsageSource::Flush::now_and_then).at(0).usage, (Usage{7100, 4}));
}

TEST_F(UsageTest, ProcessesSeeWhatTheOthersFlushed) {
    MaildirSizeUsage other(store, milliseconds(0));
    ASSERT_EQ(source.usage(bob, none), Usage{});
    ASSERT_EQ(other.usage(bob, none), Usage{});
    deliver_counted(source, 101, none);
    deliver_counted(other, 51, none);
    EXPECT_EQ(other.usage(bob, none), (Usage{50, 1}));
    source.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(other.usage(bob, none), (Usage{150, 2}));
    other.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(source.usage(bob, none), (Usage{150, 2}));
    EXPECT_EQ(size_file(), "0S\n0 0\n100 1\n50 1\n");
}

TEST_F(UsageTest, ACountByOneProcessIsNotAddedToByAnotherThatHadMessagesInIt) {
    MaildirSizeUsage other(store, milliseconds(0));
    ASSERT_EQ(other.usage(bob, none), Usage{});
    deliver_counted(other, 51, none);  // not yet written
    ASSERT_EQ(source.recount(bob, none), (Usage{50, 1}));
    other.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(source.usage(bob, none), (Usage{50, 1})) << "not 100";
    EXPECT_EQ(other.usage(bob, none), (Usage{50, 1}));
}

TEST_F(UsageTest, AChangeThatACountMayHaveSeenIsCountedOut) {
    ASSERT_EQ(source.usage(bob, none), Usage{});
    const UsageSource::Moment begun = source.moment(bob);
    ASSERT_TRUE(deliver(store, bob, message(101)));
    ASSERT_EQ(source.recount(bob, none), (Usage{100, 1}));
    source.changed(bob, none, {100, 1}, begun);  // which the count has seen already
    source.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(source.usage(bob, none), (Usage{100, 1}));
    EXPECT_EQ(size_file(), "0S\n100 1\n");
}

TEST_F(UsageTest, AChangeAcrossAnothersCountIsCountedOut) {
    MaildirSizeUsage other(store, milliseconds(0));
    ASSERT_EQ(source.usage(bob, none), Usage{});
    const UsageSource::Moment begun = source.moment(bob);
    ASSERT_TRUE(deliver(store, bob, message(101)));
    ASSERT_EQ(other.recount(bob, none), (Usage{100, 1}));
    ASSERT_EQ(source.usage(bob, none), (Usage{100, 1})) << "has read the other's count";
    source.changed(bob, none, {100, 1}, begun);
    source.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(source.usage(bob, none), (Usage{100, 1}));
}

TEST_F(UsageTest, ADoubtfulAccountWaitsForItsCountButNotAtTheEnd) {
    MaildirSizeUsage patient(store, std::chrono::hours(1));
    ASSERT_EQ(patient.usage(bob, none), Usage{});
    append(*open(), "1234\r\n");
    patient.changed(bob, none, {1000, 1}, patient.moment(bob) - 1);
    patient.flush(UsageSource::Flush::now_and_then);  // counts, and won't again for an hour
    ASSERT_EQ(patient.usage(bob, none), (Usage{5, 1}));
    patient.changed(bob, none, {1000, 1}, patient.moment(bob) - 1);
    patient.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(size_file(), "0S\n5 1\n");
    patient.flush(UsageSource::Flush::last);
    EXPECT_EQ(patient.usage(bob, none), (Usage{5, 1}));
}

TEST_F(UsageTest, AfterMailboxesWereDeletedTheFilesAreCounted) {
    append(*open("Trash"), "1234\r\n");
    append(*open(), "12\r\n");
    ASSERT_EQ(source.usage(bob, none), (Usage{8, 2}));
    ASSERT_TRUE(account->remove(named("Trash")));
    source.changed_unknown(bob, none);
    EXPECT_EQ(source.flush(UsageSource::Flush::now_and_then).at(0).usage, (Usage{3, 1}));
}

TEST_F(UsageTest, ANewLimitIsWrittenWithTheNextChange) {
    ASSERT_EQ(source.usage(bob, limits({"*:bytes=1000"})), Usage{});
    deliver_counted(source, 101, limits({"*:bytes=2000:messages=5"}));
    source.flush(UsageSource::Flush::now_and_then);
    EXPECT_EQ(size_file(), "2000S,5C\n100 1\n");
}

TEST_F(UsageTest, RememberedNeedsNoLookWithinASecond) {
    EXPECT_EQ(source.remembered(bob), std::nullopt);
    ASSERT_EQ(source.usage(bob, none), Usage{});
    EXPECT_EQ(source.remembered(bob), Usage{});
}

TEST_F(UsageTest, AnAccountThatDoesNotExistTakesNothing) {
    const AccountName nobody = AccountName::parse("nobody@example.org").value();
    EXPECT_EQ(source.usage(nobody, limits({"*:bytes=10"})), Usage{});
    EXPECT_TRUE(source.flush(UsageSource::Flush::last).empty());
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/example.org/nobody"));
}

TEST_F(UsageTest, ThreadsDeliveringAndCountingAtOnceEndWithTheRightSum) {
    MaildirSizeUsage other(store, milliseconds(0));
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (UsageSource* with : {static_cast<UsageSource*>(&source), static_cast<UsageSource*>(&other)})
        threads.emplace_back([&, with] {
            for (int i = 0; i < 200; ++i) deliver_counted(*with, 101, none);
        });
    std::thread flusher([&] {
        while (!done) {
            source.flush(UsageSource::Flush::now_and_then);
            EXPECT_TRUE(other.recount(bob, none));
            other.flush(UsageSource::Flush::now_and_then);
        }
    });
    for (std::thread& thread : threads) thread.join();
    done = true;
    flusher.join();
    source.flush(UsageSource::Flush::last);
    other.flush(UsageSource::Flush::last);
    source.flush(UsageSource::Flush::last);
    EXPECT_EQ(counted(none), (Usage{40'000, 400}));
    EXPECT_EQ(parse_maildirsize(size_file()), (MaildirSize{{}, {40'000, 400}}));
    EXPECT_EQ(source.usage(bob, none), (Usage{40'000, 400}));
    EXPECT_EQ(other.usage(bob, none), (Usage{40'000, 400}));
}

TEST_F(UsageTest, WhatIsOnItsWayTakesRoomUntilItIsGivenBack) {
    const SharedLimits hundred = limits({"*:bytes=100"});
    const MailboxName inbox;
    auto first = keeper.reserve(bob, hundred, inbox, {60, 1}, LastMail::must_fit);
    ASSERT_TRUE(first);
    const auto second = keeper.reserve(bob, hundred, inbox, {60, 1}, LastMail::must_fit);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::over_quota);
    EXPECT_TRUE(keeper.check(bob, hundred, inbox, {40, 1}, LastMail::must_fit));
    EXPECT_EQ(keeper.check(bob, hundred, inbox, {101, 1}, LastMail::must_fit).error().code, ErrorCode::limit);
    {
        const Reservation dropped = std::move(*first);
    }
    EXPECT_TRUE(keeper.reserve(bob, hundred, inbox, {100, 1}, LastMail::must_fit));
}

TEST_F(UsageTest, WhatWasStoredIsUsedAndToldOnceWhenAThresholdIsReached) {
    const SharedLimits rules = limits({"*:bytes=100", "Junk:ignore"}, {"storage=80%"});
    const MailboxName inbox;
    EXPECT_EQ(keeper.reserve(bob, rules, inbox, {70, 1}, LastMail::must_fit)->commit({70, 1}), std::nullopt);
    EXPECT_EQ(keeper.reserve(bob, rules, inbox, {10, 1}, LastMail::must_fit)->commit({10, 1}),
              (config::QuotaWarning{config::QuotaWarning::Of::storage, 80}));
    EXPECT_EQ(keeper.reserve(bob, rules, inbox, {10, 1}, LastMail::must_fit)->commit({10, 1}), std::nullopt);
    EXPECT_EQ(source.usage(bob, rules), (Usage{90, 3}));
    EXPECT_EQ(keeper.reserve(bob, rules, named("Junk"), {1000, 1}, LastMail::must_fit)->commit({1000, 1}),
              std::nullopt);
    EXPECT_EQ(source.usage(bob, rules), (Usage{90, 3})) << "ignored";
    keeper.without_room(bob, rules).commit({-20, -1});
    EXPECT_EQ(source.usage(bob, rules), (Usage{70, 2}));
}

TEST_F(UsageTest, QuickCheckAnswersOnlyWhatItKnows) {
    const SharedLimits hundred = limits({"*:bytes=100"});
    const MailboxName inbox;
    EXPECT_TRUE(keeper.quick_check(bob, none, inbox, {1000, 1}, LastMail::must_fit)->has_value());
    EXPECT_FALSE(keeper.quick_check(bob, hundred, inbox, {1, 1}, LastMail::must_fit));
    ASSERT_EQ(source.usage(bob, hundred), Usage{});
    EXPECT_TRUE(keeper.quick_check(bob, hundred, inbox, {1, 1}, LastMail::must_fit)->has_value());
    EXPECT_FALSE(keeper.quick_check(bob, hundred, inbox, {101, 1}, LastMail::must_fit)->has_value());
}

TEST_F(UsageTest, DeliveriesAtOneTimeNeverExceedTheLimitTogether) {
    const SharedLimits limit = limits({"*:bytes=1000"});
    std::atomic<int> stored = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                Result<Reservation> room = keeper.reserve(bob, limit, MailboxName(), {100, 1}, LastMail::must_fit);
                if (!room) continue;
                EXPECT_TRUE(deliver(store, bob, message(101)));
                room->commit({100, 1});
                ++stored;
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(stored, 10);
    EXPECT_EQ(counted(limit), (Usage{1000, 10}));
    EXPECT_EQ(source.usage(bob, limit), (Usage{1000, 10}));
}

}  // namespace
}  // namespace posthouse::storage
