// The deferred messages that are due next, beside all those that stay on disk.
#include "queued/schedule/due_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace posthouse::schedule {
namespace {

using namespace std::chrono_literals;
const TimePoint kNow{Duration(1'790'000'000'000)};

MessageId id(std::uint64_t number) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llu", static_cast<unsigned long long>(number));
    return *message_id({text.data(), 16});
}

TEST(MessageId, HasSixteenBytes) {
    EXPECT_TRUE(message_id("0123456789ABCDEF"));
    EXPECT_FALSE(message_id("0123456789ABCDE"));
    EXPECT_FALSE(message_id("0123456789ABCDEFG"));
}

TEST(DueWindow, GivesWhatIsDueInOrder) {
    DueWindow window(100);
    window.begin_scan();
    for (const std::uint64_t i : {3U, 1U, 2U}) window.offer(id(i), kNow + Duration(i * 1000));
    window.end_scan();
    EXPECT_EQ(window.next_due(), kNow + 1s);
    EXPECT_EQ(window.take(kNow), std::nullopt);
    EXPECT_EQ(window.take(kNow + 2s), id(1));
    EXPECT_EQ(window.take(kNow + 2s), id(2));
    EXPECT_EQ(window.take(kNow + 2s), std::nullopt);
    EXPECT_EQ(window.waiting(), 1u);
    EXPECT_EQ(window.working(), 2u);
}

TEST(DueWindow, BeforeTheFirstScanItWantsOne) {
    DueWindow window(100);
    EXPECT_TRUE(window.wants_scan(kNow, 5min));
    window.begin_scan();
    window.end_scan();
    EXPECT_FALSE(window.wants_scan(kNow, 5min)) << "there is nothing that it doesn't know";
    EXPECT_EQ(window.next_due(), TimePoint::max());
}

TEST(DueWindow, AScanPassesOverWhatIsHereOrBeingWorkedOn) {
    DueWindow window(100);
    window.begin_scan();
    window.offer(id(1), kNow);
    window.offer(id(1), kNow);
    EXPECT_EQ(window.take(kNow), id(1));
    window.offer(id(1), kNow);
    EXPECT_EQ(window.take(kNow), std::nullopt);
    window.put_back(id(1), kNow + 1min);
    EXPECT_EQ(window.working(), 0u);
    window.offer(id(1), kNow);
    EXPECT_EQ(window.take(kNow), std::nullopt) << "it is due when it was put back to";
    EXPECT_EQ(window.take(kNow + 1min), id(1));
    window.forget(id(1));
    EXPECT_EQ(window.working(), 0u);
    window.offer(id(1), kNow);
    EXPECT_EQ(window.take(kNow), id(1)) << "a new message";
}

TEST(DueWindow, AMessageIsWorkedOnOnce) {
    DueWindow window(100);
    window.begin_scan();
    EXPECT_TRUE(window.claim(id(1)));
    EXPECT_FALSE(window.claim(id(1)));
    window.offer(id(2), kNow + 24h);
    EXPECT_TRUE(window.claim(id(2))) << "somebody wants it now";
    EXPECT_FALSE(window.claim(id(2)));
    EXPECT_EQ(window.take(kNow + 24h), std::nullopt);
    EXPECT_EQ(window.working(), 2u);
}

TEST(DueWindow, PastTheHorizonTheDiskRemembers) {
    DueWindow window(100);
    window.begin_scan();
    for (std::uint64_t i = 0; i < 1000; ++i) window.offer(id(i), kNow + Duration(std::chrono::minutes(999 - i)));
    window.end_scan();
    EXPECT_LE(window.waiting(), 100u);
    const TimePoint horizon = window.horizon();
    EXPECT_GE(horizon, kNow + 40min);
    EXPECT_LE(horizon, kNow + 101min);
    EXPECT_FALSE(window.wants_scan(kNow, 5min));
    EXPECT_TRUE(window.wants_scan(horizon - 4min, 5min));
    EXPECT_TRUE(window.claim(id(5000)));
    window.put_back(id(5000), horizon);
    EXPECT_EQ(window.working(), 0u);
    TimePoint now = kNow;
    std::uint64_t expected = 999;
    while (const auto taken = window.take(horizon)) EXPECT_EQ(taken, id(expected--));
    EXPECT_EQ(kNow + std::chrono::minutes(999 - expected), horizon) << "none due before it is missing";
    // The next scan fetches what follows, and passes over what is still being worked on.
    window.begin_scan();
    for (std::uint64_t i = 0; i < 1000; ++i) window.offer(id(i), kNow + Duration(std::chrono::minutes(999 - i)));
    window.end_scan();
    now = horizon;
    EXPECT_EQ(window.take(now), id(expected));
}

TEST(DueWindow, AMillionDeferredMessagesTakeTheMemoryOfTheNextOnes) {
    constexpr std::size_t capacity = 50'000;
    DueWindow window(capacity);
    Random random(1);
    std::vector<std::int64_t> all;
    window.begin_scan();
    for (std::uint64_t i = 0; i < 1'000'000; ++i) {
        const auto due = static_cast<std::int64_t>(random() % 86'400'000);
        all.push_back(due);
        window.offer(id(i), kNow + Duration(due));
    }
    window.end_scan();
    RecordProperty("bytes", std::to_string(window.bytes()));
    RecordProperty("waiting", std::to_string(window.waiting()));
    EXPECT_LE(window.bytes(), capacity * 64);
    EXPECT_GE(window.waiting(), capacity / 2);
    // Exactly those that are due first.
    std::ranges::sort(all);
    std::size_t count = 0;
    for (TimePoint due = window.next_due(); window.take(due); due = window.next_due(), ++count) {
        ASSERT_EQ(due, kNow + Duration(all[count]));
    }
    EXPECT_EQ(window.horizon(), kNow + Duration(all[count]));
}

TEST(DueWindow, AgreesWithASimpleModel) {
    // Everything a queue does, at random: what the window gives must be what a map of all files gives.
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        DueWindow window(64);
        std::map<std::uint64_t, TimePoint> disk;
        std::set<std::uint64_t> working;
        int taken_in_order = 0;
        TimePoint now = kNow;
        const auto scan = [&] {
            window.begin_scan();
            for (const auto& [number, due] : disk) window.offer(id(number), due);
            window.end_scan();
        };
        scan();
        for (int step = 0; step < 5000; ++step) {
            const std::uint64_t number = random() % 500;
            const TimePoint due = now + Duration(random() % 3'600'000);
            const bool on_disk = disk.contains(number);
            switch (random() % 6) {
                case 0:
                    if (!on_disk) {
                        ASSERT_TRUE(window.claim(id(number)));
                        disk[number] = now;
                        working.insert(number);
                    }
                    break;
                case 1:
                    if (working.contains(number)) {
                        disk[number] = due;
                        working.erase(number);
                        window.put_back(id(number), due);
                    }
                    break;
                case 2:
                    if (on_disk) {
                        disk.erase(number);
                        working.erase(number);
                        window.forget(id(number));
                    }
                    break;
                case 3:
                    if (on_disk) {
                        ASSERT_EQ(window.claim(id(number)), !working.contains(number));
                        working.insert(number);
                    }
                    break;
                case 4:
                    now += Duration(random() % 60'000);
                    if (window.wants_scan(now, 1min)) scan();
                    break;
                case 5: {
                    // Whatever is due before the horizon is here, the first first.
                    std::optional<TimePoint> first;
                    for (const auto& [other, when] : disk) {
                        if (!working.contains(other) && when <= now && (!first || when < *first)) first = when;
                    }
                    const auto taken = window.take(now);
                    if (first && *first < window.horizon()) {
                        ASSERT_TRUE(taken);
                        ++taken_in_order;
                    }
                    if (!taken) break;
                    const std::uint64_t got = std::stoull(std::string(taken->begin(), taken->end()));
                    ASSERT_TRUE(first);
                    ASSERT_EQ(disk.at(got), *first);
                    ASSERT_TRUE(working.insert(got).second);
                    break;
                }
            }
            ASSERT_EQ(window.working(), working.size());
            ASSERT_LE(window.waiting(), 64u);
        }
        EXPECT_GT(taken_in_order, 100);
    }
}

}  // namespace
}  // namespace posthouse::schedule
