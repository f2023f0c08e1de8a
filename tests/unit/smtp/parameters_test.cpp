// Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), AUTH (RFC 4954), SMTPUTF8 (RFC 6531), DSN (RFC 3461).
#include "lib/smtp/parameters.h"

#include <gtest/gtest.h>

#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

constexpr Offered everything{true, true, true, true, true};

std::string mail_failure(std::string_view text, const Offered& offered = everything) {
    const auto parameters = parse_mail_parameters(text, offered);
    return parameters ? "accepted" : std::to_string(parameters.error().code) + " " + parameters.error().status;
}
std::string rcpt_failure(std::string_view text, const Offered& offered = everything) {
    const auto parameters = parse_rcpt_parameters(text, offered);
    return parameters ? "accepted" : std::to_string(parameters.error().code) + " " + parameters.error().status;
}

TEST(Parameters, ReadsEveryParameterOfMail) {
    const auto parameters = parse_mail_parameters(
        " SIZE=1000 BODY=8BITMIME SMTPUTF8 AUTH=e+3Dmc2@example.com RET=HDRS ENVID=QQ314159", everything);
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->size, 1000u);
    EXPECT_EQ(parameters->body, Body::eight_bit_mime);
    EXPECT_TRUE(parameters->smtputf8);
    EXPECT_EQ(parameters->auth, "e=mc2@example.com");
    EXPECT_EQ(parameters->ret, DsnReturn::headers);
    EXPECT_EQ(parameters->envelope_id, "QQ314159");
}

TEST(Parameters, ReadsEveryParameterOfRcpt) {
    const auto parameters = parse_rcpt_parameters(" NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob@Example.COM", everything);
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->notify, (DsnNotify{.success = true, .failure = false, .delay = true}));
    EXPECT_EQ(parameters->original_type, "rfc822");
    EXPECT_EQ(parameters->original_recipient, "Bob@Example.COM");
    EXPECT_EQ(parse_rcpt_parameters(" NOTIFY=NEVER", everything)->notify, DsnNotify{});
}

TEST(Parameters, WhatIsNotOfferedIsNotSupported) {
    const Offered nothing{};
    for (const char* text :
         {" SIZE=1", " BODY=7BIT", " SMTPUTF8", " AUTH=<>", " RET=FULL", " ENVID=x", " FOO", " FOO=1"}) {
        EXPECT_EQ(mail_failure(text, nothing), "555 5.5.4") << text;
    }
    EXPECT_EQ(rcpt_failure(" NOTIFY=NEVER", nothing), "555 5.5.4");
    EXPECT_EQ(rcpt_failure(" ORCPT=rfc822;a@b", nothing), "555 5.5.4");
    EXPECT_EQ(mail_failure(" BODY=BINARYMIME"), "555 5.5.4");
}

TEST(Parameters, MalformedValuesAreSyntaxErrors) {
    for (const char* text :
         {" SIZE", " SIZE=", " SIZE=-1", " SIZE=1x", " SIZE=99999999999999999999", " SIZE=000000000000000000001",
          " BODY", " SMTPUTF8=1", " AUTH=a", " AUTH=+0A", " RET=ALL", " ENVID=+0", " -X=1", " =1", " X!=1"}) {
        EXPECT_EQ(mail_failure(text), "501 5.5.4") << text;
    }
    for (const char* text : {" NOTIFY=", " NOTIFY=NEVER,DELAY", " NOTIFY=DELAY,DELAY", " NOTIFY=,", " ORCPT=rfc822",
                             " ORCPT=;a@b", " ORCPT=rfc822;", " ORCPT=rfc822;+00"}) {
        EXPECT_EQ(rcpt_failure(text), "501 5.5.4") << text;
    }
}

TEST(Parameters, ARepeatedParameterIsASyntaxError) { EXPECT_EQ(mail_failure(" SIZE=1 size=2"), "501 5.5.4"); }

TEST(Parameters, SizeMayBeAnyNumberOfSixtyFourBits) {
    EXPECT_EQ(parse_mail_parameters(" SIZE=18446744073709551615", everything)->size, UINT64_MAX);
}

TEST(Parameters, ManyParametersAreRefusedSoon) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += " SIZE=" + std::to_string(i);
    EXPECT_EQ(mail_failure(text), "501 5.5.4");
}

TEST(Xtext, EncodesAllBytesAndBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(decode_xtext(encode_xtext(bytes)), bytes);
    EXPECT_EQ(encode_xtext("a+b=c d"), "a+2Bb+3Dc+20d");
}

TEST(Xtext, RefusesWhatIsNoXtext) {
    for (const char* text : {"+", "+4", "+4g", "+ab", "a=b", "a b", "\xc3\xbc"})
        EXPECT_FALSE(decode_xtext(text)) << text;
}

}  // namespace
}  // namespace posthouse::smtp
