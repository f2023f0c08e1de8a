// The pure pieces of posthoused.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "posthoused/backoff.h"
#include "posthoused/configuration.h"
#include "posthoused/exit_reason.h"
#include "posthoused/options.h"

namespace posthouse::supervisor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Backoff, DoublesFromOneSecondToAMinute) {
    Backoff backoff;
    std::vector<Milliseconds> delays;
    for (int i = 0; i < 8; ++i) delays.push_back(backoff.next(seconds(0), seconds(1), minutes(1)));
    EXPECT_EQ(delays, (std::vector<Milliseconds>{seconds(1), seconds(2), seconds(4), seconds(8), seconds(16),
                                                 seconds(32), seconds(60), seconds(60)}));
}

TEST(Backoff, StartsOverAfterAStableTime) {
    Backoff backoff;
    backoff.next(seconds(0), seconds(1), minutes(1));
    backoff.next(seconds(0), seconds(1), minutes(1));
    EXPECT_EQ(backoff.next(minutes(1), seconds(1), minutes(1)), seconds(1));
}

TEST(ExitReason, NamesCodeOrSignal) {
    EXPECT_EQ(exit_reason(3 << 8), "exited with code 3");
    EXPECT_EQ(exit_reason(SIGKILL), "killed by SIGKILL");
    EXPECT_EQ(exit_reason(SIGSEGV | 0x80), "killed by SIGSEGV (core dumped)");
}

TEST(MergeForReload, KeepsWhatOnlyARestartMayChange) {
    config::Config running;
    config::Config wanted;
    wanted.smtpd.workers = 4;
    wanted.smtpd.message_size_limit = 5;
    wanted.general.mail_root = "/elsewhere";
    std::vector<std::string> kept;
    const config::Config merged = merge_for_reload(running, wanted, kept);
    EXPECT_EQ(merged.smtpd.workers, running.smtpd.workers);
    EXPECT_EQ(merged.general.mail_root, running.general.mail_root);
    EXPECT_EQ(merged.smtpd.message_size_limit, 5u);
    EXPECT_EQ(kept, (std::vector<std::string>{"general.mail_root", "smtpd.workers"}));
}

TEST(Options, AreGivenWithEqualsSignOrSpace) {
    const char* const first[] = {"posthoused", "--config", "/a.toml", "--background"};
    const auto spaced = parse_options(4, first);
    ASSERT_TRUE(spaced);
    EXPECT_EQ(spaced->config_path, "/a.toml");
    EXPECT_TRUE(spaced->background);
    const char* const second[] = {"posthoused", "--config=/b.toml"};
    const auto joined = parse_options(2, second);
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->config_path, "/b.toml");
}

TEST(Options, RefuseWhatTheyDoNotKnow) {
    const char* const arguments[] = {"posthoused", "--confg=/b.toml"};
    EXPECT_FALSE(parse_options(2, arguments));
    const char* const incomplete[] = {"posthoused", "--config"};
    EXPECT_FALSE(parse_options(2, incomplete));
}

}  // namespace
}  // namespace posthouse::supervisor
