// Tests of SEARCH (RFC 9051 §6.4.4) in what the index knows.
#include <filesystem>
#include <fstream>
#include <string>

#include "lib/mime/text.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

std::string untagged(const std::string& reply) { return reply.substr(0, reply.rfind("t OK")); }

class SearchTest : public ImapTest {
  protected:
    /// Two messages in INBOX whose files hold nothing any more.
    TestClient with_hollow_messages() {
        TestClient client = select_inbox();
        append(client,
               "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nTo: joe@example.org\r\nCc: Ann <ann@example.org>\r\n"
               "Subject: =?utf-8?q?=C3=84pfel?= and pears\r\nMessage-ID: <1@x>\r\nDate: 3 Jan 2024 00:00:00 "
               "+0000\r\n\r\nx\r\n");
        append(client,
               "From: Mia <mia@example.org>\r\nSubject: Re: pears\r\nMessage-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n"
               "Date: 5 Jan 2024 00:00:00 +0000\r\n\r\nx\r\n");
        client.run("FETCH 1:* (ENVELOPE BODY.PEEK[HEADER.FIELDS (DATE)])");
        for (const auto& entry : std::filesystem::recursive_directory_iterator(server.store().settings().mail_root))
            if (entry.is_regular_file() && entry.path().parent_path().filename() == "cur")
                std::ofstream(entry.path(), std::ios::trunc);
        return client;
    }
};

TEST_F(SearchTest, FieldsOfTheEnvelopeAndDatesAreFoundWithoutOpeningAMessage) {
    TestClient client = with_hollow_messages();
    EXPECT_EQ(untagged(client.run("SEARCH SUBJECT {6+}\r\näPFEL")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SUBJECT pears")), "* SEARCH 1 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH FROM {7+}\r\njürgen")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH FROM mia@example.org")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH TO joe")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH NOT TO joe")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH OR CC ann BCC ann")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SENTSINCE 4-Jan-2024")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH SENTBEFORE 4-Jan-2024")), "* SEARCH 1\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH HEADER Message-ID <2@x>")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH HEADER In-Reply-To \"\"")), "* SEARCH 2\r\n");
    EXPECT_EQ(untagged(client.run("SORT (REVERSE DATE) UTF-8 SUBJECT pears")), "* SORT 2 1\r\n");
    EXPECT_EQ(untagged(client.run("THREAD REFERENCES UTF-8 SUBJECT pears")), "* THREAD (1 2)\r\n");
    // The files are hollow indeed.
    EXPECT_EQ(untagged(client.run("SEARCH HEADER From mia")), "* SEARCH\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH TEXT pears")), "* SEARCH\r\n");
}

TEST_F(SearchTest, TextOnTheBorderOfTwoPiecesIsFound) {
    TestClient client = select_inbox();
    for (std::size_t before = 0; before < 4; ++before)
        append(client, "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
                           std::string(mime::text_piece - 2 * before, 'a') + "Äpfel" +
                           std::string(mime::text_piece, 'b') + "\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH BODY {8+}\r\naäpfelb")), "* SEARCH 1 2 3 4\r\n");
    EXPECT_EQ(untagged(client.run("SEARCH BODY bb NOT BODY ba")), "* SEARCH 1 2 3 4\r\n");
}

// RFC 9051 §6.4.4.
TEST_F(SearchTest, TextIsInTheHeaderAsAPersonReadsItAndInNoPlaceBetween) {
    TestClient client = select_inbox();
    append(client, "Subject: =?utf-8?q?=C3=84pfel?=\r\n and\r\n pears\r\nX-Note: fine\r\n\r\nBody text\r\n");
    const auto finds = [&](const std::string& text) {
        return untagged(client.run("SEARCH TEXT {" + std::to_string(text.size()) + "+}\r\n" + text)) ==
               "* SEARCH 1\r\n";
    };
    for (const char* text : {"äPFEL and pears", "subject: ä", "X-note", "fine", "y tex"})
        EXPECT_TRUE(finds(text)) << text;
    for (const char* text : {"pearsX-Note", "pears X-Note", "fineBody", "=C3=84"}) EXPECT_FALSE(finds(text)) << text;
}

TEST_F(SearchTest, FieldsThatListsShowComeWithoutOpeningAMessage) {
    TestClient client = with_hollow_messages();
    EXPECT_EQ(untagged(client.run("FETCH 2 BODY.PEEK[HEADER.FIELDS (subject X-Priority From)]")),
              "* 2 FETCH (BODY[HEADER.FIELDS (subject X-Priority From)] {51}\r\n"
              "From: Mia <mia@example.org>\r\nSubject: Re: pears\r\n\r\n)\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 2 BODY.PEEK[HEADER.FIELDS (Subject)]<9.4>")),
              "* 2 FETCH (BODY[HEADER.FIELDS (Subject)]<9> {4}\r\nRe: )\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
