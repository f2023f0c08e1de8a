// Downgrades to 7 bit (RFC 6152 §3); those of binary are in binary_test.cpp, too.
#include "lib/mime/downgrade.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/structure.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

std::string written(const Downgrade& downgrade) {
    std::string out;
    EXPECT_TRUE(downgrade.write([&](std::string_view piece) {
        out += piece;
        return Result<>{};
    }));
    return out;
}

std::string seven_bit(std::string_view message, SignedParts signed_parts = SignedParts::keep) {
    const Downgrade downgrade(message, LineForm::seven_bit, signed_parts);
    return downgrade.complete() ? written(downgrade) : "incomplete";
}

/// What the part with this index decodes to.
std::string decoded(std::string_view message, std::size_t index) {
    const Structure structure = parse_structure(message);
    return index < structure.parts.size()
               ? decode_transfer(structure.parts[index].encoding, structure.parts[index].body.of(message))
               : "no such part";
}

TEST(Downgrade, MostlyAsciiBecomesQuotedPrintable) {
    EXPECT_EQ(seven_bit("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: 8bit\r\n\r\nEin schöner Gruß, und noch viel mehr.\r\n"),
              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
              "Ein sch=C3=B6ner Gru=C3=9F, und noch viel mehr.\r\n");
}

TEST(Downgrade, MostlyOtherTextBecomesBase64) {
    const std::string text = "Привет, как дела?\r\n";
    const std::string message = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text;
    const std::string result = seven_bit(message);
    EXPECT_TRUE(result.starts_with("MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n")) << result;
    EXPECT_EQ(decoded(result, 0), text);
}

TEST(Downgrade, TextThatDoesNotKnowMimeGetsItsFields) {
    EXPECT_EQ(seven_bit("Subject: x\r\n\r\nEin Gru\xdf mit langem Text\r\n"),
              "Subject: x\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
              "Ein Gru=DF mit langem Text\r\n");
}

TEST(Downgrade, PartsAreEncodedAndWhatIsAroundThemSays7bit) {
    const std::string message =
        "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain after all\r\n"
        "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\nein schöner Text\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\nx\n\xff\r\n"
        "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b--\r\n";
    EXPECT_EQ(
        seven_bit(message),
        "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Transfer-Encoding: 7bit\r\n\r\nplain after all\r\n"
        "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nein sch=C3=B6ner Text\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\neAr/\r\n"
        "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b--\r\n");
}

TEST(Downgrade, MessagesInsideAreNeverEncodedAsAWhole) {
    EXPECT_EQ(
        seven_bit(
            "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            "Subject: inside\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\nein Gru\xdf, lang\r\n"),
        "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        "Subject: inside\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        "ein Gru=DF, lang\r\n");
}

TEST(Downgrade, InternationalisedMessagesInsideAreEncodedAsAWhole) {
    const std::string inside = "Subject: Gr\xc3\xbc\xc3\x9f\x65\r\n\r\nplain text that is long enough\r\n";
    const std::string message =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
        inside + "\r\n--b--\r\n";
    const std::string result = seven_bit(message);
    EXPECT_NE(result.find("Content-Transfer-Encoding: quoted-printable\r\n\r\nSubject: Gr=C3=BC=C3=9Fe\r\n"),
              std::string::npos)
        << result;
    EXPECT_EQ(decoded(result, 1), inside);
}

TEST(Downgrade, WhatIsAsciiIsCopied) {
    for (const std::string_view text :
         {"Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain\r\n", "", "Subject: x", "a: b\n\nplain\n",
          "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n"}) {
        const Downgrade downgrade(text, LineForm::seven_bit);
        EXPECT_FALSE(downgrade.changes());
        EXPECT_TRUE(downgrade.complete());
        EXPECT_FALSE(downgrade.breaks_dkim());
        EXPECT_EQ(written(downgrade), text);
    }
}

TEST(Downgrade, WhatNoPartHoldsIsToldOf) {
    for (const std::string_view text :
         {"Subject: Gr\xc3\xbc\xc3\x9f\x65\r\n\r\nplain\r\n", "Content-Transfer-Encoding: x-own\r\n\r\n\xff\r\n",
          "Content-Transfer-Encoding: base64\r\n\r\nYQ==\xff\r\n",
          "Content-Type: multipart/mixed; boundary=b\r\n\r\n\xff\r\n--b\r\n\r\ntext\r\n--b--\r\n",
          "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n\xff\r\n",
          "Content-Type: message/delivery-status\r\n\r\nX: \xff\r\n", "X: \xff", "\xff"}) {
        const Downgrade downgrade(text, LineForm::seven_bit);
        EXPECT_FALSE(downgrade.complete()) << text;
        EXPECT_FALSE(downgrade.concerns_signature());
    }
}

constexpr std::string_view signed_message =
    "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; micalg=pgp-sha256;\r\n"
    " protocol=\"application/pgp-signature\"\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nein schöner Text\r\n"
    "--b\r\nContent-Type: application/pgp-signature\r\n\r\nsignature\r\n--b--\r\n";

TEST(Downgrade, WhatIsSignedIsLeftAloneAndToldOf) {
    const Downgrade downgrade(signed_message, LineForm::seven_bit);
    EXPECT_FALSE(downgrade.complete());
    EXPECT_TRUE(downgrade.concerns_signature());
    EXPECT_FALSE(downgrade.changes());
    EXPECT_EQ(written(downgrade), signed_message);
}

TEST(Downgrade, ASignatureIsBrokenOnWishOnly) {
    const Downgrade downgrade(signed_message, LineForm::seven_bit, SignedParts::encode);
    EXPECT_TRUE(downgrade.complete());
    EXPECT_TRUE(downgrade.concerns_signature());
    EXPECT_NE(written(downgrade).find("quoted-printable\r\n\r\nein sch=C3=B6ner Text\r\n--b\r\n"), std::string::npos);
}

TEST(Downgrade, SignedPartsOfAsciiDoNotHinder) {
    const std::string inner(
        "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Transfer-Encoding: 8bit\r\n\r\nascii\r\n"
        "--s\r\nContent-Type: application/pgp-signature\r\n\r\nsignature\r\n--s--\r\n");
    const std::string message = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
                                inner + "\r\n--b\r\n\r\nein schöner Text\r\n--b--\r\n";
    const Downgrade downgrade(message, LineForm::seven_bit);
    EXPECT_TRUE(downgrade.complete());
    EXPECT_FALSE(downgrade.concerns_signature());
    EXPECT_NE(written(downgrade).find(inner), std::string::npos);
}

TEST(Downgrade, ADkimSignatureThatBreaksIsToldOf) {
    const std::string header = "DKIM-Signature: v=1; a=rsa-sha256\r\nSubject: x\r\n\r\n";
    EXPECT_TRUE(Downgrade(header + "\xff\r\n", LineForm::seven_bit).breaks_dkim());
    EXPECT_FALSE(Downgrade(header + "ascii\r\n", LineForm::seven_bit).breaks_dkim());
    EXPECT_FALSE(Downgrade(header + "\xff\r\n", LineForm::eight_bit).breaks_dkim());
}

TEST(Downgrade, AStoredMessageKeepsItsLineEnds) {
    EXPECT_EQ(seven_bit("Subject: x\n\nein langer Gru\xdf\n"),
              "Subject: x\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\nein langer Gru=DF\n");
    const std::string result = seven_bit("MIME-Version: 1.0\n\nПривет\nкак\n");
    EXPECT_EQ(result.find('\r'), std::string::npos);
    EXPECT_EQ(decoded(result, 0), "Привет\r\nкак\r\n");
}

TEST(Downgrade, WhatIsLongIsDecodedToTheSame) {
    std::string body;
    for (int i = 0; i < 3000; ++i)
        body += "Zeile " + std::to_string(i) + " mit Ümlaut und viel mehr Text, der lang ist\r\n";
    for (const std::string& part : {body, std::string(200'000, '\xe4'), body + std::string(100'000, 'x')}) {
        const std::string message =
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + part +
            "\r\n--b--\r\n";
        const std::string result = seven_bit(message);
        EXPECT_TRUE(std::ranges::none_of(result, ascii::is_8bit));
        EXPECT_EQ(decoded(result, 1), part);
        for (std::string_view line : ascii::split(result, '\n')) ASSERT_LE(line.size(), 77U) << line;
        EXPECT_FALSE(Downgrade(result, LineForm::seven_bit).changes());
    }
}

TEST(Downgrade, AFailureToWriteIsGiven) {
    for (const std::string_view message : {"a: b\r\n\r\n\xff", "a: b\r\n\r\nbody"}) {
        const Result<> done = Downgrade(message, LineForm::seven_bit).write([](std::string_view) -> Result<> {
            return fail(ErrorCode::no_space, "full");
        });
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::no_space);
    }
}

}  // namespace
}  // namespace posthouse::mime
