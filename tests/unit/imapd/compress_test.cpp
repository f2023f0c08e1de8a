// Tests of COMPRESS=DEFLATE (RFC 4978).
#include <string>
#include <thread>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class CompressTest : public ImapTest {
  protected:
    TestClient compressed() {
        TestClient client = log_in();
        EXPECT_EQ(client.run("COMPRESS DEFLATE"), "t OK Compression active\r\n");
        client.start_compression();
        return client;
    }
};

// RFC 4978 §3
TEST_F(CompressTest, EverythingAfterTheReplyIsCompressed) {
    TestClient client = compressed();
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
    EXPECT_TRUE(client.run("SELECT INBOX").ends_with("SELECT completed\r\n"));
    const std::string message = "Subject: x\r\n\r\n" + std::string(300'000, 'y') + "\r\n";
    append(client, message);
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[]"), message));
    EXPECT_FALSE(has(client.run("CAPABILITY"), "COMPRESS="));
    EXPECT_TRUE(client.run("COMPRESS DEFLATE").starts_with("t NO [COMPRESSIONACTIVE] "));
    EXPECT_TRUE(client.run("LOGOUT").ends_with("t OK LOGOUT completed\r\n"));
}

TEST_F(CompressTest, OnlyDeflateIsKnownAndOnlyAfterLogIn) {
    TestClient client = server.connect();
    client.read_until("* OK");
    EXPECT_TRUE(client.run("COMPRESS DEFLATE").starts_with("t BAD"));
    client.run("LOGIN joe@example.org secret");
    EXPECT_TRUE(has(client.run("CAPABILITY"), " COMPRESS=DEFLATE"));
    EXPECT_TRUE(client.run("COMPRESS LZ4").starts_with("t BAD"));
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

// What comes in one packet with the command is compressed already.
TEST_F(CompressTest, AClientNeedNotWaitWithWhatFollows) {
    TestClient client = log_in();
    net::Compression compression;
    client.send_raw("t COMPRESS DEFLATE\r\n" + compression.deflate("u NOOP\r\n"));
    EXPECT_EQ(client.read_until("t "), "t OK Compression active\r\n");
    client.start_compression();
    EXPECT_EQ(client.read_until("u "), "u OK NOOP completed\r\n");
}

TEST_F(CompressTest, WhatIsNotCompressedEndsTheConnection) {
    TestClient client = compressed();
    client.send_raw("t NOOP in clear, which is no DEFLATE\r\n");
    client.read_rest();
    EXPECT_TRUE(client.is_closed());
    TestClient other = log_in();
    EXPECT_EQ(other.run("NOOP"), "t OK NOOP completed\r\n");
}

TEST_F(CompressTest, AStreamThatInflatesWithoutEndIsAnOverlongLine) {
    TestClient client = compressed();
    net::Compression compression;
    // 64 MiB of one letter, in 64 KiB.
    std::string bomb;
    for (int i = 0; i < 64; ++i) bomb += compression.deflate(std::string(1 << 20, 'x'));
    EXPECT_LT(bomb.size(), 200'000u);
    client.send_raw(bomb);
    client.read_rest();
    EXPECT_TRUE(client.is_closed()) << "more than is skipped";
    TestClient other = log_in();
    EXPECT_EQ(other.run("NOOP"), "t OK NOOP completed\r\n");
}

TEST_F(CompressTest, WhoSendsWhatInflatesToNothingLeavesTimeForOthers) {
    TestClient client = compressed();
    const std::string empty_block("\x00\x00\x00\xff\xff", 5);
    std::string much;
    while (much.size() < 4'000'000) much += empty_block;
    std::thread sender([&] { client.send_raw(much); });
    TestClient other = log_in();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(other.run("NOOP"), "t OK NOOP completed\r\n");
    sender.join();
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
