// Tests of lib/pop3/reply.h.
#include "lib/pop3/reply.h"

#include <gtest/gtest.h>

namespace posthouse::pop3 {
namespace {

TEST(Pop3Reply, StatusCodeAndText) {
    EXPECT_EQ(to_line(ok()), "+OK\r\n");
    EXPECT_EQ(to_line(ok("2 320")), "+OK 2 320\r\n");
    EXPECT_EQ(to_line(err("no such message")), "-ERR no such message\r\n");
    EXPECT_EQ(to_line(err(ResponseCode::in_use, "Do you have another POP session running?")),
              "-ERR [IN-USE] Do you have another POP session running?\r\n");
    EXPECT_EQ(to_line(err(ResponseCode::sys_temp, "")), "-ERR [SYS/TEMP]\r\n");
}

TEST(Pop3Reply, TextCannotBreakTheLine) {
    EXPECT_EQ(to_line(ok("a\r\n-ERR b\x80")),
              "+OK a?"
              "?-ERR b?\r\n");
    const std::string longest = to_line(ok(std::string(1000, 'x')));
    EXPECT_EQ(longest.size(), max_reply_octets);
    EXPECT_TRUE(longest.ends_with("x\r\n"));
}

TEST(Pop3Reply, ChallengesAreBase64) {
    EXPECT_EQ(to_challenge("Username:"), "+ VXNlcm5hbWU6\r\n");
    EXPECT_EQ(to_challenge(""), "+ \r\n");
}

TEST(Pop3Reply, CapabilitiesFollowTheState) {
    const std::string before_tls =
        capability_reply({.user = false, .stls = true, .sasl_mechanisms = {}, .implementation = {}});
    EXPECT_TRUE(before_tls.starts_with("+OK "));
    EXPECT_TRUE(before_tls.ends_with("\r\n.\r\n"));
    EXPECT_NE(before_tls.find("\r\nSTLS\r\n"), std::string::npos);
    EXPECT_EQ(before_tls.find("\r\nUSER\r\n"), std::string::npos);
    EXPECT_EQ(before_tls.find("SASL"), std::string::npos);
    const std::string after_tls = capability_reply(
        {.user = true, .stls = false, .sasl_mechanisms = {"PLAIN", "LOGIN"}, .implementation = "Posthouse"});
    EXPECT_NE(after_tls.find("\r\nUSER\r\nSASL PLAIN LOGIN\r\nIMPLEMENTATION Posthouse\r\n"), std::string::npos);
    EXPECT_EQ(after_tls.find("STLS"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::pop3
