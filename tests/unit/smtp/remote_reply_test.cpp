// What a remote reply means and how it is told: RFC 5321 §4.2.1, RFC 3463, RFC 3464.
#include "lib/smtp/remote_reply.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

Verdict verdict(int code, std::string status = "", Verb command = Verb::mail) {
    return verdict_of(Reply(code, std::move(status), "text"), command);
}

TEST(RemoteReply, TheFirstDigitTells) {
    EXPECT_EQ(verdict(250), Verdict::done);
    EXPECT_EQ(verdict(251, "", Verb::rcpt), Verdict::done);
    EXPECT_EQ(verdict(421), Verdict::transient);
    EXPECT_EQ(verdict(450), Verdict::transient);
    EXPECT_EQ(verdict(550), Verdict::permanent);
    EXPECT_EQ(verdict(554, "", Verb::data), Verdict::permanent);
}

TEST(RemoteReply, GoOnIsForDataAndAuth) {
    EXPECT_EQ(verdict(354, "", Verb::data), Verdict::go_on);
    EXPECT_EQ(verdict(334, "", Verb::auth), Verdict::go_on);
    EXPECT_EQ(verdict(354, "", Verb::rcpt), Verdict::transient);
    EXPECT_EQ(verdict(0), Verdict::transient);
}

TEST(RemoteReply, TooManyRecipientsIsTransient) {
    EXPECT_EQ(verdict(552, "", Verb::rcpt), Verdict::transient);
    EXPECT_EQ(verdict(552, "5.5.3", Verb::rcpt), Verdict::transient);
    EXPECT_EQ(verdict(552, "5.2.2", Verb::rcpt), Verdict::permanent);
    EXPECT_EQ(verdict(552, "", Verb::mail), Verdict::permanent);
}

TEST(RemoteReply, ThereIsAlwaysAStatus) {
    EXPECT_EQ(status_of(Reply(550, "5.1.1", "x")), "5.1.1");
    EXPECT_EQ(status_of(Reply(550, "", "x")), "5.0.0");
    EXPECT_EQ(status_of(Reply(451, "", "x")), "4.0.0");
    EXPECT_EQ(status_of(Reply(250, "", "x")), "2.0.0");
    EXPECT_EQ(status_of(Reply(354, "", "x")), "4.0.0");
}

TEST(RemoteReply, IsToldInOneLine) {
    Reply reply(550, "5.1.1", "No such user");
    reply.lines.emplace_back("");
    reply.lines.emplace_back("see http://x.example");
    EXPECT_EQ(diagnostic(reply, 200), "550 5.1.1 No such user see http://x.example");
    EXPECT_EQ(diagnostic(Reply(421, "", ""), 200), "421");
}

TEST(RemoteReply, WhatCannotBePrintedIsNot) {
    const Reply hostile(550, "", "a\r\nb\x1b[2J\x7f\tc\xff ü\u202e\u0085\u2028\u00a0d");
    EXPECT_EQ(diagnostic(hostile, 200), "550 a??b?[2J? c? ???? d");
    EXPECT_EQ(diagnostic(hostile, 200, Utf8::allowed), "550 a??b?[2J? c? ü??? d");
}

TEST(RemoteReply, IsBounded) {
    Reply endless(550, "5.0.0", std::string(60'000, 'x'));
    endless.lines.resize(100, "line");
    EXPECT_EQ(diagnostic(endless, 20), "550 5.0.0 xxxxxxx...");
    EXPECT_EQ(diagnostic(endless, 0), "550 5...");
    Reply euro(550, "", "");
    for (int i = 0; i < 1000; ++i) euro.lines.front() += "€";
    for (std::size_t size = 8; size < 40; ++size) {
        const std::string text = diagnostic(euro, size, Utf8::allowed);
        EXPECT_LE(text.size(), size);
        EXPECT_TRUE(ascii::is_utf8(text)) << text;
        EXPECT_TRUE(text.ends_with("..."));
    }
}

}  // namespace
}  // namespace posthouse::smtp
