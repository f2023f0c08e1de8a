// Commands: the scenarios of RFC 5321 Appendix D, then every verb's own syntax and bounds.
#include "lib/smtp/command.h"

#include <gtest/gtest.h>

#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

ParseOptions all_offered() {
    return {.offered = {.size = true,
                        .eightbitmime = true,
                        .auth = true,
                        .smtputf8 = true,
                        .dsn = true,
                        .binarymime = true,
                        .requiretls = true,
                        .futurerelease = true,
                        .deliverby = true,
                        .mt_priority = true},
            .utf8_transaction = false};
}

/// The reply's code and status for a line that must fail: "501 5.5.4".
std::string failure(std::string_view line, const ParseOptions& options = all_offered()) {
    const auto command = parse_command(line, options);
    return command ? "accepted" : std::to_string(command.error().code) + " " + command.error().status;
}

template <typename T>
T parsed(std::string_view line, const ParseOptions& options = all_offered()) {
    const auto command = parse_command(line, options);
    EXPECT_TRUE(command.has_value()) << line << ": " << (command ? "" : command.error().to_wire());
    return command ? std::get<T>(*command) : T{};
}

TEST(Command, TypicalTransactionOfAppendixD1) {
    EXPECT_EQ(parsed<Hello>("EHLO bar.com"), (Hello{Verb::ehlo, "bar.com"}));
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<Smith@bar.com>").sender, (Mailbox{"Smith", "bar.com"}));
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:<Jones@foo.com>").recipient, (Mailbox{"Jones", "foo.com"}));
    EXPECT_EQ(parsed<Plain>("DATA"), (Plain{Verb::data}));
    EXPECT_EQ(parsed<Plain>("QUIT"), (Plain{Verb::quit}));
}

TEST(Command, AbortedTransactionOfAppendixD2) { EXPECT_EQ(parsed<Plain>("RSET"), (Plain{Verb::rset})); }

TEST(Command, RelayedMailOfAppendixD3DropsItsSourceRoute) {
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<JQP@bar.com>").sender, (Mailbox{"JQP", "bar.com"}));
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:<@foo.com:Jones@XYZ.COM>").recipient, (Mailbox{"Jones", "xyz.com"}));
}

TEST(Command, VerifyingAndSendingOfAppendixD4) {
    EXPECT_EQ(parsed<WithText>("VRFY Crispin"), (WithText{Verb::vrfy, "Crispin"}));
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<EAK@bar.com>").sender, (Mailbox{"EAK", "bar.com"}));
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:<Admin.MRC@foo.com>").recipient, (Mailbox{"Admin.MRC", "foo.com"}));
}

TEST(Command, VerbsAndKeywordsHaveNoCase) {
    EXPECT_EQ(parsed<Mail>("mAiL fRoM:<a@b.example> sIzE=5").parameters.size, 5u);
    EXPECT_EQ(parsed<Rcpt>("rcpt to:<POSTMASTER>").recipient, (Mailbox{"postmaster", ""}));
    EXPECT_EQ(parsed<Hello>("helo x").verb, Verb::helo);
}

TEST(Command, TrailingSpaceIsIgnored) {
    EXPECT_EQ(parsed<Plain>("QUIT  "), (Plain{Verb::quit}));
    EXPECT_FALSE(parsed<Mail>("MAIL FROM:<> ").sender.has_value());
}

TEST(Command, UnknownVerbsAreNotRecognized) {
    for (const char* line :
         {"", " ", "SEND FROM:<a@b.example>", "TURN", "MAILFROM:<a@b.example>", "GET / HTTP/1.1", "\x80"}) {
        EXPECT_EQ(failure(line), "500 5.5.1") << line;
    }
}

TEST(Command, HelloWantsOneWord) {
    EXPECT_EQ(failure("EHLO"), "501 5.5.4");
    EXPECT_EQ(failure("HELO a b"), "501 5.5.4");
    EXPECT_EQ(failure("LHLO a\x01"), "501 5.5.4");
    EXPECT_EQ(failure("EHLO b\xc3\xbc.example"), "501 5.5.4");
    EXPECT_EQ(failure("EHLO " + std::string(256, 'a')), "501 5.5.4");
    EXPECT_EQ(parsed<Hello>("EHLO [192.0.2.1]").name, "[192.0.2.1]");
}

TEST(Command, MailTakesTheNullPath) { EXPECT_FALSE(parsed<Mail>("MAIL FROM:<>").sender.has_value()); }

TEST(Command, ASenderHasADomainButWhereItIsOptional) {
    EXPECT_EQ(failure("MAIL FROM:<root>"), "501 5.1.7");
    ParseOptions options = all_offered();
    options.sender_domain = Domain::optional;
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<root> SIZE=5", options).sender, (Mailbox{"root", ""}));
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<\"a@b c\">", options).sender->to_path(), "<\"a@b c\">");
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<a@b.example>", options).sender, (Mailbox{"a", "b.example"}));
    for (const char* line :
         {"MAIL FROM:<root@>", "MAIL FROM:<a b>", "MAIL FROM:<@>", "MAIL FROM:<\"a\"b>", "MAIL FROM:<.>"})
        EXPECT_EQ(failure(line, options), "501 5.1.7") << line;
    EXPECT_EQ(failure("RCPT TO:<root>", options), "501 5.1.3");
}

TEST(Command, SpaceAfterTheColonIsForgiven) {
    EXPECT_EQ(parsed<Mail>("MAIL FROM: <a@b.example>").sender, (Mailbox{"a", "b.example"}));
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:  <a@b.example>").recipient, (Mailbox{"a", "b.example"}));
}

TEST(Command, MailRefusesWhatIsNoPath) {
    EXPECT_EQ(failure("MAIL"), "501 5.5.4");
    EXPECT_EQ(failure("MAIL TO:<a@b.example>"), "501 5.5.4");
    EXPECT_EQ(failure("MAIL FROM <a@b.example>"), "501 5.5.4");
    EXPECT_EQ(failure("MAIL FROM:a@b.example"), "501 5.1.7");
    EXPECT_EQ(failure("MAIL FROM:<a>"), "501 5.1.7");
    EXPECT_EQ(failure("MAIL FROM:<a@b.example>SIZE=1"), "501 5.5.4");
    EXPECT_EQ(failure("MAIL FROM:<" + std::string(65, 'a') + "@b.example>"), "501 5.1.7");
}

TEST(Command, RcptRefusesTheNullPathAndNonsense) {
    EXPECT_EQ(failure("RCPT TO:<>"), "501 5.1.3");
    EXPECT_EQ(failure("RCPT TO:<a>"), "501 5.1.3");
    EXPECT_EQ(failure("RCPT FROM:<a@b.example>"), "501 5.5.4");
    EXPECT_EQ(failure("RCPT TO:<postmaster>x"), "501 5.5.4");
}

TEST(Command, Utf8NeedsTheParameter) {
    EXPECT_EQ(failure("MAIL FROM:<ü@b.example>"), "553 5.6.7");
    EXPECT_EQ(failure("RCPT TO:<ü@b.example>"), "553 5.6.7");
    EXPECT_EQ(parsed<Mail>("MAIL FROM:<ü@b.example> SMTPUTF8").sender, (Mailbox{"ü", "b.example"}));
    ParseOptions options = all_offered();
    options.utf8_transaction = true;
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:<ü@b.example>", options).recipient, (Mailbox{"ü", "b.example"}));
}

TEST(Command, VerbsWithoutArgumentRefuseOne) {
    for (const char* line : {"DATA now", "RSET x", "QUIT x", "STARTTLS x"})
        EXPECT_EQ(failure(line), "501 5.5.4") << line;
    EXPECT_EQ(failure("VRFY"), "501 5.5.4");
    EXPECT_EQ(failure("EXPN"), "501 5.5.4");
    EXPECT_EQ(parsed<WithText>("NOOP anything goes").text, "anything goes");
    EXPECT_EQ(parsed<WithText>("HELP"), (WithText{Verb::help, ""}));
}

TEST(Command, BdatIsThatOfRfc3030) {
    EXPECT_EQ(parsed<Bdat>("BDAT 86 LAST"), (Bdat{86, true}));
    EXPECT_EQ(parsed<Bdat>("BDAT 100000"), (Bdat{100000, false}));
    EXPECT_EQ(parsed<Bdat>("bdat 0 last"), (Bdat{0, true}));
    EXPECT_EQ(parsed<Bdat>("BDAT 18446744073709551615"), (Bdat{UINT64_MAX, false}));
}

TEST(Command, BdatWantsASize) {
    for (const char* line : {"BDAT", "BDAT LAST", "BDAT -1", "BDAT 1x", "BDAT 0x10", "BDAT 1 FIRST", "BDAT 1 LAST x",
                             "BDAT 1LAST", "BDAT 1 2", "BDAT 18446744073709551616", "BDAT +1"}) {
        EXPECT_EQ(failure(line), "501 5.5.4") << line;
    }
}

TEST(Command, OriginalRecipientsMayBeUtf8InATransactionThatIs) {
    ParseOptions options = all_offered();
    EXPECT_EQ(failure("RCPT TO:<a@b.example> ORCPT=utf-8;ü@b.example", options), "501 5.5.4");
    options.utf8_transaction = true;
    EXPECT_EQ(parsed<Rcpt>("RCPT TO:<a@b.example> ORCPT=utf-8;ü@b.example", options).parameters.original_recipient,
              "ü@b.example");
}

TEST(Command, LinesAreBoundedPerVerb) {
    EXPECT_EQ(failure("NOOP " + std::string(max_command_line - 7, 'x')), "accepted");
    EXPECT_EQ(failure("NOOP " + std::string(max_command_line - 6, 'x')), "500 5.5.2");
    EXPECT_EQ(failure("AUTH PLAIN " + std::string(max_auth_line, 'A')), "accepted");
    EXPECT_EQ(failure("AUTH PLAIN " + std::string(max_auth_line + 4, 'A')), "501 5.5.2");
    EXPECT_EQ(failure("AUTH PLAIN " + std::string(2 * max_auth_line, 'A')), "500 5.5.2");
}

TEST(Command, NulIsRefused) {
    using namespace std::string_view_literals;
    EXPECT_EQ(failure("NOOP a\0b"sv), "500 5.5.2");
    EXPECT_EQ(failure("QUIT\0"sv), "500 5.5.1");
}

TEST(Command, AuthWithAndWithoutInitialResponse) {
    EXPECT_EQ(parsed<Auth>("AUTH LOGIN"), (Auth{"LOGIN", std::nullopt}));
    EXPECT_EQ(parsed<Auth>("auth plain AGEAYg=="), (Auth{"PLAIN", "AGEAYg=="}));
    EXPECT_EQ(parsed<Auth>("AUTH SCRAM-SHA-256 ="), (Auth{"SCRAM-SHA-256", ""}));
    EXPECT_EQ(failure("AUTH"), "501 5.5.4");
    EXPECT_EQ(failure("AUTH PL/AIN"), "501 5.5.4");
    EXPECT_EQ(failure("AUTH PLAIN *"), "501 5.5.2");
    EXPECT_EQ(failure("AUTH PLAIN AGEAYg"), "501 5.5.2");
    EXPECT_EQ(failure("AUTH PLAIN AGEAYg== x"), "501 5.5.2");
}

TEST(Command, XforwardDecodesItsValues) {
    const auto attributes = parsed<Attributes>("XFORWARD NAME=[UNAVAILABLE] addr=192.0.2.1 IDENT=a+2Bb");
    EXPECT_EQ(attributes.verb, Verb::xforward);
    EXPECT_EQ(attributes.find("NAME"), "");
    EXPECT_EQ(attributes.find("ADDR"), "192.0.2.1");
    EXPECT_EQ(attributes.find("IDENT"), "a+b");
    EXPECT_EQ(attributes.find("HELO"), std::nullopt);
}

TEST(Command, XforwardRefusesNonsense) {
    for (const char* line : {"XFORWARD", "XFORWARD NAME", "XFORWARD =x", "XFORWARD NAME=a+", "XFORWARD NAME=a+0D",
                             "XFORWARD NAME=a NAME=b", "XCLIENT NA-ME=b"}) {
        EXPECT_EQ(failure(line), "501 5.5.4") << line;
    }
}

}  // namespace
}  // namespace posthouse::smtp
