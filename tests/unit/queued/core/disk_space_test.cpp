// A full disk of the spool: who asks is told, and the log once.
#include "queued/core/disk_space.h"

#include "tests/unit/queued/core/queue_world.h"

namespace posthouse::queued {
namespace {

class DiskSpaceTest : public testing::Test {
  protected:
    DiskSpaceTest() {
        world.start();
        world.until([&] { return world.scanner->has_scanned(); });  // it writes into the log
        space.emplace(*world.parts);
    }
    Result<> look() { return world.loop.run_until_complete(space->look()); }
    double gauge(const std::string& name) {
        const std::string text = world.daemon->metrics().text();
        const auto at = text.find("\n" + name + "{");
        return at == std::string::npos ? -1 : std::stod(text.substr(text.find("} ", at) + 2));
    }
    QueueWorld world;
    std::optional<DiskSpace> space;
};

TEST_F(DiskSpaceTest, WhoAsksIsToldWhyNoMailIsTaken) {
    world.daemon->configuration.smtpd.queue_minfree = 1;
    EXPECT_TRUE(look());
    world.daemon->configuration.smtpd.queue_minfree = std::uint64_t{1} << 60;
    const Result<> full = look();
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::no_space);
    EXPECT_NE(full.error().message().find("smtpd.queue_minfree is 1152921504606846976"), std::string::npos)
        << full.error().message();
    world.daemon->configuration.smtpd.queue_minfree = 1;
    EXPECT_TRUE(look());
}

TEST_F(DiskSpaceTest, TheLogTellsOfAChangeOnce) {
    const auto logged = [&](std::uint64_t minfree) {
        world.daemon->configuration.smtpd.queue_minfree = minfree;
        testing::internal::CaptureStderr();
        for (int i = 0; i < 3; ++i) (void)look();
        const std::string log = testing::internal::GetCapturedStderr();
        return std::pair(std::ranges::count(log, '\n'), log);
    };
    EXPECT_EQ(logged(1).first, 0);
    const auto full = logged(std::uint64_t{1} << 60);
    EXPECT_EQ(full.first, 1) << full.second;
    EXPECT_NE(full.second.find("too little space on the disk of the spool"), std::string::npos) << full.second;
    const auto free = logged(1);
    EXPECT_EQ(free.first, 1) << free.second;
    EXPECT_NE(free.second.find("has space again"), std::string::npos) << free.second;
}

TEST_F(DiskSpaceTest, WhatIsFreeIsMeasured) {
    ASSERT_TRUE(look());
    const auto free = world.parts->spool.free_space();
    ASSERT_TRUE(free);
    EXPECT_GT(gauge("posthouse_queue_free_bytes"), 0);
    EXPECT_EQ(gauge("posthouse_queue_free_inodes") >= 0, free->inodes.has_value());
}

}  // namespace
}  // namespace posthouse::queued
