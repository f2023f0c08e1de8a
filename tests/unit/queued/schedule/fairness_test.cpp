// What the scheduler promises, shown in virtual time with thousands of deliveries.
#include <gtest/gtest.h>

#include "tests/unit/queued/schedule/simulation.h"

namespace posthouse::schedule {
namespace {

using namespace std::chrono_literals;

Behaviour takes(Duration time) {
    return [time](TimePoint, Random&) { return Attempt{time}; };
}
Behaviour dead_until(TimePoint alive) {
    return
        [alive](TimePoint now, Random&) { return now < alive ? Attempt{30s, Outcome::unreachable} : Attempt{200ms}; };
}
const TimePoint kStart = Simulation::start();

TEST(Schedule, ADeadDestinationDelaysNobodyAndIsHardlyTried) {
    Simulation simulation({.running = 100});
    simulation.behave("dead.example", dead_until(TimePoint::max()));
    for (int i = 0; i < 20'000; ++i) simulation.send(kStart + Duration(i), "bulk", "dead.example");
    for (int i = 0; i < 6000; ++i) {
        simulation.send(kStart + i * 100ms, "user" + std::to_string(i % 10), "d" + std::to_string(i % 50) + ".example");
    }
    simulation.run_until(kStart + 15min);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.destination != "dead.example"; }), 250ms);
    EXPECT_LE(simulation.attempts_at("dead.example"), 15u);
}

TEST(Schedule, ADestinationThatComesBackGetsAllOfIt) {
    Simulation simulation({.jobs = 2000, .running = 100});
    simulation.behave("back.example", dead_until(kStart + 1h));
    for (int i = 0; i < 10'000; ++i) simulation.send(kStart + Duration(i), "bulk", "back.example");
    simulation.run_until(kStart + 3h);
    EXPECT_EQ(simulation.delivered(), 10'000u);
    EXPECT_GE(simulation.most_running("back.example"), 15u);
}

TEST(Schedule, AMessageForADeadDestinationIsGivenUpInTime) {
    Simulation simulation({.running = 100});
    simulation.behave("dead.example", dead_until(TimePoint::max()));
    for (int i = 0; i < 200; ++i) simulation.send(kStart + i * 1s, "a", "dead.example");
    simulation.run_until(kStart + 24h * 6);
    for (const Mail& mail : simulation.mail()) {
        ASSERT_TRUE(mail.given_up);
        ASSERT_GE(*mail.given_up, mail.arrival + simulation.backoff.lifetime);
        ASSERT_LE(*mail.given_up, mail.arrival + simulation.backoff.lifetime + 1min);
    }
}

TEST(Schedule, ASlowDestinationDelaysNobody) {
    Simulation simulation({.running = 100});
    simulation.behave("slow.example", takes(5min));
    for (int i = 0; i < 20'000; ++i) simulation.send(kStart + Duration(i), "bulk", "slow.example");
    for (int i = 0; i < 6000; ++i) {
        simulation.send(kStart + 1s + i * 100ms, "user" + std::to_string(i % 10), "d" + std::to_string(i % 50));
    }
    simulation.run_until(kStart + 15min);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.destination != "slow.example"; }), 250ms);
    EXPECT_GE(simulation.attempts_at("slow.example"), 15u) << "it gets its share";
}

TEST(Schedule, ManySlowDestinationsTogetherDontDelayPromptOnes) {
    // 200 destinations that could take 1000 deliveries at a time, five minutes each, with room for 100.
    Simulation simulation({.running = 100});
    const auto prompt = [](const Mail& mail) { return mail.destination.starts_with("d"); };
    for (int i = 0; i < 50; ++i) simulation.send(kStart + i * 100ms, "user", "d" + std::to_string(i));
    for (int i = 0; i < 10'000; ++i) {
        const std::string destination = "slow" + std::to_string(i % 200);
        simulation.behave(destination, takes(5min));
        simulation.send(kStart + 10s + Duration(i), "bulk" + std::to_string(i % 3), destination);
    }
    for (int i = 0; i < 6000; ++i) {
        simulation.send(kStart + 20s + i * 100ms, "user" + std::to_string(i % 10), "d" + std::to_string(i % 50));
    }
    simulation.run_until(kStart + 20min);
    EXPECT_LE(simulation.longest_delay(prompt), 500ms);
}

TEST(Schedule, DestinationsThatHangAfterTheyWerePromptStopNobodyForLong) {
    // 20 destinations that could take 400 deliveries at a time, with room for 100, stop to answer all at once.
    const auto limits_of = [](std::string_view name) { return DestinationLimits{.local = name == "local"}; };
    Simulation simulation({.running = 100}, limits_of);
    for (int i = 0; i < 20'000; ++i) {
        const std::string destination = "trap" + std::to_string(i % 20);
        simulation.behave(destination, [](TimePoint now, Random&) {
            return now < kStart + 1min ? Attempt{200ms} : Attempt{5min, Outcome::unreachable};
        });
        simulation.send(kStart + i * 5ms, "bulk" + std::to_string(i % 3), destination);
    }
    for (int i = 0; i < 6000; ++i) {
        simulation.send(kStart + 1s + i * 50ms, "user" + std::to_string(i % 10), "local");
        simulation.send(kStart + 1s + i * 50ms, "user" + std::to_string(i % 10), "d" + std::to_string(i % 50));
    }
    simulation.run_until(kStart + 7min);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.destination == "local"; }), 500ms);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.destination.starts_with("d"); }), 12s);
}

TEST(Schedule, RetriesToDestinationsThatDontAnswerLeaveRoomForNewOnes) {
    // Once it is known which are slow they have a quarter of the room: a destination that was never seen gets through.
    Simulation simulation({.running = 100});
    for (int i = 0; i < 5000; ++i) {
        const std::string destination = "gone" + std::to_string(i % 1000);
        simulation.behave(destination, dead_until(TimePoint::max()));
        simulation.send(kStart + i * 100ms, "bulk" + std::to_string(i % 3), destination);
    }
    for (int i = 0; i < 2000; ++i) simulation.send(kStart + 2h + i * 1s, "user", "new" + std::to_string(i));
    simulation.run_until(kStart + 3h);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.destination.starts_with("new"); }), 1s);
}

TEST(Schedule, ABulkSenderToOneDestinationDelaysNobodyThere) {
    Simulation simulation({.running = 100});
    for (int i = 0; i < 100'000; ++i) simulation.send(kStart + Duration(i / 100), "bulk", "big.example");
    for (int i = 0; i < 60; ++i) simulation.send(kStart + 2s + i * 5s, "user", "big.example");
    simulation.run_until(kStart + 6min);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.sender == "user"; }), 1s);
    EXPECT_EQ(simulation.most_running("big.example"), 20u);
    EXPECT_GT(simulation.delivered(), 30'000u) << "100 a second: the destination is kept busy";
}

TEST(Schedule, ABulkSenderToManyDestinationsDelaysNobodyElsewhere) {
    Simulation simulation({.running = 50});
    for (int i = 0; i < 100'000; ++i) {
        simulation.send(kStart + Duration(i / 100), "bulk", "d" + std::to_string(i % 10'000));
    }
    for (int i = 0; i < 60; ++i) {
        simulation.send(kStart + 2s + i * 5s, "user", "d" + std::to_string(i));
        simulation.send(kStart + 2s + i * 5s, "user", "other" + std::to_string(i));
    }
    simulation.run_until(kStart + 6min);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.sender == "user"; }), 1s);
    EXPECT_GT(simulation.delivered(), 40'000u) << "half of 50 at a time to unknown ones, 200 ms each, at the least";
}

TEST(Schedule, SendersOfDifferentSizeGetTheSame) {
    Simulation simulation({.jobs = 4000, .running = 100});
    for (int i = 0; i < 40'000; ++i) simulation.send(kStart + Duration(i / 40), "large", "big.example");
    for (int i = 0; i < 4000; ++i) simulation.send(kStart + Duration(i / 4), "small", "big.example");
    simulation.run_until(kStart + 1min);
    std::map<std::string, int> served;
    for (const Mail& mail : simulation.mail()) served[mail.sender] += mail.delivered.has_value();
    EXPECT_NEAR(served["small"], served["large"], served["large"] / 10.0);
}

TEST(Schedule, UrgentMailGoesFirstAndOtherMailGoesStill) {
    Simulation simulation({.running = 20});
    for (int i = 0; i < 3000; ++i) {
        simulation.send(kStart, "list", "d" + std::to_string(i % 40), -4);
        simulation.send(kStart, "office", "d" + std::to_string(i % 40), 0);
    }
    for (int i = 0; i < 300; ++i) simulation.send(kStart + 1s + i * 100ms, "alarm", "d" + std::to_string(i % 40), 9);
    simulation.run_until(kStart + 32s);
    EXPECT_LE(simulation.longest_delay([](const Mail& mail) { return mail.priority == 9; }), 1s);
    std::map<std::string, int> served;
    for (const Mail& mail : simulation.mail()) served[mail.sender] += mail.delivered.has_value();
    EXPECT_GT(served["list"], 200);
    EXPECT_GT(served["office"], 3 * served["list"]);
}

TEST(Schedule, ARatePerMinuteIsKeptWhateverWaits) {
    Simulation simulation({.jobs = 1000, .running = 100},
                          [](std::string_view name) { return DestinationLimits{20, name == "strict" ? 60U : 0U}; });
    for (int i = 0; i < 5000; ++i) simulation.send(kStart, "bulk", "strict");
    simulation.run_until(kStart + 30min);
    EXPECT_LE(simulation.attempts_at("strict"), 1801u);
    EXPECT_GE(simulation.attempts_at("strict"), 1700u);
}

TEST(Schedule, ABacklogIsReadFromDiskAFewTimesNotOverAndOver) {
    Simulation simulation({.jobs = 2000, .running = 100});
    for (int i = 0; i < 50'000; ++i) simulation.send(kStart + Duration(i / 100), "bulk", "big.example");
    simulation.run_until(kStart + 1h);
    ASSERT_EQ(simulation.delivered(), 50'000u);
    std::size_t opened = 0;
    for (const Mail& mail : simulation.mail()) opened += mail.opened;
    EXPECT_LE(opened, 50'000u * 8);
    EXPECT_LE(simulation.longest_delay([](const Mail&) { return true; }), 15min) << "8 min 20 s at 100 a second";
}

TEST(Schedule, NothingIsLostOrSentTwiceWhateverHappens) {
    for (Random::result_type seed = 1; seed <= 3; ++seed) {
        Simulation simulation(
            {.jobs = 200, .running = 20, .remembered = 30},
            [](std::string_view name) {
                return DestinationLimits{1 + static_cast<std::uint32_t>(name.size() % 7),
                                         name.ends_with('3') ? 600U : 0U};
            },
            seed, 300);
        Random random(seed);
        for (int i = 0; i < 5000; ++i) {
            const std::string destination = "d" + std::to_string(random() % 60);
            simulation.behave(destination, [](TimePoint, Random& chance) {
                const auto dice = chance() % 10;
                return Attempt{Duration(chance() % 30'000), dice < 4   ? Outcome::unreachable
                                                            : dice < 5 ? Outcome::overloaded
                                                                       : Outcome::served};
            });
            simulation.send(kStart + Duration(random() % 600'000), "s" + std::to_string(random() % 20), destination,
                            static_cast<int>(random() % 19) - 9);
        }
        simulation.run_until(kStart + 24h * 6);
        std::size_t given_up = 0;
        for (const Mail& mail : simulation.mail()) {
            given_up += mail.given_up.has_value();
            ASSERT_NE(mail.given_up.has_value(), mail.delivered.has_value());
        }
        EXPECT_EQ(given_up, 0u);
        EXPECT_EQ(simulation.scheduler().jobs(), 0u);
        EXPECT_EQ(simulation.scheduler().running(), 0u);
        EXPECT_LE(simulation.scheduler().destinations(), 30u);
    }
}

}  // namespace
}  // namespace posthouse::schedule
