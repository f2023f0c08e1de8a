// Tests of CATENATE (RFC 4469) and of the URLs that it takes (RFC 5092, RFC 5550 §5.1).
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kOriginal =
    "Subject: two parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--b\r\nContent-Type: "
    "text/html\r\n\r\n<p>second</p>\r\n--b--\r\n";

class CatenateTest : public ImapTest {
  protected:
    /// A client in INBOX, where kOriginal is the first message.
    TestClient with_original() {
        TestClient client = select_inbox();
        append(client, kOriginal);
        const std::string status = client.run("STATUS INBOX (UIDVALIDITY)");
        const auto begin = status.find("UIDVALIDITY ") + 12;
        uid_validity_ = status.substr(begin, status.find(')') - begin);
        return client;
    }
    std::string url(std::string_view section) const {
        return "\"/INBOX;UIDVALIDITY=" + uid_validity_ + "/;UID=1/;SECTION=" + std::string(section) + "\"";
    }
    static std::string text(std::string_view octets) {
        return "TEXT {" + std::to_string(octets.size()) + "+}\r\n" + std::string(octets);
    }
    /// The last message, by FETCH.
    static std::string last(TestClient& client) {
        const std::string reply = client.run("FETCH * BODY.PEEK[]");
        const auto begin = reply.find("}\r\n") + 3;
        return reply.substr(begin, reply.rfind(")\r\nt OK") - begin);
    }

    std::string uid_validity_;
};

// RFC 4469 §3
TEST_F(CatenateTest, PutsAMessageTogetherFromPartsAndTexts) {
    TestClient client = with_original();
    EXPECT_TRUE(has(client.run("CAPABILITY"), " CATENATE URL-PARTIAL "));
    client.send("t APPEND INBOX (\\Seen \\Draft $MDNSent) CATENATE (URL " + url("HEADER") + " TEXT {5}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("--b\r\n URL " + url("1.MIME") + " URL " + url("1") + " TEXT {9}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("\r\n--b--\r\n)\r\n");
    const std::string reply = client.read_until("t ");
    EXPECT_TRUE(has(reply, "t OK [APPENDUID " + uid_validity_ + " 2] APPEND completed")) << reply;
    EXPECT_EQ(last(client),
              "Subject: two parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
              "--b\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--b--\r\n");
    EXPECT_EQ(client.run("FETCH 2 FLAGS"), "* 2 FETCH (FLAGS (\\Seen \\Draft $MDNSent))\r\nt OK FETCH completed\r\n");
}

TEST_F(CatenateTest, UrlsAloneNeedNoLiteral) {
    TestClient client = with_original();
    EXPECT_TRUE(has(client.run("APPEND Drafts CATENATE (URL /INBOX/;UID=1)"), "t OK [APPENDUID "));
    client.run("SELECT Drafts");
    EXPECT_EQ(last(client), kOriginal);
}

TEST_F(CatenateTest, UrlsMayBeRelativeToTheSelectedMailboxOrTellThisServer) {
    TestClient client = with_original();
    for (const std::string& url :
         {std::string(";UID=1"), std::string("/;UID=1"), ";UIDVALIDITY=" + uid_validity_ + "/;UID=1",
          std::string("imap://mx.example.org/INBOX/;UID=1"),
          std::string("imap://joe%40example.org;AUTH=*@MX.example.org:143/inbox/;uid=1")}) {
        EXPECT_TRUE(has(client.run("APPEND INBOX CATENATE (URL \"" + url + "\")"), "t OK [APPENDUID ")) << url;
        EXPECT_EQ(last(client), kOriginal);
    }
}

TEST_F(CatenateTest, OfAPartSomeOctetsMayBeTaken) {
    TestClient client = with_original();
    client.run("APPEND INBOX CATENATE (" + text("Subject: x\r\n\r\n") +
               " URL \"/INBOX/;UID=1/;SECTION=1/;PARTIAL=2.3\" URL \"/INBOX/;UID=1/;SECTION=2/;PARTIAL=9\" URL "
               "\"/INBOX/;UID=1/;SECTION=2/;PARTIAL=99\" URL \"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(Subject)\")");
    EXPECT_EQ(last(client), "Subject: x\r\n\r\nrst</p>Subject: two parts\r\n\r\n");
}

TEST_F(CatenateTest, WorksWithOtherMessagesOfTheSameCommand) {
    TestClient client = with_original();
    const std::string reply =
        client.run("APPEND INBOX {3+}\r\na\r\n CATENATE (URL " + url("1") + " " + text("b") + " " + text("c\r\n") +
                   ") (\\Flagged) {3+}\r\nd\r\n CATENATE (URL {14+}\r\n/INBOX/;UID=1/;SECTION=2)");
    EXPECT_TRUE(has(reply, "t BAD ")) << "the URL is longer than its literal";
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 1)")) << "all or none";
    const std::string done =
        client.run("APPEND INBOX {3+}\r\na\r\n CATENATE (URL " + url("1") + " " + text("b") + " " + text("c\r\n") +
                   ") (\\Flagged) {3+}\r\nd\r\n CATENATE (URL {24+}\r\n/INBOX/;UID=1/;SECTION=2)");
    EXPECT_TRUE(has(done, " 2:5] APPEND completed")) << done;
    EXPECT_TRUE(has(client.run("FETCH 3 BODY.PEEK[]"), "\r\nfirst partbc\r\n"));
    EXPECT_EQ(last(client), "<p>second</p>");
    EXPECT_TRUE(has(client.run("FETCH 4 FLAGS"), "\\Flagged"));
}

TEST_F(CatenateTest, ALineMayEndInOnePartAndBeginInAnother) {
    TestClient client = with_original();
    client.run("APPEND INBOX CATENATE (" + text("Subject: x\r") + " " + text("\n\r") + " " + text("\nbody\n") + ")");
    EXPECT_EQ(last(client), "Subject: x\r\n\r\nbody\r\n");
}

// RFC 4469 §4
TEST_F(CatenateTest, AUrlThatStandsForNothingIsToldInTheReply) {
    TestClient client = with_original();
    for (const std::string& url :
         {std::string("/INBOX/;UID=2"), std::string("/INBOX/;UID=1/;SECTION=3"), std::string("/Nowhere/;UID=1"),
          std::string("/INBOX;UIDVALIDITY=7/;UID=1"), std::string("imap://other.example.org/INBOX/;UID=1"),
          std::string("imap://ann@mx.example.org/INBOX/;UID=1"), std::string("http://mx.example.org/"),
          std::string("imap://joe%40example.org@mx.example.org/INBOX/;UID=1;URLAUTH=anonymous:internal:91")}) {
        EXPECT_TRUE(
            client.run("APPEND INBOX CATENATE (URL \"" + url + "\")").starts_with("t NO [BADURL \"" + url + "\"] "))
            << url;
    }
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (URL {5+}\r\nx]\"\xC3\x9F)"),
              "t NO [BADURL \"x%5D%22%C3%9F\"] Not the URL of a message\r\n");
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 1)"));
}

TEST_F(CatenateTest, ABadUrlIsToldBeforeMoreIsAskedFor) {
    TestClient client = with_original();
    client.send("t APPEND INBOX CATENATE (URL /INBOX/;UID=9 TEXT {5}\r\n");
    EXPECT_TRUE(client.read_until("").starts_with("t NO [BADURL "));
    client.send("u APPEND INBOX CATENATE (TEXT {5}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("hello URL /INBOX/;UID=9 TEXT {5+}\r\nworld URL x {3+}\r\nabc)\r\n");
    EXPECT_TRUE(client.read_until("u ").starts_with("u NO [BADURL ")) << "what comes anyway is passed over";
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

TEST_F(CatenateTest, WithoutASelectedMailboxItMustBeNamed) {
    TestClient client = with_original();
    client.run("UNSELECT");
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (URL \";UID=1\")").starts_with("t NO [BADURL \";UID=1\"] "));
}

TEST_F(CatenateTest, AnEmptyMessageOrOneOfWrongSyntaxIsRefused) {
    TestClient client = with_original();
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (TEXT {0+}\r\n)").starts_with("t NO [CANNOT] "));
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (TEXT {0+}\r\n URL \"/INBOX/;UID=1/;PARTIAL=9999\")")
                    .starts_with("t NO [CANNOT] "));
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (URL x").starts_with("t BAD "));
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (TEXT {2+}\r\nhi").starts_with("t BAD "));
    EXPECT_TRUE(client.run("APPEND INBOX CATENATE (TEXT {2+}\r\nhi FILE x {2+}\r\nho)").starts_with("t BAD "));
    EXPECT_TRUE(client.run("APPEND Nowhere CATENATE (URL /INBOX/;UID=1)").starts_with("t NO [TRYCREATE] "));
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

TEST_F(CatenateTest, NulIsRefusedInAText) {
    TestClient client = with_original();
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (" + text(std::string_view("a\0b", 3)) + ")"),
              "t BAD NUL byte in the message\r\n");
}

TEST_F(CatenateTest, ReplaceTakesItToo) {
    TestClient client = with_original();
    const std::string reply =
        client.run("REPLACE 1 INBOX CATENATE (URL /INBOX/;UID=1/;SECTION=HEADER " + text("new") + ")");
    EXPECT_TRUE(has(reply, "* OK [APPENDUID ")) << reply;
    EXPECT_TRUE(has(reply, "* 1 EXPUNGE\r\n")) << reply;
    EXPECT_TRUE(has(last(client), "boundary=b\r\n\r\nnew"));
}

TEST_F(CatenateTest, TheWholeMessageIsBoundedAsAnyOther) {
    config::Config config = usual_config();
    config.imapd.append_limit = 1000;
    ImapServer small(config);
    TestClient client = small.connect();
    client.read_until("* OK");
    client.run("LOGIN joe@example.org secret");
    client.run("SELECT INBOX");
    append(client, "Subject: x\r\n\r\n" + std::string(380, 'x') + "\r\n");
    EXPECT_TRUE(has(client.run("APPEND INBOX CATENATE (URL ;UID=1 URL ;UID=1)"), "t OK "));
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (URL ;UID=1 URL ;UID=1 URL ;UID=1)"),
              "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (URL ;UID=1 URL ;UID=1 TEXT {300}"),
              "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (TEXT {9223372036854775807}"),
              "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
}

TEST_F(CatenateTest, TheQuotaCountsAllParts) {
    config::Config config = usual_config();
    config.quota.rule = {"*:bytes=2000"};
    ImapServer full(config);
    TestClient client = full.connect();
    client.read_until("* OK");
    client.run("LOGIN joe@example.org secret");
    client.run("SELECT INBOX");
    append(client, "Subject: x\r\n\r\n" + std::string(900, 'x') + "\r\n");
    EXPECT_EQ(client.run("APPEND INBOX CATENATE (URL ;UID=1 TEXT {300}"), "t NO [OVERQUOTA] Mailbox is full\r\n");
    EXPECT_TRUE(has(client.run("APPEND INBOX CATENATE (URL ;UID=1)"), "t OK "));
}

TEST_F(CatenateTest, LargePartsAreCopiedInPieces) {
    TestClient client = select_inbox();
    std::string large = "Subject: large\r\n\r\n";
    while (large.size() < 5'000'000)
        large += "a line of text of seventy-two octets, as they are in most of the mail.\r\n";
    append(client, large);
    EXPECT_TRUE(has(client.run("APPEND INBOX CATENATE (URL ;UID=1 URL ;UID=1)"), "t OK "));
    EXPECT_TRUE(last(client) == large + large);
}

}  // namespace
}  // namespace posthouse::imapd
