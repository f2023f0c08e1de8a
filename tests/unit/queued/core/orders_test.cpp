// What an administrator wants of messages that are being worked on.
#include <gtest/gtest.h>

#include "tests/unit/queued/core/active_world.h"

namespace posthouse::queued {
namespace {

TEST_F(ActiveTest, AFlushTriesNowWhoRestsAndWhoseDestinationCountsAsDead) {
    world.courier.outcome = schedule::Outcome::unreachable;
    world.courier.fate = [&](const std::string&, const std::string&) { return put_off(); };
    world.start();
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(world.accept(envelope_to({{"x@dead.example", ""}})));
    world.until([&] { return world.files(Folder::deferred).size() == 20; });
    world.courier.outcome = schedule::Outcome::served;
    world.courier.fate = nullptr;
    for (const std::string& id : ids) world.active->flush(id);
    world.until([&] { return is_empty(); });
}

TEST_F(ActiveTest, AFlushOfWhatIsBeingTriedTriesItOnceMore) {
    std::string id;
    world.courier.fate = [&](const std::string&, const std::string&) {
        if (count() > 0) return Fate{.kind = EventKind::relayed};
        world.active->flush(id);
        return put_off();
    };
    world.start();
    id = world.accept(envelope_to({{"x@example.net", ""}}));
    world.until([&] { return count() == 2 && is_empty(); });
}

TEST_F(ActiveTest, WhatWasHeldMeanwhileIsLeftAloneUntilItIsReleased) {
    world.courier.fate = [&](const std::string&, const std::string&) { return put_off(); };
    world.start();
    const std::string id = world.accept(envelope_to({{"x@example.net", ""}}));
    world.until([&] { return world.files(Folder::deferred).size() == 1; });
    {
        spool::Entry entry = opened(id);
        ASSERT_TRUE(entry.hold({.kind = EventKind::held, .at = std::time(nullptr)}));
    }
    world.active->flush(id);
    world.courier.fate = nullptr;
    const std::string other = world.accept(envelope_to({{"y@example.com", ""}}));
    world.until([&] { return count() == 2 && world.files(Folder::incoming).empty(); });
    EXPECT_EQ(world.files(Folder::hold).size(), 1u);
    EXPECT_EQ(world.courier.deliveries[1].id, other);
    {
        spool::Entry entry = opened(id);
        ASSERT_TRUE(entry.release({.kind = EventKind::released, .at = std::time(nullptr)}, std::time(nullptr)));
    }
    world.active->flush(id);
    world.until([&] { return count() == 3 && is_empty(); });
}

TEST_F(ActiveTest, WhatIsBeingTriedIsKnownWhileItHangs) {
    world.courier.hangs = "smtp:example.net";
    world.start();
    const std::string id = world.accept(envelope_to({{"a@example.com", ""}, {"b@example.net", ""}}));
    world.until([&] {
        const auto attempts = world.active->attempts();
        return count() == 1 && attempts.size() == 1 && !attempts.front().standing.stage.empty();
    });
    const Active::Attempting trying = world.active->attempts().front();
    EXPECT_EQ(trying.id, id);
    EXPECT_EQ(trying.route, "smtp:example.net");
    EXPECT_EQ(trying.standing.host, "mx.example.net[192.0.2.1]");
    EXPECT_EQ(trying.standing.stage, "connecting");
    EXPECT_EQ(trying.recipients, std::vector<std::uint32_t>{1});
    EXPECT_LE(std::time(nullptr) - trying.since, 20);
    world.courier.hangs.clear();
    world.until([&] { return is_empty(); });
    EXPECT_TRUE(world.active->attempts().empty());
}

TEST_F(ActiveTest, AnOrderTakesEffectAsSoonAsTheAttemptEnds) {
    const auto is_report = [](const auto& delivery) { return delivery.destination == "local"; };
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : put_off();
    };
    world.start();
    for (const auto kind : {spool::Order::Kind::hold, spool::Order::Kind::remove, spool::Order::Kind::bounce}) {
        world.courier.hangs = "smtp:example.net";
        const std::string id = world.accept(envelope_to({{"b@example.net", ""}}));
        EXPECT_FALSE(world.active->order(make_id(), {kind})) << "nobody tries it";
        world.until([&] { return world.active->attempts().size() == 1; });
        EXPECT_TRUE(world.active->order(id, {kind, "looks like spam"}));
        EXPECT_EQ(world.files(Folder::incoming), std::vector{id}) << "not yet";
        world.courier.hangs.clear();
        world.until([&] {
            return world.files(Folder::incoming).empty() && world.files(Folder::deferred).empty() &&
                   world.active->attempts().empty();
        });
        EXPECT_EQ(world.files(Folder::hold).size(), 1u) << "that of the first";
        if (kind == spool::Order::Kind::bounce) break;
        EXPECT_TRUE(std::ranges::none_of(world.courier.deliveries, is_report)) << "nobody is told";
    }
    const spool::Listed held = world.only(Folder::hold);
    EXPECT_EQ(held.held, "looks like spam");
    EXPECT_EQ(held.states[0].deferrals, 1u) << "what the attempt told is not lost";
    world.until([&] { return std::ranges::any_of(world.courier.deliveries, is_report); });
    const std::string report = std::ranges::find_if(world.courier.deliveries, is_report)->content;
    EXPECT_NE(report.find("Given up by the administrator of this server"), std::string::npos) << report;
    EXPECT_NE(report.find("450 4.2.1 Greylisted"), std::string::npos) << report;
}

TEST_F(ActiveTest, AnOrderForWhatIsDeliveredMeanwhileChangesNothing) {
    for (const auto kind : {spool::Order::Kind::hold, spool::Order::Kind::bounce}) {
        world.courier.hangs = "smtp:example.net";
        world.restart();
        const std::string id = world.accept(envelope_to({{"b@example.net", ""}}));
        world.until([&] { return world.active->attempts().size() == 1; });
        EXPECT_TRUE(world.active->order(id, {kind}));
        world.courier.hangs.clear();
        world.until([&] { return is_empty(); });
    }
    EXPECT_EQ(count(), 2u) << "no report";
}

TEST_F(ActiveTest, AfterAnOrderNobodyElseOfTheMessageIsTried) {
    world.config.queued.destination_rate = 1;  // a minute
    world.start();
    world.accept(envelope_to({{"x@busy.example", ""}}));
    world.until([&] { return is_empty(); });
    world.courier.hangs = "smtp:example.net";
    const std::string id = world.accept(envelope_to({{"a@example.net", ""}, {"b@busy.example", ""}}));
    world.until([&] { return world.active->attempts().size() == 1; });
    EXPECT_TRUE(world.active->order(id, {spool::Order::Kind::hold}));
    world.courier.hangs.clear();
    world.until([&] { return world.files(Folder::hold).size() == 1; });
    const spool::Listed held = world.only(Folder::hold);
    EXPECT_EQ(held.states[0].fate, EventKind::relayed);
    EXPECT_TRUE(held.states[1].is_due());
    EXPECT_EQ(count(), 2u);
}

TEST_F(ActiveTest, WhoWasGivenUpWhileHeWaitedForHisTurnIsNotTried) {
    world.config.queued.initial_destination_concurrency = world.config.queued.destination_concurrency_limit = 1;
    world.courier.hangs = "smtp:example.net";
    world.start();
    world.accept(envelope_to({{"a@example.net", ""}}));
    world.until([&] { return world.active->attempts().size() == 1; });
    const std::string id = world.accept(envelope_to({{"b@example.net", ""}, {"bob@local.example", "local"}}));
    world.until([&] { return count() == 1; });  // who waits does so now
    {
        const std::vector<spool::Event> events = {
            {.kind = EventKind::bounced, .at = std::time(nullptr), .recipients = {0}, .status = "5.0.0"}};
        spool::Entry entry = opened(id);
        ASSERT_TRUE(entry.record(events));
    }
    world.courier.hangs.clear();
    world.until([&] { return is_empty(); });
    std::vector<std::string> tried;
    for (const auto& delivery : world.courier.deliveries) tried.push_back(delivery.recipients.front());
    std::ranges::sort(tried);
    EXPECT_EQ(tried, (std::vector<std::string>{"a@example.net", "alice@local.example", "bob@local.example"}));
}

}  // namespace
}  // namespace posthouse::queued
