// Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), AUTH (RFC 4954), SMTPUTF8 (RFC 6531), DSN
// (RFC 3461, RFC 6533), REQUIRETLS (RFC 8689), FUTURERELEASE (RFC 4865), DELIVERBY (RFC 2852), MT-PRIORITY (RFC 6710).
#include "lib/smtp/parameters.h"

#include <gtest/gtest.h>

#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

constexpr Offered everything{.size = true,
                             .eightbitmime = true,
                             .auth = true,
                             .smtputf8 = true,
                             .dsn = true,
                             .binarymime = true,
                             .requiretls = true,
                             .futurerelease = true,
                             .deliverby = true,
                             .mt_priority = true};

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
         {" SIZE=1", " BODY=7BIT", " SMTPUTF8", " AUTH=<>", " RET=FULL", " ENVID=x", " REQUIRETLS", " HOLDFOR=1",
          " HOLDUNTIL=2006-01-02T15:04:05Z", " BY=1;N", " MT-PRIORITY=1", " FOO", " FOO=1"}) {
        EXPECT_EQ(mail_failure(text, nothing), "555 5.5.4") << text;
    }
    EXPECT_EQ(rcpt_failure(" NOTIFY=NEVER", nothing), "555 5.5.4");
    EXPECT_EQ(rcpt_failure(" ORCPT=rfc822;a@b", nothing), "555 5.5.4");
    EXPECT_EQ(mail_failure(" BODY=BINARYMIME", Offered{.eightbitmime = true}), "555 5.5.4");
    EXPECT_EQ(mail_failure(" BODY=8BIT"), "555 5.5.4");
}

TEST(Parameters, MalformedValuesAreSyntaxErrors) {
    for (const char* text : {" SIZE",
                             " SIZE=",
                             " SIZE=-1",
                             " SIZE=1x",
                             " SIZE=99999999999999999999",
                             " SIZE=000000000000000000001",
                             " BODY",
                             " SMTPUTF8=1",
                             " REQUIRETLS=1",
                             " HOLDFOR",
                             " HOLDFOR=0",
                             " HOLDFOR=01",
                             " HOLDFOR=1000000000",
                             " HOLDFOR=-1",
                             " HOLDUNTIL=5",
                             " HOLDUNTIL=2006-02-30T00:00:00Z",
                             " BY=1",
                             " BY=;N",
                             " BY=1;",
                             " BY=1;X",
                             " BY=1;NR",
                             " BY=1;NTT",
                             " BY=+-1;N",
                             " BY=1000000000;N",
                             " BY=x;N",
                             " MT-PRIORITY=10",
                             " MT-PRIORITY=-0",
                             " MT-PRIORITY=+1",
                             " MT-PRIORITY=-",
                             " MT-PRIORITY=a",
                             " AUTH=a",
                             " AUTH=+0A",
                             " RET=ALL",
                             " ENVID=+0",
                             " -X=1",
                             " =1",
                             " X!=1"}) {
        EXPECT_EQ(mail_failure(text), "501 5.5.4") << text;
    }
    for (const char* text : {" NOTIFY=",
                             " NOTIFY=NEVER,DELAY",
                             " NOTIFY=DELAY,DELAY",
                             " NOTIFY=,",
                             " ORCPT=rfc822",
                             " ORCPT=;a@b",
                             " ORCPT=rfc822;",
                             " ORCPT=rfc822;+00",
                             " ORCPT=rf+c;a",
                             " ORCPT=rfc822;\xc3\xbc",
                             " ORCPT=utf-8;\xc3\xbc",
                             " ORCPT=utf-8;a+2Bb",
                             " ORCPT=utf-8;\\x{}",
                             " ORCPT=utf-8;\\x{7}",
                             " ORCPT=utf-8;\\x{110000}",
                             " ORCPT=utf-8;\\x{D800}",
                             " ORCPT=utf-8;\\x{0a}",
                             " ORCPT=utf-8;\\x{000000041}",
                             " ORCPT=utf-8;\\x{4g}",
                             " ORCPT=utf-8;\\x{41"}) {
        EXPECT_EQ(rcpt_failure(text), "501 5.5.4") << text;
    }
}

TEST(Parameters, BinaryMimeIsABodyOfItsOwn) {
    EXPECT_EQ(parse_mail_parameters(" BODY=BINARYMIME", everything)->body, Body::binary_mime);
    EXPECT_EQ(parse_mail_parameters(" body=binarymime", everything)->body, Body::binary_mime);
}

TEST(Parameters, DeliverByIsThatOfRfc2852) {
    const auto by = [](std::string_view text) {
        const auto parameters = parse_mail_parameters(text, everything);
        return parameters ? parameters->deliver_by : std::nullopt;
    };
    EXPECT_EQ(by(" BY=120;R"), (DeliverBy{120, DeliverBy::Mode::return_message, false}));
    EXPECT_EQ(by(" BY=+98;N"), (DeliverBy{98, DeliverBy::Mode::notify, false}));
    EXPECT_EQ(by(" BY=-5;nt"), (DeliverBy{-5, DeliverBy::Mode::notify, true}));
    EXPECT_EQ(by(" BY=0;N"), (DeliverBy{0, DeliverBy::Mode::notify, false}));
    EXPECT_EQ(by(" BY=999999999;RT"), (DeliverBy{999'999'999, DeliverBy::Mode::return_message, true}));
}

TEST(Parameters, WhatWouldBeReturnedAtOnceIsNotAccepted) {
    EXPECT_EQ(mail_failure(" BY=0;R"), "501 5.5.4");
    EXPECT_EQ(mail_failure(" BY=-1;RT"), "501 5.5.4");
}

TEST(Parameters, AMessageIsHeldForATimeOrUntilOne) {
    EXPECT_EQ(parse_mail_parameters(" HOLDFOR=86400", everything)->hold_for, 86400);
    EXPECT_EQ(parse_mail_parameters(" HOLDUNTIL=2006-01-02T15:04:05Z", everything)->hold_until, 1136214245);
    EXPECT_EQ(mail_failure(" HOLDFOR=1 HOLDUNTIL=2006-01-02T15:04:05Z"), "501 5.5.4");
    EXPECT_EQ(mail_failure(" HOLDUNTIL=2006-01-02T15:04:05Z HOLDFOR=1"), "501 5.5.4");
}

TEST(Parameters, PrioritiesGoFromMinusNineToNine) {
    for (int priority = min_priority; priority <= max_priority; ++priority) {
        EXPECT_EQ(parse_mail_parameters(" MT-PRIORITY=" + std::to_string(priority), everything)->priority, priority);
    }
}

TEST(Parameters, OriginalRecipientsInUtf8AreDecoded) {
    const auto original = [](std::string_view text, Utf8 utf8 = Utf8::refused) {
        const auto parameters = parse_rcpt_parameters(text, everything, utf8);
        return parameters ? parameters->original_type + ";" + parameters->original_recipient : "refused";
    };
    EXPECT_EQ(original(" ORCPT=utf-8;j\\x{FC}rgen@b\\x{FC}cher.example"), "utf-8;jürgen@bücher.example");
    EXPECT_EQ(original(" ORCPT=UTF-8;a\\x{2B}\\x{3D}\\x{5C}\\x{20}\\x{1F600}@b.example"), "utf-8;a+=\\ 😀@b.example");
    EXPECT_EQ(original(" ORCPT=utf-8;jürgen@b.example", Utf8::allowed), "utf-8;jürgen@b.example");
    EXPECT_EQ(original(" ORCPT=utf-8;j\xff@b.example", Utf8::allowed), "refused");
    EXPECT_EQ(original(" ORCPT=rfc822;jürgen@b.example", Utf8::allowed), "refused");
    EXPECT_EQ(original(" ORCPT=rfc822;a\\x{FC}@b.example"), "rfc822;a\\x{FC}@b.example");
}

/// What a client writes of `parameters` is read as the same.
void expect_round_trip(const MailParameters& parameters, std::string_view text) {
    EXPECT_EQ(write_mail_parameters(parameters, everything), text);
    const auto again = parse_mail_parameters(text, everything);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(*again, parameters) << text;
}
void expect_round_trip(const RcptParameters& parameters, std::string_view text) {
    EXPECT_EQ(write_rcpt_parameters(parameters, everything), text);
    const auto again = parse_rcpt_parameters(text, everything);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(*again, parameters) << text;
}

TEST(Parameters, WhatIsWrittenIsReadAsTheSame) {
    MailParameters mail;
    expect_round_trip(mail, "");
    mail.size = 1000;
    mail.body = Body::binary_mime;
    mail.smtputf8 = true;
    mail.auth = "e=mc2@example.com";
    mail.ret = DsnReturn::headers;
    mail.envelope_id = "QQ 1+1";
    mail.require_tls = true;
    mail.hold_until = 1136214245;
    mail.deliver_by = DeliverBy{-120, DeliverBy::Mode::notify, true};
    mail.priority = -3;
    expect_round_trip(
        mail,
        " SIZE=1000 BODY=BINARYMIME SMTPUTF8 AUTH=e+3Dmc2@example.com RET=HDRS ENVID=QQ+201+2B1 REQUIRETLS "
        "HOLDUNTIL=2006-01-02T15:04:05Z BY=-120;NT MT-PRIORITY=-3");
    MailParameters other;
    other.body = Body::seven_bit;
    other.ret = DsnReturn::full;
    other.hold_for = max_interval;
    other.deliver_by = DeliverBy{1, DeliverBy::Mode::return_message, false};
    other.priority = 0;
    expect_round_trip(other, " BODY=7BIT RET=FULL HOLDFOR=999999999 BY=1;R MT-PRIORITY=0");
    other = {};
    other.body = Body::eight_bit_mime;
    expect_round_trip(other, " BODY=8BITMIME");

    expect_round_trip(RcptParameters{}, "");
    expect_round_trip(RcptParameters{.notify = DsnNotify{}, .original_type = "", .original_recipient = ""},
                      " NOTIFY=NEVER");
    expect_round_trip(RcptParameters{.notify = DsnNotify{.success = true, .failure = true, .delay = true},
                                     .original_type = "rfc822",
                                     .original_recipient = "a+b@c.example"},
                      " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@c.example");
    expect_round_trip(
        RcptParameters{.notify = {}, .original_type = "utf-8", .original_recipient = "\"ü +\\\"@b.example"},
        " ORCPT=utf-8;\"\\x{FC}\\x{20}\\x{2B}\\x{5C}\"@b.example");
}

TEST(Parameters, OnlyWhatIsOfferedIsWritten) {
    MailParameters mail;
    mail.size = 1;
    mail.body = Body::binary_mime;
    mail.smtputf8 = mail.require_tls = true;
    mail.auth = "<>";
    mail.ret = DsnReturn::full;
    mail.envelope_id = "x";
    mail.hold_for = 1;
    mail.deliver_by = DeliverBy{};
    mail.priority = 1;
    EXPECT_EQ(write_mail_parameters(mail, {}), "");
    EXPECT_EQ(write_mail_parameters(mail, {.eightbitmime = true}), "");  // not 8BITMIME, which would be untrue
    EXPECT_EQ(write_mail_parameters(mail, {.mt_priority = true}), " MT-PRIORITY=1");
    const RcptParameters rcpt{.notify = DsnNotify{}, .original_type = "rfc822", .original_recipient = "a@b.example"};
    EXPECT_EQ(write_rcpt_parameters(rcpt, {}), "");
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

TEST(Xtext, OfUtf8IsAsciiAndReadBack) {
    for (const std::string_view text : {"a@b.example", "ü€😀", " +=\\", "\x7f", "\x01", "\t"}) {
        const std::string encoded = encode_utf8_xtext(text);
        EXPECT_EQ(decode_utf8_xtext(encoded), text) << encoded;
        for (const char c : encoded) EXPECT_TRUE(c > ' ' && c < 0x7f && c != '+' && c != '=') << encoded;
    }
    EXPECT_EQ(encode_utf8_xtext("\t\x01"), "\\x{09}\\x{01}");
    EXPECT_EQ(encode_utf8_xtext("a\xff"), "a\\x{FFFD}");
}

TEST(Xtext, RefusesWhatIsNoXtext) {
    for (const char* text : {"+", "+4", "+4g", "+ab", "a=b", "a b", "\xc3\xbc"})
        EXPECT_FALSE(decode_xtext(text)) << text;
}

}  // namespace
}  // namespace posthouse::smtp
