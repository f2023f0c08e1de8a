// submission and submissions (RFC 6409, RFC 8314): TLS first, then a log-in, then mail.
#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

std::string plain(std::string_view user, std::string_view password) {
    return base64::encode("\0"s + std::string(user) + "\0"s + std::string(password));
}

const std::string message =
    "MAIL FROM:<alice@local.example>\r\nRCPT TO:<bob@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";

TEST(Submission, WantsTlsAndThenALogin) {
    World world;
    world.with_certificate();
    EXPECT_EQ(codes(world.talk("EHLO x\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<>\r\nQUIT\r\n", "submission")),
              "220 250 538 530 221");
    const std::string before = world.talk("EHLO x\r\nQUIT\r\n", "submission");
    EXPECT_EQ(before.find("AUTH"), std::string::npos);
    EXPECT_NE(before.find("250-STARTTLS\r\n"), std::string::npos);
    const std::string after = world.talk_encrypted("EHLO x\r\nMAIL FROM:<>\r\nQUIT\r\n", "submission");
    EXPECT_NE(after.find("250-AUTH PLAIN LOGIN\r\n"), std::string::npos) << after;
    EXPECT_EQ(after.find("STARTTLS"), std::string::npos);
    EXPECT_EQ(codes(after), "250 530 221") << after;
}

TEST(Submission, PlainWithInitialResponseSendsMail) {
    World world;
    world.with_certificate();
    const std::string output = world.talk_encrypted(
        "EHLO x\r\nAUTH PLAIN " + plain("alice@local.example", "secret") + "\r\n" + message, "submission");
    EXPECT_EQ(codes(output), "250 235 250 250 354 250 221") << output;
    EXPECT_NE(world.lmtpd.messages.at(0).content.find("\r\n\tby mx.local.example with ESMTPSA id "), std::string::npos);
    EXPECT_NE(world.lmtpd.messages.at(0).content.find("(using TLSv1.3 with cipher TLS_"), std::string::npos);
    EXPECT_EQ(world.login.last_service, "submission");
    EXPECT_TRUE(world.login.last_secured);
}

TEST(Submission, PlainWithoutInitialResponseIsAsked) {
    World world;
    const std::string output = world.talk_encrypted(
        "EHLO x\r\nAUTH PLAIN\r\n" + plain("alice@local.example", "secret") + "\r\n" + message, "submissions");
    EXPECT_EQ(codes(output), "220 250 334 235 250 250 354 250 221") << output;
}

TEST(Submission, LoginAsksForNameAndPassword) {
    World world;
    const std::string user = base64::encode("alice@local.example");
    const std::string password = base64::encode("secret");
    EXPECT_EQ(codes(world.talk_encrypted("EHLO x\r\nAUTH LOGIN\r\n" + user + "\r\n" + password + "\r\nQUIT\r\n",
                                         "submissions")),
              "220 250 334 334 235 221");
    EXPECT_EQ(
        codes(world.talk_encrypted("EHLO x\r\nAUTH LOGIN " + user + "\r\n" + password + "\r\nQUIT\r\n", "submissions")),
        "220 250 334 235 221");
}

TEST(Submission, WrongPasswordsAbsentAuthdAndNonsenseHaveRepliesOfTheirOwn) {
    World world;
    const std::string wrong = "AUTH PLAIN " + plain("alice@local.example", "wrong") + "\r\n";
    const std::string broken = "AUTH PLAIN " + plain("broken@local.example", "x") + "\r\n";
    const std::string output =
        world.talk_encrypted("EHLO x\r\n" + wrong + broken +
                                 "AUTH LOGIN\r\n*\r\nAUTH LOGIN\r\n!!\r\nAUTH CRAM-MD5\r\nAUTH PLAIN !\r\n"
                                 "MAIL FROM:<>\r\nQUIT\r\n",
                             "submissions");
    EXPECT_EQ(codes(output), "220 250 535 454 334 501 334 501 504 501 530 221") << output;
    world.run(world.login.stop());
    EXPECT_EQ(codes(world.talk_encrypted("EHLO x\r\n" + wrong + "QUIT\r\n", "submissions")), "220 250 454 221");
}

TEST(Submission, WhoKnowsThePasswordIsToldWhyItDoesNotServe) {
    World world;
    const std::string carol = "AUTH PLAIN " + plain("carol@local.example", "x") + "\r\n";
    const std::string bob = "AUTH PLAIN " + plain("bob@local.example", "x") + "\r\n";
    const std::string output = world.talk_encrypted("EHLO x\r\n" + carol + bob + "QUIT\r\n", "submissions");
    EXPECT_NE(output.find("\r\n535 5.7.0 Not authorized\r\n535 5.7.0 Password has expired\r\n"), std::string::npos)
        << output;
}

TEST(Submission, ASecondLoginIsRefused) {
    World world;
    const std::string login = "AUTH PLAIN " + plain("alice@local.example", "secret") + "\r\n";
    EXPECT_EQ(codes(world.talk_encrypted("EHLO x\r\n" + login + login + "QUIT\r\n", "submissions")),
              "220 250 235 503 221");
}

TEST(Starttls, ForgetsWhatWasSaidBefore) {
    World world;
    world.with_certificate();
    EXPECT_EQ(codes(world.talk_encrypted("MAIL FROM:<>\r\nSTARTTLS\r\nEHLO x\r\nMAIL FROM:<>\r\nQUIT\r\n", "smtp")),
              "503 503 250 250 221");
}

TEST(Starttls, DiscardsWhatWasSentBeforeTheHandshake) {
    World world;
    world.with_certificate();
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        Result<> sent = co_await stream.write("EHLO x\r\nSTARTTLS\r\nNOOP injected\r\n", soon());
        for (std::string line; sent && !line.starts_with("220 2.0.0");) {
            Result<std::string> next = co_await stream.read_line(1000, soon());
            if (!next) co_return "lost";
            line = *next;
        }
        const auto context = net::TlsContext::client(false);
        Result<> encrypted = co_await stream.start_tls_client(*context, "", soon());
        if (!encrypted) co_return "no TLS";
        sent = co_await stream.write("QUIT\r\n", soon());
        Result<std::string> first = co_await stream.read_line(1000, soon());
        co_return first.value_or("none");
    });
    EXPECT_EQ(output, "221 2.0.0 mx.local.example closing connection");
}

TEST(Starttls, IsNotOfferedWithoutACertificate) {
    World world;
    EXPECT_EQ(codes(world.talk("EHLO x\r\nSTARTTLS\r\nQUIT\r\n")), "220 250 454 221");
}

}  // namespace
}  // namespace posthouse::smtpd
