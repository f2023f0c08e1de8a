// How many processes of a daemon are started.
#include "posthoused/daemons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace posthouse::supervisor {
namespace {

std::int64_t workers_of(std::string_view name, const config::Config& config) {
    const auto kind = std::ranges::find(daemon_kinds(), name, &DaemonKind::name);
    return kind->workers(config);
}

TEST(Daemons, ImapdHasAsManyWorkersAsProcessorsFourAtMostUnlessTheirNumberIsSet) {
    config::Config config;
    EXPECT_EQ(config.imapd.workers, 0);
    const std::int64_t processors = std::max(1u, std::thread::hardware_concurrency());
    EXPECT_EQ(workers_of("imapd", config), std::min<std::int64_t>(processors, 4));
    config.imapd.workers = 7;
    EXPECT_EQ(workers_of("imapd", config), 7);
}

TEST(Daemons, WhatCountsOrKnowsEverythingIsOneProcess) {
    const config::Config config;
    EXPECT_EQ(workers_of("authd", config), 1);
    EXPECT_EQ(workers_of("guardd", config), 1);
    EXPECT_EQ(workers_of("historyd", config), 1);
}

}  // namespace
}  // namespace posthouse::supervisor
