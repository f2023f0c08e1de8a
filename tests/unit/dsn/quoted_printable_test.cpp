// Quoted-printable as RFC 2045 §6.7 has it.
#include "lib/dsn/quoted_printable.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/mime/transfer.h"

namespace posthouse::dsn {
namespace {

TEST(DsnQuotedPrintable, EncodesWhatIsNotPrintableAsciiAndEquals) {
    EXPECT_EQ(encode_quoted_printable("a=b \xc3\xb6!"), "a=3Db =C3=B6!");
    EXPECT_EQ(encode_quoted_printable(std::string_view("\0\x7f\r.", 4)), "=00=7F=0D.");
}

TEST(DsnQuotedPrintable, LineEndsStayAndSpaceBeforeThemIsEncoded) {
    EXPECT_EQ(encode_quoted_printable("a \r\nb\t\nc\r\n"), "a=20\r\nb=09\r\nc\r\n");
    EXPECT_EQ(encode_quoted_printable("a b "), "a b=20");
    EXPECT_EQ(encode_quoted_printable("a \r"), "a =0D");
}

TEST(DsnQuotedPrintable, LinesAreAtMost76Long) {
    const std::string out = encode_quoted_printable(std::string(500, 'x') + std::string(500, '='));
    for (const std::string_view line : ascii::split(out, '\n')) EXPECT_LE(line.size(), 77u);
    EXPECT_EQ(mime::decode_quoted_printable(out), std::string(500, 'x') + std::string(500, '='));
}

TEST(DsnQuotedPrintable, IsTheSameInPiecesOfAnySize) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += static_cast<char>((i * 7 + i / 11) % 256);
    text += " \r\n\r \n  \t\r\nend \r";
    const std::string whole = encode_quoted_printable(text);
    for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 100UL}) {
        std::string out;
        QuotedPrintableEncoder encoder;
        for (std::size_t at = 0; at < text.size(); at += step) {
            encoder.feed(std::string_view(text).substr(at, step), out);
        }
        encoder.finish(out);
        EXPECT_EQ(out, whole) << step;
    }
}

TEST(DsnSevenBit, IsWhatRfc2045Section27Says) {
    EXPECT_TRUE(is_seven_bit(""));
    EXPECT_TRUE(is_seven_bit("a\tb\r\n" + std::string(998, 'x') + "\r\n"));
    EXPECT_FALSE(is_seven_bit(std::string(999, 'x')));
    EXPECT_FALSE(is_seven_bit("ö"));
    EXPECT_FALSE(is_seven_bit("a\nb"));
    EXPECT_FALSE(is_seven_bit("a\rb"));
    EXPECT_FALSE(is_seven_bit(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace posthouse::dsn
