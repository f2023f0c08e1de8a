// What a report finds out of the message it returns.
#include "lib/dsn/content.h"

#include <gtest/gtest.h>

#include "lib/dsn/notification.h"

namespace posthouse::dsn {
namespace {

Content scan(std::string_view text, std::size_t step = 4096, std::string boundary = "=_b") {
    ContentScanner scanner(std::move(boundary));
    for (std::size_t at = 0; at < text.size(); at += step) scanner.feed(text.substr(at, step));
    return scanner.finish(true);
}

TEST(DsnContent, TheHeaderIsAllBeforeTheEmptyLineWithCrlf) {
    for (const std::size_t step : {1UL, 2UL, 5UL, 100UL}) {
        const Content content = scan("From: a@x\r\nSubject: b\n c\r\n\r\nbody: no field\r\n", step);
        EXPECT_EQ(content.header, "From: a@x\r\nSubject: b\r\n c\r\n") << step;
        EXPECT_EQ(content.size, 44u);
        EXPECT_TRUE(content.whole);
        EXPECT_FALSE(content.eight_bit);
    }
}

TEST(DsnContent, AMessageMayBeAllHeader) {
    EXPECT_EQ(scan("From: a@x\r\nSubject: b").header, "From: a@x\r\nSubject: b\r\n");
    EXPECT_EQ(scan("").header, "");
    EXPECT_EQ(scan("\r\nbody").header, "");
}

TEST(DsnContent, EightBitBytesAreToldOfHeaderAndBody) {
    EXPECT_TRUE(scan("Subject: ö\r\n\r\n").header_eight_bit);
    const Content body = scan("Subject: o\r\n\r\nö");
    EXPECT_FALSE(body.header_eight_bit);
    EXPECT_TRUE(body.eight_bit);
}

TEST(DsnContent, OfAnEndlessHeaderWholeFieldsAreKept) {
    std::string text = "First: 1\r\n";
    while (text.size() < max_returned_header - 200) text += "Filler: " + std::string(80, 'x') + "\r\n";
    const std::string kept = text;
    text += "Long: " + std::string(100, 'y') + "\r\n " + std::string(max_returned_header, 'z') + "\r\nLast: 1\r\n\r\n";
    for (const std::size_t step : {1UL, 4096UL}) EXPECT_EQ(scan(text, step).header, kept);
}

TEST(DsnContent, ALineWithoutEndTakesNoMemoryBeyondTheBound) {
    ContentScanner scanner("=_b");
    const std::string piece(1u << 20, 'x');
    for (int i = 0; i < 20; ++i) scanner.feed(piece);
    const Content content = scanner.finish(true);
    EXPECT_EQ(content.header, "");
    EXPECT_EQ(content.size, 20u << 20);
}

TEST(DsnContent, SeesALineThatBeginsWithTheBoundary) {
    for (const std::size_t step : {1UL, 3UL, 100UL}) {
        EXPECT_TRUE(scan("A: b\r\n\r\nx\r\n--=_bcd\r\n", step).boundary_occurs);
        EXPECT_TRUE(scan("--=_b\r\n", step).boundary_occurs);
        EXPECT_FALSE(scan("A: b\r\n\r\nx --=_b\r\n--=_\r\nb", step).boundary_occurs);
    }
}

TEST(DsnContent, TheHeaderIsEnoughForWhoReturnsNoMore) {
    ContentScanner scanner("=_b");
    scanner.feed("A: b\r\n");
    EXPECT_FALSE(scanner.header_done());
    scanner.feed("\r");
    scanner.feed("\n");
    EXPECT_TRUE(scanner.header_done());
    EXPECT_FALSE(scanner.finish(false).whole);
}

TEST(DsnBoundary, IsOneThatEncodedPartsCantHold) {
    EXPECT_EQ(make_boundary("0123abc"), "=_0123abc");
    EXPECT_EQ(make_boundary("a\"\r\n;"), "=_axxxx");
    EXPECT_LE(make_boundary(std::string(100, 'a')).size(), 70u);
}

}  // namespace
}  // namespace posthouse::dsn
