// The way out: what is kept of MTA-STS doesn't grow for ever.
#include "queued/core/way_out.h"

#include <fstream>

#include "tests/unit/queued/core/queue_world.h"

namespace posthouse::queued {
namespace {

TEST(WayOut, PoliciesThatNoLongerHoldAreRemoved) {
    QueueWorld world;
    world.start();
    const std::string policies = world.daemon->config()->general.state_folder + "/mta-sts";
    std::filesystem::create_directories(policies);
    std::ofstream(policies + "/unreadable.example.policy") << "x";
    mta_sts::Cached cached{.domain = "old.example",
                           .id = "1",
                           .fetched = 1'700'000'000,
                           .text = "version: STSv1\nmode: none\nmax_age: 86400\n",
                           .policy = {}};
    ASSERT_TRUE(mta_sts::Cache(policies).store(cached));
    cached.domain = "new.example";
    cached.fetched = unix_now();
    ASSERT_TRUE(mta_sts::Cache(policies).store(cached));
    Result<std::unique_ptr<WayOut>> way_out = WayOut::make(*world.daemon);
    ASSERT_TRUE(way_out) << way_out.error().message();
    world.daemon->background().spawn([](WayOut* running, net::Event* stopping) { return running->run(*stopping); },
                                     way_out->get(), &world.daemon->stopping());
    const auto has = [&](const char* domain) { return std::filesystem::exists(policies + "/" + domain + ".policy"); };
    world.until([&] { return !has("old.example") && !has("unreadable.example"); });
    EXPECT_TRUE(has("new.example"));
    world.stop();
}

}  // namespace
}  // namespace posthouse::queued
