// Eight processes work on the same accounts and are killed, one or all, at any system call: nothing that was answered
// is missing, nothing is there twice, no UID means two messages. POSTHOUSE_CRASH_POINTS tells how many times.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/crash/failing_calls.h"
#include "tests/crash/kill_judge.h"
#include "tests/crash/kill_worker.h"
#include "tests/crash/setting.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

constexpr std::size_t processes = 8;
constexpr std::size_t accounts = 3;
constexpr unsigned usual_points = 60;

class KillTest : public ::testing::Test {
  protected:
    KillTest() {
        void* page = ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) std::abort();
        stop_ = static_cast<int*>(page);
        round_.settings = settings_for(folder_.path() + "/mail");
        // On a busy machine eight processes may wait long for each other.
        round_.settings.lock_wait = std::chrono::minutes{2};
        round_.stop = stop_;
        for (std::size_t i = 0; i < accounts; ++i)
            round_.accounts.push_back(AccountName::parse("user" + std::to_string(i) + "@example.org").value());
    }
    ~KillTest() override { ::munmap(stop_, sizeof(int)); }

    void prepare() {
        Store store(round_.settings);
        for (const AccountName& name : round_.accounts) {
            const auto account = store.open(name).value();
            for (std::size_t i = 0; i < processes; ++i)
                for (const std::string below : {"", "/Sub"})
                    ASSERT_TRUE(account->create(MailboxName::parse("Own" + std::to_string(i) + below).value()));
            for (std::size_t i = 0; i < processes; ++i)
                ASSERT_TRUE(account->create(MailboxName::parse("TempOver" + std::to_string(i) + "/Sub").value()));
            for (const ListedMailbox& entry : account->list().value())
                if (entry.exists)
                    use_up_letters(*account->open(entry.name).value(), {"Work", "$Label1", "Kept", "NonJunk"});
        }
    }

    /// One process, its log in a file of its own; `call` is the one it dies at.
    pid_t start(std::size_t number, unsigned seed, int steps, unsigned call, bool half) {
        const int log = ::open(log_of(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        EXPECT_GE(log, 0);
        const pid_t child = ::fork();
        if (child != 0) {
            ::close(log);
            return child;
        }
        KilledAt tap(call, half);
        const Tapped tapped(tap);
        work(round_, number, seed, steps, log);
    }
    std::string log_of(std::size_t number) const { return folder_.path() + "/log" + std::to_string(number); }

    /// Lets them all run until the victim is dead, then kills the others or lets them end by themselves.
    void run_round(std::mt19937& random);
    void repeat(const std::vector<OpenDelivery>& open);

    TemporaryFolder folder_;
    Round round_;
    int* stop_ = nullptr;
    Judge judge_;
    unsigned killed_ = 0;
};

void KillTest::run_round(std::mt19937& random) {
    *stop_ = 0;
    const bool kill_all = random() % 2 == 0;
    const std::size_t victim = random() % processes;
    std::vector<pid_t> children;
    for (std::size_t i = 0; i < processes; ++i) {
        // The others die by the parent's hand, far from any count of theirs.
        const unsigned call = i == victim ? static_cast<unsigned>(1 + random() % 1000) : 1u << 30;
        const auto seed = static_cast<unsigned>(random());
        children.push_back(start(i, seed, 60, call, random() % 2 == 0));
        ASSERT_GT(children.back(), 0);
    }
    int status = 0;
    // Reaped at once: others see by its pid that whoever held a lock is gone.
    ASSERT_EQ(::waitpid(children[victim], &status, 0), children[victim]);
    if (WIFSIGNALED(status)) ++killed_;
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "victim ended with " << WEXITSTATUS(status);
    if (!kill_all) *stop_ = 1;
    for (std::size_t i = 0; i < processes; ++i) {
        if (i == victim) continue;
        if (kill_all) ::kill(children[i], SIGKILL);
        ASSERT_EQ(::waitpid(children[i], &status, 0), children[i]);
        const bool by_kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && kill_all;
        EXPECT_TRUE(by_kill || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << "process " << i << ": " << status;
    }
}

void KillTest::repeat(const std::vector<OpenDelivery>& open) {
    // Whoever got no answer tries again with the same id: one message in the end.
    Store store(round_.settings);
    for (const OpenDelivery& delivery : open) {
        DeliveryOrder order{delivery.token, {}, {}};
        std::vector<int> expected;
        for (const std::string& guid : delivery.guids) {
            const SeenMailbox& inbox = round_.before.mailboxes.at(guid);
            order.targets.push_back({round_.accounts.at(inbox.account), MailboxName(), ""});
            int there = 0;
            for (const auto& [uid, message] : inbox.messages) there += message.token == delivery.token ? 1 : 0;
            expected.push_back(there);
        }
        Result<Delivery> again = Delivery::begin(store, std::move(order));
        ASSERT_TRUE(again) << again.error().message();
        ASSERT_TRUE(again->write(text_of(delivery.token)));
        const std::vector<Result<Delivered>> delivered = again->commit();
        for (std::size_t i = 0; i < expected.size(); ++i) {
            ASSERT_TRUE(delivered.at(i)) << delivered.at(i).error().message();
            EXPECT_EQ(delivered.at(i)->repeated, expected.at(i) == 1) << delivery.token;
        }
    }
}

TEST_F(KillTest, NothingAnsweredIsLostAndNoUidMeansTwoMessages) {
    const unsigned points = setting("POSTHOUSE_CRASH_POINTS", usual_points);
    const unsigned seed = setting("POSTHOUSE_CRASH_SEED", std::random_device{}());
    std::cout << "seed " << seed << " (POSTHOUSE_CRASH_SEED), " << points << " kills\n";
    std::mt19937 random(seed);
    prepare();
    round_.before = look(round_.settings, round_.accounts);
    for (unsigned point = 0; point < points && !HasFailure(); ++point) {
        SCOPED_TRACE("point " + std::to_string(point) + ", seed " + std::to_string(seed));
        round_.number = point;
        run_round(random);
        std::vector<std::vector<LogLine>> logs;
        logs.reserve(processes);
        for (std::size_t i = 0; i < processes; ++i) logs.push_back(parse_log(read_file(log_of(i)).value()));
        SeenTree after = look(round_.settings, round_.accounts);
        const std::vector<OpenDelivery> open = judge_.judge(round_.before, logs, after);
        round_.before = std::move(after);
        if (open.empty() || HasFailure()) continue;
        repeat(open);
        round_.before = look(round_.settings, round_.accounts);
        for (const OpenDelivery& delivery : open)
            for (const std::string& guid : delivery.guids) {
                int count = 0;
                for (const auto& [uid, message] : round_.before.mailboxes.at(guid).messages)
                    count += message.token == delivery.token ? 1 : 0;
                EXPECT_EQ(count, 1) << delivery.token << " after it was repeated";
            }
    }
    std::cout << killed_ << " killed at a call, " << judge_.answered << " answers, " << judge_.interrupted
              << " commands cut off\n";
    EXPECT_GT(judge_.answered, points);
    EXPECT_GT(judge_.interrupted, points / 4);
}

}  // namespace
}  // namespace posthouse::storage::crash
