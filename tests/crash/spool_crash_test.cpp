// The queue is killed at each of its system calls, each of them fails in turn, and the power fails at each moment: what
// was accepted is there whole, once; what wasn't is not sent; who was told to have the message never gets it again.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "tests/crash/disk_log.h"
#include "tests/crash/failing_calls.h"
#include "tests/crash/setting.h"
#include "tests/crash/spool_work.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::spool::crash {
namespace {

using storage::crash::CallKind;
using storage::crash::DiskChange;
using storage::crash::DiskLog;
using storage::crash::FailedAt;
using storage::crash::KilledAt;
using storage::crash::setting;
using storage::crash::Survival;
using storage::crash::Tap;
using storage::crash::Tapped;

/// Whether the file system has unnamed files.
class SpoolCrashTest : public ::testing::TestWithParam<bool> {
  protected:
    void SetUp() override { ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"})); }
    void TearDown() override { static_cast<void>(log::open({.program = "test", .path = ""})); }

    /// Works under a tap.
    std::string work_tapped(const std::string& root, Tap& tap, Progress* progress) const {
        WithoutUnnamed without(tap);
        const Tapped tapped(GetParam() ? tap : without);
        return work(root, steps_, progress);
    }
    /// A queue that was made before, and how far each step got.
    std::string fresh_root() {
        const std::string root = folder_.path() + "/spool";
        std::filesystem::remove_all(root);
        EXPECT_TRUE(make_spool(root));
        progress_.assign(steps_.size(), Progress::not_begun);
        return root;
    }

    TemporaryFolder folder_;
    const std::vector<Step> steps_ = script();
    std::vector<Progress> progress_;
};

TEST_P(SpoolCrashTest, KilledAtAnyCallItKeepsWhatWasAnswered) {
    FailedAt counter(0, 0, false);
    ASSERT_EQ(work_tapped(fresh_root(), counter, progress_.data()), "");
    const auto calls = static_cast<unsigned>(counter.kinds.size());
    void* const page = ::mmap(nullptr, steps_.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(page, MAP_FAILED);
    auto* const shared = static_cast<Progress*>(page);
    unsigned killed = 0;
    for (unsigned call = 1; call <= calls && !HasFailure(); ++call) {
        for (const bool half : {false, true}) {
            if (half && counter.kinds[call - 1] != CallKind::write) continue;
            SCOPED_TRACE("killed at call " + std::to_string(call) + (half ? ", in its midst" : ""));
            const std::string root = fresh_root();
            std::fill_n(shared, steps_.size(), Progress::not_begun);
            const pid_t child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                KilledAt tap(call, half);
                work_tapped(root, tap, shared);
                ::_exit(0);
            }
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            ASSERT_TRUE(WIFSIGNALED(status));
            ++killed;
            progress_.assign(shared, shared + steps_.size());
            judge(root, steps_, progress_, After::kill);
        }
    }
    ::munmap(page, steps_.size());
    std::cout << calls << " calls, killed " << killed << " times\n";
    EXPECT_GE(killed, calls);
}

TEST_P(SpoolCrashTest, AnyCallMayFail) {
    FailedAt counter(0, 0, false);
    ASSERT_EQ(work_tapped(fresh_root(), counter, progress_.data()), "");
    const bool all = std::getenv("POSTHOUSE_CRASH_ALL_FAULTS") != nullptr;
    unsigned trials = 0;
    unsigned ended = 0;
    for (std::size_t call = 0; call < counter.kinds.size() && !HasFailure(); ++call)
        for (const int error : storage::crash::errors_of(counter.kinds[call])) {
            // EDQUOT is ENOSPC's twin.
            if (!all && error == EDQUOT) continue;
            for (const bool lasts : {false, true}) {
                if (lasts && !all && error != ENOSPC && error != EIO) continue;
                const std::string root = fresh_root();
                FailedAt tap(call, error, lasts);
                const std::size_t descriptors = storage::crash::open_descriptors();
                const std::string told = work_tapped(root, tap, progress_.data());
                SCOPED_TRACE("call " + std::to_string(call) + ", " + tap.at + ": " + storage::crash::name_of(error) +
                             (lasts ? " from there on" : "") + ", told: " + told);
                EXPECT_EQ(storage::crash::open_descriptors(), descriptors);
                if (!lasts) EXPECT_EQ(told, "") << "not when the fault is gone either";
                ended += told.empty() ? 0 : 1;
                ++trials;
                judge(root, steps_, progress_, After::kill);
            }
        }
    std::cout << counter.kinds.size() << " calls, " << trials << " faults, " << ended << " told for good\n";
    EXPECT_GT(trials, counter.kinds.size());
    EXPECT_GT(ended, 0u);
}

constexpr std::array survivals{Survival::nothing, Survival::names_only, Survival::any_names, Survival::everything,
                               Survival::names_in_order};

/// Notes how many changes there were on disk when a step began and when it was answered.
struct Recorded {
    std::vector<DiskChange> changes;
    std::vector<std::size_t> begun;
    std::vector<std::size_t> answered;
};

TEST_P(SpoolCrashTest, WhatWasAnsweredSurvivesPowerLoss) {
    const unsigned states = setting("POSTHOUSE_CRASH_STATES", 2);
    const unsigned seed = setting("POSTHOUSE_CRASH_SEED", std::random_device{}());
    std::cout << "seed " << seed << " (POSTHOUSE_CRASH_SEED)\n";
    std::mt19937 random(seed);
    Recorded recorded;
    {
        const std::string root = folder_.path() + "/recorded";
        std::filesystem::create_directory(root);
        DiskLog log(root);
        WithoutUnnamed without(log);
        const Tapped tapped(GetParam() ? static_cast<Tap&>(log) : without);
        ASSERT_TRUE(make_spool(root));
        for (const Step& step : steps_) {
            Progress progress{};
            recorded.begun.push_back(log.changes().size());
            ASSERT_EQ(work(root, {step}, &progress), "");
            recorded.answered.push_back(log.changes().size());
        }
        recorded.changes = log.changes();
    }
    unsigned tried = 0;
    for (std::size_t moment = recorded.begun.front(); moment <= recorded.changes.size() && !HasFailure(); ++moment) {
        progress_.resize(steps_.size());
        for (std::size_t i = 0; i < steps_.size(); ++i)
            progress_[i] = recorded.answered[i] <= moment ? Progress::answered
                           : recorded.begun[i] < moment   ? Progress::open
                                                          : Progress::not_begun;
        for (const Survival survival : survivals)
            for (unsigned state = 0; state < states && !HasFailure(); ++state) {
                SCOPED_TRACE("after change " + std::to_string(moment) + ", survival " +
                             std::to_string(static_cast<int>(survival)) + ", seed " + std::to_string(seed));
                const std::string root = folder_.path() + "/restored";
                std::filesystem::remove_all(root);
                std::filesystem::create_directory(root);
                storage::crash::restore(recorded.changes, moment, survival, random, root);
                judge(root, steps_, progress_, After::power_loss);
                ++tried;
            }
    }
    std::cout << steps_.size() << " steps, " << recorded.changes.size() << " changes, " << tried << " states\n";
    EXPECT_GT(tried, recorded.changes.size());
}

INSTANTIATE_TEST_SUITE_P(Files, SpoolCrashTest, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "Unnamed" : "Named"; });

}  // namespace
}  // namespace posthouse::spool::crash
