// Tests of APPEND, FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE and IDLE.
#include <string>

#include "imapd/search/candidate.h"
#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/structure.h"
#include "storage/summary.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

using MessagesTest = ImapTest;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kMultipart =
    "From: Fred <fred@example.org>\r\nTo: joe@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    "Date: Mon, 1 Jan 2024 23:30:00 -0500\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "sch=F6n\r\n--b\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n";

TEST_F(MessagesTest, WhatWasAppendedIsFetchedByteForByte) {
    TestClient client = select_inbox();
    append(client, kMultipart);
    const std::string expected =
        "* 1 FETCH (BODY[] {" + std::to_string(kMultipart.size()) + "}\r\n" + std::string(kMultipart) + ")\r\n";
    EXPECT_EQ(client.run("FETCH 1 BODY.PEEK[]"), expected + "t OK FETCH completed\r\n");
    EXPECT_EQ(client.run("FETCH 1 RFC822.SIZE"),
              "* 1 FETCH (RFC822.SIZE " + std::to_string(kMultipart.size()) + ")\r\nt OK FETCH completed\r\n");
}

TEST_F(MessagesTest, SectionsAndPartialsAreWhatTheyName) {
    TestClient client = select_inbox();
    append(client, kMultipart);
    const auto fetch = [&](const std::string& item) {
        const std::string reply = client.run("FETCH 1 " + item);
        return reply.substr(0, reply.rfind("t OK"));
    };
    EXPECT_EQ(fetch("BODY.PEEK[1]"), "* 1 FETCH (BODY[1] {7}\r\nsch=F6n)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[2]<1.1>"), "* 1 FETCH (BODY[2]<1> {1}\r\nN)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[2]<9.1>"), "* 1 FETCH (BODY[2]<9> {0}\r\n)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[2.MIME]"), "* 1 FETCH (BODY[2.MIME] {27}\r\nContent-Type: image/png\r\n\r\n)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[3]"), "* 1 FETCH (BODY[3] NIL)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[HEADER.FIELDS (TO)]"),
              "* 1 FETCH (BODY[HEADER.FIELDS (TO)] {23}\r\nTo: joe@example.org\r\n\r\n)\r\n");
    EXPECT_EQ(fetch("BODY.PEEK[TEXT]<0.3>"), "* 1 FETCH (BODY[TEXT]<0> {3}\r\n--b)\r\n");
    EXPECT_TRUE(has(fetch("BODYSTRUCTURE"), "(\"image\" \"png\" "));
    EXPECT_TRUE(has(fetch("ENVELOPE"), "((\"Fred\" NIL \"fred\" \"example.org\"))"));
    EXPECT_TRUE(has(fetch("FULL"), "FLAGS (\\Recent) INTERNALDATE \""));
}

TEST_F(MessagesTest, WhatIsTooLongForASummaryIsReadFromTheMessage) {
    TestClient client = select_inbox();
    std::string message = "Subject: many\r\nTo: ";
    for (int i = 0; i < 1000; ++i) message += "user" + std::to_string(i) + "@example.org,\r\n ";
    message += "last@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 500; ++i) message += "--b\r\n\r\npart " + std::to_string(i) + "\r\n";
    message += "--b--\r\n";
    append(client, message);
    append(client, kMultipart);
    const mime::Structure structure = mime::parse_structure(message);
    const std::string envelope = imap::envelope(message);
    const std::string full = imap::bodystructure(message, structure);
    ASSERT_GT(envelope.size(), storage::kMaxSummaryEnvelope);
    ASSERT_GT(full.size(), storage::kMaxSummaryBodyStructure);
    const std::string reply = client.run("FETCH 1:2 (ENVELOPE BODYSTRUCTURE BODY)");
    EXPECT_TRUE(reply.starts_with("* 1 FETCH (ENVELOPE " + envelope + " BODYSTRUCTURE " + full + " BODY " +
                                  imap::body(message, structure) + ")\r\n* 2 FETCH (ENVELOPE " +
                                  imap::envelope(kMultipart) + " BODYSTRUCTURE "));
    EXPECT_EQ(client.run("FETCH 1 ENVELOPE"), "* 1 FETCH (ENVELOPE " + envelope + ")\r\nt OK FETCH completed\r\n");
    EXPECT_EQ(client.run("FETCH 2 (BODY ENVELOPE)"),
              "* 2 FETCH (BODY " + imap::body(kMultipart, mime::parse_structure(kMultipart)) + " ENVELOPE " +
                  imap::envelope(kMultipart) + ")\r\nt OK FETCH completed\r\n");
}

TEST_F(MessagesTest, ReadingABodySetsSeenAndSaysSo) {
    TestClient client = select_inbox();
    append(client, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_FALSE(has(client.run("FETCH 1 (BODY.PEEK[] RFC822.HEADER)"), "\\Seen"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY[TEXT]"), "body\r\n FLAGS (\\Seen \\Recent))\r\n"));
    EXPECT_FALSE(has(client.run("FETCH 1 BODY[TEXT]"), "FLAGS"));
}

TEST_F(MessagesTest, ALargeMessageComesWholeToASlowClient) {
    TestClient client = select_inbox();
    std::string message = "Subject: large\r\n\r\n";
    while (message.size() < 3'000'000) message += "0123456789 line " + std::to_string(message.size()) + "\r\n";
    append(client, message);
    const std::string all = client.run("FETCH 1 BODY[]");
    EXPECT_TRUE(has(all, message));
    std::string pieces;
    for (std::size_t offset = 0; offset < message.size(); offset += 500'000) {
        const std::string reply = client.run("FETCH 1 BODY[TEXT]<" + std::to_string(offset) + ".500000>");
        const auto begin = reply.find("}\r\n") + 3;
        pieces += reply.substr(begin, reply.rfind(")\r\nt OK") - begin);
    }
    EXPECT_EQ("Subject: large\r\n\r\n" + pieces, message);
}

TEST_F(MessagesTest, BareLineFeedsBecomeLineEnds) {
    TestClient client = select_inbox();
    append(client, "Subject: x\n\nbody\n");
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[]"), "{20}\r\nSubject: x\r\n\r\nbody\r\n)"));
}

TEST_F(MessagesTest, AnAppendThatIsRefusedLeavesTheConnectionUsable) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("APPEND Nothing {5+}\r\nhello"), "t NO [TRYCREATE] No such mailbox\r\n");
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
    EXPECT_EQ(client.run("APPEND Nothing {5}"), "t NO [TRYCREATE] No such mailbox\r\n");
    EXPECT_TRUE(client.run("APPEND INBOX {99999999999}").starts_with("t NO [TOOBIG]"));
    EXPECT_TRUE(client.run(std::string("APPEND INBOX {6+}\r\nA: \0\r\n", 25)).starts_with("t BAD NUL"));
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b more").starts_with("t BAD "));
    EXPECT_TRUE(client.run("APPEND INBOX (\\Recent) {4+}\r\nA: b").starts_with("t BAD "));
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 0"));
}

// RFC 3502 §6.3.11
TEST_F(MessagesTest, SeveralMessagesAreAppendedOrNone) {
    TestClient client = select_inbox();
    const std::string done = client.run(
        "APPEND INBOX (\\Seen) {4+}\r\nA: b (\\Draft) \"17-Jul-1996 02:44:25 -0700\" {4+}\r\nC: d {4+}\r\nE: f");
    EXPECT_TRUE(has(done, " 1:3] APPEND completed")) << done;
    EXPECT_TRUE(has(client.run("FETCH 2 (FLAGS INTERNALDATE BODY.PEEK[])"), "\\Draft")) << done;
    EXPECT_TRUE(has(client.run("FETCH 3 BODY.PEEK[]"), "E: f"));
    EXPECT_TRUE(client.run(std::string("APPEND INBOX {4+}\r\nA: b {4+}\r\nA:\0b", 34)).starts_with("t BAD NUL"));
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b {99999999999+}\r\nA").starts_with("t NO [TOOBIG]"));
}

TEST_F(MessagesTest, AnAppendOfSeveralThatIsRefusedStoresNothing) {
    TestClient client = select_inbox();
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b (\\Recent) {4+}\r\nA: b").starts_with("t BAD"));
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b {0+}\r\n").starts_with("t NO [CANNOT]"));
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b {99999999999}").starts_with("t NO [TOOBIG]"));
    std::string many = "APPEND INBOX";
    for (int i = 0; i < 120; ++i) many += " {4+}\r\nA: b";
    EXPECT_TRUE(client.run(many).starts_with("t NO [LIMIT]"));
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 0"));
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

// RFC 8508 §3
TEST_F(MessagesTest, AMessageIsReplaced) {
    TestClient client = select_inbox();
    append(client, "A: old\r\n");
    append(client, "A: other\r\n");
    client.run("NOOP");
    const std::string done = client.run("REPLACE 1 INBOX (\\Draft) {6+}\r\nA: new");
    EXPECT_TRUE(has(done, "] Replacement stored\r\n* 1 EXPUNGE\r\n* 2 EXISTS\r\n")) << done;
    EXPECT_TRUE(has(done, "t OK REPLACE completed"));
    EXPECT_TRUE(has(client.run("FETCH 2 (FLAGS BODY.PEEK[])"), "A: new"));
    EXPECT_TRUE(has(client.run("UID REPLACE 2 Drafts {6+}\r\nA: two"), "* 1 EXPUNGE\r\n"));
    EXPECT_TRUE(has(client.run("STATUS Drafts (MESSAGES)"), "MESSAGES 1"));
    EXPECT_TRUE(client.run("REPLACE 9 INBOX {6+}\r\nA: new").starts_with("t BAD"));
    EXPECT_TRUE(client.run("UID REPLACE 9 INBOX {6+}\r\nA: new").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("REPLACE 1 Nothing {6+}\r\nA: new").starts_with("t NO [TRYCREATE]"));
    EXPECT_TRUE(client.run("REPLACE * INBOX {6+}\r\nA: new {4+}\r\nA: b").starts_with("t NO [LIMIT]"));
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 1"));
}

// RFC 8508 §3: the same as APPEND, STORE and UID EXPUNGE, which a message that is gone keeps from nothing.
TEST_F(MessagesTest, AMessageThatAnotherSessionRemovedIsReplaced) {
    TestClient client = select_inbox();
    append(client, "A: old\r\n");
    client.run("NOOP");
    TestClient other = select_inbox();
    other.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_TRUE(has(other.run("EXPUNGE"), "* 1 EXPUNGE"));
    const std::string done = client.run("REPLACE 1 INBOX {6+}\r\nA: new");
    EXPECT_TRUE(has(done, "] Replacement stored\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n")) << done;
    EXPECT_TRUE(has(done, "t OK REPLACE completed"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[]"), "A: new"));
    EXPECT_TRUE(client.run("UID REPLACE 1 INBOX {6+}\r\nA: two").starts_with("t NO [NONEXISTENT]")) << "told by now";
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 1"));
}

TEST_F(MessagesTest, AppendKeepsFlagsAndDate) {
    TestClient client = select_inbox();
    client.run("APPEND INBOX (\\Flagged $Work) \"17-Jul-1996 02:44:25 -0700\" {4+}\r\nA: b");
    const std::string row = client.run("UID FETCH 1 (FLAGS INTERNALDATE)");
    EXPECT_TRUE(has(row, "\\Flagged")) << row;
    EXPECT_TRUE(has(row, "$Work")) << row;
    EXPECT_TRUE(has(row, "INTERNALDATE \"17-Jul-1996 09:44:25 +0000\"")) << row;
}

TEST_F(MessagesTest, StoreAnswersTheFlagsUnlessSilent) {
    TestClient client = select_inbox();
    append(client, "A: b\r\n\r\n");
    append(client, "A: b\r\n\r\n");
    const std::string changed = client.run("STORE 1:2 +FLAGS (\\Deleted work)");
    EXPECT_TRUE(has(changed, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work)\r\n")) << changed;
    EXPECT_TRUE(has(changed, "* 1 FETCH (FLAGS (\\Deleted work")) << changed;
    EXPECT_EQ(client.run("UID STORE 2 -FLAGS.SILENT (work)"), "t OK UID STORE completed\r\n");
    EXPECT_TRUE(has(client.run("UID STORE 2 FLAGS \\Seen"), "* 2 FETCH (UID 2 FLAGS (\\Seen"));
    EXPECT_EQ(client.run("UID STORE 99 FLAGS \\Seen"), "t OK UID STORE completed\r\n");
    EXPECT_EQ(client.run("STORE 99 FLAGS \\Seen"), "t BAD Invalid message sequence number\r\n");
}

// RFC 9051 §6.4.6: a change by somebody else is told "regardless of whether .SILENT was used". It was taken for known
// to the client, which then never heard of it.
TEST_F(MessagesTest, ASilentStoreTellsWhatSomebodyElseHasChanged) {
    TestClient client = select_inbox();
    append(client, "A: b\r\n\r\n");
    append(client, "A: b\r\n\r\n");
    client.run("NOOP");
    TestClient other = select_inbox();
    other.run("STORE 1 +FLAGS (\\Flagged work)");
    const std::string stored = client.run("STORE 1:2 +FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(stored, "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen work")) << stored;
    EXPECT_FALSE(has(stored, "* 2 FETCH")) << stored;
    EXPECT_EQ(client.run("STORE 1:2 +FLAGS.SILENT (\\Draft)"), "t OK STORE completed\r\n");
    client.run("ENABLE CONDSTORE");
    other.run("STORE 2 +FLAGS (\\Answered)");
    const std::string counted = client.run("STORE 1:2 -FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(counted, "* 1 FETCH (MODSEQ (")) << counted;
    EXPECT_TRUE(has(counted, "* 2 FETCH (UID 2 FLAGS (\\Answered \\Draft")) << counted;
    other.run("STORE 1 +FLAGS (\\Answered)");
    const std::string unchanged = client.run("STORE 1 (UNCHANGEDSINCE 9999999999999999) +FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(unchanged, "* 1 FETCH (UID 1 FLAGS (\\Answered \\Flagged \\Seen \\Draft")) << unchanged;
}

TEST_F(MessagesTest, SearchFindsByEveryKindOfKey) {
    TestClient client = select_inbox();
    append(client, kMultipart);
    append(client, "From: x@example.org\r\nSubject: other\r\n\r\nplain Text\r\n");
    client.run("STORE 2 FLAGS (\\Seen work)");
    const auto found = [&](const std::string& keys) {
        const std::string reply = client.run("SEARCH " + keys);
        return reply.substr(0, reply.find("\r\n"));
    };
    EXPECT_EQ(found("ALL"), "* SEARCH 1 2");
    EXPECT_EQ(found("SEEN"), "* SEARCH 2");
    EXPECT_EQ(found("UNSEEN"), "* SEARCH 1");
    EXPECT_EQ(found("KEYWORD WORK"), "* SEARCH 2");
    EXPECT_EQ(found("FROM fred"), "* SEARCH 1");
    EXPECT_EQ(found("CHARSET UTF-8 SUBJECT {7+}\r\nGR\xC3\x9C\xC3\x9F"
                    "E"),
              "* SEARCH 1");
    EXPECT_EQ(found("CHARSET UTF-8 BODY {6+}\r\nSCH\xC3\x96N"), "* SEARCH 1");
    EXPECT_EQ(found("BODY \"PLAIN text\""), "* SEARCH 2");
    EXPECT_EQ(found("BODY fred"), "* SEARCH");
    EXPECT_EQ(found("TEXT fred"), "* SEARCH 1");
    EXPECT_EQ(found("HEADER Date \"\""), "* SEARCH 1");
    EXPECT_EQ(found("SENTON 1-Jan-2024"), "* SEARCH 1");
    EXPECT_EQ(found("SENTSINCE 2-Jan-2024"), "* SEARCH");
    EXPECT_EQ(found("SINCE 1-Jan-2024"), "* SEARCH 1 2");
    EXPECT_EQ(found("BEFORE 1-Jan-2024"), "* SEARCH");
    EXPECT_EQ(found("LARGER 100"), "* SEARCH 1");
    EXPECT_EQ(found("SMALLER 100"), "* SEARCH 2");
    EXPECT_EQ(found("OR FROM fred KEYWORD work"), "* SEARCH 1 2");
    EXPECT_EQ(found("NOT (1:2 SEEN)"), "* SEARCH 1");
    EXPECT_EQ(found("UID *"), "* SEARCH 2");
    EXPECT_EQ(found("RETURN (MIN MAX COUNT ALL) ALL"), "* ESEARCH (TAG \"t\") MIN 1 MAX 2 ALL 1:2 COUNT 2");
    EXPECT_EQ(client.run("UID SEARCH RETURN (COUNT) DRAFT"),
              "* ESEARCH (TAG \"t\") UID COUNT 0\r\nt OK UID SEARCH completed\r\n");
    EXPECT_EQ(client.run("SEARCH CHARSET KOI8-R ALL"), "t NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset\r\n");
}

TEST_F(MessagesTest, ManyKeysAboutALargeMessageAreTestedInManyTurns) {
    TestClient client = select_inbox();
    append(client, "Subject: before\r\n\r\nlast\r\n");
    std::string large = "Subject: large\r\n\r\nfirst\r\n";
    while (large.size() <= Candidate::kOctetsPerTurn) large += std::string(70, 'x') + "\r\n";
    append(client, large + "last\r\n");
    append(client, "Subject: after\r\n\r\nfirst\r\n");
    EXPECT_EQ(client.run("SEARCH NOT TEXT no BODY first NOT BODY nil HEADER Subject large TEXT last"),
              "* SEARCH 2\r\nt OK SEARCH completed\r\n");
    EXPECT_EQ(client.run("SEARCH OR OR OR TEXT no TEXT nil SUBJECT after (BODY first BODY last)"),
              "* SEARCH 2 3\r\nt OK SEARCH completed\r\n");
    EXPECT_EQ(client.run("SEARCH OR TEXT no NOT (TEXT large TEXT first TEXT last)"),
              "* SEARCH 1 3\r\nt OK SEARCH completed\r\n");
}

TEST_F(MessagesTest, CopyAndMoveTellTheNewUids) {
    TestClient client = select_inbox();
    for (int i = 0; i < 3; ++i) append(client, "A: b\r\n\r\n");
    EXPECT_TRUE(has(client.run("COPY 1:2 Archive"), " 1:2 1:2] COPY completed"));
    EXPECT_EQ(client.run("COPY 1 Nothing"), "t NO [TRYCREATE] No such mailbox\r\n");
    EXPECT_EQ(client.run("UID COPY 77 Archive"), "t OK COPY completed, no messages\r\n");
    const std::string moved = client.run("UID MOVE 2 Archive");
    EXPECT_TRUE(moved.starts_with("* OK [COPYUID ")) << moved;
    EXPECT_TRUE(has(moved, " 2 3] Moved\r\n* 2 EXPUNGE\r\nt OK MOVE completed\r\n")) << moved;
    EXPECT_TRUE(has(client.run("STATUS Archive (MESSAGES)"), "MESSAGES 3"));
}

TEST_F(MessagesTest, ExpungeRemovesOnlyWhatIsDeleted) {
    TestClient client = select_inbox();
    for (int i = 0; i < 4; ++i) append(client, "A: b\r\n\r\n");
    client.run("STORE 1,3:4 +FLAGS.SILENT (\\Deleted)");
    EXPECT_EQ(client.run("UID EXPUNGE 2:3"), "* 3 EXPUNGE\r\nt OK UID EXPUNGE completed\r\n");
    EXPECT_EQ(client.run("EXPUNGE"), "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\nt OK EXPUNGE completed\r\n");
    EXPECT_EQ(client.run("EXPUNGE"), "t OK EXPUNGE completed\r\n");
}

TEST_F(MessagesTest, ExpungesByOthersWaitForACommandThatMayTellThem) {
    TestClient client = select_inbox();
    append(client, "A: b\r\n\r\n");
    append(client, "A: c\r\n\r\n");
    TestClient other = select_inbox();
    other.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    other.run("EXPUNGE");
    EXPECT_FALSE(has(client.run("FETCH 2 FLAGS"), "EXPUNGE"));
    EXPECT_FALSE(has(client.run("SEARCH ALL"), "EXPUNGE"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY[]"), "t NO [EXPUNGEISSUED]"));
    EXPECT_TRUE(has(client.run("NOOP"), "* 1 EXPUNGE\r\n"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[HEADER]"), "A: c"));
}

TEST_F(MessagesTest, IdleTellsWhatOthersDo) {
    TestClient idle = select_inbox();
    idle.send("t IDLE\r\n");
    idle.read_until("+ ");
    TestClient other = select_inbox();
    append(other, "A: b\r\n\r\n");
    EXPECT_EQ(idle.read_until("* 1 EXISTS"), "* 1 EXISTS\r\n");
    EXPECT_TRUE(has(idle.read_until("* "), " RECENT"));  // 1 or 0: whoever looks first has it as \Recent
    other.run("STORE 1 +FLAGS (\\Deleted)");
    EXPECT_TRUE(has(idle.read_until("* 1 FETCH"), "\\Deleted"));
    other.run("EXPUNGE");
    EXPECT_EQ(idle.read_until("* 1 EXPUNGE"), "* 1 EXPUNGE\r\n");
    idle.send("DONE\r\n");
    EXPECT_EQ(idle.read_until("t "), "t OK IDLE completed\r\n");
    EXPECT_EQ(idle.run("IDLE\r\nNOT DONE"), "+ idling\r\nt BAD Expected DONE\r\n");
}

// The space before an item was once left out after content that ends in a parenthesis.
TEST_F(MessagesTest, ItemsAreKeptApartWhateverTheContentEndsIn) {
    TestClient client = select_inbox();
    append(client, "A: b\r\n\r\n(");
    EXPECT_TRUE(has(client.run("FETCH 1 (BODY.PEEK[TEXT] UID)"), "BODY[TEXT] {1}\r\n( UID 1)"));
}

TEST_F(MessagesTest, AnEmptyMailboxTakesAnyStar) {
    TestClient client = select_inbox();
    EXPECT_EQ(client.run("FETCH 1:* FLAGS"), "t OK FETCH completed\r\n");
    EXPECT_EQ(client.run("UID FETCH 1:* FLAGS"), "t OK UID FETCH completed\r\n");
    EXPECT_EQ(client.run("SEARCH 1:*"), "* SEARCH\r\nt OK SEARCH completed\r\n");
    EXPECT_TRUE(client.run("FETCH 1 FLAGS").starts_with("t BAD "));
}

}  // namespace
}  // namespace posthouse::imapd
