// Several processes change two mailboxes while others wait for them: after the last change everybody who waits sees the
// final state, woken and not by polling; also when processes are killed meanwhile. POSTHOUSE_CRASH_WAKES tells how many
// rounds.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/maildir_name.h"
#include "storage/watch.h"
#include "tests/crash/setting.h"
#include "tests/unit/storage/mail_root.h"

namespace {

/// The kernel tells this process of nothing, as when it has no watches left.
bool is_blind = false;

}  // namespace

// Instead of libc's.
extern "C" int inotify_add_watch(int fd, const char* path, std::uint32_t mask) noexcept {
    if (!is_blind) return static_cast<int>(::syscall(SYS_inotify_add_watch, fd, path, mask));
    errno = ENOSPC;
    return -1;
}

namespace posthouse::storage::crash {
namespace {

constexpr std::size_t sleepers = 4;
constexpr std::size_t writers = 3;
constexpr unsigned usual_rounds = 5;
constexpr std::array<const char*, 2> names{"INBOX", "Sent"};
/// Much shorter than any polling, much longer than a wake takes on a busy machine.
constexpr std::chrono::seconds patience{60};

/// What is to be seen of a mailbox: messages, and how many of them have each of three flags.
using Counts = std::array<std::uint32_t, 4>;
constexpr std::array<Flag, 3> counted{Flag::seen, Flag::flagged, Flag::deleted};

/// What all processes of a round share.
struct Board {
    std::atomic<bool> stop{false};
    std::array<std::array<std::array<std::atomic<std::uint32_t>, 4>, names.size()>, sleepers> shown{};
    std::array<std::atomic<std::uint64_t>, sleepers> looks{};
};

void count(Counts& counts, SystemFlags flags) {
    ++counts[0];
    for (std::size_t i = 0; i < counted.size(); ++i)
        if (flags.has(counted[i])) ++counts[i + 1];
}

/// By the files' names alone: a look through the engine would tell others what it finds.
Counts on_disk(const std::string& mailbox) {
    Counts counts{};
    for (const char* part : {"/new", "/cur"})
        for (const auto& file : std::filesystem::directory_iterator(mailbox + part))
            count(counts, flags_of(file.path().filename().string()).system);
    return counts;
}

/// Waits as IDLE does: looks when it is told, and once more a second after.
[[noreturn]] void wait_for_changes(const Settings& settings, const AccountName& name, Board& board, std::size_t number,
                                   bool looks_again) {
    Store store(settings);
    const auto account = store.open(name).value();
    std::vector<WatchId> ids;
    std::vector<View> views;
    const auto look = [&](std::size_t mailbox) {
        (void)views[mailbox].refresh(Expunges::reveal);
        Counts counts{};
        for (const MessageRow& row : views[mailbox].mailbox().rows(views[mailbox].uids().set()).value())
            count(counts, row.flags.system);
        for (std::size_t i = 0; i < counts.size(); ++i) board.shown[number][mailbox][i] = counts[i];
    };
    for (const char* mailbox : names) {
        const auto opened = account->open(MailboxName::parse(mailbox).value()).value();
        ids.push_back(store.watcher().add(*opened));
        views.push_back(View::open(opened, Access::read_write).value());
        look(views.size() - 1);
    }
    for (bool look_again = false;;) {
        pollfd ready{store.watcher().fd(), POLLIN, 0};
        const bool timed_out = ::poll(&ready, 1, look_again ? 1000 : -1) == 0;
        const std::vector<WatchId> told = store.watcher().drain();
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (timed_out || std::ranges::find(told, ids[i]) != told.end()) look(i);
        look_again = looks_again && !timed_out;
        ++board.looks[number];
    }
}

/// Changes both mailboxes until it is stopped.
void change(const Settings& settings, const AccountName& name, const Board& board, unsigned seed) {
    Store store(settings);
    const auto account = store.open(name).value();
    std::vector<std::shared_ptr<Mailbox>> mailboxes;
    for (const char* mailbox : names) mailboxes.push_back(account->open(MailboxName::parse(mailbox).value()).value());
    std::mt19937 random(seed);
    const auto chance = [&](unsigned of) { return static_cast<unsigned>(random() % of); };
    while (!board.stop) {
        Mailbox& mailbox = *mailboxes[chance(2)];
        const Result<std::vector<MessageRow>> rows = mailbox.rows(UidSet::all());
        const bool is_empty = !rows || rows->empty();
        const unsigned what = is_empty ? chance(2) : chance(6);
        if (what == 0) {
            (void)deliver(store, name, "Subject: delivered\r\n\r\n");
        } else if (what == 1) {
            append(mailbox, "Subject: appended\r\n\r\n",
                   flags(chance(2) == 0 ? SystemFlags{Flag::seen} : SystemFlags{}));
        } else {
            UidSet some;
            for (const MessageRow& row : *rows)
                if (chance(4) == 0) some.add(row.uid);
            const FlagAction action = chance(2) == 0 ? FlagAction::add : FlagAction::remove;
            if (what < 5 && rows->size() < 40)
                (void)mailbox.store_flags(some, {action, flags({counted[chance(3)]})});
            else
                (void)mailbox.expunge(some, ExpungeRule::all_given);
        }
    }
}

class WakeStressTest : public ::testing::Test {
  protected:
    WakeStressTest() {
        void* page = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) std::abort();
        board_ = new (page) Board;
        settings_.lock_wait = std::chrono::minutes{2};
        (void)Store(settings_).open(bob_).value();
    }
    ~WakeStressTest() override {
        while (!children_.empty()) end(children_.back());
        ::munmap(board_, sizeof(Board));
    }

    template <typename Call>
    pid_t start(Call call) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            call();
            ::_exit(0);
        }
        children_.push_back(child);
        return child;
    }
    pid_t start_sleeper(std::size_t number, bool looks_again) {
        return start([&] { wait_for_changes(settings_, bob_, *board_, number, looks_again); });
    }
    pid_t start_writer() {
        const unsigned seed = ++seed_;
        return start([&] { change(settings_, bob_, *board_, seed); });
    }
    void join(pid_t child) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        std::erase(children_, child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
    void end(pid_t child) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        std::erase(children_, child);
    }

    std::string path(std::size_t mailbox) const {
        const std::string root = settings_.mail_root + "/example.org/bob";
        return mailbox == 0 ? root : root + "/.Sent";
    }
    bool all_see_what_there_is() const {
        for (std::size_t mailbox = 0; mailbox < names.size(); ++mailbox) {
            const Counts there = on_disk(path(mailbox));
            for (const auto& shown : board_->shown)
                for (std::size_t i = 0; i < there.size(); ++i)
                    if (shown[mailbox][i] != there[i]) return false;
        }
        return true;
    }
    void wait_until_all_see() const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!all_see_what_there_is()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "somebody wasn't woken";
            std::this_thread::yield();
        }
    }
    /// Lets the others work; by their progress, not by the clock.
    void let_them_look(std::uint64_t times) const {
        const auto sum = [&] {
            std::uint64_t all = 0;
            for (const auto& looks : board_->looks) all += looks;
            return all;
        };
        const std::uint64_t until = sum() + times;
        while (sum() < until) std::this_thread::yield();
    }

    TemporaryFolder folder_;
    Settings settings_ = settings_for(folder_.path() + "/mail");
    const AccountName bob_ = AccountName::parse("bob@example.org").value();
    const unsigned rounds_ = setting("POSTHOUSE_CRASH_WAKES", usual_rounds);
    Board* board_ = nullptr;
    std::vector<pid_t> children_;
    unsigned seed_ = std::random_device{}();
};

TEST_F(WakeStressTest, EverybodySeesTheLastChangeWithoutPolling) {
    std::cout << "seed " << seed_ << std::endl;
    is_blind = true;  // marks alone are enough
    for (std::size_t i = 0; i < sleepers; ++i) start_sleeper(i, false);
    is_blind = false;
    for (unsigned round = 0; round < rounds_; ++round) {
        board_->stop = false;
        std::vector<pid_t> started;
        for (std::size_t i = 0; i < writers; ++i) started.push_back(start_writer());
        let_them_look(100);
        board_->stop = true;
        for (const pid_t writer : started) join(writer);
        wait_until_all_see();
    }
}

TEST_F(WakeStressTest, KilledProcessesTakeNoWakesWithThem) {
    std::cout << "seed " << seed_ << std::endl;
    std::mt19937 random(seed_);
    std::vector<pid_t> waiting;
    for (std::size_t i = 0; i < sleepers; ++i) waiting.push_back(start_sleeper(i, true));
    for (unsigned round = 0; round < rounds_; ++round) {
        std::vector<pid_t> started;
        for (std::size_t i = 0; i < writers; ++i) started.push_back(start_writer());
        for (int kills = 0; kills < 10; ++kills) {
            let_them_look(random() % 20);
            const std::size_t victim = random() % (sleepers + writers);
            if (victim < sleepers) {
                end(waiting[victim]);
                waiting[victim] = start_sleeper(victim, true);
            } else {
                end(started[victim - sleepers]);
                started[victim - sleepers] = start_writer();
            }
        }
        for (const pid_t writer : started) end(writer);
        wait_until_all_see();
    }
}

}  // namespace
}  // namespace posthouse::storage::crash
