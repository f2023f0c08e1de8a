// What lmtpd says when a mailbox is full: at RCPT, after the data, and to who asks before.
#include "tests/unit/lmtpd/conversation.h"

namespace posthouse::lmtpd {
namespace {

class LmtpQuota : public ConversationTest {
  protected:
    LmtpQuota() { config.quota.grace = ""; }
    static std::string mail(const std::string& parameters, const std::string& recipients, std::size_t octets) {
        return "MAIL FROM:<a@example.net>" + parameters + "\r\n" + recipients + "DATA\r\nA: b\r\n\r\n" +
               std::string(octets, 'x') + "\r\n.\r\n";
    }
    static std::string to(const std::string& user) { return "RCPT TO:<" + user + "@example.org>\r\n"; }
    std::string after_lhlo(const std::string& script) {
        const std::string transcript = converse("LHLO relay.example.org\r\n" + script + "QUIT\r\n");
        return transcript.substr(transcript.find("\r\n250 ") + 2);
    }
    static std::string question(const std::string& recipient, const std::string& size) {
        return "request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=" + recipient + "\nsize=" + size + "\n\n";
    }
    static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(LmtpQuota, WhatCannotFitIsRefusedAtRcpt) {
    config.quota.rule = {"*:bytes=10000"};
    user_rule = "*:bytes=2000";
    const std::string large = after_lhlo("MAIL FROM:<> SIZE=2001\r\n" + to("joe"));
    EXPECT_TRUE(has(large, "\r\n552 5.2.3 <joe@example.org> Message is larger than the mailbox may be\r\n")) << large;
    after_lhlo(mail("", to("joe"), 1500));
    ASSERT_EQ(delivered("joe").size(), 1u);
    const std::string full = after_lhlo("MAIL FROM:<> SIZE=500\r\n" + to("joe") + to("ann"));
    EXPECT_TRUE(has(full, "\r\n552 5.2.2 <joe@example.org> Mailbox is full\r\n250 2.1.5 OK\r\n")) << full;
    config.quota.full_tempfail = true;
    const std::string later = after_lhlo("MAIL FROM:<> SIZE=500\r\n" + to("joe"));
    EXPECT_TRUE(has(later, "\r\n452 4.2.2 <joe@example.org> Mailbox is full, try again later\r\n")) << later;
    config.quota.enabled = false;
    EXPECT_TRUE(has(after_lhlo("MAIL FROM:<> SIZE=5000\r\n" + to("joe")), "\r\n250 2.1.5 OK\r\n"));
}

TEST_F(LmtpQuota, WhatTurnsOutNotToFitIsRefusedAfterTheDataForThatRecipientOnly) {
    user_rule = "*:bytes=2000";
    after_lhlo(mail("", to("joe"), 1500));
    const std::string mixed = after_lhlo(mail(" SIZE=1", to("joe") + to("ann"), 800));
    EXPECT_TRUE(has(mixed, "\r\n552 5.2.2 <joe@example.org> Mailbox is full\r\n250 2.0.0 <ann@example.org> ")) << mixed;
    const std::string large = after_lhlo(mail("", to("ann"), 3000));
    EXPECT_TRUE(has(large, "\r\n552 5.2.3 <ann@example.org> ")) << large;
    EXPECT_EQ(delivered("joe").size(), 1u);
    EXPECT_EQ(delivered("ann").size(), 1u);
}

TEST_F(LmtpQuota, ANewConfigurationHoldsOnConnectionsThatAreThere) {
    user_rule = "*:bytes=2000";
    after_lhlo(mail("", to("joe"), 1500));
    reload_after(2, [](config::Config& now) { now.quota.full_tempfail = true; });
    const std::string asked = ask_quota(question("joe@example.org", "500") + question("joe@example.org", "500"));
    EXPECT_EQ(asked, "action=552 5.2.2 Mailbox is full\n\naction=452 4.2.2 Mailbox is full, try again later\n\n");
    config.quota.full_tempfail = false;
    reload_after(3, [](config::Config& now) { now.quota.full_tempfail = true; });
    const std::string attempt = "MAIL FROM:<> SIZE=500\r\n" + to("joe") + "RSET\r\n";
    const std::string replies = after_lhlo(attempt + attempt);
    EXPECT_TRUE(has(replies, "\r\n552 5.2.2 ") && has(replies, "\r\n452 4.2.2 ")) << replies;
}

TEST_F(LmtpQuota, TheLastMessageMayUseTheGrace) {
    user_rule = "*:bytes=2000";
    config.quota.grace = "50%";
    after_lhlo(mail("", to("joe"), 1500));
    after_lhlo(mail("", to("joe"), 800));
    EXPECT_EQ(delivered("joe").size(), 2u);
    EXPECT_TRUE(has(after_lhlo("MAIL FROM:<>\r\n" + to("joe")), "\r\n552 5.2.2 "));
}

TEST_F(LmtpQuota, QuestionsAreAnsweredAsQuotaStatusDoes) {
    user_rule = "*:bytes=2000";
    after_lhlo(mail("", to("joe"), 1500));
    EXPECT_EQ(ask_quota(question("joe@example.org", "100") + question("joe@example.org", "600") +
                        question("joe@example.org", "2001") + question("joe@example.org", "0") +
                        question("nobody@example.org", "1") + question("later@example.org", "1") + question("", "")),
              "action=DUNNO\n\naction=552 5.2.2 Mailbox is full\n\n"
              "action=552 5.2.3 Message is larger than the mailbox may be\n\naction=DUNNO\n\n"
              "action=DUNNO\n\naction=DUNNO\n\naction=DUNNO\n\n");
    config.quota.full_tempfail = true;
    EXPECT_EQ(ask_quota(question("joe@example.org", "600")), "action=452 4.2.2 Mailbox is full, try again later\n\n");
    config.quota.enabled = false;
    EXPECT_EQ(ask_quota(question("joe@example.org", "600")), "action=DUNNO\n\n");
}

TEST_F(LmtpQuota, AQuotaThatMakesNoSenseIsNoReasonToRefuse) {
    user_rule = "*:bytes=much";
    EXPECT_TRUE(has(after_lhlo("MAIL FROM:<> SIZE=5000\r\n" + to("joe")), "\r\n250 2.1.5 OK\r\n"));
    config.quota.rule = {"*:bytes=4000"};
    EXPECT_TRUE(has(after_lhlo("MAIL FROM:<> SIZE=5000\r\n" + to("joe")), "\r\n552 5.2.3 "))
        << "the configured one holds";
}

}  // namespace
}  // namespace posthouse::lmtpd
