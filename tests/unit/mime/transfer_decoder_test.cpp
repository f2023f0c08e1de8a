// Tests of TransferDecoder (lib/mime/transfer.h): pieces give what the whole gives. Decoding itself: encoding_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

std::string in_pieces(TransferEncoding encoding, std::string_view text, std::size_t size) {
    TransferDecoder decoder(encoding);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size) decoder.feed(text.substr(at, size), out);
    decoder.finish(out);
    return out;
}

TEST(TransferDecoder, PiecesOfAnySizeGiveWhatTheWholeGives) {
    const std::string_view quoted = "a=E4 \t\r\nb= \t\r\n=3D=\nlast =4\r\n\rx\r \r\n= =ZZ==41 \r";
    const std::string_view base64 = "SGVs\r\nbG8s\n IHdv*cmxkIQ==YWI=Y";
    for (std::size_t size = 1; size <= quoted.size(); ++size) {
        EXPECT_EQ(in_pieces(TransferEncoding::quoted_printable, quoted, size), decode_quoted_printable(quoted)) << size;
        EXPECT_EQ(in_pieces(TransferEncoding::base64, base64, size), decode_base64(base64)) << size;
        EXPECT_EQ(in_pieces(TransferEncoding::identity, base64, size), base64) << size;
    }
}

TEST(TransferDecoder, ALineWithoutEndIsNotHeld) {
    std::string line;
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
        line += "=4" + std::to_string(i % 10) + " = ";
        expected += static_cast<char>('@' + i % 10);
        expected += " = ";
    }
    TransferDecoder decoder(TransferEncoding::quoted_printable);
    std::string out;
    for (std::size_t at = 0; at < line.size(); at += 7) {
        decoder.feed(std::string_view(line).substr(at, 7), out);
        ASSERT_LE(line.substr(0, at).size() / 2, out.size() + 2 * TransferDecoder::max_held);
    }
    decoder.feed("=\r\nend", out);
    decoder.finish(out);
    EXPECT_EQ(out, expected + "end");
}

TEST(TransferDecoder, EndlessWhiteSpaceCountsAsText) {
    const std::string spaces(2 * TransferDecoder::max_held, ' ');
    const std::string out = in_pieces(TransferEncoding::quoted_printable, "a" + spaces + "\r\n", 100);
    EXPECT_TRUE(out.starts_with("a   "));
    EXPECT_TRUE(out.ends_with("\r\n"));
    EXPECT_EQ(decode_quoted_printable("a" + std::string(1000, ' ') + "\r\n"), "a\r\n");
}

TEST(TransferDecoder, ACopyGoesOnByItself) {
    TransferDecoder first(TransferEncoding::base64);
    std::string out;
    first.feed("YWJ", out);
    TransferDecoder second = first;
    std::string other;
    second.feed("j", other);
    first.finish(out);
    EXPECT_EQ(out, "ab");
    EXPECT_EQ(other, "abc");
}

}  // namespace
}  // namespace posthouse::mime
