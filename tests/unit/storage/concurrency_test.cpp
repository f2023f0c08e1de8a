// Several threads, and several processes, on one mailbox: nothing lost, no UID twice.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

/// What one worker was promised: "append UID TEXT", "deliver TEXT", "expunge UID".
class Journal {
  public:
    void note(const std::string& line) { text_ += line + "\n"; }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

/// A mix of everything. Each worker removes only what it appended itself.
void work(Store& store, const AccountName& account, const std::string& name, unsigned seed, int steps,
          Journal& journal) {
    std::mt19937 random(seed);
    const auto inbox = store.open(account).value()->open(MailboxName()).value();
    const auto archive = store.open(account).value()->open(MailboxName::parse("Archive").value()).value();
    View session = View::open(inbox, Access::read_write).value();
    std::vector<Uid> mine;
    for (int step = 0; step < steps; ++step) {
        const std::string text = name + "-" + std::to_string(step);
        switch (random() % 7) {
            case 0:
            case 1: {
                const Uid uid = append(*inbox, text + "\r\n", step % 2 == 0 ? flags({}) : flags({Flag::seen}, {name}));
                journal.note("append " + std::to_string(uid.value()) + " " + text);
                mine.push_back(uid);
                break;
            }
            case 2:
                if (deliver(store, account, text + "\r\n", text, step % 2 == 0)) journal.note("deliver " + text);
                break;
            case 3:
                ASSERT_TRUE(
                    inbox->store_flags(uids({static_cast<std::uint32_t>(random() % 50 + 1),
                                             static_cast<std::uint32_t>(random() % 50 + 1)}),
                                       {static_cast<FlagAction>(random() % 2 + 1), flags({Flag::flagged}, {name})}));
                break;
            case 4:
                if (!mine.empty() && random() % 2 == 0) {
                    const std::vector<Uid> removed =
                        inbox->expunge(uids({mine.back().value()}), ExpungeRule::all_given).value();
                    ASSERT_EQ(removed.size(), 1u);
                    journal.note("expunge " + std::to_string(mine.back().value()));
                    mine.pop_back();
                }
                break;
            case 5:
                if (!mine.empty()) {
                    const Copied copied = inbox->copy(uids({mine.back().value()}), *archive).value();
                    ASSERT_EQ(copied.to.size(), 1u);
                    ASSERT_EQ(content(*archive, copied.to[0]), content(*inbox, mine.back()));
                }
                break;
            default: {
                const std::uint32_t highest = session.count() > 0 ? session.uids().back().value() : 0;
                const Changes changes = session.refresh(Expunges::reveal).value();
                for (const Uid uid : changes.added) ASSERT_GT(uid.value(), highest);
                for (const Uid uid : mine) ASSERT_TRUE(session.number(uid)) << uid.value();
                break;
            }
        }
    }
}

/// Compares what all workers were promised with what a fresh look finds.
void judge(const std::string& root, const AccountName& account, const std::vector<std::string>& journals) {
    std::map<std::uint32_t, std::string> appended;
    std::set<std::uint32_t> expunged;
    std::set<std::string> delivered;
    for (const std::string& journal : journals) {
        std::istringstream lines(journal);
        for (std::string verb; lines >> verb;) {
            std::uint32_t uid = 0;
            std::string text;
            if (verb == "deliver") {
                lines >> text;
                delivered.insert(text);
            } else if (verb == "expunge") {
                lines >> uid;
                expunged.insert(uid);
            } else {
                lines >> uid >> text;
                EXPECT_TRUE(appended.emplace(uid, text).second) << "UID given twice: " << uid;
            }
        }
    }
    EXPECT_FALSE(appended.empty());
    EXPECT_FALSE(delivered.empty());
    Store fresh(settings_for(root));
    const auto inbox = fresh.open(account).value()->open(MailboxName()).value();
    std::map<std::string, int> found;
    for (const MessageRow& row : inbox->rows(UidSet::all()).value()) {
        std::string text = content(*inbox, row.uid);
        text.resize(text.size() - 2);
        ++found[text];
        if (appended.contains(row.uid.value())) EXPECT_EQ(appended[row.uid.value()], text);
        EXPECT_FALSE(expunged.contains(row.uid.value()));
    }
    std::size_t expected = delivered.size();
    for (const std::string& text : delivered) EXPECT_EQ(found[text], 1) << text;
    for (const auto& [uid, text] : appended) {
        if (expunged.contains(uid)) continue;
        ++expected;
        EXPECT_EQ(found[text], 1) << text;
    }
    EXPECT_EQ(inbox->status().value().messages, expected);
}

class ConcurrencyTest : public MailRoot {};

TEST_F(ConcurrencyTest, ThreadsOfOneProcessShareAMailbox) {
    constexpr std::size_t workers = 6;
    std::vector<Journal> journals(workers);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < workers; ++i)
            threads.emplace_back(
                [&, i] { work(store, bob, "t" + std::to_string(i), static_cast<unsigned>(i), 150, journals[i]); });
    }
    std::vector<std::string> texts;
    for (const Journal& journal : journals) texts.push_back(journal.text());
    judge(folder.path(), bob, texts);
}

TEST_F(ConcurrencyTest, ProcessesShareAMailbox) {
    constexpr unsigned workers = 4;
    std::vector<std::pair<pid_t, int>> children;
    for (unsigned i = 0; i < workers; ++i) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            Journal journal;
            {
                Store own(settings_for(folder.path()));
                work(own, bob, "p" + std::to_string(i), i + 100, 120, journal);
            }
            const std::string& text = journal.text();
            const bool written = ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
            ::_exit(written && !::testing::Test::HasFailure() ? 0 : 1);
        }
        ::close(ends[1]);
        children.emplace_back(child, ends[0]);
    }
    std::vector<std::string> texts;
    for (const auto& [child, end] : children) {
        std::string text;
        char piece[4096];
        for (ssize_t n = 0; (n = ::read(end, piece, sizeof piece)) > 0;)
            text.append(piece, static_cast<std::size_t>(n));
        ::close(end);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        texts.push_back(std::move(text));
    }
    judge(folder.path(), bob, texts);
}

TEST_F(ConcurrencyTest, SameIdDeliveredByManyThreadsArrivesOnce) {
    std::atomic<int> first{0};
    std::atomic<int> repeated{0};
    std::atomic<int> busy{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto delivered = deliver(store, bob, "x\r\n", "SAME");
                if (!delivered)
                    ++(delivered.error().code == ErrorCode::busy ? busy : first);
                else
                    ++(delivered->repeated ? repeated : first);
            });
    }
    EXPECT_EQ(first, 1);
    EXPECT_EQ(first + repeated + busy, 8);
    EXPECT_EQ(open()->status().value().messages, 1u);
}

TEST_F(ConcurrencyTest, ScanDuringRenamesNeverLosesAMessage) {
    const auto inbox = open();
    std::vector<NewMessage> messages;
    for (int i = 0; i < 400; ++i) {
        messages.push_back({inbox->start_message().value(), flags({Flag::seen}), {}});
        ASSERT_TRUE(messages.back().content.write("x\r\n"));
    }
    ASSERT_TRUE(inbox->append(std::move(messages)));
    std::atomic<bool> done{false};
    std::jthread renamer([&] {
        Store own(settings_for(folder.path()));
        const auto box = own.open(bob).value()->open(MailboxName()).value();
        for (int i = 0; i < 20; ++i)
            EXPECT_TRUE(box->store_flags(UidSet::all(),
                                         {i % 2 == 0 ? FlagAction::add : FlagAction::remove, flags({Flag::flagged})}));
        done = true;
    });
    View session = view();
    while (!done) {
        const Changes changes = session.refresh(Expunges::reveal).value();
        ASSERT_TRUE(changes.expunged.empty());
        ASSERT_EQ(changes.count, 400u);
    }
}

/// Every message that lies in a mailbox, by its text.
std::map<std::string, int> texts(Mailbox& mailbox) {
    std::map<std::string, int> found;
    const std::vector<MessageRow> rows = mailbox.rows(UidSet::all()).value();
    for (const MessageRow& row : rows) ++found[content(mailbox, row.uid)];
    return found;
}

TEST_F(ConcurrencyTest, AMessageThatSeveralMoveIsMovedOnce) {
    const auto inbox = open();
    const auto archive = open("Archive");
    constexpr int messages = 60;
    for (int i = 0; i < messages; ++i) append(*inbox, std::to_string(i) + "\r\n", flags({Flag::seen}));
    for (int round = 0; round < 4; ++round) {
        Mailbox& from = round % 2 == 0 ? *inbox : *archive;
        Mailbox& to = round % 2 == 0 ? *archive : *inbox;
        std::vector<std::thread> movers;
        std::atomic<std::size_t> moved{0};
        for (int i = 0; i < 4; ++i)
            movers.emplace_back([&] {
                const Result<Copied> done = from.move(UidSet::all(), to);
                ASSERT_TRUE(done) << done.error().message();
                ASSERT_EQ(done->from.size(), done->to.size());
                moved += done->to.size();
            });
        for (std::thread& mover : movers) mover.join();
        EXPECT_EQ(moved, messages);
        EXPECT_EQ(from.status()->messages, 0u);
        const auto found = texts(to);
        EXPECT_EQ(found.size(), messages);
        for (const auto& [text, count] : found) EXPECT_EQ(count, 1) << text;
    }
    EXPECT_EQ(files("cur").size(), messages);
    EXPECT_TRUE(files(".Archive/cur").empty());
}

TEST_F(ConcurrencyTest, WhatIsExpungedWhileItIsMovedDoesNotComeBack) {
    const auto inbox = open();
    const auto archive = open("Archive");
    constexpr std::uint32_t messages = 200;
    for (std::uint32_t i = 0; i < messages; ++i) append(*inbox, std::to_string(i) + "\r\n", flags({Flag::seen}));
    std::vector<Uid> removed;
    std::thread remover([&] {
        for (std::uint32_t uid = messages; uid > 0; uid -= 2)
            for (const Uid gone : inbox->expunge(uids({uid}), ExpungeRule::all_given).value()) removed.push_back(gone);
    });
    const Result<Copied> moved = inbox->move(UidSet::all(), *archive);
    remover.join();
    ASSERT_TRUE(moved) << moved.error().message();
    EXPECT_EQ(moved->from.size() + removed.size(), messages);
    for (const Uid uid : removed) EXPECT_FALSE(UidSet(moved->from).contains(uid));
    EXPECT_EQ(archive->status()->messages, moved->to.size());
    EXPECT_EQ(inbox->status()->messages, 0u);
}

}  // namespace
}  // namespace posthouse::storage
