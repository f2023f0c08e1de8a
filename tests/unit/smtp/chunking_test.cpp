// BDAT: the examples of RFC 3030 §4, and the order of chunks (§2).
#include "lib/smtp/chunking.h"

#include <gtest/gtest.h>

#include <vector>

namespace posthouse::smtp {
namespace {

struct Chunk {
    Bdat command;
    std::string octets;
};

/// The replies to chunks as they come in pieces of `piece` bytes; "ok" stands for a message that is whole.
struct Conversation {
    explicit Conversation(const DataPolicy& policy = {}, std::optional<Body> body = std::nullopt)
        : receiver(policy, body) {}

    std::string send(const Chunk& chunk, std::optional<Reply> refused = std::nullopt, std::size_t piece = 3) {
        receiver.begin(chunk.command, std::move(refused));
        const std::string wire = chunk.octets + "NEXT";
        std::size_t at = 0;
        while (receiver.remaining() != 0) {
            const std::size_t taken = receiver.feed(std::string_view(wire).substr(at, piece), content);
            if (taken == 0) return "stuck";
            at += taken;
        }
        if (wire.substr(at) != "NEXT") return "out of step";
        const auto reply = receiver.end(content);
        return reply ? reply->to_wire() : "ok";
    }

    ChunkReceiver receiver;
    std::string content;
};

Chunk chunk(std::string octets, bool last = false) { return {{octets.size(), last}, std::move(octets)}; }

TEST(Chunking, OneChunkIsAMessage) {
    Conversation conversation;
    EXPECT_EQ(conversation.send(chunk("To: Susan@random.com\r\nFrom: Sam@random.com\r\n\r\nhi\r\n", true)), "ok");
    EXPECT_EQ(conversation.content, "To: Susan@random.com\r\nFrom: Sam@random.com\r\n\r\nhi\r\n");
    EXPECT_TRUE(conversation.receiver.finished());
}

TEST(Chunking, ChunksAreJoinedWhereverTheyAreDivided) {
    const std::string message = "a: b\r\n\r\n.\r\n..\r\nend\r\n";
    for (std::size_t size = 1; size <= message.size(); ++size) {
        Conversation conversation;
        for (std::size_t at = 0; at < message.size(); at += size) {
            const std::string octets = message.substr(at, size);
            EXPECT_EQ(conversation.send(chunk(octets)),
                      "250 2.0.0 " + std::to_string(octets.size()) + " octets received\r\n");
        }
        EXPECT_EQ(conversation.send(chunk("", true)), "ok");
        EXPECT_EQ(conversation.content, message);
    }
}

TEST(Chunking, EmptyChunksAreChunks) {
    Conversation conversation;
    EXPECT_EQ(conversation.send(chunk("")), "250 2.0.0 0 octets received\r\n");
    EXPECT_FALSE(conversation.receiver.finished());
    EXPECT_EQ(conversation.send(chunk("", true)), "ok");
    EXPECT_EQ(conversation.content, "");
}

TEST(Chunking, NothingFollowsTheLastChunk) {
    Conversation conversation;
    EXPECT_EQ(conversation.send(chunk("a\r\n", true)), "ok");
    EXPECT_EQ(conversation.send(chunk("b\r\n", true)), "503 5.5.1 BDAT after the last chunk\r\n");
    EXPECT_EQ(conversation.content, "a\r\n");
}

TEST(Chunking, WhatIsNotInOrderIsSkippedAndTheNextCommandFound) {
    Conversation conversation;
    const Reply no_mail(503, "5.5.1", "BDAT: send MAIL first");
    EXPECT_EQ(conversation.send(chunk("RSET\r\nMAIL FROM:<x@y.example>\r\n"), no_mail), no_mail.to_wire());
    EXPECT_EQ(conversation.send(chunk("more", true)), no_mail.to_wire());
    EXPECT_EQ(conversation.content, "");
    EXPECT_TRUE(conversation.receiver.finished());
}

TEST(Chunking, AFailureIsToldForEveryChunkAfterIt) {
    Conversation conversation;
    EXPECT_EQ(conversation.send(chunk("one\r\n")), "250 2.0.0 5 octets received\r\n");
    const Reply full(452, "4.3.1", "Insufficient system storage, try again later");
    EXPECT_EQ(conversation.send(chunk("two\r\n"), full), full.to_wire());
    EXPECT_EQ(conversation.send(chunk("three\r\n")), full.to_wire());
    EXPECT_EQ(conversation.send(chunk("four\r\n", true)), full.to_wire());
    EXPECT_EQ(conversation.content, "one\r\n");
}

TEST(Chunking, TheSizeIsBoundedBeforeTheOctetsCome) {
    const DataPolicy policy{.max_size = 10};
    Conversation fits(policy);
    EXPECT_EQ(fits.send(chunk("12345678")), "250 2.0.0 8 octets received\r\n");
    EXPECT_EQ(fits.send(chunk("\r\n", true)), "ok");
    Conversation large(policy);
    EXPECT_EQ(large.send(chunk("12345678")), "250 2.0.0 8 octets received\r\n");
    EXPECT_EQ(large.send(chunk("90\r\n")), "552 5.3.4 Message is larger than 10 bytes\r\n");
    EXPECT_EQ(large.send(chunk("x", true)), "552 5.3.4 Message is larger than 10 bytes\r\n");
    EXPECT_EQ(large.content, "12345678");
    ChunkReceiver endless(policy);
    endless.begin({UINT64_MAX, false});
    EXPECT_EQ(endless.remaining(), UINT64_MAX);
    std::string content;
    EXPECT_EQ(endless.feed("some", content), 4u);
    EXPECT_EQ(content, "");
}

TEST(Chunking, ALastLineGetsItsEnd) {
    Conversation conversation;
    EXPECT_EQ(conversation.send(chunk("no end", true)), "ok");
    EXPECT_EQ(conversation.content, "no end\r\n");
}

TEST(Chunking, BareLineEndsAreRefusedAsInData) {
    for (const char* smuggled : {"a\n.\nb\r\n", "a\r.\rb\r\n", "a\n.\r\nb\r\n", "a\r\n.\rb\r\n", "a\r"}) {
        Conversation conversation;
        const std::string reply = conversation.send(chunk(smuggled, true));
        EXPECT_TRUE(reply.starts_with("550 5.6.11 bare ")) << reply;
    }
    Conversation divided;
    EXPECT_EQ(divided.send(chunk("a\r")), "250 2.0.0 2 octets received\r\n");
    EXPECT_EQ(divided.send(chunk("\nb\r\n", true)), "ok");
    EXPECT_EQ(divided.content, "a\r\nb\r\n");
}

TEST(Chunking, BinaryContentMayHoldAnything) {
    const std::string octets("a\nb\r\0\r\r\n\xff.\r\n.", 13);
    Conversation conversation({}, Body::binary_mime);
    EXPECT_EQ(conversation.send(chunk(octets, true)), "ok");
    EXPECT_EQ(conversation.content, octets);
    EXPECT_EQ(conversation.receiver.facts().size, octets.size());
    EXPECT_EQ(conversation.receiver.facts().nul, 1u);
}

}  // namespace
}  // namespace posthouse::smtp
