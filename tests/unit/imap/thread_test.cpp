// Tests of lib/imap/thread.h.
#include "lib/imap/thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace posthouse::imap {
namespace {

/// Messages whose ids are small numbers; numbered from 1, sent in this order unless told otherwise.
class Mailbox {
  public:
    Mailbox& add(MessageIdHash id, const std::vector<MessageIdHash>& references = {}, std::string_view subject = "",
                 bool is_reply = false) {
        ThreadMessage message;
        message.number = static_cast<std::uint32_t>(messages.size() + 1);
        message.sent = message.arrival = message.number * 10;
        message.subject = subject;
        message.is_reply = is_reply;
        message.id = id;
        bytes_.emplace_back(reinterpret_cast<const char*>(references.data()),
                            references.size() * sizeof(MessageIdHash));
        message.references = MessageIdHashes(bytes_.back());
        messages.push_back(message);
        return *this;
    }
    Mailbox& sent(std::int64_t when) {
        messages.back().sent = when;
        return *this;
    }

    std::vector<ThreadMessage> messages;

  private:
    std::deque<std::string> bytes_;
};

std::string shown(const Threads& threads) {
    std::string out;
    append_threads(out, threads);
    return out;
}
std::string by_references(const Mailbox& mailbox) { return shown(thread_by_references(mailbox.messages)); }
std::string by_refs(const Mailbox& mailbox) { return shown(thread_by_refs(mailbox.messages)); }
std::string by_subject(const Mailbox& mailbox) { return shown(thread_by_subject(mailbox.messages)); }

// RFC 5256 §4: message 2 by itself; 3 with its child 6, which has two children, 4 (with child 23) and 44 (with child 7,
// which has child 96).
TEST(Thread, TheExampleOfTheResponse) {
    Mailbox mailbox;
    mailbox.add(2).add(3).add(6, {3}).add(4, {3, 6}).add(23, {3, 6, 4}).add(44, {6}).add(7, {44}).add(96, {44, 7});
    const std::vector<std::uint32_t> numbers = {2, 3, 6, 4, 23, 44, 7, 96};
    for (std::size_t i = 0; i < numbers.size(); ++i) mailbox.messages[i].number = numbers[i];
    EXPECT_EQ(by_references(mailbox), "(2)(3 6 (4 23)(44 7 96))");
    EXPECT_EQ(by_refs(mailbox), "(2)(3 6 (4 23)(44 7 96))");
}

// RFC 5256 §4: messages 3 and 5 are siblings whose parent is missing.
TEST(Thread, SiblingsOfAMissingParent) {
    Mailbox mailbox;
    mailbox.add(1, {9}).add(2, {9});
    mailbox.messages[0].number = 3;
    mailbox.messages[1].number = 5;
    EXPECT_EQ(by_references(mailbox), "((3)(5))");
    EXPECT_EQ(by_references(Mailbox().add(1, {9})), "(1)");
    EXPECT_EQ(by_references(Mailbox()), "");
    EXPECT_EQ(by_refs(Mailbox()), "");
    EXPECT_EQ(by_subject(Mailbox()), "");
}

TEST(Thread, MissingParentsInBetweenGo) {
    EXPECT_EQ(by_references(Mailbox().add(1).add(2, {1, 8, 9})), "(1 2)");
    EXPECT_EQ(by_references(Mailbox().add(1, {7, 8}).add(2, {7, 9}).add(3, {7, 8})), "((1)(2)(3))");
    EXPECT_EQ(by_references(Mailbox().add(1).add(2, {1, 8}).add(3, {1, 8})), "(1 (2)(3))");
}

TEST(Thread, OthersTellOfAMessagesParentOnlyWhenItIsSilent) {
    // 2 says nothing; 3, which comes later, knows its parent.
    EXPECT_EQ(by_references(Mailbox().add(1).add(2).add(3, {1, 2})), "(1 2 3)");
    // What 1 says of 3 ends when 3, later, says nothing.
    EXPECT_EQ(by_references(Mailbox().add(1, {9, 3}).add(9).add(3)), "(2)(3 1)");
    // 3 says that 4 is its parent, whatever 5 says.
    EXPECT_EQ(by_references(Mailbox().add(3, {4}).add(4).add(5, {6, 3}).add(6)), "(2 1 3)(4)");
}

TEST(Thread, OfTwoMessagesWithOneIdTheFirstHasIt) {
    EXPECT_EQ(by_references(Mailbox().add(1).add(1).add(2, {1})), "(1 3)(2)");
    EXPECT_EQ(by_references(Mailbox().add(0).add(0).add(2, {5})), "(1)(2)(3)");
}

TEST(Thread, LoopsAreNotClosed) {
    EXPECT_EQ(by_references(Mailbox().add(1, {1})), "(1)");
    EXPECT_EQ(by_references(Mailbox().add(1, {2}).add(2, {1})), "(2 1)");
    EXPECT_EQ(by_references(Mailbox().add(1, {2, 3}).add(2, {3, 1}).add(3, {1, 2})), "(3 1 2)");
    EXPECT_EQ(by_references(Mailbox().add(1, {7, 8}).add(2, {8, 7})), "((1)(2))");
}

TEST(Thread, SiblingsAndThreadsStandInTheOrderOfSentDates) {
    EXPECT_EQ(by_references(Mailbox().add(1).sent(50).add(2, {1}).sent(40).add(3, {1}).sent(30).add(4).sent(45)),
              "(4)(1 (3)(2))");
    EXPECT_EQ(by_references(Mailbox().add(1, {9}).sent(50).add(2).sent(40).add(3, {9}).sent(30)), "((3)(1))(2)");
    EXPECT_EQ(by_references(Mailbox().add(1).sent(1).add(2).sent(1)), "(1)(2)");
}

TEST(Thread, ARepliesSubjectFindsItsThread) {
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A").add(2, {}, "A", true)), "(1 2)");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A", true).add(2, {}, "A")), "(2 1)");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A").add(2, {}, "A")), "((1)(2))");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A", true).add(2, {}, "A", true).add(3, {}, "A")), "(3 (1)(2))");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A").add(2, {}, "A").add(3, {}, "A", true)), "((1)(2)(3))");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "").add(2, {}, "", true)), "(1)(2)");
    EXPECT_EQ(by_references(Mailbox().add(1, {}, "A").add(2, {1}, "B").add(3, {}, "B")), "(1 2)(3)");
}

TEST(Thread, DummiesOfOneSubjectBecomeOne) {
    Mailbox mailbox;
    mailbox.add(1, {8}, "A").add(2, {8}, "A").add(3, {9}, "A").add(4, {9}, "A").add(5, {}, "A");
    EXPECT_EQ(by_references(mailbox), "((1)(2)(3)(4)(5))");
}

TEST(Thread, RefsKnowsNoSubjectsAndOrdersByLatestArrival) {
    EXPECT_EQ(by_refs(Mailbox().add(1, {}, "A").add(2, {}, "A", true)), "(1)(2)");
    EXPECT_EQ(by_refs(Mailbox().add(1).add(2).add(3, {1})), "(2)(1 3)");
    EXPECT_EQ(by_refs(Mailbox().add(1, {9}).add(2).add(3, {9}).add(4)), "(2)((1)(3))(4)");
}

// RFC 5256 §3: the first message of a subject is the parent of all others.
TEST(Thread, OrderedSubjectHasTwoLevels) {
    EXPECT_EQ(by_subject(Mailbox().add(1, {}, "A").add(2, {}, "B").add(3, {}, "A").add(4, {}, "A").add(5, {}, "B")),
              "(1 (3)(4))(2 5)");
    EXPECT_EQ(by_subject(Mailbox().add(1, {}, "A").sent(9).add(2, {}, "B").sent(8).add(3, {}, "A").sent(7)),
              "(3 1)(2)");
}

// The algorithm as RFC 5256 §3 tells it, for REFERENCES up to step 3, with the loop check that it asks for.
std::vector<std::uint32_t> parents_by_the_book(const std::vector<ThreadMessage>& messages) {
    std::map<MessageIdHash, MessageIdHash> parent;
    std::map<MessageIdHash, std::uint32_t> message_of;
    std::vector<MessageIdHash> ids;
    for (std::uint32_t i = 0; i < messages.size(); ++i) {
        const bool taken = messages[i].id == 0 || message_of.contains(messages[i].id);
        ids.push_back(taken ? 1'000'000 + i : messages[i].id);
        message_of[ids.back()] = i;
    }
    const auto link = [&](MessageIdHash above, MessageIdHash below) {
        for (MessageIdHash id = above;; id = parent[id]) {
            if (id == below) return;
            if (!parent.contains(id)) break;
        }
        parent[below] = above;
    };
    for (std::uint32_t i = 0; i < messages.size(); ++i) {
        const MessageIdHashes& references = messages[i].references;
        for (std::size_t k = 1; k < references.size(); ++k) {
            if (!parent.contains(references[k])) link(references[k - 1], references[k]);
        }
        parent.erase(ids[i]);
        if (!references.empty()) link(references[references.size() - 1], ids[i]);
    }
    std::vector<std::uint32_t> found;
    for (const MessageIdHash own : ids) {
        MessageIdHash id = own;
        do {
            id = parent.contains(id) ? parent[id] : 0;
        } while (id != 0 && !message_of.contains(id));
        found.push_back(id == 0 ? 0 : messages[message_of[id]].number);
    }
    return found;
}

std::vector<std::uint32_t> parents_in(const Threads& threads, std::size_t messages) {
    std::vector<std::uint32_t> found(messages, 0);
    for (const Threads::Node& node : threads.nodes) {
        for (auto child = node.first_child; child != Threads::none; child = threads.nodes[child].next_sibling) {
            found.at(threads.nodes[child].number - 1) = node.number;
        }
    }
    return found;
}

TEST(Thread, WithoutLoopsLinksAreThoseOfTheBook) {
    std::mt19937 random(5256);
    for (int round = 0; round < 3000; ++round) {
        // A forest of ids in which a greater id is below a smaller one; lists of ancestors with gaps, in any order of
        // arrival, some ids without a message, some twice.
        const std::size_t size = 1 + random() % 14;
        std::vector<MessageIdHash> above(size + 1, 0);
        for (MessageIdHash id = 2; id <= size; ++id) above[id] = random() % id;
        std::vector<MessageIdHash> arrivals;
        for (MessageIdHash id = 1; id <= size; ++id) {
            if (random() % 4 != 0) arrivals.push_back(id);
            if (random() % 16 == 0) arrivals.push_back(id);
        }
        std::ranges::shuffle(arrivals, random);
        Mailbox mailbox;
        for (const MessageIdHash id : arrivals) {
            std::vector<MessageIdHash> references;
            for (MessageIdHash up = above[id]; up != 0; up = above[up]) {
                if (random() % 5 != 0) references.insert(references.begin(), up);
            }
            if (random() % 6 == 0) references.clear();
            mailbox.add(id, references);
        }
        ASSERT_EQ(parents_in(thread_by_references(mailbox.messages), arrivals.size()),
                  parents_by_the_book(mailbox.messages))
            << "round " << round << ": " << by_references(mailbox);
    }
}

TEST(Thread, LongChainsLoopsAndOneIdForAllEnd) {
    constexpr std::uint32_t many = 200'000;
    std::vector<MessageIdHash> previous(many + 1);
    for (std::uint32_t i = 0; i <= many; ++i) previous[i] = i + 1;
    for (const bool backwards : {false, true}) {
        std::vector<ThreadMessage> messages(many);
        for (std::uint32_t i = 0; i < many; ++i) {
            const std::uint32_t id = backwards ? many - i : i + 1;
            messages[i].number = i + 1;
            messages[i].id = id;
            // Each is a reply to the one before; the first, to the last: a loop.
            const std::uint32_t parent = id == 1 ? many : id - 1;
            messages[i].references =
                MessageIdHashes({reinterpret_cast<const char*>(&previous[parent - 1]), sizeof(MessageIdHash)});
        }
        const std::string out = shown(thread_by_references(messages));
        EXPECT_EQ(std::ranges::count(out, '('), 1);
        EXPECT_EQ(std::ranges::count(out, ' '), many - 1);
    }
    std::vector<ThreadMessage> equal(many);
    for (std::uint32_t i = 0; i < many; ++i) {
        equal[i].number = i + 1;
        equal[i].id = 1;
        equal[i].subject = "SAME";
        equal[i].references =
            MessageIdHashes({reinterpret_cast<const char*>(previous.data()), sizeof(MessageIdHash) * 2});
    }
    for (const Threads& threads : {thread_by_references(equal), thread_by_refs(equal), thread_by_subject(equal)}) {
        EXPECT_EQ(std::ranges::count(shown(threads), '('), std::ranges::count(shown(threads), ')'));
        EXPECT_GE(threads.nodes.size(), many);
    }
}

TEST(Thread, OfTooManyReferencesTheFirstAndTheLastCount) {
    std::vector<MessageIdHash> ids(kMaxThreadReferences);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = i + 100;
    ids.front() = 1;
    ids.back() = 2;
    Mailbox mailbox;
    mailbox.add(1).add(2).add(3, ids);
    EXPECT_EQ(by_references(mailbox), "(1 2 3)");
    mailbox.add(4, {1});
    EXPECT_EQ(by_references(mailbox), "(1 (2 3)(4))");
}

}  // namespace
}  // namespace posthouse::imap
