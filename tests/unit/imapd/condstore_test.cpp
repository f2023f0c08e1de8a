// Tests of ENABLE (RFC 5161), CONDSTORE and QRESYNC (RFC 7162).
#include <regex>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class CondstoreTest : public ImapTest {
  protected:
    TestClient with_messages(int count) {
        TestClient client = select_inbox();
        for (int i = 0; i < count; ++i) append(client, "Subject: x\r\n\r\nbody\r\n");
        client.run("NOOP");
        return client;
    }
    /// The first number after `what`.
    static std::uint64_t number_after(const std::string& text, const std::string& what) {
        std::smatch found;
        const std::regex pattern(what + "\\D*(\\d+)");
        return std::regex_search(text, found, pattern) ? std::stoull(found[1].str()) : 0;
    }
    std::uint64_t modseq(TestClient& client, const std::string& message) {
        return number_after(client.run("FETCH " + message + " MODSEQ"), "MODSEQ");
    }
};

// RFC 7162 §3.1.2.1
TEST_F(CondstoreTest, SelectTellsTheHighestModseq) {
    TestClient client = with_messages(2);
    const std::string selected = client.run("SELECT INBOX (CONDSTORE)");
    const std::uint64_t highest = number_after(selected, "HIGHESTMODSEQ");
    EXPECT_GT(highest, 0u) << selected;
    EXPECT_EQ(modseq(client, "2"), highest);
    EXPECT_LT(modseq(client, "1"), highest);
    EXPECT_TRUE(has(client.run("STATUS INBOX (HIGHESTMODSEQ)"), "(HIGHESTMODSEQ " + std::to_string(highest) + ")"));
    EXPECT_TRUE(client.run("SELECT INBOX (SPEED)").starts_with("t BAD "));
}

// RFC 7162 §3.1: commands that enable it, and what is told from then on.
TEST_F(CondstoreTest, WhoHasUsedModseqIsToldItOfEveryChange) {
    for (const std::string& way :
         {"ENABLE CONDSTORE", "FETCH 1 MODSEQ", "FETCH 1 FLAGS (CHANGEDSINCE 1)", "SEARCH MODSEQ 1",
          "STATUS INBOX (HIGHESTMODSEQ)", "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Draft)"}) {
        TestClient client = with_messages(1);
        EXPECT_FALSE(has(client.run("STORE 1 +FLAGS (\\Flagged)"), "MODSEQ")) << way;
        EXPECT_TRUE(has(client.run(way), "* OK [HIGHESTMODSEQ ")) << way;
        const std::string stored = client.run("STORE 1 -FLAGS (\\Flagged)");
        EXPECT_TRUE(std::regex_search(stored, std::regex("\\* 1 FETCH \\(FLAGS \\([^)]*\\) MODSEQ \\(\\d+\\)\\)")))
            << way << stored;
        TestClient other = select_inbox();
        other.run("STORE 1 +FLAGS (\\Answered)");
        EXPECT_TRUE(std::regex_search(client.run("NOOP"),
                                      std::regex("\\* 1 FETCH \\(UID \\d+ FLAGS \\([^)]*\\) MODSEQ \\(\\d+\\)\\)")))
            << way;
        EXPECT_TRUE(has(client.run("FETCH 1 BODY[TEXT]"), " MODSEQ (")) << way << ": \\Seen was set";
        client.run("STORE 1:* +FLAGS.SILENT (\\Deleted)");
        client.run("EXPUNGE");
    }
}

// RFC 7162 §3.1.3
TEST_F(CondstoreTest, AStoreLeavesAloneWhatHasChangedSince) {
    TestClient client = with_messages(3);
    const std::uint64_t before = number_after(client.run("SELECT INBOX (CONDSTORE)"), "HIGHESTMODSEQ");
    const std::string condition = " (UNCHANGEDSINCE " + std::to_string(before) + ") ";
    {
        TestClient other = select_inbox();
        other.run("STORE 2 +FLAGS (\\Flagged)");
    }
    const std::string stored = client.run("STORE 1:3" + condition + "+FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(stored, "t OK [MODIFIED 2] ")) << stored;
    EXPECT_TRUE(std::regex_search(stored, std::regex("\\* 1 FETCH \\(MODSEQ \\(\\d+\\)\\)\r\n\\* 3 FETCH \\(MODSEQ")))
        << stored;
    EXPECT_FALSE(has(client.run("FETCH 2 FLAGS"), "\\Seen"));
    EXPECT_TRUE(has(client.run("UID STORE 1:3" + condition + "+FLAGS (\\Draft)"), "t OK [MODIFIED 1:3] "));
    EXPECT_TRUE(has(client.run("STORE 1 (UNCHANGEDSINCE 0) +FLAGS (\\Draft)"), "[MODIFIED 1]"));
    EXPECT_FALSE(has(client.run("FETCH 1:3 FLAGS"), "\\Draft"));
    EXPECT_TRUE(client.run("STORE 1 (UNCHANGEDSINCE x) +FLAGS (\\Draft)").starts_with("t BAD"));
}

// RFC 7162 §3.1.4.1
TEST_F(CondstoreTest, FetchTellsWhatHasChangedSince) {
    TestClient client = with_messages(4);
    const std::uint64_t before = number_after(client.run("SELECT INBOX (CONDSTORE)"), "HIGHESTMODSEQ");
    client.run("STORE 2,4 +FLAGS (\\Seen)");
    const std::string since = " (CHANGEDSINCE " + std::to_string(before) + ")";
    const std::string changed = client.run("FETCH 1:3 (FLAGS)" + since);
    EXPECT_TRUE(std::regex_match(changed, std::regex("\\* 2 FETCH \\(FLAGS \\(\\\\Seen\\) MODSEQ \\(\\d+\\)\\)\r\n"
                                                     "t OK FETCH completed\r\n")))
        << changed;
    EXPECT_TRUE(has(client.run("UID FETCH 1:* (UID)" + since), "* 4 FETCH (UID 4 MODSEQ ("));
    EXPECT_EQ(client.run("FETCH 1:* (FLAGS) (CHANGEDSINCE 9223372036854775807)"), "t OK FETCH completed\r\n");
    EXPECT_TRUE(has(client.run("FETCH 1:* (FLAGS) (CHANGEDSINCE 0)"), "* 4 FETCH"));
    EXPECT_TRUE(
        has(client.run("FETCH 1:* (UID) (CHANGEDSINCE " + std::to_string(before) + " PARTIAL 2:2)"), "* 4 FETCH"));
    EXPECT_FALSE(has(client.run("FETCH 1:* (UID) (CHANGEDSINCE 1 PARTIAL 2:2)"), "* 1 FETCH"));
    EXPECT_TRUE(client.run("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)").starts_with("t BAD"));
    EXPECT_TRUE(client.run("FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)").starts_with("t BAD"));
    EXPECT_TRUE(client.run("UID FETCH 1:* (FLAGS) (VANISHED)").starts_with("t BAD"));
}

// RFC 7162 §3.1.5, §3.1.6, §3.1.10
TEST_F(CondstoreTest, SearchFindsByModseqAndTellsTheHighest) {
    TestClient client = with_messages(3);
    client.run("STORE 1 +FLAGS (\\Seen)");
    const std::uint64_t first = modseq(client, "1");
    const std::uint64_t third = modseq(client, "3");
    ASSERT_GT(first, third);
    const auto text = [](std::uint64_t number) { return std::to_string(number); };
    EXPECT_TRUE(has(client.run("SEARCH MODSEQ " + text(third)), "* SEARCH 1 3 (MODSEQ " + text(first) + ")\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH MODSEQ \"/flags/\\\\seen\" all " + text(first)), "* SEARCH 1 (MODSEQ "));
    EXPECT_TRUE(has(client.run("SEARCH MODSEQ " + text(first + 1)), "* SEARCH\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH RETURN (MAX) MODSEQ 1"), "MAX 3 MODSEQ " + text(third) + "\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH RETURN (MIN MAX) MODSEQ 1"), "MIN 1 MAX 3 MODSEQ " + text(first) + "\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH RETURN (COUNT) MODSEQ 1"), "COUNT 3 MODSEQ " + text(first) + "\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH RETURN (PARTIAL 2:3) MODSEQ 1"), "(2:3 2:3) MODSEQ " + text(third) + "\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH RETURN (PARTIAL 9:10) MODSEQ 1"), "(9:10 NIL)\r\n"));
    EXPECT_TRUE(has(client.run("SORT RETURN (MAX) (ARRIVAL) UTF-8 MODSEQ 1"), "MAX 3 MODSEQ " + text(third) + "\r\n"));
    EXPECT_TRUE(client.run("SEARCH MODSEQ \"/flags/\\\\seen\" some 1").starts_with("t BAD"));
}

// RFC 5161 §3.1
TEST_F(CondstoreTest, EnableNamesWhatItHasEnabled) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("ENABLE X-UNKNOWN"), "* ENABLED\r\nt OK ENABLE completed\r\n");
    EXPECT_EQ(client.run("ENABLE QRESYNC X CONDSTORE"), "* ENABLED QRESYNC CONDSTORE\r\nt OK ENABLE completed\r\n");
}

// RFC 7162 §3.2.3, §3.2.7, §3.2.10
TEST_F(CondstoreTest, WithQresyncExpungedMessagesVanish) {
    TestClient client = with_messages(5);
    client.run("ENABLE QRESYNC");
    client.run("STORE 2:3,5 +FLAGS (\\Deleted)");
    const std::string expunged = client.run("EXPUNGE");
    EXPECT_TRUE(
        std::regex_match(expunged, std::regex("\\* VANISHED 2:3,5\r\nt OK \\[HIGHESTMODSEQ \\d+\\] EXPUNGE .*\r\n")))
        << expunged;
    {
        TestClient other = select_inbox();
        other.run("STORE 1 +FLAGS (\\Deleted)");
        other.run("EXPUNGE");
    }
    EXPECT_TRUE(has(client.run("NOOP"), "* VANISHED 1\r\n"));
    const std::string moved = client.run("UID MOVE 4 Trash");
    EXPECT_TRUE(std::regex_search(
        moved, std::regex("COPYUID[^\n]*\n\\* VANISHED 4\r\nt OK \\[HIGHESTMODSEQ \\d+\\] MOVE completed\r\n")))
        << moved;
    EXPECT_EQ(client.run("EXPUNGE"), "t OK EXPUNGE completed\r\n");
}

// RFC 7162 §3.2.8
TEST_F(CondstoreTest, CloseTellsTheHighestModseqWhenItRemovedSomething) {
    TestClient client = with_messages(2);
    client.run("ENABLE QRESYNC");
    client.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_TRUE(client.run("CLOSE").starts_with("t OK [HIGHESTMODSEQ "));
    client.run("SELECT INBOX");
    EXPECT_EQ(client.run("CLOSE"), "t OK CLOSE completed\r\n");
}

// RFC 7162 §3.2.5, §3.2.11
TEST_F(CondstoreTest, AClientThatComesBackHearsWhatHasChanged) {
    TestClient client = with_messages(6);
    EXPECT_TRUE(client.run("SELECT INBOX (QRESYNC (1 1))").starts_with("t BAD")) << "not enabled";
    client.run("ENABLE QRESYNC");
    const std::string before = client.run("SELECT INBOX");
    EXPECT_TRUE(before.starts_with("* OK [CLOSED] "));
    const std::string validity = std::to_string(number_after(before, "UIDVALIDITY"));
    const std::string modseq = std::to_string(number_after(before, "HIGHESTMODSEQ"));
    {
        TestClient other = select_inbox();
        other.run("STORE 2,5 +FLAGS.SILENT (\\Deleted)");
        other.run("EXPUNGE");
        other.run("UID STORE 3 +FLAGS (\\Flagged)");
        append(other, "Subject: new\r\n\r\n");
    }
    const auto select = [&](const std::string& parameter) {
        return client.run("SELECT INBOX (QRESYNC (" + parameter + "))");
    };
    const std::string since = select(validity + " " + modseq);
    EXPECT_TRUE(has(since, "* VANISHED (EARLIER) 2,5\r\n")) << since;
    EXPECT_TRUE(
        std::regex_search(since, std::regex("\\* 2 FETCH \\(UID 3 FLAGS \\(\\\\Flagged\\) MODSEQ \\(\\d+\\)\\)")))
        << since;
    EXPECT_TRUE(has(since, "* 5 FETCH (UID 7 ")) << since;
    EXPECT_FALSE(has(since, "UID 1 ")) << since;
    const std::string known = select(validity + " " + modseq + " 1:4");
    EXPECT_TRUE(has(known, "* VANISHED (EARLIER) 2\r\n")) << known;
    EXPECT_FALSE(has(known, "UID 7 ")) << known;
    EXPECT_TRUE(has(select(validity + " " + modseq + " 1:6 (1,3 1,3)"), "(EARLIER) 2,5\r\n"));
    EXPECT_FALSE(has(select(std::to_string(number_after(before, "UIDVALIDITY") + 1) + " " + modseq), "VANISHED"));
    // From before all that is remembered: whatever isn't there.
    EXPECT_TRUE(has(select(validity + " 1"), "* VANISHED (EARLIER) 2,5\r\n"));
    EXPECT_TRUE(client.run("SELECT INBOX (QRESYNC (1))").starts_with("t BAD"));
    EXPECT_TRUE(client.run("SELECT INBOX (QRESYNC (1 2 1:*))").starts_with("t BAD"));
    EXPECT_TRUE(client.run("SELECT INBOX (QRESYNC (1 2 $))").starts_with("t BAD"));
    EXPECT_TRUE(client.run("SELECT INBOX (QRESYNC (1 2 3").starts_with("t BAD"));
    client.run("SELECT INBOX");
    const std::string fetched = client.run("UID FETCH 1:4 (FLAGS) (CHANGEDSINCE " + modseq + " VANISHED)");
    EXPECT_TRUE(fetched.starts_with("* VANISHED (EARLIER) 2\r\n* 2 FETCH (UID 3 ")) << fetched;
}

// RFC 7162 §3.2.10: EARLIER doesn't change the count of messages, so what still counts must not go by it. A client that
// took the UID out at once had a message too many, for the VANISHED that followed told it nothing.
TEST_F(CondstoreTest, WhatIsStillInTheViewVanishesOnceAndNotEarlier) {
    TestClient client = with_messages(4);
    client.run("ENABLE QRESYNC");
    const std::string modseq = std::to_string(number_after(client.run("SELECT INBOX"), "HIGHESTMODSEQ"));
    {
        TestClient other = select_inbox();
        other.run("STORE 2 +FLAGS.SILENT (\\Deleted)");
        other.run("EXPUNGE");
    }
    const std::string fetched = client.run("UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + modseq + " VANISHED)");
    EXPECT_EQ(fetched, "* VANISHED 2\r\nt OK UID FETCH completed\r\n");
    const std::string again = client.run("UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + modseq + " VANISHED)");
    EXPECT_EQ(again, "* VANISHED (EARLIER) 2\r\nt OK UID FETCH completed\r\n");
}

TEST_F(CondstoreTest, WhatIsNotRememberedAnyMoreIsAllThatIsNotThere) {
    TestClient client = with_messages(4);
    client.run("ENABLE QRESYNC");
    client.run("STORE 2 +FLAGS (\\Deleted)");
    client.run("EXPUNGE");
    const std::string fetched = client.run("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0 VANISHED)");
    EXPECT_TRUE(fetched.starts_with("* VANISHED (EARLIER) 2\r\n* 1 FETCH (UID 1 ")) << fetched;
}

}  // namespace
}  // namespace posthouse::imapd
