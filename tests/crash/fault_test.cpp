// Each system call of each operation fails in turn, once or from then on: an error that says so or a success, no half
// message, no descriptor left open, and when the fault is gone the same operation works.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "tests/crash/failing_calls.h"
#include "tests/crash/fault_operations.h"

namespace posthouse::storage::crash {
namespace {

/// Where a mailbox holds more or less than it should.
std::string difference(const Counts& counts, Counts expected, const Counts& tolerated) {
    std::string text;
    for (const auto& [place, count] : counts) expected[place] -= count;
    for (const auto& [place, missing] : expected) {
        const auto found = tolerated.find(place);
        const int change = found == tolerated.end() ? 0 : found->second;
        if (-missing < std::min(change, 0) || -missing > std::max(change, 0))
            text += place.first + "/" + place.second + (missing > 0 ? " is missing " : " is there too often ");
    }
    return text;
}

class FaultTest : public ::testing::TestWithParam<Operation> {
  protected:
    void SetUp() override {
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
        Bench::make(settings_for(folder_.path() + "/template"));
    }
    void TearDown() override { static_cast<void>(log::open({.program = "test", .path = ""})); }

    Settings fresh_copy() {
        const std::string root = folder_.path() + "/mail";
        std::filesystem::remove_all(root);
        std::filesystem::copy(folder_.path() + "/template", root, std::filesystem::copy_options::recursive);
        return settings_for(root);
    }

    /// Gives whether the call was reached.
    bool trial(std::size_t call, int error, bool lasts);
    void judge(Bench& bench, const Result<>& first, int error, bool lasts);

    TemporaryFolder folder_;
    int failures_told_ = 0;
};

void FaultTest::judge(Bench& bench, const Result<>& first, int error, bool lasts) {
    const Operation& operation = GetParam();
    const Counts before = {{{"INBOX", "plain"}, 1},   {{"INBOX", "other"}, 1},   {{"INBOX", "seen"}, 1},
                           {{"INBOX", "deleted"}, 1}, {{"INBOX", "pending"}, 1}, {{"Archive", "old"}, 1}};
    Counts after = before;
    for (const auto& [place, change] : operation.change) after[place] += change;
    // What may be there beyond, or not be there any more.
    Counts tolerated;
    if (!first) {
        ++failures_told_;
        const ErrorCode code = first.error().code;
        EXPECT_FALSE(first.error().text.empty());
        const bool is_space = error == ENOSPC || error == EDQUOT;
        EXPECT_TRUE(code == ErrorCode::io || (is_space && code == ErrorCode::no_space))
            << "told as " << to_string(code) << ": " << first.error().message();
        if (is_space && !lasts) EXPECT_EQ(code, ErrorCode::no_space) << first.error().message();
        // Several targets, or EXPUNGE: part of it may be done. What can't be undone on a dead disk stays.
        if (operation.may_leave_both || operation.name == "Deliver" || operation.name == "Refresh" ||
            operation.name == "Expunge" || lasts)
            tolerated = operation.change;
    }
    if (bench.inbox && bench.archive) {
        const Result<Counts> seen = bench.see();
        EXPECT_TRUE(seen) << seen.error().message();
        if (seen) EXPECT_EQ(difference(*seen, first ? after : before, tolerated), "") << "seen by the same process";
    }
    if (!first) {
        const Result<> again = operation.run(bench);
        EXPECT_TRUE(again || again.error().code == operation.done_already)
            << "not when the fault is gone either: " << again.error().message();
        // Undone halves of the first attempt: only where they are allowed above.
        if (operation.name == "Deliver" || operation.name == "Refresh" || operation.name == "Expunge")
            tolerated.clear();
    }
    bench.close();
    const SeenTree tree = look(bench.settings, {bench.bob});
    Counts counts;
    for (const auto& [guid, mailbox] : tree.mailboxes)
        if (mailbox.name == "INBOX" || mailbox.name == "Archive")
            for (const auto& [uid, message] : mailbox.messages) ++counts[{mailbox.name, message.token}];
    EXPECT_EQ(difference(counts, after, tolerated), "") << "seen anew";
    if (operation.holds) EXPECT_TRUE(operation.holds(tree)) << "not what the operation promises";
}

bool FaultTest::trial(std::size_t call, int error, bool lasts) {
    const std::size_t descriptors = open_descriptors();
    FailedAt tap(call, error, lasts);
    {
        Bench bench(fresh_copy());
        Result<> result;
        {
            const Tapped tapped(tap);
            result = GetParam().run(bench);
        }
        SCOPED_TRACE("call " + std::to_string(call) + ", " + tap.at + ": " + name_of(error) +
                     (lasts ? " from there on" : "") +
                     (result ? ", success" : ", failed: " + result.error().message()));
        if (!tap.at.empty()) judge(bench, result, error, lasts);
    }
    EXPECT_EQ(open_descriptors(), descriptors) << "call " << call << ", " << tap.at << ": " << name_of(error);
    return !tap.at.empty();
}

TEST_P(FaultTest, EachCallMayFail) {
    const bool all = std::getenv("POSTHOUSE_CRASH_ALL_FAULTS") != nullptr;
    FailedAt counter(0, 0, false);
    {
        Bench bench(fresh_copy());
        const Tapped tapped(counter);
        ASSERT_TRUE(GetParam().run(bench));
    }
    int trials = 0;
    for (std::size_t call = 0; call < counter.kinds.size(); ++call)
        for (const int error : errors_of(counter.kinds[call])) {
            // EDQUOT is ENOSPC's twin.
            if (!all && error == EDQUOT && counter.kinds[call] != CallKind::write) continue;
            for (const bool lasts : {false, true}) {
                if (lasts && !all && error != ENOSPC) continue;
                trials += trial(call, error, lasts) ? 1 : 0;
            }
        }
    std::cout << counter.kinds.size() << " calls, " << trials << " faults, " << failures_told_ << " told\n";
    EXPECT_GE(trials, static_cast<int>(counter.kinds.size()));
    EXPECT_GT(failures_told_, 0);
}

INSTANTIATE_TEST_SUITE_P(Operations, FaultTest, ::testing::ValuesIn(operations()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace posthouse::storage::crash
