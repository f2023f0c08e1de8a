// Orders of SORT that are kept: what is kept, and that nobody sees the difference (RFC 5256 §3).
#include "imapd/search/kept_orders.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <sstream>

#include "tests/unit/imapd/imap_server.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::imapd {
namespace {

using Numbers = std::vector<std::uint32_t>;

/// The numbers of "* SORT 3 1 2".
Numbers sorted(const std::string& reply) {
    Numbers numbers;
    std::istringstream words(reply.substr(0, reply.find("\r\n")));
    std::string word;
    words >> word >> word;
    for (std::uint32_t number = 0; words >> number;) numbers.push_back(number);
    return numbers;
}

KeptOrders::Key key(std::string criteria) {
    return {.mailbox = "guid", .uid_validity = storage::UidValidity(1), .criteria = std::move(criteria)};
}

std::vector<storage::Uid> uids(std::size_t count) { return std::vector(count, storage::Uid(1)); }

TEST(KeptOrders, ThoseThatWereUsedLastAreKept) {
    KeptOrders orders(30 * sizeof(storage::Uid));
    for (const char* name : {"a", "b", "c"}) orders.keep(key(name), uids(10));
    EXPECT_NE(orders.find(key("a")), nullptr);
    orders.keep(key("d"), uids(10));
    EXPECT_EQ(orders.find(key("b")), nullptr);
    EXPECT_NE(orders.find(key("a")), nullptr);
    EXPECT_NE(orders.find(key("c")), nullptr);
    orders.keep(key("d"), uids(20));
    EXPECT_EQ(orders.find(key("d"))->size(), 20u);
    EXPECT_EQ(orders.find(key("a")), nullptr);
    EXPECT_NE(orders.find(key("c")), nullptr) << "the old one has made room for the new";
    orders.keep(key("e"), uids(31));
    EXPECT_EQ(orders.find(key("e")), nullptr);
    EXPECT_NE(orders.find(key("c")), nullptr) << "what is too large takes nothing from others";
}

TEST(KeptOrders, AnotherUidValidityIsAnotherMailbox) {
    KeptOrders orders;
    orders.keep(key("a"), uids(10));
    KeptOrders::Key other = key("a");
    other.uid_validity = storage::UidValidity(2);
    EXPECT_EQ(orders.find(other), nullptr);
}

/// Sessions sort a mailbox of which the test knows every subject.
class KeptOrdersTest : public ImapTest {
  protected:
    static constexpr std::size_t at_first = 1100;

    void SetUp() override {
        for (std::size_t i = 0; i < at_first; ++i) add();
    }
    std::string any_word() { return words_[random_() % words_.size()]; }
    /// A message that no session has brought.
    void add() {
        subjects_.push_back(any_word());
        const storage::AccountName joe = storage::AccountName::parse("joe@example.org").value();
        const auto mailbox = server.store().open(joe).value()->open(storage::MailboxName()).value();
        storage::append(*mailbox, "Subject: " + subjects_.back() + "\n\n");
    }
    Numbers expected(bool reverse, std::size_t count) const {
        Numbers numbers(count);
        std::iota(numbers.begin(), numbers.end(), 1u);
        std::ranges::sort(numbers, [&](std::uint32_t a, std::uint32_t b) {
            const int order = subjects_[a - 1].compare(subjects_[b - 1]);
            return order == 0 ? a < b : (order < 0) != reverse;
        });
        return numbers;
    }

    std::vector<std::string> words_{"coach", "horse", "inn", "letter", "rider", "road", "seal"};
    std::mt19937 random_{7};
    std::vector<std::string> subjects_;  ///< of message n: element n - 1
};

TEST_F(KeptOrdersTest, WhatCameAndWentSinceTheLastTimeIsWhereItBelongs) {
    TestClient one = select_inbox();
    TestClient other = select_inbox();
    for (int round = 0; round < 60; ++round) {
        SCOPED_TRACE(round);
        // One, two, or more than are put into an order that is there.
        for (unsigned i = random_() % 5; i > 0; --i) add();
        if (random_() % 2 == 0) {
            for (int i = 0; i < 3; ++i)
                one.run("STORE " + std::to_string(1 + random_() % (subjects_.size() / 2)) + " +FLAGS.SILENT \\Deleted");
            std::istringstream lines(one.run("EXPUNGE"));
            for (std::string line; std::getline(lines, line);)
                if (line.find("EXPUNGE") != std::string::npos && line[0] == '*')
                    subjects_.erase(subjects_.begin() + std::stol(line.substr(2)) - 1);
        }
        for (TestClient* client : {&one, &other}) {
            client->run("NOOP");
            EXPECT_EQ(sorted(client->run("SORT (SUBJECT) UTF-8 ALL")), expected(false, subjects_.size()));
            EXPECT_EQ(sorted(client->run("SORT (REVERSE SUBJECT) UTF-8 ALL")), expected(true, subjects_.size()));
            EXPECT_EQ(sorted(client->run("SORT (SUBJECT) UTF-8 1:400")), expected(false, 400));
        }
    }
}

TEST_F(KeptOrdersTest, WhoWasNotToldYetThatMessagesAreGoneSortsAllTheSame) {
    TestClient one = select_inbox();
    TestClient other = select_inbox();
    const std::vector<std::string> before = subjects_;
    const Numbers all = expected(false, before.size());
    EXPECT_EQ(sorted(one.run("SORT (SUBJECT) UTF-8 ALL")), all);
    one.run("STORE 10:500 +FLAGS.SILENT \\Deleted");
    one.run("EXPUNGE");
    subjects_.erase(subjects_.begin() + 9, subjects_.begin() + 500);
    EXPECT_EQ(sorted(one.run("SORT (SUBJECT) UTF-8 ALL")), expected(false, subjects_.size()));
    Numbers living;
    for (const std::uint32_t number : sorted(other.run("SORT (SUBJECT) UTF-8 ALL")))
        if (number < 10 || number > 500) living.push_back(number);
    Numbers wanted;
    std::ranges::copy_if(all, std::back_inserter(wanted), [](std::uint32_t n) { return n < 10 || n > 500; });
    EXPECT_EQ(living, wanted);
}

TEST_F(KeptOrdersTest, EachSetOfCriteriaHasItsOwn) {
    TestClient client = select_inbox();
    EXPECT_EQ(sorted(client.run("SORT (SUBJECT) UTF-8 ALL")), expected(false, at_first));
    Numbers by_arrival(at_first);
    std::iota(by_arrival.begin(), by_arrival.end(), 1u);
    EXPECT_EQ(sorted(client.run("SORT (TO) UTF-8 ALL")), by_arrival);
    EXPECT_EQ(sorted(client.run("SORT (SUBJECT REVERSE TO) UTF-8 ALL")), expected(false, at_first));
}

}  // namespace
}  // namespace posthouse::imapd
