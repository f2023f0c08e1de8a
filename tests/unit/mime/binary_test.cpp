// Tests of lib/mime/binary.h.
#include "lib/mime/binary.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/mime/section.h"
#include "lib/mime/structure.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

std::string encoded(std::string_view message) {
    std::string out;
    const Result<> done = encode_binary(message, [&](std::string_view piece) {
        out += piece;
        return Result<>{};
    });
    return done ? out : "error: " + done.error().text;
}

const std::string kOctets("a\nb\0\r\r\n\xff", 8);

TEST(BinaryParts, AMessageInBinaryBecomesBase64) {
    EXPECT_EQ(encoded("Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\n" + kOctets),
              "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQpiAA0NCv8=\r\n");
}

TEST(BinaryParts, PartsAreEncodedAndWhatIsAroundThemSaysSo) {
    const std::string message =
        "MIME-Version: 1.0\r\ncontent-transfer-encoding:\r\n BINARY (really)\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n" +
        kOctets + "\r\n--b\r\n\r\n" + std::string("nul\0", 4) +
        "\r\n--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\ntext\xff\r\n--b--\r\nepilogue\r\n";
    const std::string safe = encoded(message);
    EXPECT_EQ(
        safe,
        "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "preamble\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nYQpiAA0NCv8="
        "\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nbnVsAA==\r\n"
        "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\ntext\xff\r\n--b--\r\nepilogue\r\n");
    const Structure structure = parse_structure(safe);
    ASSERT_EQ(structure.parts.size(), 4U);
    EXPECT_EQ(decode_transfer(structure.parts[1].encoding, structure.parts[1].body.of(safe)), kOctets);
}

TEST(BinaryParts, PartsOfMessagesInsideAreEncodedToo) {
    EXPECT_EQ(encoded("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\n\n"),
              "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\nCg==\r\n");
}

TEST(BinaryParts, WhatIsLongHasLinesOf76) {
    const std::string octets(100'000, '\0');
    const std::string safe = encoded("\r\n" + octets);
    ASSERT_TRUE(safe.starts_with("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(76, 'A') + "\r\n"));
    EXPECT_EQ(decode_base64(safe.substr(safe.find("\r\n\r\n"))), octets);
    for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 2) {
        end = safe.find("\r\n", at);
        ASSERT_LE((end == std::string::npos ? safe.size() : end) - at, 76U);
    }
}

TEST(BinaryParts, TextIsCopied) {
    for (const char* text : {"Subject: x\r\n\r\nbody\r\n", "", "Subject: x", "a: b\n\nbare\n",
                             "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n"
                             "--b\r\n\r\ntext\r\n--b--\r\n"})
        EXPECT_EQ(encoded(text), text);
}

TEST(BinaryParts, WhatNoPartHoldsIsRefused) {
    const std::string nul(1, '\0');
    for (const std::string& message :
         {"Subject: " + nul + "\r\n\r\nbody\r\n", "Subject: x" + nul,
          "Content-Transfer-Encoding: base64\r\n\r\nYQ" + nul + "==\r\n",
          "Content-Transfer-Encoding: x-own\r\n\r\n" + nul,
          "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + nul + "\r\n--b\r\n\r\ntext\r\n--b--\r\n",
          "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\n" + nul +
              "\r\n--b--\r\n",
          std::string("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\nbare\nline\r\n--b--\r\n")})
        EXPECT_EQ(encoded(message), "error: Binary octets where they can't be encoded") << message;
}

TEST(BinaryParts, AFailureToWriteIsGiven) {
    const Result<> done = encode_binary("a: b\r\n\r\nbody",
                                        [](std::string_view) -> Result<> { return fail(ErrorCode::no_space, "full"); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::no_space);
}

}  // namespace
}  // namespace posthouse::mime
