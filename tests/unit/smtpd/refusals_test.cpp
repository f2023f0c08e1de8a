// What is refused is counted by its rule, logged and told, once.
#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/story/telling.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;
using story::field;

const std::string hello = "EHLO client.example\r\n";
const std::string mail = "MAIL FROM:<s@client.example>\r\n";
const std::string rcpt = "RCPT TO:<alice@local.example>\r\n";
const std::string login = "AUTH PLAIN " + base64::encode("\0alice@local.example\0secret"s) + "\r\n";

/// The refusals as "command sender recipients: reply's code; reason".
std::vector<std::string> refusals(World& world) {
    std::vector<std::string> told;
    for (const story::Event& event : world.story()) {
        if (event.kind != story::Kind::refuse) continue;
        std::string text = std::string(field(event, "command")) + " " + std::string(field(event, "sender"));
        for (const std::string& recipient : story::recipients_of(event)) text += " " + recipient;
        text += ": " + std::string(field(event, "reply").substr(0, 3));
        if (!field(event, "reason").empty()) text += "; " + std::string(field(event, "reason"));
        told.push_back(std::move(text));
    }
    return told;
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

TEST(Refusals, DataAndBdatAreToldWhereThereIsNoMessageYet) {
    World world;
    world.talk(hello + mail + "DATA\r\nBDAT 2\r\nxyRSET\r\nMAIL FROM:<b@client.example> BODY=BINARYMIME\r\n" + rcpt +
               "DATA\r\nBDAT x\r\n");
    EXPECT_EQ(refusals(world), (std::vector<std::string>{"DATA s@client.example: 503", "BDAT s@client.example: 554",
                                                         "DATA b@client.example alice@local.example: 503",
                                                         "BDAT b@client.example alice@local.example: 501"}));
}

TEST(Refusals, AMessageIsToldOnceWithTheCommandThatCarriedIt) {
    World world;
    world.frame.settings.smtpd.message_size_limit = 100;
    const std::string long_text(200, 'x');
    world.talk(hello + mail + rcpt + "DATA\r\nMessage-ID: <1@x>\r\n\r\n" + long_text + "\r\n.\r\n" + mail + rcpt +
               "BDAT 200\r\n" + long_text + "BDAT 2 LAST\r\nxy" + mail + rcpt + "BDAT 9 LAST\r\na: b\r\n\r\nxQUIT\r\n");
    EXPECT_EQ(world.rejects("message_size"), 2);
    EXPECT_EQ(refusals(world),
              (std::vector<std::string>{"DATA s@client.example alice@local.example: 552; message_size",
                                        "BDAT s@client.example alice@local.example: 552; message_size"}));
}

TEST(Refusals, OfAChunkIsReportedOnce) {
    World world;
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    world.guard.action = "DEFER 4.7.1 Too many messages";
    testing::internal::CaptureStderr();
    world.talk(hello + mail + rcpt + "BDAT 3\r\nabcBDAT 3\r\nabcBDAT 2 LAST\r\nde" + mail + rcpt + "DATA\r\nQUIT\r\n");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(count(log, "rule=rate_limit"), 2u) << log;
    EXPECT_EQ(count(log, "from=<s@client.example> to=<alice@local.example>"), 2u) << log;
    EXPECT_EQ(world.rejects("rate_limit"), 2);
    EXPECT_EQ(refusals(world),
              (std::vector<std::string>{"BDAT s@client.example alice@local.example: 450; rate_limit",
                                        "DATA s@client.example alice@local.example: 450; rate_limit"}));
}

TEST(Refusals, TheAddressIsToldAsItIsMeant) {
    World world;
    world.talk(hello + "MAIL FROM:<\"x>y\"@Client.example> FOO=1\r\n" + mail +
               "RCPT TO:<\"a>b\"@elsewhere.example>\r\nRCPT TO:<no address>\r\nQUIT\r\n");
    EXPECT_EQ(refusals(world), (std::vector<std::string>{"MAIL \"x>y\"@client.example: 555",
                                                         "RCPT s@client.example \"a>b\"@elsewhere.example: 554; relay",
                                                         "RCPT s@client.example no address: 501"}));
}

TEST(Refusals, EachRuleIsCountedLoggedAndToldOnce) {
    World world;
    auto& settings = world.frame.settings.smtpd;
    settings.reject_invalid_helo = true;
    settings.message_size_limit = 1000;
    settings.recipient_limit = 1;
    settings.error_limit = 100;
    world.frame.settings.quota.rule = {"*:storage=1M"};
    world.quota.actions["bob@local.example"] = "452 4.2.2 Mailbox is full, try again later";
    const std::string begin = "RSET\r\n" + mail;
    const std::string input = "EHLO not_a..name\r\n" + hello + "MAIL FROM:<s@client.example> SIZE=2000\r\n" + begin +
                              "RCPT TO:<nobody@local.example>\r\nRCPT TO:<x@elsewhere.example>\r\n" +
                              "RCPT TO:<loop@local.example>\r\nRCPT TO:<broken@local.example>\r\n" +
                              "RCPT TO:<bob@local.example>\r\n" + rcpt + "RCPT TO:<carol@local.example>\r\n" +
                              "RSET\r\nMAIL FROM:<t@client.example>\r\nRCPT TO:<crew@local.example>\r\nQUIT\r\n";
    testing::internal::CaptureStderr();
    const std::string output = world.talk(input);
    std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(codes(output), "220 501 250 552 250 250 550 554 550 451 452 250 452 250 250 550 221") << output;
    settings.greeting_delay = std::chrono::seconds(20);
    testing::internal::CaptureStderr();
    world.talk("EHLO x\r\n");
    log += testing::internal::GetCapturedStderr();
    const std::vector<std::string> told = refusals(world);
    for (const std::string rule : {"helo", "message_size", "unknown_recipient", "relay", "alias_loop", "directory",
                                   "quota", "recipient_limit", "list_poster", "early_talker"}) {
        EXPECT_EQ(world.rejects(rule), 1) << rule;
        EXPECT_EQ(count(log, "refused command=" + std::string(rule == "early_talker" ? "connect" : "")),
                  rule == "early_talker" ? 1u : 10u)
            << log;
        EXPECT_EQ(count(log, " rule=" + rule + " "), 1u) << rule << log;
        EXPECT_EQ(std::ranges::count_if(told, [&rule](const std::string& text) { return text.contains("; " + rule); }),
                  1)
            << rule;
    }
    EXPECT_TRUE(std::ranges::any_of(told, [](const std::string& text) { return text.contains("directory: "); }))
        << "why nobody knows is told as well";
}

TEST(Refusals, AFloodOfThemLeavesTheStoriesOfMessagesWhole) {
    World world;
    world.frame.settings.history.size_limit = 4u << 20;
    world.frame.settings.smtpd.error_limit = 1000;
    std::string flood = hello + mail;
    for (int i = 0; i < 400; ++i) flood += "RCPT TO:<nobody@local.example>\r\n";
    world.talk(flood + "QUIT\r\n");
    world.talk(hello + mail + rcpt + "RCPT TO:<nobody@local.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n");
    std::string kinds;
    std::size_t refused = 0;
    for (const story::Event& event : world.story()) {
        if (event.kind == story::Kind::refuse)
            ++refused;
        else
            kinds += std::string(to_string(event.kind)) + " ";
    }
    EXPECT_GT(refused, 50u);
    EXPECT_LT(refused, 200u);
    EXPECT_EQ(kinds, "connect accept ");
}

TEST(Refusals, ForLackOfSpaceAreByARuleToo) {
    World world;
    world.frame.settings.smtpd.queue_minfree = std::uint64_t{1} << 60;
    testing::internal::CaptureStderr();
    world.talk(hello + mail + "QUIT\r\n");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(world.rejects("storage"), 1);
    EXPECT_EQ(count(log, "refused command=MAIL rule=storage "), 1u) << log;
    EXPECT_EQ(refusals(world), (std::vector<std::string>{"MAIL s@client.example: 452; storage: smtpd.queue_minfree"}));
}

TEST(Refusals, TooManyErrorsEndASessionByARule) {
    World world;
    world.frame.settings.smtpd.error_limit = 3;
    testing::internal::CaptureStderr();
    const std::string output = world.talk("x\r\nx\r\nx\r\nQUIT\r\n");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(codes(output), "220 500 500 421") << output;
    EXPECT_EQ(world.rejects("error_limit"), 1);
    EXPECT_EQ(count(log, "refused command=connect rule=error_limit "), 1u) << log;
    const std::vector<std::string> told = refusals(world);
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back(), " : 421; error_limit");
}

TEST(Refusals, OfUsersAndOfHostsOfTheNetworkHaveRulesOfTheirOwn) {
    World world;
    world.talk_encrypted(
        hello + login + "MAIL FROM:<bob@local.example>\r\nMAIL FROM:<broken@local.example>\r\nQUIT\r\n", "submissions");
    EXPECT_EQ(world.rejects("sender"), 1);
    EXPECT_EQ(world.rejects("directory"), 1);
    world.frame.settings.smtpd.mynetworks = {"192.0.2.0/24"};
    world.frame.settings.smtpd.mynetworks_sender_domains = {"local.example"};
    world.talk(hello + mail + "RCPT TO:<x@elsewhere.example>\r\nQUIT\r\n");
    EXPECT_EQ(world.rejects("network_sender"), 1);
    EXPECT_EQ(world.rejects("sender"), 1);
}

TEST(Refusals, AClientCannotForgeTheLog) {
    World world;
    world.frame.settings.smtpd.reject_invalid_helo = true;
    testing::internal::CaptureStderr();
    world.talk("EHLO x\" rule=relay \r\x1b[31m\r\nQUIT\r\n");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(count(log, "\n"), 1u) << log;
    EXPECT_EQ(log.find('\x1b'), std::string::npos) << log;
    EXPECT_EQ(log.find("x\" rule"), std::string::npos) << log;
}

}  // namespace
}  // namespace posthouse::smtpd
