// Several files of one message, as after a restore over a live spool.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/queued/core/active_world.h"

namespace posthouse::queued {
namespace {

/// A message of which an old copy is put back beside it: to a@example.net, who is refused, and b@example.net, who is
/// put off for an hour.
class RestoredTest : public ActiveTest {
  protected:
    RestoredTest() {
        world.config.queued.queue_run_delay = std::chrono::seconds(1);
        world.config.queued.minimal_backoff_time = world.config.queued.maximal_backoff_time = std::chrono::hours(1);
        world.courier.fate = [](const std::string& destination, const std::string& recipient) {
            if (destination == "local") return Fate{.kind = EventKind::delivered};
            return recipient == "a@example.net" ? refused() : put_off();
        };
        id = world.accept(envelope_to({{"a@example.net", ""}, {"b@example.net", ""}}));
        std::filesystem::copy_file(file(Folder::incoming, id), old_copy());
    }
    std::string file(Folder folder, const std::string& name) const {
        return world.config.general.spool_folder + "/" + std::string(to_string(folder)) + "/" + name;
    }
    std::string old_copy() const { return world.folder.path() + "/old"; }
    /// Both were tried once, and the sender was told of the first.
    void try_once() {
        world.start();
        world.until([&] {
            return count() == 2 && world.files(Folder::deferred).size() == 1 && world.files(Folder::incoming).empty();
        });
    }
    void put_back(Folder folder, const std::string& name) {
        std::filesystem::copy_file(old_copy(), file(folder, name));
    }
    std::string id;
};

TEST_F(RestoredTest, AtAStartNobodyIsTriedOrToldTwice) {
    try_once();
    const auto before = world.files(Folder::deferred);
    world.stop();
    put_back(Folder::incoming, id);
    put_back(Folder::deferred, id + ".1");
    testing::internal::CaptureStderr();
    world.start();
    world.until([&] { return world.files(Folder::incoming).empty() && world.files(Folder::deferred).size() == 1; });
    const std::string log = testing::internal::GetCapturedStderr();
    world.until([&] { return world.active->attempts().empty() && world.active->window().working() == 0; });
    EXPECT_EQ(count(), 2u);
    const spool::Listed listed = world.only(Folder::deferred);
    EXPECT_TRUE(listed.states[0].notified);
    EXPECT_EQ(listed.states[1].deferrals, 1u);
    EXPECT_NE(log.find("removed=incoming/" + id), std::string::npos) << log;
    world.active->flush(id);
    world.until([&] { return count() == 3; });
    EXPECT_EQ(world.courier.deliveries[2].recipients, std::vector<std::string>{"b@example.net"}) << "nobody is lost";
}

TEST_F(RestoredTest, AtAScanNobodyIsTriedOrToldTwice) {
    try_once();
    put_back(Folder::incoming, id);
    world.until([&] { return world.files(Folder::incoming).empty() && world.active->window().working() == 0; });
    EXPECT_EQ(count(), 2u);
    EXPECT_TRUE(world.only(Folder::deferred).states[0].notified);
}

TEST_F(RestoredTest, WhatIsBeyondTheWindowOrHeldIsKnownToo) {
    try_once();
    {
        spool::Entry entry = opened(id);
        ASSERT_TRUE(entry.hold({.kind = EventKind::held, .at = std::time(nullptr)}));
    }
    world.until([&] { return world.daemon->metrics().text().contains("folder=\"hold\"} 1\n"); });
    world.active->window().forget(*schedule::message_id(id));
    put_back(Folder::incoming, id);
    world.until([&] { return world.files(Folder::incoming).empty() && world.active->window().working() == 0; });
    EXPECT_EQ(count(), 2u);
    EXPECT_TRUE(world.only(Folder::hold).states[0].notified);
}

TEST_F(RestoredTest, ACopyOfWhatIsBeingTriedGoesWithIt) {
    world.courier.hangs = "smtp:example.net";
    world.start();
    world.until([&] { return world.active->attempts().size() == 1; });
    put_back(Folder::deferred, id + ".1");
    world.until([&] { return world.daemon->metrics().text().contains("folder=\"deferred\"} 1\n"); });
    world.courier.hangs.clear();
    world.until([&] {
        return world.files(Folder::incoming).empty() && world.files(Folder::deferred).size() == 1 && count() == 2 &&
               world.active->window().working() == 0;
    });
    EXPECT_TRUE(world.only(Folder::deferred).states[0].notified);
    EXPECT_EQ(world.only(Folder::deferred).states[1].deferrals, 1u);
}

}  // namespace
}  // namespace posthouse::queued
