// Tests of lib/mime/content.h and parameters.h: the examples of RFC 2045, RFC 2183 and RFC 2231, then careless senders.
#include "lib/mime/content.h"

#include <gtest/gtest.h>

#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

/// The parameter of a Content-Type in UTF-8.
std::optional<std::string> parameter(std::string_view value, std::string_view name) {
    const auto type = parse_content_type(value);
    return type ? parameter_text(type->parameters, name) : std::nullopt;
}

// RFC 2045 §5.1.
TEST(ContentType, AQuotedValueAndACommentMeanTheSameAsTheTokenAlone) {
    for (const std::string_view value :
         {"text/plain; charset=us-ascii (Plain text)", "text/plain; charset=\"us-ascii\""}) {
        const auto type = parse_content_type(value);
        ASSERT_TRUE(type);
        EXPECT_TRUE(type->is("TEXT", "Plain"));
        EXPECT_EQ(type->parameters, (Parameters{{"charset", "us-ascii", false}}));
    }
}

TEST(ContentType, CaseStaysAsSentAndTheDefaultCharsetIsUsAscii) {
    const auto type = parse_content_type(" TEXT / Html");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->type, "TEXT");
    EXPECT_EQ(type->subtype, "Html");
    EXPECT_EQ(type->charset(), "us-ascii");
    EXPECT_FALSE(type->is("text", "plain"));
}

TEST(ContentType, WithoutASubtypeThereIsNone) {
    for (const std::string_view value : {"", "text", "text/", "/plain", "; charset=x", "(text/plain)"}) {
        EXPECT_FALSE(parse_content_type(value)) << value;
    }
}

// RFC 2231 §3.
TEST(ContentType, ContinuationsAreJoined) {
    const auto type = parse_content_type(
        "message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/"
        "bulk-mailer.tar\"");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->parameters, (Parameters{{"access-type", "URL", false},
                                            {"URL", "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar", false}}));
}

// RFC 2231 §4.
TEST(ContentType, ExtendedValuesHaveACharsetAndALanguage) {
    const std::string_view value = "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
    EXPECT_EQ(parameter(value, "title"), "This is ***fun***");
    const auto type = parse_content_type(value);
    EXPECT_EQ(type->parameters, (Parameters{{"title", "us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", true}}));
}

// RFC 2231 §4.1.
TEST(ContentType, ContinuationsMayBePartlyExtended) {
    const std::string_view value =
        "application/x-stuff\r\n title*0*=us-ascii'en'This%20is%20even%20more%20\r\n"
        " title*1*=%2A%2A%2Afun%2A%2A%2A%20\r\n title*2=\"isn't it!\"";
    EXPECT_EQ(parameter(value, "title"), "This is even more ***fun*** isn't it!");
    const auto type = parse_content_type(value);
    ASSERT_EQ(type->parameters.size(), 1u);
    EXPECT_EQ(type->parameters[0].value, "us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!");
}

TEST(ContentType, ContinuationsMayComeInAnyOrderAndEndAtAGap) {
    EXPECT_EQ(parameter("a/b; n*1=two; n*0=one; n*3=four", "n"), "onetwo");
    EXPECT_EQ(parameter("a/b; n*1=two", "n*1"), "two");
    EXPECT_EQ(parameter("a/b; n*0*=utf-8''%C3; n*1*=%A4", "n"), "\xC3\xA4");
}

TEST(ContentType, TheExtendedFormOfAParameterIsPreferred) {
    EXPECT_EQ(parameter("a/b; name=\"Euro rates\"; name*=utf-8''%e2%82%ac%20rates", "name"), "\xE2\x82\xAC rates");
    EXPECT_EQ(parameter("a/b; name*=x-unknown''%E4", "name"), "\xC3\xA4");
    EXPECT_EQ(parameter("a/b; name*=100%25%zz", "name"), "100%%zz");
}

TEST(ContentType, EncodedWordsAndBare8BitBytesInParametersAreRead) {
    EXPECT_EQ(parameter("a/b; name=\"=?iso-8859-1?Q?gr=FCn.txt?=\"", "name"), "gr\xC3\xBCn.txt");
    EXPECT_EQ(parameter("a/b; name=gr\xFCn.txt", "name"), "gr\xC3\xBCn.txt");
}

TEST(ContentType, CarelessParametersAreRead) {
    EXPECT_EQ(parameter("a/b;; name = \"x\" ;", "NAME"), "x");
    EXPECT_EQ(parameter("a/b; name=my file.txt; x=y", "name"), "my file.txt");
    EXPECT_EQ(parameter("a/b; name=my file.txt; x=y", "x"), "y");
    EXPECT_EQ(parameter("a/b name=x charset=y", "charset"), "y");
    EXPECT_EQ(parameter("a/b; boundary=----=_Part_1.2", "boundary"), "----=_Part_1.2");
    EXPECT_EQ(parameter("a/b; name=\"unclosed", "name"), "unclosed");
    EXPECT_EQ(parameter("a/b; flag; \"stray\"; =z; name=x", "name"), "x");
    EXPECT_EQ(parameter("a/b; name=\"a\\\"b\"", "name"), "a\"b");
    EXPECT_FALSE(parameter("a/b; name", "name"));
}

TEST(ContentType, ParametersOverTheBoundAreNotRead) {
    std::string value = "a/b";
    for (std::size_t i = 0; i < max_parameters + 5; ++i) value += "; p" + std::to_string(i) + "=x";
    EXPECT_EQ(parse_content_type(value)->parameters.size(), max_parameters);
}

// RFC 2183 §2.10.
TEST(ContentDisposition, TypeAndFileNameAreRead) {
    const auto disposition = parse_content_disposition(
        "attachment; filename=genome.jpeg;\r\n modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\"");
    ASSERT_TRUE(disposition);
    EXPECT_EQ(disposition->type, "attachment");
    EXPECT_EQ(parameter_text(disposition->parameters, "filename"), "genome.jpeg");
    EXPECT_EQ(parameter_text(disposition->parameters, "modification-date"), "Wed, 12 Feb 1997 16:29:51 -0500");
    EXPECT_FALSE(parse_content_disposition("; filename=x"));
}

TEST(TransferEncoding, NamesAreReadWithoutCaseAndComments) {
    EXPECT_EQ(transfer_encoding(parse_encoding_name(" (c) Base64 (c)")), TransferEncoding::base64);
    EXPECT_EQ(transfer_encoding(parse_encoding_name("\"quoted-printable\"")), TransferEncoding::quoted_printable);
    EXPECT_EQ(parse_encoding_name("Quoted-Printable; x=y"), "Quoted-Printable");
    EXPECT_EQ(transfer_encoding("8BIT"), TransferEncoding::identity);
    EXPECT_EQ(transfer_encoding("x-uuencode"), TransferEncoding::unknown);
    EXPECT_EQ(parse_encoding_name("7 bit"), "");
}

// RFC 3282 §2.
TEST(ContentLanguage, TagsComeInOrder) {
    EXPECT_EQ(parse_content_language("en, fr (both), i-mingo"), (std::vector<std::string>{"en", "fr", "i-mingo"}));
    EXPECT_TRUE(parse_content_language(" , (none)").empty());
    std::string many;
    for (std::size_t i = 0; i < max_languages + 1; ++i) many += "en,";
    EXPECT_EQ(parse_content_language(many).size(), max_languages);
}

// RFC 2557 §4.4.2.
TEST(ContentLocation, WhiteSpaceThatFoldingPutInGoes) {
    EXPECT_EQ(parse_content_location(" http://www.example.com/very/\r\n long/path"),
              "http://www.example.com/very/long/path");
    EXPECT_EQ(parse_content_location("\"a.html\""), "a.html");
}

TEST(ContentMd5, CommentsAreNoPartOfIt) {
    EXPECT_EQ(parse_content_md5(" Q2hlY2sgSW50ZWdyaXR5IQ== (sum)"), "Q2hlY2sgSW50ZWdyaXR5IQ==");
}

}  // namespace
}  // namespace posthouse::mime
