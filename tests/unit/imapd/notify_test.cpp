// Tests of NOTIFY (RFC 5465).
#include <regex>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class NotifyTest : public ImapTest {
  protected:
    explicit NotifyTest(config::Config config = usual_config()) : ImapTest(std::move(config)) {}

    static void add(TestClient& client, const std::string& mailbox, const std::string& subject = "x") {
        append(client, "Subject: " + subject + "\r\n\r\nbody\r\n", mailbox);
    }
    /// A client that has set this.
    TestClient notified(const std::string& groups) {
        TestClient client = select_inbox();
        const std::string reply = client.run("NOTIFY SET " + groups);
        EXPECT_TRUE(has(reply, "t OK NOTIFY completed\r\n")) << reply;
        return client;
    }
};

const std::string kMessages = "(MessageNew MessageExpunge)";

// RFC 5465 §3.1: the RFC's example.
TEST_F(NotifyTest, HowItStandsIsToldFirstThenWhatHappens) {
    TestClient other = log_in();
    for (const char* name : {"Lists", "Lists/Lemonade", "Lists/Im2000"}) other.run("CREATE " + std::string(name));
    add(other, "Lists/Lemonade");
    TestClient client = select_inbox();
    EXPECT_TRUE(has(client.run("CAPABILITY"), " NOTIFY "));
    const std::string set = client.run(
        "notify set status (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) "
        "(subtree Lists " +
        kMessages + ")");
    EXPECT_TRUE(
        std::regex_match(set, std::regex("\\* STATUS Lists \\(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \\d+\\)\r\n"
                                         "\\* STATUS Lists/Im2000 \\(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \\d+\\)\r\n"
                                         "\\* STATUS Lists/Lemonade \\(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \\d+\\)"
                                         "\r\nt OK NOTIFY completed\r\n")))
        << set;
    // No command runs, and the client does not idle.
    add(other, "Lists/Lemonade");
    EXPECT_TRUE(client.read_until("* STATUS").starts_with("* STATUS Lists/Lemonade (MESSAGES 2 UIDNEXT 3 "));
    add(other, "INBOX", "for you");
    const std::string told = client.read_until(")");
    EXPECT_EQ(told,
              "* 1 EXISTS\r\n* 1 RECENT\r\n"
              "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (from to subject)] {20}\r\nSubject: for you\r\n\r\n)\r\n");
    EXPECT_TRUE(has(client.run("FETCH 1 FLAGS"), "FLAGS (\\Recent)")) << "nobody has read it";
    EXPECT_TRUE(client.run("STATUS Drafts (MESSAGES)").starts_with("* STATUS Drafts (MESSAGES 0)"));
}

// RFC 5465 §6.1, §6.2
TEST_F(NotifyTest, RemovedMessagesAreToldAtOnceOrDelayed) {
    TestClient other = select_inbox();
    for (int i = 0; i < 3; ++i) add(other, "INBOX");
    other.run("NOOP");
    TestClient at_once = notified("(selected " + kMessages + ")");
    TestClient delayed = notified("(selected-delayed " + kMessages + ")");
    other.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    other.run("EXPUNGE");
    EXPECT_EQ(at_once.read_until("* 1 EXPUNGE"), "* 1 EXPUNGE\r\n");
    add(other, "INBOX");
    EXPECT_EQ(at_once.read_until("* 3 EXISTS"), "* 3 EXISTS\r\n");
    EXPECT_EQ(delayed.read_until("* 4 EXISTS"), "* 4 EXISTS\r\n") << "the removed one still has its number";
    EXPECT_TRUE(has(delayed.run("FETCH 1:* UID"), "* 4 FETCH (UID 4)\r\n"));
    EXPECT_TRUE(has(delayed.run("NOOP"), "* 1 EXPUNGE\r\n"));
}

// RFC 5465 §5.3
TEST_F(NotifyTest, FlagsAreToldToWhomTheyConcern) {
    TestClient other = log_in();
    other.run("CREATE Lists");
    add(other, "Lists");
    add(other, "INBOX");
    TestClient messages = notified("(selected " + kMessages + ") (mailboxes Lists " + kMessages + ")");
    TestClient flags = notified(
        "(selected (MessageNew MessageExpunge FlagChange)) (mailboxes Lists (MessageNew MessageExpunge FlagChange))");
    other.run("SELECT Lists");
    other.run("STORE 1 +FLAGS (\\Seen)");
    std::string status;
    for (int i = 0; i < 3 && !has(status, "UNSEEN 0)"); ++i) status = flags.read_until("* STATUS");
    EXPECT_TRUE(has(status, "* STATUS Lists (MESSAGES 1 ")) << "SELECT may have been told before: " << status;
    EXPECT_TRUE(has(status, "UNSEEN 0)")) << status;
    other.run("SELECT INBOX");
    other.run("STORE 1 +FLAGS (\\Flagged)");
    EXPECT_TRUE(has(flags.read_until("* 1 FETCH"), "\\Flagged"));
    add(other, "INBOX");
    const std::string told = messages.read_until("* 2 EXISTS");
    EXPECT_EQ(told, "* 2 EXISTS\r\n") << "neither STATUS for flags nor FETCH";
    EXPECT_FALSE(has(messages.run("NOOP"), "FETCH"));
}

// RFC 5465 §5.4
TEST_F(NotifyTest, NamesThatComeAndGoAreToldByList) {
    TestClient client = notified("(subtree Lists (MailboxName)) (mailboxes Elsewhere NONE)");
    TestClient other = log_in();
    other.run("CREATE Elsewhere");
    other.run("CREATE Lists");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Lists\r\n");
    other.run("CREATE Lists/b");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Lists/b\r\n");
    other.run("RENAME Lists/b Lists/c");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Lists/c (\"OLDNAME\" (Lists/b))\r\n");
    other.run("RENAME Lists/c Away");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Away (\"OLDNAME\" (Lists/c))\r\n");
    other.run("RENAME Away Lists/d");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Lists/d (\"OLDNAME\" (Away))\r\n");
    other.run("DELETE Lists/d");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\NonExistent) \"/\" Lists/d\r\n");
}

// RFC 5465 §5.5
TEST_F(NotifyTest, SubscriptionsAreToldByList) {
    TestClient other = log_in();
    other.run("CREATE Lists");
    TestClient client = notified("(personal (SubscriptionChange))");
    other.run("SUBSCRIBE Lists");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren \\Subscribed) \"/\" Lists\r\n");
    other.run("UNSUBSCRIBE Lists");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\HasNoChildren) \"/\" Lists\r\n");
    other.run("SUBSCRIBE Nowhere");
    EXPECT_EQ(client.read_until("* LIST"), "* LIST (\\NonExistent \\Subscribed) \"/\" Nowhere\r\n");
}

// RFC 5465 §5.6, §5.7, RFC 5464 §4.4.2
TEST_F(NotifyTest, AnnotationsAreToldByTheirNames) {
    TestClient other = log_in();
    other.run("CREATE Lists");
    TestClient client = notified("(mailboxes Lists (MailboxMetadataChange ServerMetadataChange))");
    other.run("SETMETADATA INBOX (/shared/comment \"not asked for\")");
    other.run("SETMETADATA Lists (/shared/comment \"a list\")");
    EXPECT_EQ(client.read_until("* METADATA"), "* METADATA Lists /shared/comment\r\n");
    other.run("SETMETADATA Lists (/shared/comment \"a list\")");
    other.run("SETMETADATA \"\" (/private/vendor/x \"y\")");
    EXPECT_EQ(client.read_until("* METADATA"), "* METADATA \"\" /private/vendor/x\r\n") << "what stays isn't told";
    other.run("RENAME Lists Other");
    other.run("RENAME Other Lists");
    other.run("SETMETADATA Lists (/shared/comment NIL)");
    EXPECT_EQ(client.read_until("* METADATA"), "* METADATA Lists /shared/comment\r\n");
}

// RFC 5465 §6
TEST_F(NotifyTest, TheFirstGroupThatMatchesCounts) {
    TestClient other = log_in();
    for (const char* name : {"Loud", "Quiet", "Mine"}) other.run("CREATE " + std::string(name));
    other.run("SUBSCRIBE Mine");
    TestClient client =
        notified("(mailboxes Quiet NONE) (subscribed " + kMessages + ") (mailboxes (Quiet Loud) " + kMessages + ")");
    for (const char* name : {"Quiet", "INBOX", "Mine"}) add(other, name);
    EXPECT_TRUE(client.read_until("* STATUS").starts_with("* STATUS Mine "));
    for (const char* name : {"Quiet", "Loud"}) add(other, name);
    EXPECT_TRUE(client.read_until("* STATUS").starts_with("* STATUS Loud "));
    TestClient inboxes = log_in();
    EXPECT_TRUE(has(inboxes.run("NOTIFY SET (inboxes " + kMessages + ")"), "t OK"));
    add(other, "Loud");
    add(other, "INBOX");
    EXPECT_TRUE(inboxes.read_until("* STATUS").starts_with("* STATUS INBOX ")) << "without a selected mailbox";
}

TEST_F(NotifyTest, WhoIdlesHearsOfOtherMailboxesToo) {
    TestClient other = log_in();
    other.run("CREATE Lists");
    TestClient client = notified("(personal (MessageNew MessageExpunge MailboxName))");
    client.send("i IDLE\r\n");
    client.read_until("+ ");
    add(other, "Lists");
    EXPECT_TRUE(client.read_until("* STATUS").starts_with("* STATUS Lists (MESSAGES 1 "));
    add(other, "INBOX");
    EXPECT_EQ(client.read_until("* 1 EXISTS"), "* 1 EXISTS\r\n") << "the selected one is told of as ever";
    other.run("CREATE New");
    EXPECT_TRUE(has(client.read_until("* LIST"), "\"/\" New\r\n"));
    client.send("DONE\r\n");
    EXPECT_FALSE(has(client.read_until("i OK"), "STATUS INBOX"));
}

// RFC 5267 §4.3.2 recommends NOTIFY for it.
TEST_F(NotifyTest, ResultsAreKeptUpToDateWithoutACommand) {
    TestClient client = notified("(selected " + kMessages + ")");
    client.send("B01 UID SEARCH RETURN (UPDATE) UNSEEN\r\n");
    client.read_until("B01 OK");
    TestClient other = log_in();
    add(other, "INBOX");
    EXPECT_TRUE(has(client.read_until("* ESEARCH"), "* ESEARCH (TAG \"B01\") UID ADDTO (0 1)\r\n"));
}

TEST_F(NotifyTest, AfterNoneNothingIsToldUnasked) {
    TestClient other = log_in();
    other.run("CREATE Lists");
    TestClient client = notified("(selected " + kMessages + ") (personal " + kMessages + ")");
    EXPECT_EQ(client.run("NOTIFY NONE"), "t OK NOTIFY completed\r\n");
    TestClient witness = notified("(selected " + kMessages + ") (personal " + kMessages + ")");
    client.send("i IDLE\r\n");
    client.read_until("+ ");
    add(other, "Lists");
    add(other, "INBOX");
    witness.read_until("* 1 EXISTS");
    client.send("DONE\r\n");
    EXPECT_EQ(client.read_until("i OK"), "* 1 EXISTS\r\n* 0 RECENT\r\ni OK IDLE completed\r\n")
        << "with a command's reply, for numbers must be right";
}

// RFC 5465 §5
TEST_F(NotifyTest, UnknownEventsAreRefused) {
    TestClient client = log_in();
    EXPECT_TRUE(client.run("NOTIFY SET (personal (MessageNew MessageExpunge MailboxExplosion))")
                    .starts_with("t NO [BADEVENT (MessageNew MessageExpunge FlagChange "));
    EXPECT_TRUE(client.run("NOTIFY SET (personal (MessageNew))").starts_with("t BAD "));
    EXPECT_TRUE(client.run("NOTIFY SET (mailboxes a//b (MailboxName))").starts_with("t BAD "));
}

// What can't be told isn't promised (RFC 5465 §3.1).
TEST_F(NotifyTest, MailboxesOfOthersAreRefused) {
    TestClient client = log_in();
    for (const char* name : {"\"Other Users\"", "\"Other Users/ann@example.org/INBOX\"", "Shared/News"}) {
        const std::string filter = "(" + std::string(name) + " INBOX)";
        EXPECT_TRUE(client.run("NOTIFY SET (mailboxes " + filter + " " + kMessages + ")").starts_with("t NO [CANNOT] "))
            << name;
        EXPECT_TRUE(client.run("NOTIFY SET (subtree " + filter + " (MailboxName))").starts_with("t NO [CANNOT] "))
            << name;
    }
    client.run("CREATE \"Shared stuff\"");
    EXPECT_TRUE(has(client.run("NOTIFY SET (mailboxes \"Shared stuff\" " + kMessages + ")"), "t OK"));
}

class FewNotifiedTest : public NotifyTest {
  protected:
    FewNotifiedTest() : NotifyTest(few()) {}
    static config::Config few() {
        config::Config config = usual_config();
        config.imapd.notify_mailboxes = 2;
        return config;
    }
};

// RFC 5465 §5.8
TEST_F(FewNotifiedTest, TooManyMailboxesOverflow) {
    TestClient client = select_inbox();
    EXPECT_TRUE(has(client.run("NOTIFY SET (personal " + kMessages + ")"), "* OK [NOTIFICATIONOVERFLOW] "));
    TestClient other = log_in();
    client = notified("(subtree Lists " + kMessages + ")");
    other.run("CREATE Lists");
    for (const char* name : {"Lists/a", "Lists/b", "Lists/c"}) {
        other.run("CREATE " + std::string(name));
        add(other, name);
    }
    EXPECT_TRUE(has(client.read_until("* OK [NOTIFICATIONOVERFLOW]"), "* STATUS Lists/a "));
}

TEST_F(FewNotifiedTest, MailboxesThatAreGoneDoNotCount) {
    TestClient client = notified("(subtree Lists " + kMessages + ")");
    TestClient other = log_in();
    other.run("CREATE Lists");
    for (int i = 0; i < 5; ++i) {
        const std::string name = "Lists/" + std::to_string(i);
        other.run("CREATE " + name);
        add(other, name);
        const std::string status = "* STATUS " + name + " (MESSAGES 1 ";
        const std::string told = client.read_until(status);
        EXPECT_FALSE(has(told, "NOTIFICATIONOVERFLOW")) << told;
        EXPECT_TRUE(has(told, status)) << told;
        other.run("DELETE " + name);
    }
}

}  // namespace
}  // namespace posthouse::imapd
