// The power fails at each moment of a recorded hour of work, and whatever was not synced is there, or not, or half:
// what was answered is kept. POSTHOUSE_CRASH_STATES is how many states are tried at each moment.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/index/index_state.h"
#include "tests/crash/power_workload.h"
#include "tests/crash/setting.h"

namespace posthouse::storage::crash {
namespace {

constexpr std::array survivals{Survival::nothing, Survival::names_only, Survival::any_names, Survival::everything,
                               Survival::names_in_order};

/// What was left of the indexes is found by a machine that has started anew: where they have a STATE, only its boot
/// says that they aren't to be believed. Gives how many there are.
unsigned leave_indexes_of_another_boot(const std::string& index_root) {
    unsigned count = 0;
    if (!std::filesystem::exists(index_root)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(index_root)) {
        if (entry.path().filename() != "STATE") continue;
        const Result<std::string> text = read_file(entry.path().string());
        std::optional<IndexState> state = text ? parse_index_state(*text) : std::nullopt;
        struct stat st{};
        if (!state || ::stat((entry.path().parent_path() / "data.mdb").c_str(), &st) != 0) continue;
        state->boot_id = "00000000-0000-4000-8000-000000000000";
        state->device = st.st_dev;
        state->inode = st.st_ino;
        EXPECT_TRUE(write_file_durably(entry.path().string(), to_text(*state)));
        ++count;
    }
    return count;
}

/// Before and after each sync and answer, and in between at random.
std::set<std::size_t> moments(const Recording& recording, std::mt19937& random) {
    std::set<std::size_t> all;
    for (std::size_t i = 0; i < recording.changes.size(); ++i)
        if (recording.changes[i].is_sync() || random() % 16 == 0) all.insert({i, i + 1});
    for (const Step& step : recording.steps) all.insert({step.answered, step.told});
    return all;
}

class PowerLossTest : public ::testing::Test {
  protected:
    // The machine was off for a while: locks and leftovers are that old.
    void SetUp() override {
        shift_clock(off_seconds);
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
    }
    void TearDown() override {
        shift_clock(0);
        static_cast<void>(log::open({.program = "test", .path = ""}));
    }
    Settings empty_root(const std::string& name) {
        const std::string root = folder_.path() + "/" + name;
        std::filesystem::remove_all(root);
        std::filesystem::create_directory(root);
        return settings_for(root);
    }
    static constexpr std::int64_t off_seconds = 300;
    TemporaryFolder folder_;
};

TEST_F(PowerLossTest, WhatWasAnsweredIsThereAfterwards) {
    const unsigned states = setting("POSTHOUSE_CRASH_STATES", 1);
    const unsigned seed = setting("POSTHOUSE_CRASH_SEED", std::random_device{}());
    std::cout << "seed " << seed << " (POSTHOUSE_CRASH_SEED)\n";
    std::mt19937 random(seed);
    const Recording recording = record_work(empty_root("recorded"), static_cast<unsigned>(random()));
    ASSERT_FALSE(HasFailure());
    unsigned tried = 0;
    unsigned indexes = 0;
    for (const std::size_t moment : moments(recording, random)) {
        for (unsigned state = 0; state < states && !HasFailure(); ++state) {
            const Survival survival = survivals.at(tried++ % survivals.size());
            SCOPED_TRACE("after change " + std::to_string(moment) + ", survival " +
                         std::to_string(static_cast<int>(survival)) + ", seed " + std::to_string(seed));
            const Settings settings = empty_root("restored");
            restore(recording.changes, moment, survival, random, settings.mail_root);
            indexes += leave_indexes_of_another_boot(settings.index_root);
            judge_power_loss(recording, moment, settings);
        }
    }
    std::cout << recording.steps.size() << " commands, " << recording.changes.size() << " changes, " << tried
              << " states, " << indexes << " indexes of another boot\n";
    EXPECT_GT(tried, recording.steps.size());
    EXPECT_GT(indexes, tried / 2);
}

}  // namespace
}  // namespace posthouse::storage::crash
