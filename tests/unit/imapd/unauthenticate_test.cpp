// Tests of UNAUTHENTICATE (RFC 8437).
#include <string>

#include "lib/base/base64.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class UnauthenticateTest : public ImapTest {
  protected:
    static std::string plain() { return base64::encode(std::string("\0joe@example.org\0secret", 23)); }
    void TearDown() override {
        // Whatever a test did, others can still log in.
        TestClient other = log_in();
        EXPECT_EQ(other.run("NOOP"), "t OK NOOP completed\r\n");
    }
};

TEST_F(UnauthenticateTest, ItIsOfferedAndAllowedOnlyAfterLogIn) {
    TestClient client = server.connect();
    EXPECT_FALSE(has(client.read_until("* OK"), "UNAUTHENTICATE"));
    EXPECT_EQ(client.run("UNAUTHENTICATE"), "t BAD Log in first\r\n");
    client.run("LOGIN joe@example.org secret");
    EXPECT_TRUE(has(client.run("CAPABILITY"), " UNAUTHENTICATE "));
    EXPECT_TRUE(client.run("UNAUTHENTICATE now").starts_with("t BAD "));
    EXPECT_TRUE(client.run("UNAUTHENTICATE").starts_with("t OK [CAPABILITY IMAP4rev1 "));
    EXPECT_EQ(client.run("UNAUTHENTICATE"), "t BAD Log in first\r\n");
    EXPECT_EQ(client.run("LIST \"\" *"), "t BAD Log in first\r\n");
    EXPECT_TRUE(has(client.run("CAPABILITY"), "AUTH=PLAIN"));
}

TEST_F(UnauthenticateTest, TheMailboxIsLeftWithoutAnExpunge) {
    TestClient client = select_inbox();
    append(client, "Subject: x\r\n\r\nx\r\n");
    client.run("STORE 1 +FLAGS \\Deleted");
    EXPECT_TRUE(client.run("UNAUTHENTICATE").starts_with("t OK "));
    client.run("LOGIN joe@example.org secret");
    EXPECT_EQ(client.run("FETCH 1 FLAGS"), "t BAD Select a mailbox first\r\n");
    EXPECT_TRUE(has(client.run("SELECT INBOX"), "* 1 EXISTS\r\n"));
}

// RFC 8437 §3.1
TEST_F(UnauthenticateTest, WhatWasEnabledIsNoMore) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("ENABLE QRESYNC UIDONLY"), "* ENABLED QRESYNC UIDONLY\r\nt OK ENABLE completed\r\n");
    client.run("UNAUTHENTICATE");
    client.run("LOGIN joe@example.org secret");
    EXPECT_EQ(client.run("SELECT INBOX (QRESYNC (1 1))"), "t BAD QRESYNC must be enabled first\r\n");
    client.run("SELECT INBOX");
    append(client, "Subject: x\r\n\r\nx\r\n");
    EXPECT_EQ(client.run("FETCH 1 FLAGS"), "* 1 FETCH (FLAGS (\\Recent))\r\nt OK FETCH completed\r\n");
    EXPECT_EQ(client.run("STORE 1 FLAGS.SILENT \\Seen"), "t OK STORE completed\r\n") << "no MODSEQ";
    client.run("STORE 1 +FLAGS.SILENT \\Deleted");
    EXPECT_EQ(client.run("EXPUNGE"), "* 1 EXPUNGE\r\nt OK EXPUNGE completed\r\n");
}

TEST_F(UnauthenticateTest, WhatIsFoundIsForgotten) {
    TestClient client = select_inbox();
    append(client, "Subject: x\r\n\r\nx\r\n");
    client.run("SEARCH RETURN (SAVE) ALL");
    client.run("UNAUTHENTICATE");
    client.run("LOGIN joe@example.org secret");
    client.run("SELECT INBOX");
    EXPECT_EQ(client.run("FETCH $ UID"), "t OK FETCH completed\r\n");
}

// RFC 8437 §2: no round trip is lost.
TEST_F(UnauthenticateTest, TheNextLogInMayBeSentAtOnce) {
    TestClient client = log_in();
    client.send("t UNAUTHENTICATE\r\nu AUTHENTICATE PLAIN " + plain() + "\r\nv SELECT INBOX\r\n");
    EXPECT_TRUE(client.read_until("t ").starts_with("t OK "));
    EXPECT_TRUE(client.read_until("u ").starts_with("u OK "));
    EXPECT_TRUE(has(client.read_until("v "), "v OK [READ-WRITE]"));
}

// RFC 8437 §3.1: each side ends it with this command and its reply.
TEST_F(UnauthenticateTest, CompressionEndsAndMayBeginAnew) {
    TestClient client = log_in();
    for (int i = 0; i < 2; ++i) {
        client.run("COMPRESS DEFLATE");
        client.start_compression();
        EXPECT_TRUE(client.run("UNAUTHENTICATE").starts_with("t OK [CAPABILITY "));
        client.stop_compression();
        EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK "));
        EXPECT_TRUE(has(client.run("CAPABILITY"), " COMPRESS=DEFLATE"));
    }
}

TEST_F(UnauthenticateTest, BehindTheCompressedCommandTheNextLogInIsInClear) {
    TestClient client = log_in();
    client.run("COMPRESS DEFLATE");
    client.start_compression();
    net::Compression compression;
    client.send_raw(compression.deflate("t NOOP\r\n") + compression.deflate("t UNAUTHENTICATE\r\n") +
                    "u AUTHENTICATE PLAIN " + plain() + "\r\n");
    EXPECT_EQ(client.read_until("t "), "t OK NOOP completed\r\n");
    EXPECT_TRUE(client.read_until("t ").starts_with("t OK [CAPABILITY "));
    client.stop_compression();
    EXPECT_TRUE(client.read_until("u ").starts_with("u OK "));
}

TEST_F(UnauthenticateTest, TheEndOfTheFlushMayComeLater) {
    TestClient client = log_in();
    client.run("COMPRESS DEFLATE");
    client.start_compression();
    net::Compression compression;
    const std::string bytes = compression.deflate("t UNAUTHENTICATE\r\n");
    client.send_raw(bytes.substr(0, bytes.size() - 3));
    EXPECT_TRUE(client.read_until("t ").starts_with("t OK [CAPABILITY "));
    client.stop_compression();
    client.send_raw(bytes.substr(bytes.size() - 3) + "u NOOP\r\n");
    EXPECT_EQ(client.read_until("u "), "u OK NOOP completed\r\n");
}

TEST_F(UnauthenticateTest, WhoGoesOnCompressedIsDisconnected) {
    TestClient client = log_in();
    client.run("COMPRESS DEFLATE");
    client.start_compression();
    net::Compression compression;
    client.send_raw(compression.deflate("t UNAUTHENTICATE\r\nu NOOP\r\n"));
    EXPECT_FALSE(has(client.read_rest(), "u OK"));
    EXPECT_TRUE(client.is_closed());
}

TEST(Unauthenticated, TheBoundsBeforeLogInHoldAgain) {
    config::Config config;
    config.tls.allow_plain_login = true;
    config.imapd.connections_per_user = 1;
    ImapServer server(config);
    TestClient client = server.connect();
    client.read_until("* OK");
    client.run("LOGIN joe@example.org secret");
    EXPECT_TRUE(client.run("UNAUTHENTICATE").starts_with("t OK "));
    client.send("t NOOP {9000}\r\n");
    EXPECT_EQ(client.read_until("t "), "t BAD Literal too large\r\n");
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK ")) << "its place was given back";
}

TEST(Unauthenticated, WhoDoesNotLogInAgainInTimeHearsBye) {
    config::Config config;
    config.tls.allow_plain_login = true;
    config.imapd.login_timeout = std::chrono::milliseconds(300);
    ImapServer server(config);
    TestClient client = server.connect();
    client.read_until("* OK");
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK "));
    client.run("UNAUTHENTICATE");
    EXPECT_EQ(client.read_rest(), "* BYE Log-in took too long\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
