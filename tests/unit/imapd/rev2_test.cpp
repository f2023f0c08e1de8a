// Tests of IMAP4rev2 (RFC 9051): what is otherwise once a client has enabled it.
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The untagged lines.
std::string untagged(const std::string& reply) { return reply.substr(0, reply.rfind("t OK")); }

class Rev2Test : public ImapTest {
  protected:
    TestClient with_rev2() {
        TestClient client = log_in();
        EXPECT_EQ(client.run("ENABLE IMAP4rev2 NONSENSE"), "* ENABLED IMAP4rev2\r\nt OK ENABLE completed\r\n");
        return client;
    }
};

// RFC 9051 §6.1.1
TEST_F(Rev2Test, BothRevisionsAreAnnounced) {
    TestClient client = server.connect();
    EXPECT_TRUE(has(client.read_until("* OK"), "[CAPABILITY IMAP4rev1 IMAP4rev2 "));
    client.run("LOGIN joe@example.org secret");
    const std::string capabilities = client.run("CAPABILITY");
    for (const char* word : {"IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "IDLE", "NAMESPACE", "UNSELECT",
                             "UIDPLUS", "ESEARCH", "SEARCHRES", "LIST-EXTENDED", "LIST-STATUS", "MOVE", "STATUS=SIZE",
                             "BINARY", "SPECIAL-USE", "CHILDREN"})
        EXPECT_TRUE(has(capabilities, std::string(" ") + word)) << word;
}

// RFC 9051 §6.3.2: EXISTS, FLAGS, PERMANENTFLAGS, UIDNEXT, UIDVALIDITY and LIST; neither RECENT nor UNSEEN.
TEST_F(Rev2Test, SelectTellsTheNameAndNothingRecent) {
    TestClient client = with_rev2();
    append(client, "Subject: x\r\n\r\nbody\r\n");
    const std::string selected = client.run("SELECT inbox");
    EXPECT_TRUE(has(selected, "* 1 EXISTS\r\n")) << selected;
    EXPECT_TRUE(has(selected, "* LIST () \"/\" INBOX\r\n")) << selected;
    EXPECT_TRUE(has(selected, "* OK [UIDVALIDITY ")) << selected;
    EXPECT_FALSE(has(selected, "RECENT")) << selected;
    EXPECT_FALSE(has(selected, "[UNSEEN")) << selected;
    EXPECT_TRUE(has(client.run("FETCH 1 FLAGS"), "* 1 FETCH (FLAGS ())\r\n"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY[]"), " FLAGS (\\Seen))\r\n"));
    EXPECT_TRUE(has(client.run("STORE 1 +FLAGS (\\Flagged)"), "(\\Flagged \\Seen))"));
    append(client, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n") << "APPEND has told it";
    EXPECT_TRUE(has(client.run("EXAMINE INBOX"), "* OK [CLOSED] "));
}

TEST_F(Rev2Test, WithoutEnableNothingChanges) {
    TestClient client = select_inbox();
    append(client, "Subject: x\r\n\r\nbody\r\n");
    const std::string selected = client.run("SELECT INBOX");
    EXPECT_TRUE(has(selected, " RECENT\r\n"));
    EXPECT_TRUE(has(selected, "[UNSEEN 1]"));
    EXPECT_FALSE(has(selected, "* LIST"));
    EXPECT_EQ(untagged(client.run("SEARCH ALL")), "* SEARCH 1\r\n");
}

TEST_F(Rev2Test, NewMessagesComeWithoutRecent) {
    TestClient client = with_rev2();
    client.run("SELECT INBOX");
    TestClient other = log_in();
    append(other, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(client.run("NOOP"), "* 1 EXISTS\r\nt OK NOOP completed\r\n");
    other.run("SELECT INBOX");
    other.run("STORE 1 +FLAGS (\\Answered)");
    EXPECT_EQ(client.run("NOOP"), "* 1 FETCH (UID 1 FLAGS (\\Answered))\r\nt OK NOOP completed\r\n")
        << "RFC 9051 §7.5.2: with its UID";
}

// RFC 9051 §6.4.4
TEST_F(Rev2Test, SearchAnswersEsearch) {
    TestClient client = with_rev2();
    client.run("SELECT INBOX");
    for (const char* subject : {"one", "two", "three"})
        append(client, std::string("Subject: ") + subject + "\r\n\r\nbody\r\n");
    EXPECT_EQ(client.run("SEARCH ALL"), "* ESEARCH (TAG \"t\") ALL 1:3\r\nt OK SEARCH completed\r\n");
    EXPECT_EQ(untagged(client.run("UID SEARCH SUBJECT two")), "* ESEARCH (TAG \"t\") UID ALL 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SUBJECT none")), "* ESEARCH (TAG \"t\")\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN () ALL")), "* ESEARCH (TAG \"t\") ALL 1:3\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (MIN COUNT) ALL")), "* ESEARCH (TAG \"t\") MIN 1 COUNT 3\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (SAVE) 2:3")), "");
    EXPECT_EQ(untagged(client.run("SEARCH CHARSET UTF-8 $")), "* ESEARCH (TAG \"t\") ALL 2:3\r\n");
    EXPECT_TRUE(client.run("SEARCH CHARSET KOI8-R ALL").starts_with("t NO [BADCHARSET (US-ASCII UTF-8)]"));
    EXPECT_EQ(untagged(client.run("SORT (REVERSE SUBJECT) UTF-8 ALL")), "* SORT 2 3 1\r\n") << "SORT is no part of it";
}

// RFC 9051 §6.4.4: "the header (including MIME header fields)".
TEST_F(Rev2Test, TextIsLookedForInTheHeadersOfParts) {
    TestClient client = with_rev2();
    client.run("SELECT INBOX");
    append(client,
           "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n"
           "Content-Disposition: attachment;\r\n filename=\"=?utf-8?q?B=C3=A4r?=.png\"\r\n\r\nPNG\r\n--b--\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH TEXT \"b\xC3\xA4r.png\"")), "* ESEARCH (TAG \"t\") ALL 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH BODY \"b\xC3\xA4r.png\"")), "* ESEARCH (TAG \"t\")\r\n");
}

// RFC 9051 §5.1
TEST_F(Rev2Test, MailboxNamesAreUtf8) {
    TestClient client = with_rev2();
    EXPECT_TRUE(client.run("CREATE \"Entw\xC3\xBCrfe\"").starts_with("t OK"));
    EXPECT_EQ(untagged(client.run("LIST \"\" \"Entw\xC3\xBC*\"")),
              "* LIST (\\HasNoChildren) \"/\" \"Entw\xC3\xBCrfe\"\r\n");
    EXPECT_EQ(untagged(client.run("LIST \"\" Entw* RETURN (STATUS (MESSAGES))")),
              "* LIST (\\HasNoChildren) \"/\" \"Entw\xC3\xBCrfe\"\r\n* STATUS \"Entw\xC3\xBCrfe\" (MESSAGES 0)\r\n");
    EXPECT_TRUE(has(client.run("SELECT \"Entw\xC3\xBCrfe\""), "* LIST () \"/\" \"Entw\xC3\xBCrfe\"\r\n"));
    EXPECT_TRUE(client.run("SELECT Entw&APw-rfe").find("t NO [NONEXISTENT]") != std::string::npos)
        << "an ampersand is one";
    EXPECT_TRUE(client.run("CREATE R&D").starts_with("t OK"));
    TestClient old = log_in();
    EXPECT_EQ(untagged(old.run("LIST \"\" Entw*")), "* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe\r\n");
    EXPECT_EQ(untagged(old.run("LIST \"\" R*")), "* LIST (\\HasNoChildren) \"/\" R&-D\r\n");
}

// RFC 9051 §5.1, RFC 6855 §3
TEST_F(Rev2Test, NamesThatAreNoNetUnicodeAreRefused) {
    TestClient client = with_rev2();
    EXPECT_TRUE(client.run("CREATE \"e\xCC\x81\"").starts_with("t NO [CANNOT]")) << "decomposed";
    EXPECT_TRUE(client.run("CREATE \"\xC3\xA9\"").starts_with("t OK"));
    EXPECT_TRUE(client.run("RENAME \"\xC3\xA9\" \"e\xCC\x81\"").starts_with("t NO [CANNOT]"));
    EXPECT_TRUE(client.run("CREATE \"a\xE2\x80\xA8\"").starts_with("t NO [CANNOT]")) << "a line separator";
    EXPECT_TRUE(client.run("CREATE \"a\xC2\x85\"").starts_with("t NO [CANNOT]")) << "a control of C1";
    EXPECT_TRUE(client.run("CREATE \"a\xFF\"").starts_with("t NO [CANNOT]")) << "no UTF-8";
    TestClient old = log_in();
    EXPECT_TRUE(old.run("CREATE a&AIU-").starts_with("t NO [CANNOT]")) << "the same in modified UTF-7";
    EXPECT_TRUE(old.run("CREATE e&AwE-").starts_with("t OK")) << "old names are moved here as they are";
    EXPECT_TRUE(has(client.run("SELECT \"e\xCC\x81\""), "t OK [READ-WRITE]"));
}

// RFC 9051 §6.3.9.6
TEST_F(Rev2Test, WhatIsCalledOtherwiseNowIsTold) {
    TestClient client = with_rev2();
    EXPECT_EQ(untagged(client.run("CREATE Old/")), "") << "the separator at the end is no part of the name";
    EXPECT_EQ(client.run("RENAME Old New"), "* LIST () \"/\" New (\"OLDNAME\" (Old))\r\nt OK RENAME completed\r\n");
    EXPECT_EQ(untagged(client.run("CREATE inbox/Sub")), "* LIST () \"/\" INBOX/Sub (\"OLDNAME\" (inbox/Sub))\r\n");
    EXPECT_TRUE(has(client.run("SELECT Inbox/Sub"), "* LIST () \"/\" INBOX/Sub (\"OLDNAME\" (Inbox/Sub))\r\n"));
    TestClient old = log_in();
    EXPECT_EQ(old.run("RENAME New Newer"), "t OK RENAME completed\r\n");
}

// RFC 9051 §6.3.5, §7.1, §7.3.1
TEST_F(Rev2Test, ANameWithoutMailboxIsNonExistentAndIsKeptByItsChildren) {
    TestClient client = with_rev2();
    client.run("CREATE Work/Open");
    EXPECT_EQ(untagged(client.run("LIST \"\" Work")), "* LIST (\\NonExistent \\HasChildren) \"/\" Work\r\n");
    EXPECT_TRUE(client.run("DELETE Work").starts_with("t NO [HASCHILDREN]"));
    EXPECT_TRUE(client.run("SELECT Work").find("t NO [NONEXISTENT]") != std::string::npos);
    client.run("CREATE Work");
    EXPECT_EQ(client.run("DELETE Work"), "t OK DELETE completed\r\n") << "the mailbox goes, what is below stays";
    EXPECT_EQ(untagged(client.run("LIST \"\" Work/*")), "* LIST (\\HasNoChildren) \"/\" Work/Open\r\n");
}

// RFC 9051 §7.1
TEST_F(Rev2Test, RepliesTellWhyWithACode) {
    TestClient client = with_rev2();
    client.run("CREATE Box");
    EXPECT_TRUE(client.run("CREATE Box").starts_with("t NO [ALREADYEXISTS]"));
    EXPECT_TRUE(client.run("DELETE Nothing").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("RENAME Nothing Else").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("CREATE a//b").starts_with("t NO [CANNOT]"));
    EXPECT_TRUE(client.run("APPEND Nothing {1+}\r\nx").starts_with("t NO [TRYCREATE]"));
    EXPECT_TRUE(client.run("DELETE INBOX").starts_with("t NO [CANNOT]"));
    EXPECT_TRUE(has(client.run("SELECT Box"), "t OK [READ-WRITE]"));
    EXPECT_TRUE(client.run("COPY 1 Nothing").starts_with("t BAD"));
}

// RFC 9051 §6.3.11: of the selected mailbox too.
TEST_F(Rev2Test, StatusCountsWhatIsDeletedAndItsSize) {
    TestClient client = with_rev2();
    append(client, "Subject: x\r\n\r\nbody\r\n");
    client.run("SELECT INBOX");
    client.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_EQ(untagged(client.run("STATUS INBOX (MESSAGES DELETED SIZE)")),
              "* STATUS INBOX (MESSAGES 1 SIZE 20 DELETED 1)\r\n");
}

// Served beside it, for IMAP4rev1 is announced too.
TEST_F(Rev2Test, WhatRev2HasNoMoreIsServedStill) {
    TestClient client = with_rev2();
    client.run("SELECT INBOX");
    client.run("SUBSCRIBE INBOX");
    append(client, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(client.run("CHECK"), "t OK CHECK completed\r\n");
    EXPECT_TRUE(has(client.run("LSUB \"\" *"), "* LSUB () \"/\" INBOX\r\n"));
    EXPECT_TRUE(has(client.run("FETCH 1 RFC822.TEXT"), "RFC822.TEXT {6}\r\nbody\r\n"));
    EXPECT_EQ(client.run("SEARCH OLD"), "* ESEARCH (TAG \"t\")\r\nt OK SEARCH completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
