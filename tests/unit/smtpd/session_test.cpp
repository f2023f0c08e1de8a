// smtpd's sessions: order of commands, bad input, timeouts, drain.
#include <gtest/gtest.h>

#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

TEST(Session, CommandsOutOfOrderAreRefusedAndTheSessionGoesOn) {
    World world;
    EXPECT_EQ(codes(world.talk(
                  "MAIL FROM:<>\r\nEHLO x\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nMAIL FROM:<>\r\n"
                  "MAIL FROM:<>\r\nDATA\r\nRCPT TO:<alice@local.example>\r\nSTARTTLS\r\nRSET\r\nDATA\r\nQUIT\r\n")),
              "220 503 250 503 503 250 503 503 250 503 250 503 221");
}

TEST(Session, SomeCommandsNeedNoGreeting) {
    World world;
    EXPECT_EQ(codes(world.talk("NOOP\r\nRSET\r\nHELP\r\nVRFY alice\r\nEXPN team\r\nQUIT\r\n")),
              "220 250 250 214 252 252 221");
}

TEST(Session, EhloEndsATransaction) {
    World world;
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<>\r\nEHLO x\r\nMAIL FROM:<>\r\nQUIT\r\n")),
              "220 250 250 250 250 221");
}

TEST(Session, HeloIsPlainSmtp) {
    World world;
    EXPECT_EQ(
        codes(world.talk("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")),
        "220 250 250 250 354 250 221");
    EXPECT_NE(world.lmtpd.messages.at(0).content.find(" with SMTP id "), std::string::npos);
}

TEST(Session, BadInputGetsItsOwnErrorAndTheSessionStaysUsable) {
    using namespace std::string_literals;
    World world;
    const std::string input =
        "\r\nHELLO\r\nEHLO\r\nNOOP "s + std::string(600, 'x') + "\r\n" + std::string(100000, 'y') +
        "\r\nEHLO a\0b\r\n"s + "LHLO x\r\nAUTH PLAIN\r\nXFORWARD NAME=x\r\n" +
        "EHLO x\r\nMAIL FROM:<a@b.example> FOO=1\r\nMAIL FROM:a@b.example\r\nMAIL FROM:<\xc3\xbc@b.example>\r\n" +
        "NOOP\r\nQUIT\r\n";
    const std::string output = world.talk(input);
    EXPECT_EQ(codes(output), "220 500 500 501 500 500 500 502 502 503 250 555 501 553 250 221") << output;
}

TEST(Session, TooManyErrorsEndTheSession) {
    World world;
    world.frame.settings.smtpd.error_limit = 3;
    const std::string output = world.talk("FOO\r\nNOOP\r\nFOO\r\nNOOP\r\nFOO\r\nNOOP\r\n");
    EXPECT_EQ(codes(output), "220 500 250 500 250 421") << output;
}

TEST(Session, AMessageThatIsAcceptedForgivesErrors) {
    World world;
    world.frame.settings.smtpd.error_limit = 2;
    const std::string message = "MAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\n";
    EXPECT_EQ(codes(world.talk("EHLO x\r\nFOO\r\n" + message + "FOO\r\nNOOP\r\nQUIT\r\n")),
              "220 250 500 250 250 354 250 500 250 221");
}

TEST(Session, ASilentClientIsSentAway) {
    World world;
    world.frame.settings.smtpd.command_timeout = std::chrono::milliseconds(30);
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        std::string out;
        for (;;) {
            Result<std::string> line = co_await stream.read_line(1000, soon());
            if (!line) co_return out;
            out += *line + "\n";
        }
    });
    EXPECT_EQ(output, "220 mx.local.example ESMTP Posthouse\n421 4.4.2 mx.local.example Timeout, closing connection\n");
}

TEST(Session, AClientThatDoesNotAnswerAChallengeIsSentAway) {
    World world;
    world.frame.settings.smtpd.command_timeout = std::chrono::milliseconds(100);
    const std::string output = world.talk_encrypted("EHLO x\r\nAUTH PLAIN\r\n", "submissions");
    EXPECT_EQ(codes(output), "220 250 334 421") << output;
    EXPECT_TRUE(output.ends_with("421 4.4.2 mx.local.example Timeout, closing connection\r\n")) << output;
}

TEST(Session, AClientThatStopsWithinAMessageIsSentAway) {
    World world;
    world.frame.settings.smtpd.data_timeout = std::chrono::milliseconds(30);
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        Result<> sent = co_await stream.write(
            "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nhalf a mess", soon());
        std::string out;
        while (sent) {
            Result<std::string> line = co_await stream.read_line(1000, soon());
            if (!line) break;
            out += *line + "\n";
        }
        co_return out;
    });
    EXPECT_EQ(codes(output), "220 250 250 250 354 421") << output;
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Session, AClientThatTricklesItsMessageIsSentAway) {
    World world;
    world.frame.settings.smtpd.data_timeout = std::chrono::milliseconds(50);
    world.frame.settings.smtpd.min_data_rate = 1'000'000;
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        Result<> sent =
            co_await stream.write("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\n", soon());
        std::string out;
        while (sent) {
            // One byte whenever nothing has come for a while: never a long pause, never an end.
            Result<std::string> line = co_await stream.read_line(1000, net::Deadline::in(std::chrono::milliseconds(5)));
            if (line) {
                out += *line + "\n";
            } else if (line.error().code == ErrorCode::timeout) {
                sent = co_await stream.write("x", soon());
                if (sent) sent = co_await stream.flush(soon());
            } else {
                break;
            }
        }
        co_return out;
    });
    EXPECT_EQ(codes(output), "220 250 250 250 354 421") << output;
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Session, WhatCameFastBeforeEarnsNoTimeToTrickle) {
    World world;
    world.frame.settings.smtpd.data_timeout = std::chrono::milliseconds(50);
    world.frame.settings.smtpd.min_data_rate = 1000;
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        std::string fast;
        for (int i = 0; i < 1000; ++i) fast += std::string(98, 'x') + "\r\n";
        Result<> sent =
            co_await stream.write("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\n" + fast, soon());
        std::string out;
        for (int bytes = 0; sent && bytes < 150;) {
            Result<std::string> line = co_await stream.read_line(1000, net::Deadline::in(std::chrono::milliseconds(5)));
            if (line) {
                out += *line + "\n";
            } else if (line.error().code == ErrorCode::timeout) {
                ++bytes;
                sent = co_await stream.write("x", soon());
                if (sent) sent = co_await stream.flush(soon());
            } else {
                break;
            }
        }
        co_return out;
    });
    EXPECT_EQ(codes(output), "220 250 250 250 354 421") << output;
}

TEST(Session, ATransactionOfAStrangerEnds) {
    World world;
    world.frame.settings.smtpd.data_timeout = std::chrono::milliseconds(20);
    const auto chatter = [](net::Stream& stream) -> net::Async<std::string> {
        Result<> sent =
            co_await stream.write("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nBDAT 1\r\nx", soon());
        std::string last;
        for (int noops = 0; sent && noops < 300;) {
            Result<std::string> line = co_await stream.read_line(1000, net::Deadline::in(std::chrono::milliseconds(5)));
            if (line) {
                last = *line;
            } else if (line.error().code == ErrorCode::timeout) {
                ++noops;
                sent = co_await stream.write("NOOP\r\n", soon());
                if (sent) sent = co_await stream.flush(soon());
            } else {
                break;
            }
        }
        (void)co_await stream.write("QUIT\r\n", soon());
        co_return last;
    };
    const std::string output = world.connect("smtp", chatter);
    EXPECT_TRUE(output.starts_with("421 4.4.2 ")) << output;
}

TEST(Session, AStrangersParametersAreBounded) {
    World world;
    std::string input = "EHLO x\r\nMAIL FROM:<>\r\n";
    for (int i = 0; i < 150; ++i)
        input +=
            "RCPT TO:<alice+" + std::to_string(i) + "@local.example> ORCPT=rfc822;" + std::string(470, 'x') + "\r\n";
    const std::string output = world.talk(input + "RCPT TO:<bob@local.example>\r\nQUIT\r\n");
    std::size_t refused = 0;
    for (std::size_t at = output.find("\r\n452 4.5.3 "); at != std::string::npos;
         at = output.find("\r\n452 4.5.3 ", at + 1))
        ++refused;
    EXPECT_EQ(refused, 150u - 65536 / 470) << output;
    EXPECT_NE(output.find("\r\n250 2.1.5 Recipient ok\r\n221 "), std::string::npos) << output;
}

TEST(Session, AConnectionLostWithinAMessageDeliversNothing) {
    World world;
    world.talk("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nhalf a message\r\n");
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Session, ADrainEndsIdleSessions) {
    World world;
    const std::string output = world.connect("smtp", [&](net::Stream& stream) -> net::Async<std::string> {
        Result<std::string> greeting = co_await stream.read_line(1000, soon());
        world.session->drain();
        Result<std::string> farewell = co_await stream.read_line(1000, soon());
        co_return farewell.value_or("none");
    });
    EXPECT_EQ(output, "421 4.3.2 mx.local.example Service shutting down");
}

TEST(Session, ADrainLetsARunningTransactionFinish) {
    World world;
    const std::string output = world.connect("smtp", [&](net::Stream& stream) -> net::Async<std::string> {
        std::string out;
        Result<> sent = co_await stream.write("EHLO x\r\nMAIL FROM:<>\r\n", soon());
        while (sent && !out.starts_with("250 2.1.0")) {
            Result<std::string> line = co_await stream.read_line(1000, soon());
            out = line.value_or("250 2.1.0 lost");
        }
        world.session->drain();
        sent = co_await stream.write("RCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\n", soon());
        for (;;) {
            Result<std::string> line = co_await stream.read_line(1000, soon());
            if (!line) co_return out;
            out += "\n" + *line;
        }
    });
    EXPECT_EQ(codes(output), "250 250 354 250 421") << output;
    EXPECT_EQ(world.lmtpd.messages.size(), 1u);
}

TEST(Session, CommandsAreCounted) {
    World world;
    world.talk("EHLO x\r\nFOO\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    const std::string metrics = world.frame.metrics().text();
    EXPECT_NE(metrics.find("posthouse_smtp_commands_total{daemon=\"smtpd\",reply=\"5xx\",verb=\"other\"} 1"),
              std::string::npos)
        << metrics;
    EXPECT_NE(metrics.find("posthouse_smtp_messages_total{daemon=\"smtpd\",result=\"accepted\"} 1"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::smtpd
