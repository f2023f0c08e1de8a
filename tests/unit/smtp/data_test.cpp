// The content of DATA: RFC 5321 §4.5.2, and that nothing but CRLF.CRLF ends it.
#include <gtest/gtest.h>

#include "lib/smtp/data_decoder.h"
#include "lib/smtp/data_encoder.h"

namespace posthouse::smtp {
namespace {

struct Decoded {
    std::string content;
    std::string rest;
    DataDecoder decoder;
};

Decoded decode(std::string_view wire, const DataPolicy& policy = {}, std::size_t piece = std::string_view::npos) {
    Decoded out{{}, {}, DataDecoder(policy)};
    std::size_t at = 0;
    while (at < wire.size() && !out.decoder.done()) {
        at += out.decoder.feed(wire.substr(at, piece), out.content);
    }
    out.rest = wire.substr(at);
    return out;
}

constexpr DataPolicy lenient{BareLf::normalize, BareCr::keep, Nul::keep};

TEST(DataDecoder, EndsAtTheDotAndLeavesTheNextCommand) {
    const auto result = decode("Blah\r\n.\r\nQUIT\r\n");
    EXPECT_TRUE(result.decoder.done());
    EXPECT_EQ(result.content, "Blah\r\n");
    EXPECT_EQ(result.rest, "QUIT\r\n");
    EXPECT_FALSE(result.decoder.refusal());
}

TEST(DataDecoder, TheCrlfOfTheCommandCountsForAnEmptyMessage) {
    const auto result = decode(".\r\n");
    EXPECT_TRUE(result.decoder.done());
    EXPECT_EQ(result.content, "");
}

TEST(DataDecoder, DropsOneLeadingDot) { EXPECT_EQ(decode("..\r\n..a\r\n.b\r\n.\r\n").content, ".\r\n.a\r\nb\r\n"); }

TEST(DataDecoder, CountsLinesSizeAndLongestLine) {
    const auto facts = decode("ab\r\n..abc\r\n\r\nx\xc3\r\n.\r\n").decoder.facts();
    EXPECT_EQ(facts.lines, 4u);
    EXPECT_EQ(facts.size, 4u + 6 + 2 + 4);
    EXPECT_EQ(facts.longest_line, 4u);
    EXPECT_TRUE(facts.has_8bit);
}

TEST(DataDecoder, NothingElseEndsTheData) {
    for (const char* smuggled : {"a\n.\n", "a\n.\r\n", "a\r.\r", "a\r.\r\n", "a\r\n.\n", "a\r\n.\r", "a\r\n\r.\r\n",
                                 "a\r\n.\r\r\n", "a\r\n. \r\n", "\n.\r\n", "a\n\n.\r\n"}) {
        for (const DataPolicy& policy : {DataPolicy(), lenient}) {
            const auto result = decode(std::string(smuggled) + "MAIL FROM:<x@y.example>\r\n", policy);
            EXPECT_FALSE(result.decoder.done()) << smuggled;
            const auto ended = decode(std::string(smuggled) + "\r\n.\r\nNOOP\r\n", policy);
            EXPECT_TRUE(ended.decoder.done()) << smuggled;
            EXPECT_EQ(ended.rest, "NOOP\r\n") << smuggled;
        }
    }
}

/// Each way of writing a line end before and after the dot: only one of them ends the data.
TEST(DataDecoder, EveryVariantOfTheEndButOneIsContent) {
    for (const std::string_view before : {"\r\n", "\n", "\r", "\n\r", "\r\r\n", "\r\n\n", "\n\r\n", " "}) {
        for (const std::string_view after : {"\r\n", "\n", "\r", "\n\r", "\r\r\n", " \r\n", "\t\r\n"}) {
            const std::string wire =
                "a" + std::string(before) + "." + std::string(after) + "MAIL FROM:<x@y.example>\r\n";
            const bool ends = before.ends_with("\r\n") && after == "\r\n";
            for (const DataPolicy& policy : {DataPolicy(), lenient}) {
                const auto result = decode(wire, policy);
                EXPECT_EQ(result.decoder.done(), ends) << testing::PrintToString(wire);
                if (ends) EXPECT_EQ(result.rest, "MAIL FROM:<x@y.example>\r\n");
            }
        }
    }
}

/// All texts of up to 7 of these characters, in any pieces: the data ends where CRLF.CRLF does and nowhere else.
TEST(DataDecoder, TheEndIsThatOfTheRfcWhateverComes) {
    constexpr std::string_view characters = "\r\n.a";
    for (std::size_t length = 1; length <= 7; ++length) {
        for (std::size_t number = 0; number < (std::size_t{1} << (2 * length)); ++number) {
            std::string wire;
            for (std::size_t i = 0; i < length; ++i) wire += characters[(number >> (2 * i)) & 3U];
            const std::size_t end = ("\r\n" + wire).find("\r\n.\r\n");
            for (const DataPolicy& policy : {DataPolicy(), lenient}) {
                for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, wire.size()}) {
                    const auto result = decode(wire, policy, piece);
                    ASSERT_EQ(result.decoder.done(), end != std::string::npos) << testing::PrintToString(wire);
                    if (end != std::string::npos) ASSERT_EQ(result.rest, wire.substr(end + 3));
                }
            }
        }
    }
}

/// A server that takes bare LFs for line ends must not find an end in what we send, either.
TEST(DataDecoder, WhatIsSentOnHoldsNoEndForSloppyServers) {
    const auto result = decode("a\n.\nb\r\n..\r\n.\n.\r\nMAIL FROM:<x@y.example>\n.\r\nc\r\n.\r\n",
                               {.bare_lf = BareLf::normalize, .bare_cr = BareCr::reject, .nul = Nul::reject});
    ASSERT_TRUE(result.decoder.done());
    ASSERT_FALSE(result.decoder.refusal());
    DataEncoder encoder;
    std::string sent;
    encoder.feed(result.content, sent);
    encoder.finish(sent);
    std::string sloppy;
    for (const char c : sent) {
        if (c != '\r') sloppy += c;
    }
    EXPECT_EQ(("\n" + sloppy).find("\n.\n"), sloppy.size() - 2) << sent;
}

TEST(DataDecoder, CountedContentHasDotsWithoutMeaning) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
        constexpr std::string_view wire = ".a\r\n.\r\n..\r\nb";
        DataDecoder decoder({}, Framing::counted);
        std::string content;
        for (std::size_t at = 0; at < wire.size(); at += piece) {
            EXPECT_EQ(decoder.feed(wire.substr(at, piece), content), wire.substr(at, piece).size());
        }
        EXPECT_FALSE(decoder.done());
        decoder.finish(content);
        EXPECT_TRUE(decoder.done());
        EXPECT_FALSE(decoder.refusal());
        EXPECT_EQ(content, ".a\r\n.\r\n..\r\nb\r\n");
        EXPECT_EQ(decoder.facts().lines, 4u);
        EXPECT_EQ(decoder.facts().size, content.size());
    }
}

TEST(DataDecoder, CountedContentEndsInNoBareCr) {
    DataDecoder decoder({}, Framing::counted);
    std::string content;
    decoder.feed("a\r", content);
    EXPECT_FALSE(decoder.refusal());
    decoder.finish(content);
    ASSERT_TRUE(decoder.refusal());
    EXPECT_EQ(decoder.refusal()->status, "5.6.11");
}

TEST(DataDecoder, BareLfIsRefusedWithItsLine) {
    const auto result = decode("one\r\ntwo\nthree\nfour\r\n.\r\n");
    ASSERT_TRUE(result.decoder.refusal());
    EXPECT_EQ(result.decoder.refusal()->to_wire(),
              "550 5.6.11 bare LF in message data at line 2; lines must end in CRLF\r\n");
    EXPECT_EQ(result.decoder.facts().bare_lf, 2u);
}

TEST(DataDecoder, BareLfIsNormalizedOnWish) {
    const auto result = decode("one\ntwo\r\n..x\n..y\n.\n.\r\nz\r\n.\r\n", lenient);
    EXPECT_FALSE(result.decoder.refusal());
    EXPECT_EQ(result.content, "one\r\ntwo\r\n.x\r\n.y\r\n.\r\n.\r\nz\r\n");
}

TEST(DataDecoder, BareCrIsRefusedWithItsLineOrKept) {
    const auto result = decode("one\r\n\r\nthr\ree\r\n.\r\n");
    EXPECT_EQ(result.decoder.refusal()->to_wire(),
              "550 5.6.11 bare CR in message data at line 3; lines must end in CRLF\r\n");
    EXPECT_EQ(decode("a\rb\r\r\n\r\r\n.\rc\r\n.\r\n", lenient).content, "a\rb\r\r\n\r\r\n\rc\r\n");
    EXPECT_EQ(decode("a\rb\r\r\n\r\r\n.\rc\r\n.\r\n", lenient).decoder.facts().bare_cr, 4u);
}

TEST(DataDecoder, NulIsRefusedWithItsLineOrKept) {
    using namespace std::string_view_literals;
    const auto result = decode("one\r\nt\0o\r\nthree\0\r\n.\r\n"sv);
    EXPECT_EQ(result.decoder.refusal()->to_wire(), "550 5.6.0 NUL in message data at line 2\r\n");
    EXPECT_EQ(result.decoder.facts().nul, 2u);
    EXPECT_EQ(decode("t\0o\r\n.\r\n"sv, lenient).content, "t\0o\r\n"sv);
}

TEST(DataDecoder, TooMuchIsSwallowedAndRefused) {
    DataPolicy policy;
    policy.max_size = 10;
    EXPECT_FALSE(decode("12345678\r\n.\r\n", policy).decoder.refusal());
    const auto result = decode("123456789\r\nmore\r\n.\r\nQUIT\r\n", policy);
    EXPECT_TRUE(result.decoder.done());
    EXPECT_EQ(result.rest, "QUIT\r\n");
    EXPECT_LE(result.content.size(), 10u);
    EXPECT_EQ(result.decoder.facts().size, 17u);
    EXPECT_EQ(result.decoder.refusal()->code, 552);
}

TEST(DataDecoder, PiecesOfAnySizeGiveTheSameResult) {
    using namespace std::string_view_literals;
    constexpr auto wire = "a\r\n..b\r\n.\rc\r\n\r\r\n\n.\n.\r\nx\0y\r\r\nz\n\n..\r\n.d\xff\r\n.\r\nrest"sv;
    const auto whole = decode(wire, lenient);
    ASSERT_TRUE(whole.decoder.done());
    EXPECT_EQ(whole.rest, "rest");
    for (std::size_t piece = 1; piece < wire.size(); ++piece) {
        const auto pieces = decode(wire, lenient, piece);
        EXPECT_EQ(pieces.content, whole.content) << piece;
        EXPECT_EQ(pieces.rest, whole.rest) << piece;
        EXPECT_EQ(pieces.decoder.facts(), whole.decoder.facts()) << piece;
    }
}

std::string encode(std::string_view content, std::size_t piece = std::string_view::npos) {
    DataEncoder encoder;
    std::string out;
    for (std::size_t at = 0; at < content.size(); at += std::min(piece, content.size())) {
        encoder.feed(content.substr(at, piece), out);
    }
    encoder.finish(out);
    return out;
}

TEST(DataEncoder, StuffsDotsAndEndsTheData) {
    EXPECT_EQ(encode("a\r\n.b\r\n..\r\n"), "a\r\n..b\r\n...\r\n.\r\n");
    EXPECT_EQ(encode(""), ".\r\n");
    EXPECT_EQ(encode(".\r\n"), "..\r\n.\r\n");
}

TEST(DataEncoder, MakesLineEndsCrlf) {
    EXPECT_EQ(encode("a\n.b\nno end"), "a\r\n..b\r\nno end\r\n.\r\n");
    EXPECT_EQ(encode("a\n.b\r\n", 1), "a\r\n..b\r\n.\r\n");
}

TEST(DataEncoder, LongLinesAreLeftAlone) {
    const std::string line(100'000, '.');
    EXPECT_EQ(encode(line + "\r\n", 1000), "." + line + "\r\n.\r\n");
}

TEST(DataEncoder, WhatItEncodesIsDecodedToTheSame) {
    for (const std::string_view content : {"", ".\r\n", "\r\n.\r\n", "a\r\n.\r\n..\r\n", "a\rb\r\n"}) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
            const auto result = decode(encode(content, piece), lenient);
            EXPECT_TRUE(result.decoder.done());
            EXPECT_EQ(result.content, content);
            EXPECT_EQ(result.rest, "");
        }
    }
}

}  // namespace
}  // namespace posthouse::smtp
