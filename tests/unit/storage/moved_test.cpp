// Accounts and domains that get another name.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "storage/moved.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

class MovedTest : public MailRoot {
  protected:
    AccountName ann = AccountName::parse("ann@example.net").value();

    std::vector<std::uint32_t> uids_of(const AccountName& name, const std::string& mailbox = "INBOX") {
        const auto opened = store.open(name, IfMissing::fail).value();
        std::vector<std::uint32_t> uids;
        for (const auto& row : opened->open(named(mailbox)).value()->rows(UidSet::all()).value())
            uids.push_back(row.uid.value());
        return uids;
    }
    std::string root_of(const AccountName& name) const {
        return folder.path() + "/" + name.domain() + "/" + name.local_part();
    }
};

TEST_F(MovedTest, AnAccountTakesMailUidsAndIndexAlong) {
    append(*open(), "one\r\n");
    append(*open("Sent"), "two\r\n", flags({Flag::seen}));
    ASSERT_TRUE(open()->expunge(UidSet::all(), ExpungeRule::all_given));
    append(*open(), "three\r\n");
    const Status before = open()->status().value();
    ASSERT_TRUE(*store.rename(bob, ann));
    EXPECT_EQ(uids_of(ann), (std::vector<std::uint32_t>{2}));
    EXPECT_EQ(uids_of(ann, "Sent"), (std::vector<std::uint32_t>{1}));
    const Status after = store.open(ann).value()->open(named("INBOX")).value()->status().value();
    EXPECT_EQ(after.uid_validity, before.uid_validity);
    EXPECT_EQ(after.highest_modseq, before.highest_modseq);
    EXPECT_TRUE(fs::exists(folder.path() + "/.index/example.net/ann"));
    EXPECT_FALSE(fs::exists(folder.path() + "/.index/example.org/bob"));
}

TEST_F(MovedTest, WhatWasOnItsWayToTheOldNameIsToBeTriedAgain) {
    ASSERT_TRUE(*store.rename(bob, ann));
    const auto late = deliver(store, bob, "late\r\n");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::busy);
    EXPECT_EQ(store.open(bob).error().code, ErrorCode::busy);
    EXPECT_EQ(store.open(bob, IfMissing::fail).error().code, ErrorCode::not_found);
    ASSERT_TRUE(forget_move(root_of(bob)));
    EXPECT_TRUE(deliver(store, bob, "a new user's\r\n"));
    EXPECT_EQ(uids_of(ann).size(), 0u);
}

TEST_F(MovedTest, ADeliveryThatHadBegunArrives) {
    Delivery delivery = Delivery::begin(store, {"", always, {{bob, MailboxName(), ""}}}).value();
    ASSERT_TRUE(delivery.write("slow\r\n"));
    ASSERT_TRUE(*store.rename(bob, ann));
    ASSERT_TRUE(delivery.commit().at(0));
    EXPECT_EQ(uids_of(ann), (std::vector<std::uint32_t>{1}));
}

TEST_F(MovedTest, ASessionOfTheOldNameMakesNothingInItsPlace) {
    const auto old_account = account;
    append(*open(), "one\r\n");
    ASSERT_TRUE(*store.rename(bob, ann));
    EXPECT_FALSE(old_account->create(named("Late")));
    EXPECT_FALSE(old_account->open(named("INBOX")));
    EXPECT_FALSE(old_account->open(named("Sent")));
    const auto index = Store(settings_for(folder.path())).open(ann).value()->open(named("INBOX")).value();
    EXPECT_EQ(index->rows(UidSet::all())->size(), 1u);
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(root_of(bob))) left.push_back(entry.path().filename().string());
    EXPECT_EQ(left, std::vector<std::string>{moved_file});
}

TEST_F(MovedTest, AMoveCanBeRepeatedAndTakenBack) {
    append(*open(), "one\r\n");
    ASSERT_TRUE(*store.rename(bob, ann));
    EXPECT_TRUE(*store.rename(bob, ann));
    ASSERT_TRUE(*store.rename(ann, bob));
    EXPECT_EQ(uids_of(bob).size(), 1u);
    EXPECT_EQ(store.open(ann).error().code, ErrorCode::busy);
    ASSERT_TRUE(*store.rename(bob, ann));
    EXPECT_EQ(uids_of(ann).size(), 1u);
}

TEST_F(MovedTest, WhereMailLiesNothingMoves) {
    ASSERT_TRUE(store.open(ann));
    append(*open(), "one\r\n");
    EXPECT_EQ(store.rename(bob, ann).error().code, ErrorCode::exists);
    EXPECT_EQ(uids_of(bob).size(), 1u);
    EXPECT_EQ(uids_of(ann).size(), 0u);
    EXPECT_TRUE(deliver(store, bob, "two\r\n"));
}

TEST_F(MovedTest, AnAccountWithoutMailLeavesItsNameAllTheSame) {
    const AccountName carl = AccountName::parse("carl@example.com").value();
    EXPECT_FALSE(*store.rename(carl, ann));
    EXPECT_EQ(deliver(store, carl, "late\r\n").error().code, ErrorCode::busy);
    EXPECT_TRUE(deliver(store, ann, "one\r\n"));
}

TEST_F(MovedTest, ADomainTakesAllAccountsAlong) {
    const AccountName moved_bob = AccountName::parse("bob@example.com").value();
    const AccountName carl = AccountName::parse("carl@example.org").value();
    append(*open(), "one\r\n");
    ASSERT_TRUE(deliver(store, carl, "two\r\n"));
    ASSERT_TRUE(*store.rename_domain("example.org", "example.com"));
    EXPECT_EQ(uids_of(moved_bob).size(), 1u);
    EXPECT_EQ(uids_of(AccountName::parse("carl@example.com").value()).size(), 1u);
    EXPECT_EQ(deliver(store, bob, "late\r\n").error().code, ErrorCode::busy);
    EXPECT_EQ(deliver(store, AccountName::parse("new@example.org").value(), "late\r\n").error().code, ErrorCode::busy);
    EXPECT_TRUE(fs::exists(folder.path() + "/.index/example.com/bob"));
    ASSERT_TRUE(forget_move(folder.path() + "/example.org"));
    EXPECT_TRUE(deliver(store, carl, "again\r\n"));
}

}  // namespace
}  // namespace posthouse::storage
