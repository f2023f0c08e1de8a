// Tests of SORT and THREAD (RFC 5256), ESORT (RFC 5267), SEARCHRES (RFC 5182), PARTIAL (RFC 9394) and WITHIN (RFC
// 5032).
#include <ctime>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The untagged lines.
std::string untagged(const std::string& reply) { return reply.substr(0, reply.rfind("t OK")); }

class SortTest : public ImapTest {
  protected:
    /// Four messages of one conversation and another.
    TestClient with_conversation() {
        TestClient client = select_inbox();
        const auto add = [&](const std::string& header, const std::string& body = "x") {
            append(client, header + "\r\n\r\n" + body + "\r\n");
        };
        add("From: Zoe <ann@example.org>\r\nSubject: b plan\r\nMessage-ID: <1@x>\r\nDate: 3 Jan 2024 00:00:00 +0000",
            std::string(300, 'y'));
        add("From: Ann <zoe@example.org>\r\nSubject: Re: b plan\r\nMessage-ID: <2@x>\r\nReferences: <1@x>\r\n"
            "Date: 2 Jan 2024 00:00:00 +0000");
        add("From: Mia <mia@example.org>\r\nSubject: =?utf-8?q?=C3=A4pfel?=\r\nMessage-ID: <3@x>\r\n"
            "Date: 1 Jan 2024 00:00:00 +0000");
        add("From: Mia <mia@example.org>\r\nSubject: Re: b plan\r\nMessage-ID: <4@x>\r\nReferences: <1@x> <2@x>\r\n"
            "Date: 4 Jan 2024 00:00:00 +0000");
        client.run("NOOP");
        return client;
    }
};

// RFC 5256 §3, RFC 5957 §3
TEST_F(SortTest, MessagesComeInTheOrderOfTheCriteria) {
    TestClient client = with_conversation();
    EXPECT_EQ(client.run("SORT (DATE) UTF-8 ALL"), "* SORT 3 2 1 4\r\nt OK SORT completed\r\n");
    EXPECT_EQ(untagged(client.run("SORT (REVERSE DATE) UTF-8 ALL")), "* SORT 4 1 2 3\r\n");
    EXPECT_EQ(untagged(client.run("SORT (ARRIVAL) UTF-8 ALL")), "* SORT 1 2 3 4\r\n");
    EXPECT_EQ(untagged(client.run("SORT (FROM DATE) UTF-8 ALL")), "* SORT 1 3 4 2\r\n");
    EXPECT_EQ(untagged(client.run("SORT (DISPLAYFROM DATE) UTF-8 ALL")), "* SORT 2 3 4 1\r\n");
    EXPECT_EQ(untagged(client.run("SORT (SUBJECT DATE) UTF-8 ALL")), "* SORT 3 2 1 4\r\n");
    EXPECT_EQ(untagged(client.run("SORT (REVERSE SIZE) UTF-8 1:3")).substr(0, 8), "* SORT 1");
    client.run("STORE 1 +FLAGS (\\Deleted)");
    client.run("EXPUNGE");
    EXPECT_EQ(client.run("UID SORT (DATE) UTF-8 ALL"), "* SORT 3 2 4\r\nt OK UID SORT completed\r\n");
    EXPECT_EQ(untagged(client.run("SORT (DATE) UTF-8 ALL")), "* SORT 2 1 3\r\n");
    EXPECT_EQ(untagged(client.run("SORT (DATE) UTF-8 SUBJECT nothing")), "* SORT\r\n");
    EXPECT_TRUE(client.run("SORT (DATE) KOI8-R ALL").starts_with("t NO [BADCHARSET (US-ASCII UTF-8)]"));
}

// RFC 5267 §3.1
TEST_F(SortTest, ExtendedResultsAreInSortedOrder) {
    TestClient client = with_conversation();
    EXPECT_EQ(untagged(client.run("SORT RETURN () (DATE) UTF-8 ALL")), "* ESEARCH (TAG \"t\") ALL 3,2,1,4\r\n");
    EXPECT_EQ(untagged(client.run("UID SORT RETURN (MIN MAX COUNT) (DATE) UTF-8 ALL")),
              "* ESEARCH (TAG \"t\") UID MIN 3 MAX 4 COUNT 4\r\n");
    EXPECT_EQ(untagged(client.run("SORT RETURN (PARTIAL 2:3) (DATE) UTF-8 ALL")),
              "* ESEARCH (TAG \"t\") PARTIAL (2:3 2,1)\r\n");
    EXPECT_TRUE(has(client.run("SORT RETURN (COUNT) (DATE) UTF-8 MODSEQ 1"), "COUNT 4 MODSEQ "));
}

// RFC 5256 §3
TEST_F(SortTest, ConversationsAreTrees) {
    TestClient client = with_conversation();
    EXPECT_EQ(client.run("THREAD REFERENCES UTF-8 ALL"), "* THREAD (3)(1 2 4)\r\nt OK THREAD completed\r\n");
    EXPECT_EQ(untagged(client.run("THREAD ORDEREDSUBJECT UTF-8 ALL")), "* THREAD (3)(2 (1)(4))\r\n");
    EXPECT_EQ(untagged(client.run("UID THREAD REFS UTF-8 ALL")), "* THREAD (3)(1 2 4)\r\n");
    EXPECT_EQ(untagged(client.run("THREAD REFERENCES UTF-8 2:3")), "* THREAD (3)(2)\r\n");
    EXPECT_EQ(untagged(client.run("THREAD REFERENCES UTF-8 FROM nobody")), "* THREAD\r\n");
    EXPECT_TRUE(client.run("THREAD JWZ UTF-8 ALL").starts_with("t BAD"));
}

// RFC 5182 §2.1, §2.4
TEST_F(SortTest, ASavedResultStandsForItsMessages) {
    TestClient client = with_conversation();
    EXPECT_EQ(client.run("SEARCH RETURN (SAVE) FROM mia"), "t OK SEARCH completed\r\n");
    EXPECT_TRUE(has(client.run("FETCH $ (UID)"), "* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\n"));
    EXPECT_EQ(untagged(client.run("UID SEARCH UID $ SUBJECT plan")), "* SEARCH 4\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH NOT $")), "* SEARCH 1 2\r\n");
    client.run("STORE 3 +FLAGS (\\Deleted)");
    client.run("EXPUNGE");
    EXPECT_EQ(untagged(client.run("SEARCH $")), "* SEARCH 3\r\n") << "numbers follow, what is gone is left out";
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (SAVE MIN) ALL")), "* ESEARCH (TAG \"t\") MIN 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH $")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (SAVE COUNT) 2:3")), "* ESEARCH (TAG \"t\") COUNT 2\r\n");
    EXPECT_TRUE(has(client.run("UID COPY $ Archive"), "[COPYUID "));
    EXPECT_EQ(untagged(client.run("SORT RETURN (SAVE PARTIAL 1:1) (REVERSE DATE) UTF-8 ALL")),
              "* ESEARCH (TAG \"t\") PARTIAL (1:1 3)\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH $")), "* SEARCH 3\r\n");
    client.run("SELECT INBOX");
    EXPECT_EQ(untagged(client.run("SEARCH $")), "* SEARCH\r\n") << "another SELECT forgets it";
}

// RFC 9394 §3.1
TEST_F(SortTest, PartialResultsCountFromEitherEnd) {
    TestClient client = with_conversation();
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (PARTIAL -1:-2) ALL")),
              "* ESEARCH (TAG \"t\") PARTIAL (-1:-2 3:4)\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (PARTIAL 5:9 COUNT) ALL")),
              "* ESEARCH (TAG \"t\") PARTIAL (5:9 NIL) COUNT 4\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH RETURN (PARTIAL 1:2) FROM nobody")),
              "* ESEARCH (TAG \"t\") PARTIAL (1:2 NIL)\r\n");
}

// RFC 5032 §3, RFC 8514 §4.3
TEST_F(SortTest, AgesAreCountedInSeconds) {
    TestClient client = select_inbox();
    client.run("APPEND INBOX \"17-Jul-2020 02:44:25 -0700\" {4+}\r\nA: b");
    append(client, "A: b\r\n\r\n");
    client.run("NOOP");
    EXPECT_EQ(untagged(client.run("SEARCH OLDER 3600")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH YOUNGER 3600")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH OLDER 4294967295")), "* SEARCH\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH YOUNGER 4294967295")), "* SEARCH 1 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SAVEDSINCE 1-Jan-2024")), "* SEARCH 1 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SAVEDBEFORE 1-Jan-2024")), "* SEARCH\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SAVEDATESUPPORTED")), "* SEARCH 1 2\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
