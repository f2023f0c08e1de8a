// Tests of lib/imap/bodystructure.h.
#include "lib/imap/bodystructure.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "lib/mime/structure_reader.h"

namespace posthouse::imap {
namespace {

std::string body_of_message(std::string_view message) { return body(message, mime::parse_structure(message)); }
std::string structure_of(std::string_view message) { return bodystructure(message, mime::parse_structure(message)); }

// RFC 9051 §7.5.2: a simple text message of 48 lines and 2279 octets.
TEST(BodyStructure, ASimpleTextMessage) {
    std::string message = "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n\n";
    for (int line = 0; line < 47; ++line) message += std::string(46, 'x') + "\n";
    message += std::string(2279 - 47 * 48 - 2, 'x') + "\n";
    EXPECT_EQ(body_of_message(message), "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 2279 48)");
    EXPECT_EQ(structure_of(message),
              "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 2279 48 NIL NIL NIL NIL)");
}

// RFC 9051 §7.5.2: a text and a BASE64 attachment.
TEST(BodyStructure, ATwoPartMessage) {
    const std::string_view message =
        "Content-Type: MULTIPART/MIXED; BOUNDARY=x\n\n--x\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\n"
        "Content-Transfer-Encoding: 7BIT\n\none\ntwo\n\n--x\n"
        "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=\"cc.diff\"\n"
        "Content-ID: <960723163407.20117h@cac.washington.edu>\nContent-Description: Compiler diff\n"
        "Content-Transfer-Encoding: BASE64\n\nYWJj\n\n--x--\n";
    const std::string parts =
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 10 2)"
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") "
        "\"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 6 1)";
    EXPECT_EQ(body_of_message(message), "(" + parts + " \"MIXED\")");
}

TEST(BodyStructure, ExtensionDataComesInItsOrder) {
    EXPECT_EQ(structure_of("Content-Type: multipart/mixed; boundary=x\nContent-Disposition: inline\n"
                           "Content-Language: en\nContent-Location: http://a/\n\n--x\nContent-Type: image/png\n"
                           "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n"
                           "Content-Disposition: attachment; filename*0*=utf-8''%C3%A4; filename*1=.png\n"
                           "Content-Language: de, fr\nContent-Location: a.png\n\nx\n--x--\n"),
              "((\"image\" \"png\" NIL NIL NIL \"7bit\" 1 \"Q2hlY2sgSW50ZWdyaXR5IQ==\" "
              "(\"attachment\" (\"filename*\" \"utf-8''%C3%A4.png\")) (\"de\" \"fr\") \"a.png\") "
              "\"mixed\" (\"boundary\" \"x\") (\"inline\" NIL) (\"en\") \"http://a/\")");
}

TEST(BodyStructure, AMessageInsideShowsItsEnvelopeItsBodyAndItsLines) {
    EXPECT_EQ(body_of_message("Content-Type: message/rfc822\n\nSubject: in\n\na\nb\n"),
              "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 21 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 6 2) 4)");
}

TEST(BodyStructure, ATextWithoutCharsetIsInUsAscii) {
    EXPECT_EQ(body_of_message("\nx"), "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)");
    EXPECT_EQ(body_of_message("Content-Type: text/html; a=b\n\nx"),
              "(\"text\" \"html\" (\"a\" \"b\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)");
    EXPECT_EQ(body_of_message("Content-Type: image/png\n\nx"), "(\"image\" \"png\" NIL NIL NIL \"7bit\" 1)");
}

TEST(BodyStructure, WhatMustHaveAPartGetsAnEmptyOne) {
    EXPECT_EQ(structure_of("Content-Type: multipart/mixed\n\nx"),
              "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) \"mixed\" NIL NIL "
              "NIL NIL)");
    EXPECT_EQ(body_of_message("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTo=\n"),
              "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 6 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) 1)");
}

TEST(BodyStructure, ManyLongEnvelopesDoNotGrowWithoutEnd) {
    std::string message = "Content-Type: multipart/digest; boundary=x\n\n";
    std::string from = "From: ";
    for (int i = 0; i < 2000; ++i) from += "a,";
    for (int i = 0; i < 400; ++i) message += "--x\n\n" + from + "\n\n";
    const std::string shown = body_of_message(message);
    EXPECT_LT(shown.size(), 5U << 20U);
    EXPECT_TRUE(shown.contains("MISSING_DOMAIN"));
    EXPECT_TRUE(shown.ends_with("\"7bit\" 0 0) 2) \"digest\")")) << shown.substr(shown.size() - 80);
}

TEST(BodyStructure, ManyLongParametersDoNotGrowWithoutEnd) {
    std::string message = "Content-Type: multipart/mixed; boundary=x\n\n";
    const std::string long_one = ";\n a=" + std::string(900, 'v');
    for (int i = 0; i < 3000; ++i)
        message += "--x\nContent-Type: text/html; charset=koi8-r" + long_one + long_one +
                   "\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment" + long_one + "\n\n\n";
    message += "--x--\n";
    mime::StructureReader reader;
    reader.feed(message);
    const mime::Outline outline = std::move(reader).outline();
    EXPECT_LE(outline.headers.size(), mime::max_outline);
    for (const std::string& shown : {structure_of(message), bodystructure(outline.headers, outline.structure)}) {
        EXPECT_GT(shown.size(), 3U << 20U);
        EXPECT_LT(shown.size(), 6U << 20U);
        EXPECT_TRUE(shown.contains("(\"attachment\" (\"a\" \"vv"));
        // Of the last parts what has to be known to decode them.
        EXPECT_TRUE(
            shown.ends_with("(\"text\" \"html\" (\"charset\" \"koi8-r\") NIL NIL \"base64\" 0 0 NIL NIL NIL NIL)"
                            " \"mixed\" NIL NIL NIL NIL)"))
            << shown.substr(shown.size() - 200);
    }
}

TEST(BodyStructure, AMultipartOverABoundIsBytes) {
    const std::string_view message = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\n";
    EXPECT_EQ(body(message, mime::parse_structure(message, {.depth = 1})),
              "(\"application\" \"octet-stream\" (\"boundary\" \"x\") NIL NIL \"7bit\" 17)");
}

TEST(BodyStructure, BodyIsBodyStructureWithoutExtensionData) {
    for (const std::string_view message :
         {"", "Subject: a\n\nb\n", "Content-Type: image/png; name=\"a\\\"(b\"\nContent-Disposition: attachment\n\nx",
          "Content-Type: text/html\nContent-MD5: 123\nContent-ID: <caf\xe9)>\nContent-Language: en, de\n\nx",
          "Content-Type: multipart/mixed\n\nx",
          "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n"
          "Subject: \"in\"\nFrom: a@b\nContent-Type: multipart/digest; boundary=y\n\n--y\n\nTo: c\n\nd\n--y--\n"
          "--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTo=\n--x--\n"}) {
        EXPECT_EQ(imap::body_of(structure_of(message)), body_of_message(message)) << message;
    }
}

TEST(BodyStructure, ABodyStructureThatIsNoneHasNoBody) {
    const std::string good =
        structure_of("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-ID: caf\xe9\n\na\n");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(imap::body_of(std::string_view(good).substr(0, size)), std::nullopt) << size;
    }
    EXPECT_EQ(imap::body_of(good + ")"), std::nullopt);
    EXPECT_EQ(imap::body_of(std::string(100'000, '(')), std::nullopt);
    EXPECT_EQ(imap::body_of("(\"a\" {99999999999999999999}\r\n"), std::nullopt);
}

}  // namespace
}  // namespace posthouse::imap
