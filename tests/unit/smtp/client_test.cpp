// The client's side: capabilities, MAIL and RCPT, XFORWARD.
#include "lib/smtp/client.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/smtp/command.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

Capabilities capabilities(std::initializer_list<const char*> lines) {
    Reply reply(250, "", "lmtp.example");
    for (const char* line : lines) reply.lines.emplace_back(line);
    return parse_capabilities(reply);
}

TEST(Client, ReadsCapabilities) {
    const auto offered =
        capabilities({"PIPELINING", "size 1000", "8BITMIME", "XFORWARD NAME addr IDENT", "AUTH PLAIN LOGIN"});
    EXPECT_TRUE(offered.pipelining);
    EXPECT_TRUE(offered.eightbitmime);
    EXPECT_FALSE(offered.smtputf8);
    EXPECT_EQ(offered.size, 1000u);
    EXPECT_TRUE(offered.accepts_xforward("ADDR"));
    EXPECT_FALSE(offered.accepts_xforward("HELO"));
    EXPECT_EQ(offered.auth, (std::vector<std::string>{"PLAIN", "LOGIN"}));
}

TEST(Client, TheGreetingLineIsNoCapability) {
    EXPECT_FALSE(parse_capabilities(Reply(250, "", "PIPELINING")).pipelining);
}

TEST(Client, MailCarriesOnlyWhatTheServerKnows) {
    MailParameters parameters;
    parameters.size = 42;
    parameters.body = Body::eight_bit_mime;
    parameters.smtputf8 = true;
    const ReversePath sender = Mailbox{"a", "b.example"};
    EXPECT_EQ(mail_command(sender, parameters, capabilities({"SIZE", "8BITMIME"})),
              "MAIL FROM:<a@b.example> SIZE=42 BODY=8BITMIME\r\n");
    EXPECT_EQ(mail_command(std::nullopt, parameters, {}), "MAIL FROM:<>\r\n");
    EXPECT_EQ(rcpt_command(Mailbox{"a b", "c.example"}), "RCPT TO:<\"a b\"@c.example>\r\n");
}

TEST(Client, XforwardIsReadBackAsItWasMeant) {
    const auto [line, count] =
        xforward_commands({{"IDENT", "x y"}, {"NAME", ""}, {"PORT", "25"}}, capabilities({"XFORWARD IDENT NAME"}));
    EXPECT_EQ(line, "XFORWARD IDENT=x+20y NAME=[UNAVAILABLE]\r\n");
    EXPECT_EQ(count, 1);
    const auto parsed = parse_command(line.substr(0, line.size() - 2));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<Attributes>(*parsed).find("IDENT"), "x y");
}

TEST(Client, XforwardLinesStayBelowTheirBound) {
    const std::string hostile(4000, '\xff');
    const auto [lines, count] = xforward_commands({{"HELO", hostile}, {"NAME", hostile}, {"IDENT", "i"}},
                                                  capabilities({"XFORWARD HELO NAME IDENT"}));
    EXPECT_EQ(count, 2);
    for (const auto line : ascii::split(lines, '\n')) EXPECT_LT(line.size(), max_command_line);
}

}  // namespace
}  // namespace posthouse::smtp
