// What becomes of messages in the queue: tried, put off, returned, held, found again after a restart.
#include "queued/core/active.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "tests/unit/queued/core/queue_world.h"

namespace posthouse::queued {
namespace {

using spool::EventKind;
using spool::Folder;

spool::Envelope envelope_to(const std::vector<std::pair<std::string, std::string>>& recipients,
                            std::string_view sender = "alice@local.example") {
    spool::Envelope envelope;
    envelope.id = make_id();
    envelope.arrived = std::time(nullptr);
    if (!sender.empty()) envelope.sender = spool::mailbox(sender);
    envelope.client.address = "192.0.2.7";
    for (const auto& [address, transport] : recipients)
        envelope.recipients.push_back({.address = spool::mailbox(address), .transport = transport});
    return envelope;
}

Fate refused(std::string status = "5.1.1", std::string reply = "550 5.1.1 No such user") {
    return {.kind = EventKind::bounced,
            .remote = "mx.example.net[192.0.2.1]",
            .status = std::move(status),
            .reply = std::move(reply)};
}

Fate put_off() {
    return {.kind = EventKind::deferred,
            .remote = "mx.example.net[192.0.2.1]",
            .status = "4.2.1",
            .reply = "450 4.2.1 Greylisted"};
}

class ActiveTest : public testing::Test {
  protected:
    bool is_empty() const {
        return std::ranges::all_of(spool::all_folders, [&](Folder folder) { return world.files(folder).empty(); });
    }
    std::size_t count() const { return world.courier.deliveries.size(); }
    /// Opens the message as the command line does, once queued has let go of it.
    spool::Entry opened(const std::string& id) {
        const spool::Spool spool = spool::Spool::open(world.config.general.spool_folder).value();
        std::optional<spool::Entry> entry;
        world.until([&] {
            const Result<spool::Place> place = spool.find(id);
            Result<spool::Entry> tried = place ? spool.open(*place) : fail(place.error());
            if (tried) entry.emplace(*std::move(tried));
            return entry.has_value();
        });
        return *std::move(entry);
    }
    QueueWorld world;
};

TEST_F(ActiveTest, AMessageIsDeliveredToEachDestinationOnceAndLeavesTheQueue) {
    world.start();
    const std::string content = spool::content_of_size(200'000);
    const std::string id = world.accept(
        envelope_to(
            {{"a@example.net", ""}, {"b@example.com", ""}, {"c@example.net", ""}, {"bob@local.example", "local"}}),
        content);
    world.until([&] { return count() == 3 && is_empty(); });
    for (const auto& delivery : world.courier.deliveries) {
        EXPECT_EQ(delivery.id, id);
        EXPECT_EQ(delivery.content, content);
        EXPECT_EQ(delivery.sender, "<alice@local.example>");
        EXPECT_EQ(delivery.attempt, 1u);
        if (delivery.destination == "smtp:example.net")
            EXPECT_EQ(delivery.recipients, (std::vector<std::string>{"a@example.net", "c@example.net"}));
    }
}

TEST_F(ActiveTest, WhatLayInTheQueueBeforeTheStartIsFound) {
    for (int i = 0; i < 50; ++i) world.accept(envelope_to({{"a@example.net", ""}}));
    world.start();
    world.until([&] { return count() == 50 && is_empty(); });
}

TEST_F(ActiveTest, WhoIsPutOffIsTriedAgainAndTheOthersAreNot) {
    world.courier.fate = [&](const std::string&, const std::string& recipient) {
        return recipient == "a@example.net" && count() == 0 ? put_off() : Fate{.kind = EventKind::relayed};
    };
    world.start();
    world.config.queued.minimal_backoff_time = std::chrono::seconds(1);
    world.restart();
    world.accept(envelope_to({{"a@example.net", ""}, {"b@example.net", ""}}));
    world.until([&] { return count() == 1 && world.files(Folder::deferred).size() == 1; });
    const spool::Listed listed = world.only(Folder::deferred);
    EXPECT_EQ(listed.states[0].deferrals, 1u);
    EXPECT_EQ(listed.states[0].reply, "450 4.2.1 Greylisted");
    EXPECT_EQ(listed.states[1].fate, EventKind::relayed);
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"a@example.net"}));
    EXPECT_EQ(world.courier.deliveries[1].attempt, 2u);
}

TEST_F(ActiveTest, WhatIsPutOffKeepsItsTimeOverARestart) {
    world.courier.fate = [&](const std::string&, const std::string&) { return put_off(); };
    world.start();
    world.accept(envelope_to({{"a@example.net", ""}}));
    world.until([&] { return world.files(Folder::deferred).size() == 1; });
    const auto before = world.files(Folder::deferred);
    world.restart();
    world.until([&] { return world.scanner->has_scanned(); });
    EXPECT_EQ(world.files(Folder::deferred), before);
    EXPECT_EQ(count(), 1u);
}

TEST_F(ActiveTest, WhoIsRefusedIsReportedToTheSenderWithTheServersWords) {
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
    };
    world.start();
    const std::string id =
        world.accept(envelope_to({{"nobody@example.net", ""}}), "Subject: the offer\r\n\r\nHere it is.\r\n");
    world.until([&] { return count() == 2 && is_empty(); });
    const auto& report = world.courier.deliveries[1];
    EXPECT_EQ(report.destination, "local");
    EXPECT_EQ(report.sender, "<>");
    EXPECT_EQ(report.recipients, (std::vector<std::string>{"alice@local.example"}));
    EXPECT_NE(report.id, id);
    for (const char* part :
         {"multipart/report", "550 5.1.1 No such user", "Final-Recipient: rfc822; nobody@example.net", "Action: failed",
          "Status: 5.1.1", "Remote-MTA: dns; mx.example.net", "Here it is."})
        EXPECT_NE(report.content.find(part), std::string::npos) << part << "\n" << report.content;
}

TEST_F(ActiveTest, ASenderWhoIsNobodyHereIsReplacedByThePostmaster) {
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
    };
    world.start();
    world.accept(envelope_to({{"nobody@example.net", ""}}, "ghost@local.example"));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"alice@local.example"}))
        << "who reads the postmaster's mail";
}

TEST_F(ActiveTest, AReportForAListIsItsOwners) {
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
    };
    world.start();
    world.accept(envelope_to({{"nobody@example.net", ""}}, "club@local.example"));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"alice@local.example"}));
}

TEST_F(ActiveTest, NobodyPostsToAClosedListThroughAReport) {
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
    };
    world.start();
    world.accept(envelope_to({{"nobody@example.net", ""}}, "closed@local.example"));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"alice@local.example"}))
        << "who reads the postmaster's mail";
}

TEST_F(ActiveTest, AReportThatIsRefusedGoesToThePostmasterAndThenToNobody) {
    world.courier.fate = [&](const std::string&, const std::string&) { return refused(); };
    world.start();
    world.accept(envelope_to({{"x@example.net", ""}}, "sender@elsewhere.example"));
    world.until([&] { return count() == 3 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"sender@elsewhere.example"}));
    EXPECT_EQ(world.courier.deliveries[2].recipients, (std::vector<std::string>{"alice@local.example"}));
    EXPECT_EQ(world.courier.deliveries[2].sender, "<>");
    EXPECT_NE(world.courier.deliveries[2].content.find("sender@elsewhere.example"), std::string::npos);
}

TEST_F(ActiveTest, ThePostmasterGetsSoManyReportsOfLostMessagesADayAndNoMore) {
    world.config.queued.double_bounce_day_limit = 2;
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
    };
    world.start();
    for (std::size_t i = 1; i <= 4; ++i) {
        world.accept(envelope_to({{"x@example.net", ""}}, ""));
        world.until([&] { return count() == i + std::min<std::size_t>(i, 2) && is_empty(); });
    }
    EXPECT_EQ(world.courier.deliveries[1].content.find("the last of 2"), std::string::npos);
    EXPECT_NE(world.courier.deliveries[3].content.find("the last of 2"), std::string::npos)
        << world.courier.deliveries[3].content;
    EXPECT_NE(world.daemon->metrics().text().find("posthouse_queue_double_bounces_untold_total{daemon=\"queued\"} 2"),
              std::string::npos);
}

TEST(DoubleBounces, TheFirstOfTheNextDayTellsHowManyWereLeftOut) {
    constexpr std::int64_t day = 86'400;
    DoubleBounces bounces;
    EXPECT_TRUE(bounces.has_room(1, day));
    bounces.add(day);
    EXPECT_FALSE(bounces.has_room(1, 2 * day - 1));
    EXPECT_TRUE(bounces.has_room(0, 2 * day - 1));
    bounces.leave_out();
    bounces.leave_out();
    EXPECT_TRUE(bounces.has_room(1, 2 * day));
    EXPECT_TRUE(bounces.remark(100, 2 * day).contains("Reports of 2 other such messages were left out"));
    bounces.add(2 * day);
    EXPECT_EQ(bounces.remark(100, 2 * day), "");
}

TEST_F(ActiveTest, WhileTheDirectoryIsAwayAReportWaitsAndNothingIsLost) {
    world.courier.fate = [&](const std::string&, const std::string&) { return refused(); };
    world.start();
    world.accept(envelope_to({{"x@example.net", ""}}, "broken@local.example"));  // authd answers TEMP
    world.until([&] { return count() == 1 && world.only(Folder::incoming).states[0].fate == EventKind::bounced; });
    const spool::Listed listed = world.only(Folder::incoming);
    EXPECT_FALSE(listed.states[0].notified);
    EXPECT_FALSE(nothing_left(listed.envelope, listed.states));
}

TEST_F(ActiveTest, SuccessIsReportedWhenItWasAskedForAndNobodyElseDoes) {
    world.start();
    spool::Envelope envelope = envelope_to({{"bob@local.example", "local"}, {"x@example.net", ""}});
    for (auto& recipient : envelope.recipients) recipient.notify = smtp::DsnNotify{.success = true};
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered, .status = "2.0.0"}
                                      : Fate{.kind = EventKind::relayed, .promise = spool::NoticePromise::yes};
    };
    world.accept(envelope);
    world.until([&] { return count() == 3 && is_empty(); });
    const std::string& report = world.courier.deliveries[2].content;
    EXPECT_NE(report.find("Action: delivered"), std::string::npos);
    EXPECT_EQ(report.find("x@example.net"), std::string::npos) << "its server promised to tell";
}

TEST_F(ActiveTest, AnAliasIsReportedAsExpandedAndAListAsDelivered) {
    world.start();
    spool::Envelope envelope = envelope_to({{"bob@local.example", "local"},
                                            {"team@local.example", std::string(spool::alias_transport)},
                                            {"forum@local.example", std::string(spool::list_transport)}});
    envelope.recipients[0].notify = smtp::DsnNotify{.failure = true};
    envelope.recipients[1].notify = smtp::DsnNotify{.success = true};
    envelope.recipients[2].notify = smtp::DsnNotify{.success = true};
    world.accept(envelope);
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[0].recipients, std::vector<std::string>{"bob@local.example"});
    const std::string& report = world.courier.deliveries[1].content;
    EXPECT_NE(report.find("Final-Recipient: rfc822; team@local.example\r\nAction: expanded\r\nStatus: 2.0.0"),
              std::string::npos)
        << report;
    EXPECT_NE(report.find("Final-Recipient: rfc822; forum@local.example\r\nAction: delivered\r\nStatus: 2.0.0"),
              std::string::npos)
        << report;
    EXPECT_EQ(report.find("bob@"), std::string::npos);
}

TEST_F(ActiveTest, NeverMeansThatNobodyIsTold) {
    world.courier.fate = [&](const std::string&, const std::string&) { return refused(); };
    world.start();
    spool::Envelope envelope = envelope_to({{"x@example.net", ""}});
    envelope.recipients[0].notify = smtp::DsnNotify{};
    world.accept(envelope);
    world.until([&] { return count() == 1 && is_empty(); });
}

TEST_F(ActiveTest, WhoseTimeIsOverIsGivenUpWithTheLastReason) {
    world.config.queued.maximal_queue_lifetime = std::chrono::seconds(2);
    world.config.queued.minimal_backoff_time = std::chrono::seconds(1);
    world.courier.fate = [&](const std::string& destination, const std::string&) {
        return destination == "local" ? Fate{.kind = EventKind::delivered} : put_off();
    };
    world.start();
    world.accept(envelope_to({{"x@example.net", ""}}));
    world.until([&] { return is_empty() && count() > 1; });
    const std::string& report = world.courier.deliveries.back().content;
    EXPECT_NE(report.find("450 4.2.1 Greylisted"), std::string::npos);
    EXPECT_NE(report.find("Action: failed"), std::string::npos);
}

TEST_F(ActiveTest, ADestinationThatIsDeadIsSparedAndOthersGoOn) {
    world.courier.outcome = schedule::Outcome::unreachable;
    world.courier.fate = [&](const std::string&, const std::string&) { return put_off(); };
    world.start();
    for (int i = 0; i < 40; ++i) world.accept(envelope_to({{"x@dead.example", ""}}));
    world.until([&] { return world.files(Folder::deferred).size() == 40; });
    EXPECT_LT(count(), 20u) << "some were put off without a try";
    EXPECT_GE(count(), 5u);
    std::size_t untried = 0;
    for (const spool::Listed& listed : world.listed(Folder::deferred)) {
        const spool::RecipientState& state = listed.states[0];
        if (state.deferrals == 0) ++untried;
        const std::string since = "smtp:dead.example not reachable since ";
        EXPECT_EQ(state.postponed(), state.deferrals == 0);
        EXPECT_EQ(state.reply.starts_with(since), state.deferrals == 0) << state.reply;
        EXPECT_TRUE(state.reply.ends_with("450 4.2.1 Greylisted")) << state.reply;
    }
    EXPECT_EQ(untried, 40 - count());
    world.courier.outcome = schedule::Outcome::served;
    world.courier.fate = nullptr;
    const std::size_t before = count();
    world.accept(envelope_to({{"y@alive.example", ""}}));
    world.until([&] { return count() == before + 1 && world.files(Folder::incoming).empty(); });
}

TEST_F(ActiveTest, WhatIsPutOffForLackOfRoomWaitsForItsTurn) {
    world.config.queued.active_limit = 10;
    world.config.queued.destination_rate = 1;  // a minute
    world.start();
    for (int i = 0; i < 12; ++i) world.accept(envelope_to({{"x@busy.example", ""}}));
    world.until([&] { return count() == 1 && !world.files(Folder::deferred).empty(); });
    for (const spool::Listed& listed : world.listed(Folder::deferred)) {
        EXPECT_TRUE(listed.states[0].postponed());
        EXPECT_EQ(listed.states[0].reply, "waits for its turn");
    }
}

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

TEST_F(ActiveTest, AMessageForLaterWaitsForItsTime) {
    world.start();
    spool::Envelope envelope = envelope_to({{"x@example.net", ""}});
    envelope.hold_until = std::time(nullptr) + 2;
    world.accept(envelope);
    const std::string other = world.accept(envelope_to({{"y@example.com", ""}}));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[0].id, other);
    EXPECT_GE(std::time(nullptr), *envelope.hold_until);
}

TEST_F(ActiveTest, OnlyWhatCameSinceTheStartAndWasTriedByNobodyIsCertainlyTriedFirst) {
    spool::Envelope early = envelope_to({{"early@local.example", "local"}});
    early.untried = true;
    world.accept(early);
    bool was_put_off = false;
    world.courier.fate = [&](const std::string&, const std::string& recipient) {
        if (recipient == "again@local.example" && !std::exchange(was_put_off, true)) return put_off();
        return Fate{.kind = EventKind::delivered};
    };
    world.config.queued.minimal_backoff_time = std::chrono::seconds(1);
    world.start();
    const std::int64_t started = std::time(nullptr);
    world.until([&] { return std::time(nullptr) > started + 1; });
    for (const bool untried : {true, false}) {
        spool::Envelope late = envelope_to({{untried ? "late@local.example" : "handed@local.example", "local"}});
        late.untried = untried;
        world.accept(late);
    }
    spool::Envelope again = envelope_to({{"again@local.example", "local"}});
    again.untried = true;
    world.accept(again);
    spool::Envelope ahead = envelope_to({{"ahead@local.example", "local"}});
    ahead.untried = true;
    ahead.arrived += 1000;
    world.accept(ahead);
    world.until([&] { return count() >= 6 && is_empty(); });
    std::map<std::string, std::vector<bool>> first;
    for (const auto& delivery : world.courier.deliveries)
        first[delivery.recipients[0]].push_back(delivery.certainly_first);
    EXPECT_EQ(first["early@local.example"], std::vector{false}) << "another process may have tried it";
    EXPECT_EQ(first["late@local.example"], std::vector{true});
    EXPECT_EQ(first["handed@local.example"], std::vector{false}) << "smtpd tried it";
    EXPECT_EQ(first["again@local.example"].front(), true);
    EXPECT_EQ(first["again@local.example"].back(), false);
    EXPECT_EQ(first["ahead@local.example"], std::vector{false}) << "the clock was set back";
}

TEST_F(ActiveTest, WhatNobodyToldOfIsFoundSoonAfterWhatSomebodyDid) {
    world.config.queued.queue_run_delay = std::chrono::hours(1);
    world.start();
    world.until([&] { return world.scanner->has_scanned(); });
    const spool::Incoming incoming = spool::Incoming::open(world.config.general.spool_folder).value();
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(spool::accept(incoming, envelope_to({{"x@example.net", ""}}), "Subject: x\r\n\r\n"));
    world.accept(envelope_to({{"y@example.net", ""}}));
    world.until([&] { return count() == 21 && is_empty(); });
}

TEST_F(ActiveTest, WhatIsPutBackIntoAFolderIsTakenUpAndCounted) {
    world.config.queued.queue_run_delay = std::chrono::seconds(1);
    const std::string root = world.config.general.spool_folder;
    const auto gauge = [&](const std::string& folder, int messages) {
        const std::string line = "folder=\"" + folder + "\"} " + std::to_string(messages) + "\n";
        return world.daemon->metrics().text().contains(line);
    };
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < 3; ++i) {
        ids.push_back(world.accept(envelope_to({{"x@example.net", ""}})));
        std::filesystem::rename(root + "/incoming/" + ids[i], world.folder.path() + "/" + ids[i]);
    }
    std::filesystem::resize_file(world.folder.path() + "/" + ids[2], 50);
    world.start();
    world.until([&] { return world.scanner->has_scanned(); });
    const auto put = [&](std::size_t number, const std::string& place) {
        const std::string& id = ids[number];
        std::filesystem::rename(world.folder.path() + "/" + id, root + "/" + place + "/" + id + ".1790000000");
    };
    put(1, "hold");
    world.until([&] { return gauge("hold", 1); });
    put(0, "deferred");
    put(2, "deferred");
    world.until([&] { return count() == 1 && world.files(Folder::deferred).empty(); });
    EXPECT_EQ(world.courier.deliveries[0].id, ids[0]);
    EXPECT_EQ(world.files(Folder::corrupt).size(), 1u);
    world.until([&] { return gauge("deferred", 0); });
}

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

TEST_F(ActiveTest, ADamagedFileIsPutAsideAndTheOthersGoOn) {
    const std::string id = world.accept(envelope_to({{"x@example.net", ""}}));
    std::filesystem::resize_file(world.config.general.spool_folder + "/incoming/" + id, 50);
    world.accept(envelope_to({{"y@example.net", ""}}));
    world.start();
    world.until([&] { return count() == 1 && world.files(Folder::incoming).empty(); });
    EXPECT_EQ(world.files(Folder::corrupt).size(), 1u);
}

}  // namespace
}  // namespace posthouse::queued
