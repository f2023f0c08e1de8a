// historyd itself: events that a daemon tells are soon in the index, and shown in the metrics.
#include "historyd/historyd.h"

#include "lib/story/writer.h"
#include "tests/unit/daemon/fake_daemon.h"
#include "tests/unit/historyd/history_folder.h"

namespace posthouse::history {
namespace {

class HistorydTest : public HistoryTest {
  protected:
    config::Config configuration() const {
        config::Config config;
        config.general.state_folder = folder_.path();
        return config;
    }

    net::Loop loop_;
};

net::Async<bool> shows(net::Loop& loop, daemon::FakeDaemon& daemon, std::string line) {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(30));
    while (!daemon.metrics().text().contains(line)) {
        if (deadline.passed()) co_return false;
        co_await loop.sleep_until(net::Deadline::in(std::chrono::milliseconds(10)));
    }
    co_return true;
}

net::Async<> tell_and_stop(net::Loop& loop, daemon::FakeDaemon& smtpd, daemon::FakeDaemon& frame) {
    Historyd historyd(frame);
    const Result<> started = co_await historyd.start();
    EXPECT_TRUE(started);
    story::Writer writer(smtpd);
    writer.tell(story::refuse({"id"}, {.recipients = {"joe@example.org"}, .reason = "0"}));
    const bool counted = co_await shows(loop, frame, "posthouse_history_events_total{daemon=\"historyd\"} 1");
    EXPECT_TRUE(counted) << frame.metrics().text();
    co_await writer.stop();
    frame.stopping().cancel();
    co_await historyd.stop();
    co_await frame.background().join();
}

TEST_F(HistorydTest, WhatADaemonTellsIsIndexedSoon) {
    daemon::FakeDaemon smtpd(loop_, "smtpd", configuration());
    daemon::FakeDaemon frame(loop_, "historyd", configuration());
    loop_.run_until_complete(tell_and_stop(loop_, smtpd, frame));
    EXPECT_EQ(numbers({"a:joe@example.org"}), (std::vector<int>{0}));
    // Not only read from the segment.
    std::filesystem::remove_all(incoming());
    EXPECT_EQ(numbers({"a:joe@example.org"}), (std::vector<int>{0}));
}

}  // namespace
}  // namespace posthouse::history
