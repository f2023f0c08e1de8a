// Tests of MULTISEARCH (RFC 7377).
#include <regex>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The responses, UIDVALIDITY as "v" and the tag's line cut off.
std::string found(const std::string& reply) {
    return std::regex_replace(reply.substr(0, reply.rfind("\nt ") + 1), std::regex("UIDVALIDITY \\d+"),
                              "UIDVALIDITY v");
}

class MultisearchTest : public ImapTest {
  protected:
    explicit MultisearchTest(config::Config config = usual_config()) : ImapTest(std::move(config)) {}

    /// The mailboxes of the RFC's example, with messages that are unseen or not.
    TestClient with_folders() {
        TestClient client = log_in();
        for (const char* name : {"folder1", "folder2", "folder2/banana", "folder2/peach", "folder2/salmon",
                                 "folder2/peach/stone"})
            EXPECT_TRUE(has(client.run("CREATE " + std::string(name)), "t OK"));
        const auto add = [&](const std::string& mailbox, const std::string& flags) {
            const std::string message = "Subject: from " + mailbox + "\r\n\r\nbody\r\n";
            client.run("APPEND " + mailbox + " (" + flags + ") {" + std::to_string(message.size()) + "+}\r\n" + message);
        };
        for (const char* flags : {"", "\\Seen", "", ""}) add("folder1", flags);
        add("folder2/banana", "");
        add("folder2/peach", "\\Seen");
        add("folder2/peach", "");
        add("folder2/salmon", "\\Seen");
        add("folder2/peach/stone", "");
        add("INBOX", "");
        return client;
    }
};

// RFC 7377 §2.1: the RFC's example.
TEST_F(MultisearchTest, EachMailboxWithResultsHasAResponse) {
    TestClient client = with_folders();
    EXPECT_TRUE(has(client.run("CAPABILITY"), " MULTISEARCH "));
    EXPECT_EQ(found(client.run("ESEARCH IN (mailboxes folder1 subtree folder2) unseen")),
              "* ESEARCH (TAG \"t\" MAILBOX folder1 UIDVALIDITY v) UID ALL 1,3:4\r\n"
              "* ESEARCH (TAG \"t\" MAILBOX folder2/banana UIDVALIDITY v) UID ALL 1\r\n"
              "* ESEARCH (TAG \"t\" MAILBOX folder2/peach UIDVALIDITY v) UID ALL 2\r\n"
              "* ESEARCH (TAG \"t\" MAILBOX folder2/peach/stone UIDVALIDITY v) UID ALL 1\r\n");
    const std::string status = client.run("STATUS folder1 (UIDVALIDITY)");
    std::smatch validity;
    ASSERT_TRUE(std::regex_search(status, validity, std::regex("UIDVALIDITY \\d+")));
    EXPECT_TRUE(has(client.run("ESEARCH IN (mailboxes folder1) RETURN (COUNT) ALL"),
                    "(TAG \"t\" MAILBOX folder1 " + validity[0].str() + ") UID COUNT 4\r\nt OK ESEARCH completed"));
}

// RFC 7377 §2.2, RFC 5465 §6
TEST_F(MultisearchTest, SourcesAreWhatTheyAreCalled) {
    TestClient client = with_folders();
    const auto names = [&](const std::string& sources) {
        const std::string reply = client.run("ESEARCH IN (" + sources + ") RETURN (COUNT) ALL");
        std::string all;
        for (std::size_t at = reply.find("MAILBOX "); at != std::string::npos; at = reply.find("MAILBOX ", at + 1))
            all += reply.substr(at + 8, reply.find(" UIDVALIDITY", at) - at - 8) + " ";
        return all;
    };
    const std::string peach = "folder2/peach folder2/peach/stone ";
    EXPECT_EQ(names("subtree-one folder2"), "folder2/banana folder2/peach folder2/salmon ");
    EXPECT_EQ(names("subtree (folder2/peach folder1)"), "folder1 " + peach);
    EXPECT_EQ(names("mailboxes (folder1 nosuch folder2/salmon)"), "folder1 folder2/salmon ");
    EXPECT_EQ(names("inboxes"), "INBOX ");
    EXPECT_EQ(names("personal"), "INBOX folder1 folder2/banana " + peach + "folder2/salmon ");
    EXPECT_EQ(names("inboxes mailboxes inbox"), "INBOX ") << "each once";
    EXPECT_EQ(names("subscribed"), "");
    client.run("SUBSCRIBE folder1");
    EXPECT_EQ(names("subscribed"), "folder1 ");
    EXPECT_TRUE(client.run("ESEARCH IN (selected inboxes) ALL").starts_with("t BAD "));
    client.run("SELECT folder2/salmon");
    EXPECT_EQ(names("selected inboxes"), "INBOX folder2/salmon ");
    EXPECT_EQ(names("selected"), "folder2/salmon ");
    EXPECT_TRUE(client.run("ESEARCH IN (selected-delayed) ALL").starts_with("t BAD "));
}

TEST_F(MultisearchTest, WithoutSourcesItIsTheSelectedMailbox) {
    TestClient client = with_folders();
    EXPECT_TRUE(client.run("ESEARCH UNSEEN").starts_with("t BAD "));
    EXPECT_TRUE(client.run("ESEARCH IN (selected) UNSEEN").starts_with("t BAD "));
    client.run("SELECT folder1");
    EXPECT_EQ(found(client.run("ESEARCH 2:3 UNSEEN")),
              "* ESEARCH (TAG \"t\" MAILBOX folder1 UIDVALIDITY v) UID ALL 3\r\n");
    EXPECT_EQ(client.run("ESEARCH RETURN (SAVE) UNSEEN"), "t OK ESEARCH completed\r\n");
    EXPECT_EQ(found(client.run("ESEARCH IN (selected) RETURN (MIN MAX COUNT) $")),
              "* ESEARCH (TAG \"t\" MAILBOX folder1 UIDVALIDITY v) UID MIN 1 MAX 4 COUNT 3\r\n");
    // RFC 5267 §4.3
    client.send("B01 ESEARCH IN (selected) RETURN (UPDATE COUNT) UNSEEN\r\n");
    client.read_until("B01 OK");
    EXPECT_TRUE(has(client.run("STORE 1 +FLAGS.SILENT (\\Seen)"), "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 1)\r\n"));
}

// RFC 7377 §2.1
TEST_F(MultisearchTest, WhatBelongsToTheSelectedMailboxIsRefusedForOthers) {
    TestClient client = with_folders();
    client.run("SELECT folder1");
    for (const char* program : {"1:2", "$", "NOT 1", "RETURN (SAVE) ALL"})
        EXPECT_TRUE(client.run("ESEARCH IN (personal) " + std::string(program)).starts_with("t BAD ")) << program;
    EXPECT_TRUE(has(client.run("ESEARCH IN (personal) UID 1"), "MAILBOX folder2/banana UIDVALIDITY "));
    EXPECT_TRUE(has(client.run("ESEARCH IN (personal) RETURN (UPDATE COUNT) UNSEEN"), "* OK [NOUPDATE \"t\"] "));
    EXPECT_TRUE(client.run("ESEARCH IN (mailboxes a//b) ALL").starts_with("t BAD "));
    EXPECT_TRUE(client.run("ESEARCH IN (personal (WIDE)) ALL").starts_with("t BAD "));
}

TEST_F(MultisearchTest, LookingIntoAMailboxChangesNothingThere) {
    TestClient client = with_folders();
    const std::string before = client.run("STATUS folder1 (RECENT UNSEEN)");
    EXPECT_TRUE(has(before, "(RECENT 3 UNSEEN 3)")) << before;
    EXPECT_TRUE(has(client.run("ESEARCH IN (mailboxes folder1) TEXT body"), "ALL 1:4"));
    EXPECT_EQ(client.run("STATUS folder1 (RECENT UNSEEN)"), before);
}

class FewMailboxesTest : public MultisearchTest {
  protected:
    FewMailboxesTest() : MultisearchTest(few()) {}
    static config::Config few() {
        config::Config config = usual_config();
        config.imapd.notify_mailboxes = 3;
        config.imapd.progress_interval = std::chrono::milliseconds(0);
        return config;
    }
};

TEST_F(FewMailboxesTest, TooManyMailboxesAreRefused) {
    TestClient client = with_folders();
    EXPECT_TRUE(client.run("ESEARCH IN (personal) ALL").starts_with("t NO [LIMIT] "));
    EXPECT_TRUE(has(client.run("ESEARCH IN (mailboxes (folder1 folder2/banana)) ALL"), "t OK"));
}

// A user who gave others nothing but the right to see many mailboxes kept them from searching where they may.
TEST_F(FewMailboxesTest, MailboxesThatMayNotBeReadAreNotCounted) {
    TestClient client = with_folders();
    TestClient ann = log_in("ann");
    for (const char* name : {"A", "B", "C", "D", "E"}) {
        ann.run("CREATE " + std::string(name));
        append(ann, "Subject: x\r\n\r\nbody\r\n", name);
        EXPECT_TRUE(has(ann.run("SETACL " + std::string(name) + " joe@example.org l"), "t OK"));
    }
    const std::string others = "ESEARCH IN (subtree \"Other Users\") RETURN (COUNT) ALL";
    std::string reply = client.run(others);
    EXPECT_TRUE(has(reply, "t OK ESEARCH completed")) << reply;
    EXPECT_FALSE(has(reply, "* ESEARCH")) << reply;
    EXPECT_TRUE(has(ann.run("SETACL C joe@example.org lr"), "t OK"));
    reply = client.run(others);
    EXPECT_TRUE(has(found(reply), "MAILBOX \"Other Users/ann@example.org/C\" UIDVALIDITY v) UID COUNT 1\r\n")) << reply;
    EXPECT_TRUE(has(reply, "t OK ESEARCH completed")) << reply;
    for (const char* name : {"A", "B", "D"}) ann.run("SETACL " + std::string(name) + " joe@example.org lr");
    EXPECT_TRUE(has(client.run(others), "t NO [LIMIT] ")) << "those that may be read count";
}

// RFC 9585 §4
TEST_F(FewMailboxesTest, ProgressIsToldBetweenMailboxes) {
    TestClient client = with_folders();
    const std::string reply = client.run("ESEARCH IN (mailboxes (folder1 folder2/banana)) TEXT body");
    EXPECT_TRUE(has(reply, "* OK [INPROGRESS (\"t\" 4 NIL)] ")) << reply;
}

}  // namespace
}  // namespace posthouse::imapd
