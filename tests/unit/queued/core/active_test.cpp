// What becomes of messages in the queue: tried, put off, for later, found again after a restart.
#include "queued/core/active.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/queued/core/active_world.h"

namespace posthouse::queued {
namespace {

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
