// What accounts take: rows of the index as far as the folders don't contradict them, and room reserved. Several sources
// stand for several processes.
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "storage/count_files.h"
#include "storage/index/transaction.h"
#include "storage/maildirsize.h"
#include "storage/quota_keeper.h"
#include "storage/store_state.h"
#include "storage/usage_look.h"
#include "storage/usage_source.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using std::chrono::milliseconds;

SharedLimits limits(std::vector<std::string> rules, std::vector<std::string> warnings = {}, std::string grace = "") {
    return std::make_shared<QuotaLimits>(
        QuotaLimits::parse({std::move(rules), std::move(warnings), std::move(grace)}).value());
}

/// A message whose file has just so many bytes.
std::string message(std::size_t bytes) { return "A: b\r\n\r\n" + std::string(bytes - 7, 'x') + "\r\n"; }

class UsageTest : public MailRoot {
  protected:
    UsageSource source{store, milliseconds(0)};
    QuotaKeeper keeper{store, source};
    const SharedLimits none = limits({});
    const MailboxName inbox;

    std::string size_file() const { return read("maildirsize"); }
    Usage counted(const SharedLimits& by) const { return count_files(path(), store.settings().layout, *by)->usage; }
    Usage usage(const SharedLimits& by) { return source.usage(bob, by).value(); }
    Usage usage() { return usage(none); }
    /// Delivers as lmtpd does.
    Result<Delivered> deliver_within(std::size_t bytes, const SharedLimits& by, QuotaKeeper& with) {
        DeliveryOrder order{"", always, {{bob, inbox, "", by}}, &with};
        Result<Delivery> delivery = Delivery::begin(store, std::move(order));
        if (!delivery) return fail(delivery.error());
        if (Result<> written = delivery->write(message(bytes)); !written) return fail(written.error());
        return delivery->commit().at(0);
    }
    Result<Delivered> deliver_within(std::size_t bytes, const SharedLimits& by) {
        return deliver_within(bytes, by, keeper);
    }
    void deliver_many(int count, std::size_t bytes) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(deliver(store, bob, message(bytes)));
    }
};

TEST_F(UsageTest, AllMailboxesAreCountedByTheirNamesAndBySizeWhereANameTellsNone) {
    append(*open(), "1234\r\n");
    append(*open("Trash"), "12\r\n", flags({Flag::seen}));
    write("cur/1.M1P1.elsewhere:2,S", "exactly 20 bytes....");
    write("new/2.M1P1.elsewhere", "5 b..");
    write("new/3.M1P1.elsewhere,S=9999999999999", "8 bytes.");
    write("new/.hidden", "not counted");
    for (const auto& [by, expected] : {std::pair{none, Usage{5 + 3 + 20 + 5 + 8, 5}},
                                       std::pair{limits({"Trash:ignore"}), Usage{5 + 20 + 5 + 8, 4}}}) {
        EXPECT_EQ(counted(by), expected);
        EXPECT_EQ(usage(by), expected);
    }
    EXPECT_EQ(count_files(path("nowhere"), store.settings().layout, QuotaLimits())->usage, Usage{});
}

TEST_F(UsageTest, WhatIsDeliveredCountsBeforeItHasANumber) {
    append(*open(), "1234\r\n");
    ASSERT_EQ(usage(), (Usage{5, 1}));
    const std::string list = read("dovecot-uidlist");
    deliver_many(3, 100);
    EXPECT_EQ(usage(), (Usage{305, 4}));
    EXPECT_EQ(read("dovecot-uidlist"), list) << "nobody was told of a message, so none has a UID";
}

TEST_F(UsageTest, ManyWithoutANumberAreNumberedOnce) {
    ASSERT_EQ(usage(), Usage{});
    const std::string list = read("dovecot-uidlist");
    deliver_many(UsageLook::most_unnumbered, 100);
    ASSERT_EQ(usage(), (Usage{6400, 64}));
    EXPECT_EQ(read("dovecot-uidlist"), list);
    deliver_many(1, 100);
    EXPECT_EQ(usage(), (Usage{6500, 65}));
    EXPECT_NE(read("dovecot-uidlist"), list);
    deliver_many(2, 100);  // beside 65 that have numbers and nobody has claimed
    EXPECT_EQ(usage(), (Usage{6700, 67}));
}

TEST_F(UsageTest, WhatOthersRemoveMoveAndAddByHandIsSeen) {
    deliver_many(2, 100);
    append(*open(), "12\r\n", flags({Flag::seen}));
    ASSERT_EQ(usage(), (Usage{203, 3}));
    ASSERT_EQ(open()->status()->messages, 3u);  // all have numbers now
    const std::vector<std::string> fresh = files("new");
    std::filesystem::rename(path("new/" + fresh[0]), path("cur/" + fresh[0] + ":2,S"));
    EXPECT_EQ(usage(), (Usage{203, 3}));
    std::filesystem::remove(path("new/" + fresh[1]));
    EXPECT_EQ(usage(), (Usage{103, 2}));
    write("cur/1.M1P1.elsewhere:2,S", "exactly 20 bytes....");
    EXPECT_EQ(usage(), (Usage{123, 3}));
    EXPECT_EQ(counted(none), (Usage{123, 3}));
}

TEST_F(UsageTest, MessagesThatMoveBetweenMailboxesCountOnce) {
    append(*open(), "1234\r\n");
    ASSERT_EQ(usage(), (Usage{5, 1}));
    ASSERT_TRUE(open()->move(UidSet::all(), *open("Trash")));
    EXPECT_EQ(usage(), (Usage{5, 1}));
    EXPECT_EQ(usage(limits({"Trash:ignore"})), Usage{});
    EXPECT_EQ(open("Trash")->expunge(UidSet::all(), ExpungeRule::all_given).value().size(), 1u);
    EXPECT_EQ(usage(), Usage{});
}

TEST_F(UsageTest, WithoutAnIndexTheFilesAreCountedAgain) {
    append(*open(), "1234\r\n");
    deliver_many(2, 100);
    append(*open("Trash"), "12\r\n", flags({Flag::seen}));
    ASSERT_EQ(usage(), (Usage{208, 4}));
    std::filesystem::remove_all(folder.path() + "/.index");
    EXPECT_EQ(usage(), (Usage{208, 4}));
}

TEST_F(UsageTest, AMailboxThatIsMadeOrRemovedIsSeen) {
    ASSERT_TRUE(account->create(named("Work")));
    append(*open("Work"), "1234\r\n");
    ASSERT_EQ(usage(), (Usage{5, 1}));
    ASSERT_TRUE(account->rename(named("Work"), named("Play")));
    ASSERT_EQ(usage(limits({"Work:ignore"})), (Usage{5, 1}));
    ASSERT_EQ(usage(limits({"Play:ignore"})), Usage{});
    ASSERT_TRUE(account->remove(named("Play")));
    EXPECT_EQ(usage(), Usage{});
}

TEST_F(UsageTest, AnAccountThatDoesNotExistTakesNothing) {
    const AccountName nobody = AccountName::parse("nobody@example.org").value();
    EXPECT_EQ(source.usage(nobody, limits({"*:bytes=10"})), Usage{});
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/example.org/nobody"));
}

TEST_F(UsageTest, AFigureIsRememberedForASecondWithWhatWasAddedHere) {
    EXPECT_EQ(source.remembered(bob, none), std::nullopt);
    ASSERT_EQ(usage(), Usage{});
    EXPECT_EQ(source.remembered(bob, none), Usage{});
    ASSERT_TRUE(deliver_within(100, none));
    EXPECT_EQ(source.remembered(bob, none), (Usage{100, 1}));
    EXPECT_EQ(source.remembered(bob, limits({})), (Usage{100, 1})) << "the same rules";
    EXPECT_EQ(source.remembered(bob, limits({"Trash:ignore"})), std::nullopt) << "others count other mailboxes";
}

TEST_F(UsageTest, MaildirsizeIsRightOrNotThere) {
    const SharedLimits thousand = limits({"*:bytes=1000"});
    write("maildirsize", "7S\n7 7\n");
    ASSERT_TRUE(deliver_within(100, thousand));
    EXPECT_FALSE(std::filesystem::exists(path("maildirsize"))) << "it would tell too little";
    ASSERT_TRUE(deliver_within(50, thousand));
    const std::vector<AccountUsage> news = source.flush(UsageSource::Flush::now_and_then);
    ASSERT_EQ(news.size(), 1u);
    EXPECT_EQ(news[0].account, bob);
    EXPECT_EQ(news[0].usage, (Usage{150, 2}));
    EXPECT_EQ(size_file(), "1000S\n150 2\n");
    EXPECT_TRUE(source.flush(UsageSource::Flush::last).empty()) << "nothing has changed since";
}

TEST_F(UsageTest, WhileSomethingChangesMaildirsizeStaysAway) {
    source.begin_change(bob, none);
    append(*open(), "1234\r\n");
    EXPECT_EQ(source.flush(UsageSource::Flush::last).at(0).usage, (Usage{5, 1})) << "a report may be told";
    EXPECT_FALSE(std::filesystem::exists(path("maildirsize")));
    source.end_change(bob, {5, 1});
    EXPECT_TRUE(source.flush(UsageSource::Flush::last).empty());
    EXPECT_EQ(size_file(), "0S\n5 1\n");
}

TEST_F(UsageTest, ChangesAreToldWhenTheyAreOverForAWhile) {
    UsageSource patient(store, std::chrono::hours(1));
    patient.begin_change(bob, none);
    patient.end_change(bob, {});
    EXPECT_TRUE(patient.flush(UsageSource::Flush::now_and_then).empty());
    EXPECT_EQ(patient.flush(UsageSource::Flush::last).size(), 1u);
}

TEST_F(UsageTest, AFlushEndsWithItsBudgetTheOldestChangeFirst) {
    const AccountName first = AccountName::parse("first@example.org").value();
    for (const AccountName& name : {first, bob}) {
        ASSERT_TRUE(store.open(name));
        source.begin_change(name, none);
        source.end_change(name, {});
    }
    EXPECT_EQ(source.flush(UsageSource::Flush::last, milliseconds(0)).at(0).account, first);
    EXPECT_EQ(source.flush(UsageSource::Flush::last, milliseconds(0)).at(0).account, bob);
    EXPECT_TRUE(source.flush(UsageSource::Flush::last, milliseconds(0)).empty());
}

TEST_F(UsageTest, ARecountFindsWhatTheIndexTellsWrong) {
    append(*open(), "1234\r\n");
    const auto right = source.recount(bob, none);
    ASSERT_TRUE(right);
    EXPECT_EQ(right->before, (Usage{5, 1}));
    EXPECT_EQ(right->now, (Usage{5, 1}));
    {
        const auto index = Index::get(store.state().index_place(path())).value();
        IndexWriter writer = IndexWriter::begin(index).value();
        struct stat st{};
        ASSERT_EQ(::stat(path().c_str(), &st), 0);
        MailboxRow row = writer.mailbox({st.st_dev, st.st_ino}).value();
        row.bytes = 77;
        writer.put_mailbox({st.st_dev, st.st_ino}, row);
        ASSERT_TRUE(writer.commit());
    }
    const auto wrong = source.recount(bob, none);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->before, (Usage{77, 1}));
    EXPECT_EQ(wrong->now, (Usage{5, 1}));
    source.flush(UsageSource::Flush::last);
    EXPECT_EQ(size_file(), "0S\n5 1\n");
}

TEST_F(UsageTest, WhatIsOnItsWayTakesRoomUntilItIsGivenBack) {
    const SharedLimits large = limits({"*:bytes=200M"});
    ASSERT_EQ(usage(large), Usage{});
    auto first = keeper.reserve(bob, large, inbox, {60 << 20, 1}, LastMail::must_fit);
    ASSERT_TRUE(first);
    std::thread second([&] {
        // Beside the first it wouldn't fit: it waits until it is known what becomes of that.
        EXPECT_TRUE(keeper.reserve(bob, large, inbox, {180 << 20, 1}, LastMail::must_fit));
    });
    {
        const Reservation dropped = std::move(*first);
    }
    second.join();
    EXPECT_EQ(keeper.reserve(bob, large, inbox, {201 << 20, 1}, LastMail::must_fit).error().code, ErrorCode::limit);
}

TEST_F(UsageTest, NearTheLimitOneAfterTheOtherIsDecided) {
    const SharedLimits hundred = limits({"*:bytes=100"});
    Settings hasty = settings_for(folder.path());
    hasty.lock_wait = milliseconds(0);
    Store other_store(hasty);
    UsageSource other_source(other_store);
    QuotaKeeper other(other_store, other_source);
    {
        const auto first = keeper.reserve(bob, hundred, inbox, {60, 1}, LastMail::must_fit);
        ASSERT_TRUE(first);
        EXPECT_EQ(other.reserve(bob, hundred, inbox, {10, 1}, LastMail::must_fit).error().code, ErrorCode::busy);
        EXPECT_TRUE(other.check(bob, hundred, inbox, {100, 1}, LastMail::must_fit)) << "a question doesn't wait";
    }
    EXPECT_TRUE(other.reserve(bob, hundred, inbox, {100, 1}, LastMail::must_fit));
}

TEST_F(UsageTest, OnePlaceInLineServesForTwoMailboxesOfAnAccount) {
    const SharedLimits hundred = limits({"*:bytes=100"});
    const auto first = keeper.reserve(bob, hundred, inbox, {60, 1}, LastMail::must_fit);
    ASSERT_TRUE(first);
    EXPECT_TRUE(keeper.reserve(bob, hundred, named("Trash"), {40, 1}, LastMail::must_fit, &*first));
    EXPECT_EQ(keeper.reserve(bob, hundred, named("Trash"), {41, 1}, LastMail::must_fit, &*first).error().code,
              ErrorCode::over_quota);
}

TEST_F(UsageTest, AThresholdIsToldOnceWhenItIsReached) {
    const SharedLimits rules = limits({"*:bytes=100", "Junk:ignore"}, {"storage=80%"});
    EXPECT_EQ(deliver_within(70, rules)->warning, std::nullopt);
    EXPECT_EQ(deliver_within(10, rules)->warning, (config::QuotaWarning{config::QuotaWarning::Of::storage, 80}));
    EXPECT_EQ(deliver_within(10, rules)->warning, std::nullopt);
    EXPECT_EQ(usage(rules), (Usage{90, 3}));
    EXPECT_EQ(keeper.reserve(bob, rules, named("Junk"), {1000, 1}, LastMail::must_fit)->commit({1000, 1}),
              std::nullopt);
    EXPECT_EQ(usage(rules), (Usage{90, 3})) << "ignored";
}

TEST_F(UsageTest, AFullMailboxTakesNothingUntilSomethingIsRemoved) {
    const SharedLimits hundred = limits({"*:bytes=100", "Trash:storage=+50B"}, {}, "10%");
    ASSERT_TRUE(deliver_within(90, hundred));
    EXPECT_TRUE(keeper.check(bob, hundred, inbox, {}, LastMail::may_exceed)) << "there is room for a last one";
    EXPECT_TRUE(deliver_within(20, hundred)) << "which may exceed by a tenth";
    EXPECT_EQ(keeper.check(bob, hundred, inbox, {}, LastMail::may_exceed).error().code, ErrorCode::over_quota);
    EXPECT_EQ(deliver_within(10, hundred).error().code, ErrorCode::over_quota);
    EXPECT_EQ(deliver_within(111, hundred).error().code, ErrorCode::limit);
    EXPECT_EQ(files("tmp"), std::vector<std::string>{});
    EXPECT_EQ(counted(hundred), (Usage{110, 2}));
    const Uid first = open()->rows(UidSet::all())->at(0).uid;
    {
        const Reservation removal = keeper.without_room(bob, hundred);
        ASSERT_TRUE(open()->expunge(uids({first.value()}), ExpungeRule::all_given));
    }
    EXPECT_TRUE(deliver_within(20, hundred));
}

TEST_F(UsageTest, OneFullMailboxDoesNotKeepTheOthersFromGettingTheMessage) {
    const AccountName anna = AccountName::parse("anna@example.org").value();
    const AccountName carl = AccountName::parse("carl@example.org").value();
    const SharedLimits small = limits({"*:bytes=50"});
    for (const std::string& header_of_carl : {std::string(), std::string("Delivered-To: carl\r\n")}) {
        // The full one is the first of all targets, or the first with its header.
        for (const auto& order : {std::vector{bob, anna, carl}, std::vector{carl, bob, anna}}) {
            DeliveryOrder delivery_order{"", always, {}, &keeper};
            for (const AccountName& name : order)
                delivery_order.targets.push_back(
                    {name, inbox, name == carl ? header_of_carl : "", name == bob ? small : limits({"*:bytes=1M"})});
            Delivery delivery = Delivery::begin(store, std::move(delivery_order)).value();
            ASSERT_TRUE(delivery.write(message(100)));
            const auto results = delivery.commit();
            for (std::size_t i = 0; i < order.size(); ++i)
                EXPECT_EQ(results[i].has_value(), order[i] != bob) << order[i].text();
        }
    }
    EXPECT_EQ(counted(none), Usage{});
    EXPECT_EQ(files("tmp"), std::vector<std::string>{});
    EXPECT_EQ(source.usage(anna, none), (Usage{400, 4}));
}

TEST_F(UsageTest, SurelyFitsIsSaidOnlyOfWhatIsKnown) {
    const SharedLimits large = limits({"*:bytes=1G"});
    EXPECT_TRUE(keeper.surely_fits(bob, none, inbox, {1000, 1}));
    EXPECT_FALSE(keeper.surely_fits(bob, large, inbox, {1, 1}));
    ASSERT_EQ(usage(large), Usage{});
    EXPECT_TRUE(keeper.surely_fits(bob, large, inbox, {1, 1}));
    EXPECT_FALSE(keeper.surely_fits(bob, large, inbox, {900 << 20, 1}));
}

TEST_F(UsageTest, ProcessesDeliveringAtOneTimeFillTheQuotaAndNeverExceedIt) {
    const SharedLimits limit = limits({"*:bytes=1000"});
    Store other_store(settings_for(folder.path()));
    UsageSource other_source(other_store, milliseconds(0));
    QuotaKeeper other(other_store, other_source);
    std::atomic<int> stored = 0;
    std::atomic<int> removed = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 20; ++i)
                if (deliver_within(100, limit, thread % 2 == 0 ? keeper : other)) ++stored;
        });
    threads.emplace_back([&] {
        // A session that reads, and makes room twice.
        for (int i = 0; i < 2; ++i) {
            View session = view();
            ASSERT_TRUE(session.refresh(Expunges::reveal));
            const auto rows = session.mailbox().rows(UidSet::all()).value();
            if (rows.empty()) continue;
            removed += static_cast<int>(
                session.mailbox().expunge(uids({rows[0].uid.value()}), ExpungeRule::all_given)->size());
        }
    });
    for (std::thread& thread : threads) thread.join();
    while (deliver_within(100, limit)) ++stored;
    EXPECT_EQ(stored - removed, 10);
    EXPECT_EQ(counted(limit), (Usage{1000, 10}));
    EXPECT_EQ(usage(limit), (Usage{1000, 10}));
    source.flush(UsageSource::Flush::last);
    other_source.flush(UsageSource::Flush::last);
    EXPECT_EQ(parse_maildirsize(size_file()), (MaildirSize{{1000, 0}, {1000, 10}}));
}

}  // namespace
}  // namespace posthouse::storage
