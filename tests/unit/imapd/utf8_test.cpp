// Tests of UTF8=ACCEPT (RFC 6855), and of how SEARCH and SORT compare texts (RFC 5255 §4.2).
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The untagged lines.
std::string untagged(const std::string& reply) { return reply.substr(0, reply.rfind("t OK")); }

constexpr std::string_view kUtf8Message =
    "From: J\xC3\xBCrgen <j\xC3\xBCrgen@example.org>\r\nSubject: Gr\xC3\xBC\xC3\x9F"
    "e\r\n\r\nbody\r\n";

class Utf8Test : public ImapTest {
  protected:
    TestClient with_utf8() {
        TestClient client = log_in();
        EXPECT_EQ(client.run("ENABLE UTF8=ACCEPT"), "* ENABLED UTF8=ACCEPT\r\nt OK ENABLE completed\r\n");
        return client;
    }
    static std::string append_utf8(TestClient& client, std::string_view message) {
        return client.run("APPEND INBOX (\\Seen) UTF8 (~{" + std::to_string(message.size()) + "+}\r\n" +
                          std::string(message) + ")");
    }
    /// Numbers that "SEARCH key" finds.
    static std::string found(TestClient& client, const std::string& key) {
        const std::string reply = untagged(client.run("SEARCH " + key));
        return reply.starts_with("* SEARCH") ? reply.substr(8, reply.size() - 10) : reply;
    }
};

TEST_F(Utf8Test, IsAnnounced) {
    TestClient client = log_in();
    EXPECT_TRUE(has(client.run("CAPABILITY"), " UTF8=ACCEPT "));
}

// RFC 6855 §3
TEST_F(Utf8Test, MailboxNamesAreUtf8InQuotes) {
    TestClient client = with_utf8();
    EXPECT_TRUE(client.run("CREATE \"\xE2\x98\xBA/\xE6\x97\xA5\"").starts_with("t OK"));
    EXPECT_EQ(untagged(client.run("LIST \"\" \"\xE2\x98\xBA*\"")),
              "* LIST (\\Noselect \\HasChildren) \"/\" \"\xE2\x98\xBA\"\r\n"
              "* LIST (\\HasNoChildren) \"/\" \"\xE2\x98\xBA/\xE6\x97\xA5\"\r\n");
    client.run("SUBSCRIBE \"\xE2\x98\xBA/\xE6\x97\xA5\"");
    EXPECT_TRUE(has(client.run("LSUB \"\" *"), "* LSUB () \"/\" \"\xE2\x98\xBA/\xE6\x97\xA5\"\r\n"));
    EXPECT_EQ(untagged(client.run("MYRIGHTS \"\xE2\x98\xBA/\xE6\x97\xA5\"")).substr(0, 23),
              "* MYRIGHTS \"\xE2\x98\xBA/\xE6\x97\xA5\" lr");
    TestClient old = log_in();
    EXPECT_EQ(untagged(old.run("LIST \"\" &Jjo-/%")), "* LIST (\\HasNoChildren) \"/\" &Jjo-/&ZeU-\r\n");
    EXPECT_TRUE(old.run("STATUS \"\xE2\x98\xBA/\xE6\x97\xA5\" (MESSAGES)").starts_with("t NO [CANNOT]"));
}

// RFC 6855 §3: "it SHOULD reject the command with a BAD response".
TEST_F(Utf8Test, SearchNamesNoCharset) {
    TestClient client = with_utf8();
    client.run("SELECT INBOX");
    append(client, kUtf8Message);
    EXPECT_TRUE(client.run("SEARCH CHARSET UTF-8 SUBJECT x").starts_with("t BAD [CLIENTBUG]"));
    EXPECT_EQ(found(client, "SUBJECT \"gr\xC3\xBC\""), " 1");
    EXPECT_EQ(untagged(client.run("SORT (SUBJECT) UTF-8 ALL")), "* SORT 1\r\n") << "where it must be named it may be";
}

// RFC 6855 §4
TEST_F(Utf8Test, MessagesWithUtf8HeadersAreAppendedAndComeBackAsTheyAre) {
    TestClient client = with_utf8();
    EXPECT_TRUE(has(append_utf8(client, kUtf8Message), "t OK [APPENDUID "));
    client.run("SELECT INBOX");
    EXPECT_TRUE(has(client.run("FETCH 1 (FLAGS BODY.PEEK[])"), "\\Seen"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[]"), "}\r\n" + std::string(kUtf8Message) + ")\r\n"));
}

TEST_F(Utf8Test, WhoWaitsToBeAskedForTheMessageClosesBehindIt) {
    TestClient client = with_utf8();
    client.send("t APPEND INBOX UTF8 (~{4}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("A: b)\r\n");
    EXPECT_TRUE(has(client.read_until("t "), "t OK [APPENDUID "));
    client.send("t APPEND Nothing UTF8 (~{4}\r\n");
    EXPECT_EQ(client.read_until("t "), "t NO [TRYCREATE] No such mailbox\r\n");
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

// RFC 6855 §4, RFC 3502
TEST_F(Utf8Test, SeveralAreAppendedInOneCommand) {
    TestClient client = with_utf8();
    const std::string done =
        client.run("APPEND INBOX UTF8 (~{4+}\r\nA: b) {4+}\r\nC: d (\\Flagged) UTF8 (~{4+}\r\nE: f)");
    EXPECT_TRUE(has(done, " 1:3] APPEND completed")) << done;
    EXPECT_TRUE(client.run("APPEND INBOX UTF8 (~{4+}\r\nA: b").starts_with("t BAD")) << "not closed";
    EXPECT_TRUE(client.run("APPEND INBOX UTF8 (~{4+}\r\nA: b {4+}\r\nC: d)").starts_with("t BAD")) << "not closed";
    EXPECT_TRUE(client.run("APPEND INBOX {4+}\r\nA: b)").starts_with("t BAD")) << "never opened";
    EXPECT_TRUE(client.run("APPEND INBOX UTF8 ({4+}\r\nA: b)").starts_with("t BAD")) << "a literal8 is due";
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 3"));
}

TEST_F(Utf8Test, TheUtf8DataOfAppendHasToBeEnabled) {
    TestClient client = log_in();
    EXPECT_TRUE(append_utf8(client, kUtf8Message).starts_with("t BAD"));
    EXPECT_TRUE(client.run("NOOP").starts_with("t OK")) << "the connection is usable";
    client.run("ENABLE IMAP4rev2");
    EXPECT_TRUE(has(append_utf8(client, kUtf8Message), "t OK [APPENDUID ")) << "so does IMAP4rev2";
}

// A client that has enabled nothing is shown the octets as they are, in literals, which may hold any (RFC 3501 §4.3).
TEST_F(Utf8Test, WhoHasEnabledNothingSeesUtf8InLiterals) {
    TestClient client = select_inbox();
    append(client, kUtf8Message);
    const std::string envelope = client.run("FETCH 1 ENVELOPE");
    EXPECT_TRUE(has(envelope,
                    "{7}\r\nGr\xC3\xBC\xC3\x9F"
                    "e "))
        << envelope;
    EXPECT_FALSE(has(envelope, "\"Gr\xC3\xBC")) << envelope;
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]"),
                    "}\r\nSubject: Gr\xC3\xBC\xC3\x9F"
                    "e\r\n\r\n)"));
}

class CompareTest : public Utf8Test {
  protected:
    TestClient with(std::initializer_list<std::string> messages) {
        TestClient client = select_inbox();
        for (const std::string& message : messages) append(client, message);
        client.run("NOOP");
        return client;
    }
};

// RFC 5255 §4.2, RFC 5051 §2
TEST_F(CompareTest, SearchComparesByUnicodeCasemap) {
    TestClient client =
        with({"Subject: =?utf-8?q?=C3=84rger?=\r\n\r\nx\r\n", "Subject: =?koi8-r?q?=F0=CF=DE=D4=C1?=\r\n\r\nx\r\n",
              "Subject: =?utf-8?q?Cafe=CC=81?=\r\n\r\nx\r\n", "Subject: =?utf-8?q?=EF=AC=81n?=\r\n\r\nx\r\n"});
    EXPECT_EQ(found(client, "CHARSET UTF-8 SUBJECT \"\xC3\xA4RGER\""), " 1");
    EXPECT_EQ(found(client, "CHARSET UTF-8 SUBJECT \"\xD0\xBF\xD0\xBE\xD1\x87\""), " 2") << "Cyrillic, from KOI8-R";
    EXPECT_EQ(found(client, "CHARSET UTF-8 SUBJECT \"CAF\xC3\xA9\""), " 3") << "composed finds decomposed";
    EXPECT_EQ(found(client, "SUBJECT fin"), "") << "a ligature is decomposed after it was given title case";
    EXPECT_EQ(found(client, "CHARSET UTF-8 SUBJECT \"\xEF\xAC\x81N\""), " 4");
    EXPECT_EQ(found(client, "CHARSET US-ASCII SUBJECT rger"), " 1");
}

TEST_F(CompareTest, SearchLooksThroughTransferEncodings) {
    TestClient client =
        with({"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n",
              "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
              "quoted-printable\r\n\r\nGr=FC=\r\n=DFe\r\n",
              "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n"});
    EXPECT_EQ(found(client,
                    "CHARSET UTF-8 BODY \"gr\xC3\x9C\xC3\x9F"
                    "e\""),
              " 1 2");
    EXPECT_EQ(found(client,
                    "CHARSET UTF-8 TEXT \"GR\xC3\xBC\xC3\x9F"
                    "E\""),
              " 1 2");
    EXPECT_EQ(found(client, "BODY R3LDv"), "") << "what is encoded is not what is read";
}

TEST_F(CompareTest, SearchLooksThroughCharsets) {
    TestClient client =
        with({"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1B$B4A;z\x1B(B\r\n",
              "Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xBA\xBA\xD7\xD6\r\n",
              "Content-Type: text/plain; charset=x-unknown\r\n\r\nplain\r\n"});
    EXPECT_EQ(found(client, "CHARSET UTF-8 BODY \"\xE6\xBC\xA2\xE5\xAD\x97\""), " 1");
    EXPECT_EQ(found(client, "CHARSET UTF-8 BODY \"\xE6\xB1\x89\xE5\xAD\x97\""), " 2");
    EXPECT_EQ(found(client, "BODY PLAIN"), " 3");
}

// RFC 5256 §3, RFC 5255 §4.2
TEST_F(CompareTest, SortComparesByUnicodeCasemap) {
    TestClient client =
        with({"Subject: zebra\r\n\r\nx\r\n", "Subject: =?iso-8859-1?q?=E4pfel?=\r\n\r\nx\r\n",
              "Subject: Bad\r\n\r\nx\r\n", "Subject: =?utf-8?b?QQ==?=pe\r\n\r\nx\r\n", "Subject: bac\r\n\r\nx\r\n"});
    EXPECT_EQ(untagged(client.run("SORT (SUBJECT) UTF-8 ALL")), "* SORT 4 2 5 3 1\r\n");
    EXPECT_EQ(untagged(client.run("SORT (REVERSE SUBJECT) US-ASCII ALL")), "* SORT 1 3 5 2 4\r\n");
}

// RFC 5256 §3, RFC 5255 §4.2
TEST_F(CompareTest, ThreadComparesByUnicodeCasemap) {
    TestClient client = with({"Subject: =?utf-8?q?=C3=84rger?=\r\n\r\nx\r\n", "Subject: other\r\n\r\nx\r\n",
                              "Subject: Re: =?iso-8859-1?q?=E4RGER?=\r\n\r\nx\r\n"});
    EXPECT_EQ(untagged(client.run("THREAD ORDEREDSUBJECT UTF-8 ALL")), "* THREAD (1 3)(2)\r\n");
    EXPECT_EQ(untagged(client.run("THREAD REFERENCES UTF-8 SUBJECT \"\xC3\x84RG\"")), "* THREAD (1 3)\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
