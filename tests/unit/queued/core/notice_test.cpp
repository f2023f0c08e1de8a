// Who is told of what, and that it is told once.
#include "queued/core/notice.h"

#include <gtest/gtest.h>

#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::queued {
namespace {

spool::Envelope envelope() {
    spool::Envelope envelope = spool::envelope_to({"a@example.net", "b@example.net", "c@example.net"});
    envelope.recipients[1].sender = smtp::ReversePath(spool::mailbox("owner@list.example"));
    envelope.recipients[2].sender = smtp::ReversePath(spool::mailbox("SRS0=ab1c=XY=example.org=anna@here.example"));
    return envelope;
}

TEST(Notices, AListsOwnerIsToldInsteadOfTheSenderAndAddressesOfSrsStandForTheSender) {
    const std::vector<Notice> notices = notices_for(envelope(), {0, 1, 2}, false, 0);
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[0].to.to_string(), "anna@example.org");
    EXPECT_EQ(notices[0].recipients, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_EQ(notices[1].to.to_string(), "owner@list.example");
    EXPECT_EQ(notices[1].recipients, (std::vector<std::uint32_t>{1}));
}

TEST(Notices, TheIdIsThatOfWhatIsToldAndOfNothingElse) {
    const spool::Envelope about = envelope();
    const Notice notice{.to = spool::mailbox("anna@example.org"), .recipients = {0, 2}};
    const std::string id = notice_id(about, notice);
    EXPECT_TRUE(is_id(id));
    EXPECT_EQ(notice_id(about, notice), id);
    Notice other = notice;
    other.recipients = {0};
    EXPECT_NE(notice_id(about, other), id);
    other = notice;
    other.delayed = true;
    EXPECT_NE(notice_id(about, other), id);
    other = notice;
    other.audience = Notice::Audience::postmaster;
    EXPECT_NE(notice_id(about, other), id);
    EXPECT_NE(notice_id(envelope(), notice), id) << "of another message";
}

TEST(Notices, OneThatIsWrittenTwiceLiesInTheQueueOnce) {
    const TemporaryFolder folder;
    const spool::Spool spool = spool::Spool::open(folder.path()).value();
    const spool::Incoming incoming = spool::Incoming::open(folder.path()).value();
    const spool::Envelope about = envelope();
    ASSERT_TRUE(spool::accept(incoming, about, "Subject: x\r\n\r\nHello.\r\n"));
    spool::Entry entry = spool.open(spool.find(about.id).value()).value();
    const spool::Event bounced = spool::event(spool::EventKind::bounced, {0});
    ASSERT_TRUE(entry.record(std::span(&bounced, 1)));
    const Notice notice{.to = spool::mailbox("anna@example.org"), .recipients = {0}};
    const NoticeTargets targets{{.address = spool::mailbox("anna@example.org"), .transport = "local"}};
    const NoticeRules rules{.hostname = "mail.example.org", .postmaster = "postmaster@example.org"};
    const std::string id = write_notice(incoming, entry, entry.states(), notice, targets, rules, 1'790'000'000).value();
    EXPECT_EQ(write_notice(incoming, entry, entry.states(), notice, targets, rules, 1'790'000'500).value(), id);
    const spool::Listed written = spool.look({spool::Folder::incoming, {id, 0}}).value();
    EXPECT_FALSE(written.envelope.sender);
    EXPECT_EQ(written.envelope.recipients.at(0).notify, smtp::DsnNotify{}) << "NOTIFY=NEVER";
    EXPECT_FALSE(is_last_report(written.envelope));
}

TEST(Notices, ALargeMessageGoesBackAsItsHeaderOnly) {
    const TemporaryFolder folder;
    const spool::Spool spool = spool::Spool::open(folder.path()).value();
    const spool::Incoming incoming = spool::Incoming::open(folder.path()).value();
    const spool::Envelope about = envelope();
    ASSERT_TRUE(spool::accept(incoming, about, "Subject: x\r\n\r\n" + spool::content_of_size(300'000)));
    spool::Entry entry = spool.open(spool.find(about.id).value()).value();
    const spool::Event bounced = spool::event(spool::EventKind::bounced, {0});
    ASSERT_TRUE(entry.record(std::span(&bounced, 1)));
    const Notice notice{.to = spool::mailbox("anna@example.org"), .recipients = {0}};
    const NoticeTargets targets{{.address = spool::mailbox("anna@example.org"), .transport = "local"}};
    const NoticeRules rules{.hostname = "mail.example.org", .postmaster = "postmaster@example.org"};
    const std::string id = write_notice(incoming, entry, entry.states(), notice, targets, rules, 1'790'000'000).value();
    spool::Entry report = spool.open({spool::Folder::incoming, {id, 0}}).value();
    const std::string text = spool::message_of(report).value();
    EXPECT_NE(text.find("text/rfc822-headers"), std::string::npos);
    EXPECT_LT(text.size(), 10'000u);
}

}  // namespace
}  // namespace posthouse::queued
