// Who is told what became of a message, and who is not.
#include <gtest/gtest.h>

#include "queued/core/double_bounces.h"
#include "tests/unit/queued/core/active_world.h"

namespace posthouse::queued {
namespace {

TEST_F(ActiveTest, WhoIsRefusedIsReportedToTheSenderWithTheServersWords) {
    refuse_elsewhere();
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
          "Status: 5.1.1", "Remote-MTA: dns; mx.example.net", "Here it is.", "postmaster@local.example"})
        EXPECT_NE(report.content.find(part), std::string::npos) << part << "\n" << report.content;
}

TEST_F(ActiveTest, ASenderWhoIsNobodyHereIsReplacedByThePostmaster) {
    refuse_elsewhere();
    world.start();
    world.accept(envelope_to({{"nobody@example.net", ""}}, "ghost@local.example"));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"alice@local.example"}))
        << "who reads the postmaster's mail";
}

TEST_F(ActiveTest, AReportForAListIsItsOwners) {
    refuse_elsewhere();
    world.start();
    world.accept(envelope_to({{"nobody@example.net", ""}}, "club@local.example"));
    world.until([&] { return count() == 2 && is_empty(); });
    EXPECT_EQ(world.courier.deliveries[1].recipients, (std::vector<std::string>{"alice@local.example"}));
}

TEST_F(ActiveTest, NobodyPostsToAClosedListThroughAReport) {
    refuse_elsewhere();
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

TEST_F(ActiveTest, WhereNobodyIsPostmasterTheLossStandsInTheLog) {
    world.config.general.hostname = "mail.elsewhere.example";  // whose postmaster another server has
    world.courier.fate = [&](const std::string&, const std::string&) { return refused(); };
    testing::internal::CaptureStderr();
    world.start();
    world.accept(envelope_to({{"x@example.net", ""}}, ""));
    world.until([&] { return count() == 1 && is_empty(); });
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("nobody is told that a message is lost: there is no postmaster"), std::string::npos) << log;
}

TEST_F(ActiveTest, ThePostmasterGetsSoManyReportsOfLostMessagesADayAndNoMore) {
    world.config.queued.double_bounce_day_limit = 2;
    refuse_elsewhere();
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

}  // namespace
}  // namespace posthouse::queued
