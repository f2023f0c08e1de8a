// Tests of lib/pop3/dot_stuffing.h and top.h: every message is also encoded in pieces of every size.
#include "lib/pop3/dot_stuffing.h"

#include <gtest/gtest.h>

#include <random>

#include "lib/pop3/top.h"

namespace posthouse::pop3 {
namespace {

std::string encoded_in_pieces(std::string_view message, std::size_t piece) {
    DotStuffer stuffer;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece) stuffer.encode(message.substr(at, piece), out);
    stuffer.finish(out);
    return out;
}

void expect_encoding(std::string_view message, std::string_view expected) {
    for (std::size_t piece = 1; piece <= message.size() + 1; ++piece)
        EXPECT_EQ(encoded_in_pieces(message, piece), expected) << "in pieces of " << piece;
}

/// The encoding, byte by byte.
std::string slow_encoding(std::string_view message) {
    std::string out;
    bool line_start = true;
    char last = 0;
    for (const char c : message) {
        if (line_start && c == '.') out += '.';
        if (c == '\n' && last != '\r') out += '\r';
        out += c;
        line_start = c == '\n';
        last = c;
    }
    if (!line_start) out += last == '\r' ? "\n" : "\r\n";
    return out + ".\r\n";
}

TEST(DotStuffer, LineEndsBecomeCrlf) {
    expect_encoding("a\nb\n", "a\r\nb\r\n.\r\n");
    expect_encoding("a\r\nb\r\n", "a\r\nb\r\n.\r\n");
    expect_encoding("a\r\nb\nc", "a\r\nb\r\nc\r\n.\r\n");
    expect_encoding("\n\n\n", "\r\n\r\n\r\n.\r\n");
}

TEST(DotStuffer, DotsAtLineStartsAreDoubled) {
    expect_encoding(".", "..\r\n.\r\n");
    expect_encoding(".\n..\n...a\nb.c\n.", "..\r\n...\r\n....a\r\nb.c\r\n..\r\n.\r\n");
    expect_encoding("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n");
}

TEST(DotStuffer, TheEndOfDataIsTheOnlyLoneDotAndAnEmptyMessageIsOnlyThat) {
    expect_encoding("", ".\r\n");
    expect_encoding("no end", "no end\r\n.\r\n");
    expect_encoding("cut\r", "cut\r\n.\r\n");
}

TEST(DotStuffer, ABareCrStaysAndStartsNoLine) {
    expect_encoding("a\r.b\n", "a\r.b\r\n.\r\n");
    expect_encoding("a\r\r\n", "a\r\r\n.\r\n");
}

TEST(DotStuffer, AgreesWithTheEncodingByteByByte) {
    std::mt19937 random(1939);
    for (int round = 0; round < 500; ++round) {
        std::string message(random() % 40, ' ');
        for (char& c : message) c = "a.\r\n"[random() % 4];
        expect_encoding(message, slow_encoding(message));
    }
}

std::string top(std::string_view message, std::uint64_t lines, std::size_t piece) {
    TopLimit limit(lines);
    std::string out;
    for (std::size_t at = 0; at < message.size() && !limit.done(); at += piece) {
        const std::string_view bytes = message.substr(at, piece);
        out += bytes.substr(0, limit.take(bytes));
    }
    return out;
}

void expect_top(std::string_view message, std::uint64_t lines, std::string_view expected) {
    for (std::size_t piece = 1; piece <= message.size(); ++piece)
        EXPECT_EQ(top(message, lines, piece), expected) << "in pieces of " << piece;
}

TEST(TopLimit, SendsHeaderEmptyLineAndTheLinesAskedFor) {
    expect_top("A: 1\nB: 2\n\none\ntwo\nthree\n", 0, "A: 1\nB: 2\n\n");
    expect_top("A: 1\nB: 2\n\none\ntwo\nthree\n", 2, "A: 1\nB: 2\n\none\ntwo\n");
    expect_top("A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n", 1, "A: 1\r\nB: 2\r\n\r\none\r\n");
}

TEST(TopLimit, MoreLinesThanThereAreGiveTheWholeMessage) {
    expect_top("A: 1\n\none\ntwo", 9, "A: 1\n\none\ntwo");
    expect_top("A: 1\n\none\n", UINT64_MAX, "A: 1\n\none\n");
}

TEST(TopLimit, AMessageWithoutBodyOrWithoutHeader) {
    expect_top("A: 1\nB: 2\n", 0, "A: 1\nB: 2\n");
    expect_top("\nbody\nmore\n", 1, "\nbody\n");
    expect_top("\r\nbody\r\n", 0, "\r\n");
}

TEST(TopLimit, OnlyAnEmptyLineEndsTheHeader) {
    expect_top("A: 1\n \n\t\n\r\r\n\nbody\n", 0, "A: 1\n \n\t\n\r\r\n\n");
    expect_top("A: 1\n\rx\n\nbody\n", 0, "A: 1\n\rx\n\n");
}

}  // namespace
}  // namespace posthouse::pop3
