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

TEST(Client, ReadsEveryKeyword) {
    const auto offered = capabilities({"CHUNKING", "BINARYMIME", "SMTPUTF8", "REQUIRETLS", "STARTTLS", "DSN",
                                       "ENHANCEDSTATUSCODES", "MT-PRIORITY mixer", "DELIVERBY 240",
                                       "FUTURERELEASE 864000 2006-01-02T15:04:05Z", "LIMITS RCPTMAX=100 MAILMAX=5"});
    EXPECT_EQ(offered.name, "lmtp.example");
    EXPECT_TRUE(offered.chunking && offered.binarymime && offered.smtputf8 && offered.requiretls);
    EXPECT_TRUE(offered.starttls && offered.dsn && offered.enhanced_status && offered.mt_priority);
    EXPECT_EQ(offered.priority_profile, "MIXER");
    EXPECT_EQ(offered.deliver_by, 240);
    EXPECT_EQ(offered.future_release, (FutureReleaseLimits{864000, 1136214245}));
    EXPECT_EQ(offered.limits.rcpt_max, 100u);
    EXPECT_EQ(offered.limits.mail_max, 5u);
    EXPECT_FALSE(offered.size);
    EXPECT_EQ(capabilities({"DELIVERBY"}).deliver_by, 0);
    EXPECT_EQ(capabilities({"SIZE"}).size, 0u);
}

TEST(Client, MechanismsOfSeveralLinesAddUp) {
    const auto offered = capabilities({"AUTH PLAIN  LOGIN", "AUTH=LOGIN SCRAM-SHA-256", "auth plain"});
    EXPECT_EQ(offered.auth, (std::vector<std::string>{"PLAIN", "LOGIN", "SCRAM-SHA-256"}));
    EXPECT_TRUE(offered.accepts_auth("LOGIN"));
    EXPECT_FALSE(offered.accepts_auth("CRAM-MD5"));
}

TEST(Client, NonsenseIsPassedOver) {
    const std::string endless(5000, 'A');
    Reply reply(250, "", "mx\x01\xff " + endless);
    for (const std::string& line :
         {std::string(), std::string(" "), endless, "AUTH " + endless, std::string("SIZE -1"),
          std::string("SIZE 99999999999999999999999"), std::string("FUTURERELEASE"), std::string("FUTURERELEASE 1"),
          std::string("FUTURERELEASE x 2006-01-02T15:04:05Z"), std::string("FUTURERELEASE 5 tomorrow"),
          std::string("DELIVERBY 99999999999"), std::string("LIMITS RCPTMAX=0 MAILMAX=x ="), std::string("PIPELININGX"),
          std::string("8BITMIME\tx")}) {
        reply.lines.push_back(line);
    }
    Capabilities expected;
    expected.name = "mx??";
    expected.size = 0;
    expected.deliver_by = 0;
    EXPECT_EQ(parse_capabilities(reply), expected);
    Reply many(250, "", std::string(1000, 'n'));
    for (int i = 0; i < 100; ++i) many.lines.push_back("AUTH M" + std::to_string(i) + " N" + std::to_string(i));
    EXPECT_EQ(parse_capabilities(many).auth.size(), 32u);
    EXPECT_EQ(parse_capabilities(many).name.size(), max_domain);
    EXPECT_EQ(parse_capabilities(Reply()), Capabilities());
}

TEST(Client, BinaryMimeNeedsChunking) {
    MailParameters parameters;
    parameters.body = Body::binary_mime;
    EXPECT_EQ(mail_command(std::nullopt, parameters, capabilities({"8BITMIME", "BINARYMIME", "CHUNKING"})),
              "MAIL FROM:<> BODY=BINARYMIME\r\n");
    EXPECT_EQ(mail_command(std::nullopt, parameters, capabilities({"8BITMIME", "BINARYMIME"})), "MAIL FROM:<>\r\n");
}

TEST(Client, RcptCarriesDsnWhereItIsOffered) {
    const RcptParameters parameters{
        .notify = DsnNotify{.failure = true}, .original_type = "rfc822", .original_recipient = "x@y.example"};
    const Mailbox recipient{"a", "b.example"};
    EXPECT_EQ(rcpt_command(recipient, parameters, capabilities({"DSN"})),
              "RCPT TO:<a@b.example> NOTIFY=FAILURE ORCPT=rfc822;x@y.example\r\n");
    EXPECT_EQ(rcpt_command(recipient, parameters, capabilities({"SIZE"})), "RCPT TO:<a@b.example>\r\n");
}

TEST(Client, BdatIsReadBackAsItWasMeant) {
    for (const bool last : {false, true}) {
        for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{86}, UINT64_MAX}) {
            const std::string line = bdat_command(size, last);
            const auto parsed = parse_command(line.substr(0, line.size() - 2));
            ASSERT_TRUE(parsed) << line;
            EXPECT_EQ(std::get<Bdat>(*parsed), (Bdat{size, last}));
        }
    }
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
