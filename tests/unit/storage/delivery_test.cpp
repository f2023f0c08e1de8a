// Delivery: one content into several mailboxes, once per id, nothing half done.
#include "storage/delivery.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <algorithm>

#include "storage/maildir_name.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

class DeliveryTest : public MailRoot {
  protected:
    AccountName ann = AccountName::parse("ann@example.org").value();
    AccountName eve = AccountName::parse("eve@example.org").value();

    std::shared_ptr<Mailbox> inbox_of(const AccountName& name) {
        return store.open(name).value()->open(MailboxName()).value();
    }
    std::vector<Result<Delivered>> run(DeliveryOrder order, std::string_view text = hello) {
        Result<Delivery> delivery = Delivery::begin(store, std::move(order));
        EXPECT_TRUE(delivery);
        EXPECT_TRUE(delivery->write(text.substr(0, 5)));
        EXPECT_TRUE(delivery->write(text.substr(5)));
        return delivery->commit();
    }
    std::string file_of(const AccountName& name, std::size_t index = 0) {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(store.open(name).value()->root() + "/new"))
            found.push_back(entry.path().string());
        std::ranges::sort(found);
        return found.at(index);
    }
};

TEST_F(DeliveryTest, MessageLiesInNewUnderANameThatTellsSizesAndId) {
    const auto delivered = deliver(store, bob, hello, "TX1", true);
    ASSERT_TRUE(delivered);
    EXPECT_FALSE(delivered->repeated);
    EXPECT_EQ(files("new"), (std::vector<std::string>{delivered->file_name}));
    EXPECT_EQ(id_in_name(delivered->file_name), "TX1");
    EXPECT_EQ(size_in_name(delivered->file_name, 'S'), hello.size() - 3);
    EXPECT_EQ(size_in_name(delivered->file_name, 'W'), hello.size());
    EXPECT_TRUE(files("tmp").empty());
    EXPECT_FALSE(std::filesystem::exists(path("dovecot-uidlist")));
    EXPECT_EQ(content(*open(), Uid(1)), hello);
}

TEST_F(DeliveryTest, RecipientsOfTheSameBytesShareThem) {
    const auto results = run({"TX", {}, {{bob, {}, "X: 1\r\n"}, {ann, {}, "X: 1\r\n"}, {eve, {}, "X: 2\r\n"}}});
    ASSERT_EQ(results.size(), 3u);
    for (const auto& result : results) ASSERT_TRUE(result);
    EXPECT_EQ(content(*inbox_of(bob), Uid(1)), "X: 1\r\n" + std::string(hello));
    EXPECT_EQ(content(*inbox_of(ann), Uid(1)), "X: 1\r\n" + std::string(hello));
    EXPECT_EQ(content(*inbox_of(eve), Uid(1)), "X: 2\r\n" + std::string(hello));
    EXPECT_EQ(std::filesystem::hard_link_count(file_of(bob)), 2u);
    EXPECT_EQ(std::filesystem::hard_link_count(file_of(eve)), 1u);
    for (const AccountName& name : {bob, ann, eve})
        for (const auto& entry : std::filesystem::directory_iterator(store.open(name).value()->root() + "/tmp"))
            EXPECT_TRUE(entry.path().filename().string().starts_with("lock.")) << entry.path();
}

TEST_F(DeliveryTest, ContentWithABareCrIsTheSameInEveryCopy) {
    const std::string text = "A: b\r\n\r\nbare\rcr\r\nlast\r\n";
    const auto results = run({"TX", {}, {{bob, {}, "X: 1\r\n"}, {ann, {}, "X: 2\r\n"}}}, text);
    for (const auto& result : results) ASSERT_TRUE(result);
    EXPECT_EQ(content(*inbox_of(bob), Uid(1)), "X: 1\r\n" + text);
    EXPECT_EQ(content(*inbox_of(ann), Uid(1)), "X: 2\r\n" + text);
}

TEST_F(DeliveryTest, RepeatGivesTheFirstResult) {
    const auto first = deliver(store, bob, hello, "TX1", true);
    for (const bool is_read : {false, true}) {
        if (is_read) {
            view();
            EXPECT_TRUE(open()->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
        }
        const auto again = deliver(store, bob, hello, "TX1");
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->repeated);
        EXPECT_EQ(again->file_name, first->file_name);
        EXPECT_EQ(open()->status().value().messages, 1u);
    }
    EXPECT_FALSE(deliver(store, bob, hello, "TX2")->repeated);
    EXPECT_FALSE(deliver(store, bob, hello, "TX")->repeated);
    EXPECT_EQ(open()->status().value().messages, 3u);
}

// Who stood still while another delivered the same.
TEST_F(DeliveryTest, AFirstAttemptThatBeginsTooLateLooksForOthers) {
    const auto begun = std::chrono::system_clock::now();
    ASSERT_TRUE(deliver(store, bob, hello, "TX1"));
    const auto late = run({"TX1", begun, {{bob, {}, ""}}});
    EXPECT_TRUE(late.at(0)->repeated);
    EXPECT_EQ(inbox_of(bob)->status().value().messages, 1u);
}

TEST_F(DeliveryTest, RepeatDeliversOnlyToWhomItIsMissing) {
    ASSERT_TRUE(deliver(store, ann, hello, "TX1", true));
    const auto results = run({"TX1", {}, {{ann, {}, ""}, {bob, {}, ""}}});
    EXPECT_TRUE(results.at(0)->repeated);
    EXPECT_FALSE(results.at(1)->repeated);
    EXPECT_EQ(inbox_of(ann)->status().value().messages, 1u);
    EXPECT_EQ(content(*inbox_of(bob), Uid(1)), hello);
}

TEST_F(DeliveryTest, SameMailboxTwiceGetsOneMessage) {
    const auto results = run({"", {}, {{bob, {}, ""}, {bob, {}, "X: y\r\n"}}});
    EXPECT_FALSE(results.at(0)->repeated);
    EXPECT_TRUE(results.at(1)->repeated);
    EXPECT_EQ(open()->status().value().messages, 1u);
}

TEST_F(DeliveryTest, DeliveryThatAnotherHoldsIsBusy) {
    Result<Delivery> first = Delivery::begin(store, {"TX1", always, {{bob, {}, ""}}});
    ASSERT_TRUE(first);
    Store other(settings_for(folder.path()));
    const auto second = deliver(other, bob, hello, "TX1");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::busy);
    // One of two mailboxes is held: the other one is served.
    Result<Delivery> both = Delivery::begin(other, {"TX1", {}, {{bob, {}, ""}, {ann, {}, ""}}});
    ASSERT_TRUE(both);
    ASSERT_TRUE(both->write(hello));
    const auto results = both->commit();
    EXPECT_EQ(results.at(0).error().code, ErrorCode::busy);
    EXPECT_TRUE(results.at(1));
    ASSERT_TRUE(first->write(hello));
    EXPECT_TRUE(first->commit().at(0));
}

TEST_F(DeliveryTest, DroppedDeliveryLeavesNothing) {
    {
        Result<Delivery> delivery = Delivery::begin(store, {"TX1", always, {{bob, {}, ""}, {ann, {}, "A: b\r\n"}}});
        ASSERT_TRUE(delivery);
        ASSERT_TRUE(delivery->write(hello));
    }
    EXPECT_TRUE(files("tmp").empty());
    EXPECT_TRUE(files("new").empty());
    EXPECT_FALSE(deliver(store, bob, hello, "TX1")->repeated);
}

TEST_F(DeliveryTest, WhatACrashLeftInTmpIsNeverWrittenAgain) {
    // Its bytes may be another mailbox's message by a hard link.
    write("tmp/TX1", "left behind\n");
    std::filesystem::create_hard_link(path("tmp/TX1"), path("new/linked"));
    ASSERT_TRUE(deliver(store, bob, hello, "TX1"));
    EXPECT_EQ(read("new/linked"), "left behind\n");
    EXPECT_EQ(open()->status().value().messages, 2u);
}

TEST_F(DeliveryTest, MailboxThatIsNotThereFailsAloneOrAll) {
    const auto results = run({"", {}, {{bob, named("None"), ""}, {bob, named("Junk"), ""}}});
    EXPECT_EQ(results.at(0).error().code, ErrorCode::not_found);
    ASSERT_TRUE(results.at(1));
    EXPECT_EQ(open("Junk")->status().value().messages, 1u);
    const auto none = Delivery::begin(store, {"", {}, {{bob, named("None"), ""}}});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::not_found);
}

TEST_F(DeliveryTest, IdsThatCannotStandInANameAreRefused) {
    for (const std::string& id :
         {std::string("a.b"), std::string("a/b"), std::string("a b"), std::string(65, 'x'), std::string("ä")}) {
        const auto refused = Delivery::begin(store, {id, {}, {{bob, {}, ""}}});
        ASSERT_FALSE(refused) << id;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    }
    EXPECT_FALSE(Delivery::begin(store, {"x", {}, {}}));
}

TEST_F(DeliveryTest, WriteThatFailsLeavesNothing) {
    // A limit on the size of files stands in for a disk that takes no more.
    Result<Delivery> delivery = Delivery::begin(store, {"", {}, {{bob, {}, ""}}});
    ASSERT_TRUE(delivery);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    rlimit small{1000, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    Result<> written;
    for (int i = 0; i < 100 && written; ++i) written = delivery->write(std::string(10'000, 'x'));
    const auto results = delivery->commit();
    ::setrlimit(RLIMIT_FSIZE, &old);
    ::signal(SIGXFSZ, handler);
    EXPECT_FALSE(results.at(0));
    EXPECT_TRUE(files("new").empty());
    EXPECT_TRUE(files("tmp").empty());
}

}  // namespace
}  // namespace posthouse::storage
