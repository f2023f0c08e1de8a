// BDAT: chunks are one message, octets are never taken for commands, and binary content becomes lines.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

const std::string envelope = "EHLO x\r\nMAIL FROM:<s@client.example>\r\nRCPT TO:<alice@local.example>\r\n";

std::string chunk(std::string_view octets, bool last = false) {
    return "BDAT " + std::to_string(octets.size()) + (last ? " LAST\r\n" : "\r\n") + std::string(octets);
}

TEST(Chunking, AMessageInChunksIsDeliveredAsOne) {
    World world;
    const std::string output =
        world.talk(envelope + chunk("Subject: x\r\n") + chunk("\r\n.\r\n..a") + chunk("\r\nend", true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 250 250 221") << output;
    EXPECT_TRUE(world.lmtpd.messages.at(0).content.ends_with("\r\nSubject: x\r\n\r\n.\r\n..a\r\nend\r\n"))
        << world.lmtpd.messages[0].content;
}

TEST(Chunking, AnEmptyLastChunkEndsTheMessage) {
    World world;
    EXPECT_EQ(codes(world.talk(envelope + chunk("a\r\n") + chunk("", true) + "QUIT\r\n")),
              "220 250 250 250 250 250 221");
    EXPECT_TRUE(world.lmtpd.messages.at(0).content.ends_with("\r\na\r\n"));
}

TEST(Chunking, OctetsOfRefusedChunksAreNoCommands) {
    World world;
    const std::string commands = "MAIL FROM:<evil@client.example>\r\nRCPT TO:<bob@local.example>\r\nDATA\r\nx\r\n.\r\n";
    // Before EHLO, without a transaction, without a recipient, after the last one.
    const std::string output = world.talk(chunk(commands) + "EHLO x\r\n" + chunk(commands, true) +
                                          "MAIL FROM:<s@client.example>\r\nRCPT TO:<nobody@local.example>\r\n" +
                                          chunk(commands) + chunk(commands, true) +
                                          "RCPT TO:<alice@local.example>\r\nRSET\r\nMAIL FROM:<s@client.example>\r\n"
                                          "RCPT TO:<alice@local.example>\r\n" +
                                          chunk("x\r\n", true) + chunk(commands, true) + "NOOP\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 503 250 503 250 550 554 554 503 250 250 250 250 503 250 221") << output;
    ASSERT_EQ(world.lmtpd.messages.size(), 1u);
    EXPECT_EQ(world.lmtpd.messages[0].recipients, std::vector<std::string>{"alice@local.example"});
}

TEST(Chunking, WhatFollowsARefusedChunkIsNoMessage) {
    World world;
    const std::string output = world.talk("EHLO x\r\nMAIL FROM:<s@client.example>\r\n" + chunk("Subject: x\r\n\r\n") +
                                          "RCPT TO:<alice@local.example>\r\n" + chunk("rest\r\n", true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 554 503 554 221") << output;
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Chunking, WithoutLoginOctetsAreSkippedToo) {
    World world;
    EXPECT_EQ(
        codes(world.talk_encrypted("EHLO x\r\n" + chunk("QUIT\r\nQUIT\r\n", true) + "NOOP\r\nQUIT\r\n", "submissions")),
        "220 250 530 250 221");
}

TEST(Chunking, ASizeThatCannotBeReadEndsTheSession) {
    for (const std::string_view line : {"BDAT", "BDAT x", "BDAT -1", "BDAT 99999999999999999999", "BDAT 5 FIRST",
                                        "BDAT 0x5", "BDAT 5LAST", "BDAT LAST", "BDAT +5"}) {
        World world;
        const std::string output = world.talk(envelope + std::string(line) + "\r\nNOOP\r\nQUIT\r\n");
        EXPECT_EQ(codes(output), "220 250 250 250 501") << line;
    }
    World world;
    const std::string output = world.talk(envelope + "BDAT 6 LAST" + std::string(70'000, ' ') + "\r\nNOOP\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 500");
}

TEST(Chunking, ChunksAndOtherWaysDoNotMix) {
    World world;
    const std::string output =
        world.talk(envelope + chunk("a\r\n") + "DATA\r\nRCPT TO:<bob@local.example>\r\nMAIL FROM:<>\r\nNOOP\r\n" +
                   chunk("b\r\n", true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 503 503 503 250 250 221") << output;
    EXPECT_EQ(codes(world.talk(envelope + chunk("a\r\n") + "RSET\r\n" + chunk("b\r\n", true) + "QUIT\r\n")),
              "220 250 250 250 250 250 503 221");
    EXPECT_EQ(world.lmtpd.messages.size(), 1u);
}

TEST(Chunking, ARefusalHoldsForTheRestOfTheMessage) {
    World world;
    world.frame.settings.smtpd.message_size_limit = 1024;
    const std::string big(600, 'x');
    const std::string output = world.talk(envelope + chunk(big) + chunk(big) + chunk("a") + chunk("b", true) +
                                          "MAIL FROM:<s@client.example>\r\nRCPT TO:<alice@local.example>\r\n" +
                                          chunk("a\r\n", true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 552 552 552 250 250 250 221") << output;
    EXPECT_EQ(world.lmtpd.messages.size(), 1u);
}

TEST(Chunking, LinesHaveToEndAsElsewhere) {
    World world;
    const std::string output = world.talk(envelope + chunk("a\nb\r\n.\r\n") + chunk("c\r\n", true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 550 550 221") << output;
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Chunking, AChunkThatBreaksOffLeavesNothing) {
    World world;
    EXPECT_EQ(codes(world.talk(envelope + "BDAT 400000 LAST\r\n" + std::string(399999, 'x'))), "220 250 250 250");
    EXPECT_TRUE(world.lmtpd.messages.empty());
    EXPECT_TRUE(std::filesystem::is_empty(world.frame.settings.general.spool_folder + "/incoming"));
}

TEST(Chunking, LargeMessagesGoThroughTheSpool) {
    World world;
    world.run(world.lmtpd.stop());
    std::string text = "Subject: large\r\n\r\n";
    for (int i = 0; text.size() < 500000; ++i) text += "line " + std::to_string(i) + "\r\n";
    std::string chunks;
    for (std::size_t at = 0; at < text.size(); at += 70001)
        chunks += chunk(std::string_view(text).substr(at, 70001), at + 70001 >= text.size());
    const std::string output = world.talk(envelope + chunks + "QUIT\r\n");
    EXPECT_NE(output.find("queued as"), std::string::npos) << output;
    EXPECT_TRUE(world.only_queued().content.ends_with("\r\n" + text));
}

const std::string binary_envelope =
    "EHLO x\r\nMAIL FROM:<s@client.example> BODY=BINARYMIME\r\nRCPT TO:<alice@local.example>\r\n";
const std::string binary_header =
    "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n";

TEST(Chunking, BinaryBecomesBase64) {
    World world;
    const std::string output =
        world.talk(binary_envelope + chunk(binary_header) + chunk("a\0b\n\r\n.\r\nc"s, true) + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 250 221") << output;
    const std::string& content = world.lmtpd.messages.at(0).content;
    EXPECT_NE(content.find("Content-Transfer-Encoding: base64\r\n"), std::string::npos) << content;
    EXPECT_NE(content.find("\r\nYQBiCg0KLg0KYw=="), std::string::npos) << content;
}

TEST(Chunking, LargeBinaryBecomesBase64Too) {
    World world;
    std::string octets;
    for (unsigned i = 0; octets.size() < 500000; ++i) octets += static_cast<char>(i * 7919 >> 3);
    const std::string output = world.talk(binary_envelope + chunk(binary_header) + chunk(octets, true) + "QUIT\r\n");
    EXPECT_NE(output.find("Ok: delivered"), std::string::npos) << output;
    EXPECT_GT(world.lmtpd.messages.at(0).content.size(), 500000u * 4 / 3);
    EXPECT_FALSE(world.lmtpd.messages[0].content.contains('\0'));
    EXPECT_TRUE(std::filesystem::is_empty(world.frame.settings.general.spool_folder + "/incoming"));
}

TEST(Chunking, BinaryWhereNoEncodingCanStandIsRefused) {
    World world;
    EXPECT_NE(
        world.talk(binary_envelope + chunk("Subject: a\0b\r\n\r\nx\r\n"s, true) + "QUIT\r\n").find("\r\n554 5.6.3 "),
        std::string::npos);
    EXPECT_EQ(codes(world.talk(binary_envelope + "DATA\r\nQUIT\r\n")), "220 250 250 250 503 221");
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Chunking, CommandsMayBePipelinedBehindChunks) {
    World world;
    const std::string one =
        "MAIL FROM:<s@client.example>\r\nRCPT TO:<alice@local.example>\r\n" + chunk("QUIT\r\n", true);
    EXPECT_EQ(codes(world.talk("EHLO x\r\n" + one + one + "NOOP\r\n" + one + "QUIT\r\n")),
              "220 250 250 250 250 250 250 250 250 250 250 250 221");
    EXPECT_EQ(world.lmtpd.messages.size(), 3u);
}

}  // namespace
}  // namespace posthouse::smtpd
