// Encoders: RFC 2045 §6.7, §6.8.
#include "lib/mime/transfer_encoder.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

std::string as_quoted(std::string_view body, std::string_view line_end = "\r\n") {
    std::string out;
    const Write write = [&](std::string_view piece) {
        out += piece;
        return Result<>{};
    };
    EXPECT_TRUE(write_quoted_printable(body, line_end, write));
    return out;
}

std::string base64_of(std::string_view octets, std::size_t piece, bool ends_line) {
    std::string out;
    const Write write = [&](std::string_view text) {
        out += text;
        return Result<>{};
    };
    Base64Writer writer("\r\n", write);
    for (std::size_t at = 0; at < octets.size(); at += piece) EXPECT_TRUE(writer.feed(octets.substr(at, piece)));
    EXPECT_TRUE(writer.finish(ends_line));
    return out;
}

void expect_short_lines(std::string_view text) {
    for (std::string_view line : ascii::split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        ASSERT_LE(line.size(), 76U) << line;
    }
}

TEST(QuotedPrintable, EscapesWhatIsNotPrintable) {
    EXPECT_EQ(as_quoted("caf\xc3\xa9 = 5\r\n"), "caf=C3=A9 =3D 5\r\n");
    EXPECT_EQ(as_quoted(std::string("\0\x7f\r.", 4)), "=00=7F=0D.");
    EXPECT_EQ(as_quoted(""), "");
}

TEST(QuotedPrintable, LineEndsStayAndWhiteSpaceBeforeThemIsEscaped) {
    EXPECT_EQ(as_quoted("a \r\n\tb\t\r\n \nc "), "a=20\r\n\tb=09\r\n=20\nc=20");
}

TEST(QuotedPrintable, LongLinesAreBrokenSoftly) {
    const std::string line(76, 'a');
    EXPECT_EQ(as_quoted(line + "\r\n"), line + "\r\n");
    EXPECT_EQ(as_quoted(line + "a\r\n"), line.substr(1) + "=\r\naa\r\n");
    EXPECT_EQ(as_quoted(line.substr(1) + "\xff\n", "\n"), line.substr(1) + "=\n=FF\n");
}

TEST(QuotedPrintable, NoBreakMakesABoundary) {
    const std::string body = std::string(75, 'a') + "--boundary--" + std::string(75, 'b');
    EXPECT_EQ(as_quoted(body),
              std::string(75, 'a') + "=\r\n=2D-boundary--" + std::string(61, 'b') + "=\r\n" + std::string(14, 'b'));
}

TEST(QuotedPrintable, IsDecodedToTheSame) {
    std::string octets;
    for (int i = 0; i < 256; ++i) octets += static_cast<char>(i);
    for (const std::string& body : {octets, std::string(200'000, '-'), std::string(200'000, ' '),
                                    std::string(100'000, '\xff') + "\r\nx", std::string(28'000, '\xff') + " "}) {
        const std::string text = as_quoted(body);
        EXPECT_EQ(decode_quoted_printable(text), body);
        expect_short_lines(text);
    }
}

TEST(Base64Writer, GivesTheSameWhateverThePieces) {
    std::string octets;
    for (int i = 0; i < 70'000; ++i) octets += static_cast<char>(i * 7);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{57}, std::size_t{58},
                                   std::size_t{512 * 57}, std::size_t{512 * 57 + 1}, octets.size()}) {
        const std::string_view some = std::string_view(octets).substr(0, size);
        for (const bool ends_line : {false, true}) {
            const std::string whole = base64_of(some, 1'000'000, ends_line);
            EXPECT_EQ(base64_of(some, 1000, ends_line), whole);
            EXPECT_EQ(decode_base64(whole), some);
            EXPECT_EQ(whole.ends_with("\r\n"), ends_line && size > 0);
            expect_short_lines(whole);
        }
    }
}

}  // namespace
}  // namespace posthouse::mime
