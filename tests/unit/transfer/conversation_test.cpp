// Conversations: what a client says, and what it makes of servers that behave, and of those that don't.
#include "lib/transfer/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/transfer/talk.h"

namespace posthouse::transfer {
namespace {

using std::chrono::milliseconds;

TEST_F(Talk, CommandsAreSaidOneByOneWhereNothingIsOffered) {
    serve({script({hello,
                   {plain_ehlo, "< MAIL FROM:<joe@example.org> SIZE=20", "> 250 ok", "< RCPT TO:<a@example.net>",
                    "> 250 ok", "< RCPT TO:<b@example.net>", "> 550 5.1.1 nobody", "< DATA", "> 354 go", "data",
                    "> 250 taken", "< QUIT", "> 221 bye"}})});
    ASSERT_TRUE(open());
    EXPECT_EQ(conversation_->capabilities().name, "mx.example");
    Message message = message_to({"a@example.net", "b@example.net"});
    message.parameters.size = 20;
    const Sent sent = send(message, "Subject: x\r\n\r\n.\r\n..\r\n");
    EXPECT_FALSE(sent.failure);
    EXPECT_EQ(codes(sent), (std::vector{250, 550}));
    EXPECT_EQ(sent.answers[0]->to, smtp::Verb::data);
    EXPECT_EQ(sent.answers[1]->to, smtp::Verb::rcpt);
    EXPECT_TRUE(conversation_->content_sent());
    EXPECT_EQ(server_->contents, std::vector<std::string>{"Subject: x\r\n\r\n..\r\n...\r\n.\r\n"});
    loop_.run_until_complete(conversation_->quit());
    EXPECT_EQ(server_->heard.back(), "QUIT");
}

TEST_F(Talk, CommandsAreSaidTogetherWherePipeliningIsOffered) {
    // Nothing is answered before all of it was heard.
    serve({script({hello,
                   {pipelining_ehlo, "< MAIL", "< RCPT", "< RCPT", "< DATA",
                    "> 250 ok\r\n250 ok\r\n450 4.2.0 later\r\n354 go", "data", "> 250 taken"}})});
    ASSERT_TRUE(open());
    EXPECT_EQ(codes(send(message_to({"a@example.net", "b@example.net"}))), (std::vector{250, 450}));
}

TEST_F(Talk, WhatIsSaidBeforeItHadTheMessageIsNoAnswerToIt) {
    for (const std::string& ehlo : {plain_ehlo, pipelining_ehlo}) {
        serve({script({hello, {ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 250 taken"}})});
        ASSERT_TRUE(open());
        const Sent sent = send(message_to({"a@example.net"}));
        ASSERT_TRUE(sent.failure);
        EXPECT_EQ(sent.failure->kind, Failure::Kind::nonsense);
        EXPECT_EQ(codes(sent), std::vector{0});
        EXPECT_TRUE(server_->contents.empty());
    }
}

TEST_F(Talk, ManyRecipientsNeverFillBothDirections) {
    Script many = script({hello, {pipelining_ehlo, "< MAIL"}});
    for (int i = 0; i < 49; ++i) many.emplace_back("< RCPT");
    many.emplace_back("> 250 ok");
    for (int i = 0; i < 951; ++i) {
        many.emplace_back("< RCPT");
        many.emplace_back("> 250 ok");
    }
    many.emplace_back("< DATA");
    for (int i = 0; i < 49; ++i) many.emplace_back("> 250 " + std::string(400, 'x'));
    many.insert(many.end(), {"> 354 go", "data", "> 250 taken"});
    serve({many});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to(std::vector<std::string>(1000, "a@example.net")));
    EXPECT_FALSE(sent.failure);
    EXPECT_EQ(codes(sent), std::vector<int>(1000, 250));
}

TEST_F(Talk, WhoRefusesTheSenderRefusesEverybody) {
    serve({script({hello,
                   {plain_ehlo, "< MAIL", "> 451 4.3.0 not now", "< RSET", "> 250 ok", "< MAIL", "> 250 ok", "< RCPT",
                    "> 250 ok", "< DATA", "> 354 go", "data", "> 250 taken"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net", "b@example.net"}));
    EXPECT_EQ(codes(sent), (std::vector{451, 451}));
    EXPECT_EQ(sent.answers[1]->to, smtp::Verb::mail);
    EXPECT_FALSE(sent.failure);
    EXPECT_FALSE(conversation_->content_begun());
    // What is left of that transaction doesn't get into the next one.
    EXPECT_EQ(codes(send(message_to({"a@example.net"}))), std::vector{250});
}

TEST_F(Talk, ADataThatNobodyNeedsAnyMoreIsEndedAtOnce) {
    serve({script({hello,
                   {pipelining_ehlo, "< MAIL", "< RCPT", "< DATA", "> 250 ok\r\n550 no\r\n354 go", "< .",
                    "> 554 no valid recipients", "< MAIL", "< RCPT", "< DATA", "> 250 ok\r\n250 ok\r\n354 go", "data",
                    "> 250 taken"}})});
    ASSERT_TRUE(open());
    EXPECT_EQ(codes(send(message_to({"a@example.net"}))), std::vector{550});
    EXPECT_EQ(codes(send(message_to({"a@example.net"}))), std::vector{250});
}

TEST_F(Talk, LmtpHasNoReplyForADataThatNobodyNeedsAnyMore) {
    terms_.protocol = Protocol::lmtp;
    serve({{"> 220 lmtp.example", "< LHLO client.example", "> 250-lmtp.example\r\n250 PIPELINING", "< MAIL", "< RCPT",
            "< DATA", "> 250 ok\r\n550 no\r\n354 go", "< .", "< MAIL", "< RCPT", "< DATA",
            "> 250 ok\r\n250 ok\r\n354 go", "data", "> 250 stored"}});
    ASSERT_TRUE(open());
    EXPECT_EQ(codes(send(message_to({"a@example.net"}))), std::vector{550});
    EXPECT_EQ(codes(send(message_to({"a@example.net"}))), std::vector{250});
}

TEST_F(Talk, LmtpAnswersForEachRecipient) {
    terms_.protocol = Protocol::lmtp;
    serve({{"> 220 lmtp.example", "< LHLO client.example",
            "> 250-lmtp.example\r\n250-XFORWARD IDENT ADDR\r\n250 PIPELINING", "< XFORWARD IDENT=abc ADDR=192.0.2.1",
            "< MAIL FROM:<>", "< RCPT", "< RCPT", "< RCPT", "< DATA",
            "> 250 ok\r\n250 ok\r\n250 ok\r\n550 5.1.1 nobody\r\n250 ok\r\n354 go", "data",
            "> 250 2.0.0 stored\r\n452 4.2.2 full"}});
    ASSERT_TRUE(open());
    Message message = message_to({"a@example.net", "b@example.net", "c@example.net"});
    message.sender = std::nullopt;
    message.attributes = {{"IDENT", "abc"}, {"ADDR", "192.0.2.1"}, {"HELO", "x"}};
    EXPECT_EQ(codes(send(message)), (std::vector{250, 550, 452}));
    EXPECT_TRUE(conversation_->usable());
}

TEST_F(Talk, BinaryContentGoesInChunksAndUnchanged) {
    serve({script({hello,
                   {"> 250-mx.example\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 BINARYMIME",
                    "< MAIL FROM:<joe@example.org> BODY=BINARYMIME", "> 250 ok", "< RCPT", "> 250 ok",
                    "< BDAT 100003 LAST", "octets 100003", "> 250 taken"}})});
    ASSERT_TRUE(open());
    Message message = message_to({"a@example.net"});
    message.parameters.body = smtp::Body::binary_mime;
    const std::string content = "x\n.\r\n" + std::string(99'997, '\0') + "\r";
    EXPECT_EQ(codes(send(message, content)), std::vector{250});
    EXPECT_EQ(server_->contents, std::vector<std::string>{content});
}

TEST_F(Talk, LargeContentGoesInChunksWhereTheyAreOffered) {
    terms_.chunk_from = 10;
    serve({script({hello,
                   {"> 250-mx.example\r\n250 CHUNKING", "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< BDAT 12 LAST",
                    "octets 12", "> 552 5.3.4 too much"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net"}), "0123456789\r\n");
    EXPECT_EQ(codes(sent), std::vector{552});
    EXPECT_EQ(sent.answers[0]->to, smtp::Verb::bdat);
}

const std::string chunking_ehlo = "> 250-mx.example\r\n250-CHUNKING\r\n250 PIPELINING";

TEST_F(Talk, SmallContentGoesWithItsEnvelopeWhereThatIsWanted) {
    terms_.protocol = Protocol::lmtp;
    terms_.at_once_up_to = 20;
    // Nothing is answered before all of it was heard.
    serve({{"> 220 lmtp.example", "< LHLO", chunking_ehlo, "< MAIL", "< RCPT", "< RCPT", "< RCPT", "< BDAT 5 LAST",
            "octets 5", "> 250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n250 2.0.0 stored\r\n452 4.2.2 full", "< MAIL",
            "< RCPT", "< DATA", "> 250 ok\r\n250 ok\r\n354 go", "data", "> 250 stored"}});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net", "b@example.net", "c@example.net"}), ".\nx\r\n");
    EXPECT_EQ(codes(sent), (std::vector{250, 550, 452}));
    EXPECT_EQ(sent.answers[2]->to, smtp::Verb::bdat);
    EXPECT_TRUE(conversation_->content_sent());
    EXPECT_EQ(server_->contents, std::vector<std::string>{".\nx\r\n"});
    EXPECT_EQ(codes(send(message_to({"a@example.net"}), std::string(19, 'x') + "\r\n")), std::vector{250})
        << "too large, and it begins without RSET";
}

TEST_F(Talk, ContentThatWentWithoutARecipientIsRefusedOnceAndForgotten) {
    terms_.protocol = Protocol::lmtp;
    terms_.at_once_up_to = 20;
    serve({{"> 220 lmtp.example",
            "< LHLO",
            chunking_ehlo,
            "< MAIL",
            "< RCPT",
            "< RCPT",
            "< BDAT 3 LAST",
            "octets 3",
            "> 250 ok\r\n550 no\r\n550 no\r\n503 no valid recipients",
            "< RSET",
            "< MAIL",
            "< RCPT",
            "< BDAT 3 LAST",
            "octets 3",
            "> 250 ok\r\n451 not now\r\n503 what\r\n503 what",
            "< RSET",
            "< MAIL",
            "< RCPT",
            "< BDAT 3 LAST",
            "octets 3",
            "> 250 ok\r\n250 ok\r\n250 ok\r\n250 stored"}});
    ASSERT_TRUE(open());
    EXPECT_EQ(codes(send(message_to({"a@example.net", "b@example.net"}), "x\r\n")), (std::vector{550, 550}));
    EXPECT_EQ(codes(send(message_to({"a@example.net"}), "x\r\n")), std::vector{451});
    EXPECT_EQ(codes(send(message_to({"a@example.net"}), "x\r\n")), std::vector{250});
}

TEST_F(Talk, ContentThatWentAndIsNotAnsweredMayHaveBeenTaken) {
    terms_.at_once_up_to = 20;
    serve({script({hello, {chunking_ehlo, "< MAIL", "< RCPT", "< BDAT 3 LAST", "octets 3", "> 250 ok\r\n250 ok"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net"}), "x\r\n");
    ASSERT_TRUE(sent.failure);
    EXPECT_EQ(codes(sent), std::vector{0});
    EXPECT_TRUE(conversation_->content_begun());
    EXPECT_TRUE(conversation_->content_sent());
}

TEST_F(Talk, HeloFollowsWhenEhloIsNotKnown) {
    serve({script({hello,
                   {"> 502 5.5.1 what", "< HELO client.example", "> 250 mx.example", "< MAIL FROM:<joe@example.org>",
                    "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 taken"}})});
    ASSERT_TRUE(open());
    Message message = message_to({"a@example.net"});
    message.parameters.size = 5;
    EXPECT_EQ(codes(send(message)), std::vector{250});
    EXPECT_EQ(server_->heard[2], "MAIL FROM:<joe@example.org>");
}

TEST_F(Talk, AnUnfriendlyGreetingIsARefusal) {
    serve({{"> 554-no mail\r\n554 from you"}});
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Failure::Kind::refused);
    EXPECT_EQ(opened.error().reply->code, 554);
    EXPECT_FALSE(conversation_->usable());
}

TEST_F(Talk, RubbishIsNoReply) {
    for (const std::string& rubbish :
         std::vector<std::string>{"> SSH-2.0-OpenSSH_9.2", "> 220-a\r\n250 b", "> 22", "> \x16\x03\x01",
                                  "> 220 " + std::string(5000, 'x'), "> "}) {
        serve({{rubbish, "hang"}});
        const auto opened = open();
        ASSERT_FALSE(opened) << rubbish;
        EXPECT_EQ(opened.error().kind, Failure::Kind::nonsense) << rubbish;
        conversation_.reset();
        loop_.run_until_complete(server_->stop());
    }
}

TEST_F(Talk, AReplyWithoutEndIsCutOff) {
    serve({script({hello, {"fill"}})});
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Failure::Kind::nonsense);
}

TEST_F(Talk, WhoSaysNothingIsNotWaitedForForEver) {
    terms_.timeouts.hello = milliseconds(50);
    serve({{"hang"}, {"> 220 x", "hang"}});
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Failure::Kind::lost);
    EXPECT_EQ(opened.error().text, "timed out while waiting for the greeting");
    opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().text, "timed out while saying EHLO");
}

TEST_F(Talk, WhoHangsInTheEnvelopeOrDataIsNotWaitedForForEver) {
    terms_.timeouts.rcpt = terms_.timeouts.data_init = terms_.timeouts.data_done = milliseconds(50);
    serve({script({hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "hang"}}),
           script({hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "hang"}}),
           script({hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "hang"}})});
    for (const bool with_content : {false, false, true}) {
        ASSERT_TRUE(open());
        const Sent sent = send(message_to({"a@example.net"}));
        EXPECT_EQ(codes(sent), std::vector{0});
        ASSERT_TRUE(sent.failure);
        EXPECT_EQ(sent.failure->kind, Failure::Kind::lost);
        EXPECT_EQ(conversation_->content_sent(), with_content);
        EXPECT_FALSE(conversation_->usable());
    }
}

TEST_F(Talk, AContentThatIsNotReadIsNotWaitedForForEver) {
    terms_.timeouts.data_block = milliseconds(50);
    serve({script(
        {hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "< x", "stall"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net"}), "x\r\n" + std::string(60'000'000, 'x'));
    ASSERT_TRUE(sent.failure);
    EXPECT_EQ(sent.failure->kind, Failure::Kind::lost);
    EXPECT_EQ(sent.failure->step, Step::content);
    EXPECT_TRUE(conversation_->content_begun());
    EXPECT_FALSE(conversation_->content_sent());
}

TEST_F(Talk, A421AnywhereIsTheAnswerOfAllThatHadNone) {
    serve({script({hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 550 no", "< RCPT", "> 421 4.3.2 closing"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net", "b@example.net", "c@example.net"}));
    EXPECT_EQ(codes(sent), (std::vector{550, 421, 421}));
    ASSERT_TRUE(sent.failure);
    EXPECT_EQ(sent.failure->reply->code, 421);
    EXPECT_FALSE(conversation_->usable());
}

TEST_F(Talk, AConnectionThatIsLostAfterTheContentSaysSo) {
    serve({script({hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net"}));
    EXPECT_EQ(codes(sent), std::vector{0});
    EXPECT_TRUE(conversation_->content_sent());
    ASSERT_TRUE(sent.failure);
    EXPECT_EQ(sent.failure->text,
              "the connection was closed while waiting for the reply to the message (it may have been delivered)");
}

TEST_F(Talk, AnAnswerInTheMidstOfTheContentEndsIt) {
    serve({script({hello,
                   {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "< x",
                    "> 552 5.3.4 enough of that"}})});
    ASSERT_TRUE(open());
    const Sent sent = send(message_to({"a@example.net"}), "x\r\n" + std::string(60'000'000, 'x'));
    EXPECT_EQ(codes(sent), std::vector{552});
    EXPECT_FALSE(conversation_->content_sent());
    EXPECT_FALSE(conversation_->usable());
}

TEST_F(Talk, ContentThatCannotBeReadIsNeverEnded) {
    serve({script(
        {hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 oh"}})});
    ASSERT_TRUE(open());
    Text text(std::string(200'000, 'x'));
    text.broken_from = 100'000;
    const Sent sent = loop_.run_until_complete(conversation_->send(message_to({"a@example.net"}), text));
    ASSERT_TRUE(sent.failure);
    EXPECT_EQ(sent.failure->kind, Failure::Kind::local);
    EXPECT_FALSE(conversation_->content_sent());
    conversation_.reset();
    loop_.run_until_complete(server_->stop());
    EXPECT_TRUE(server_->contents.empty());
}

TEST_F(Talk, WhatIsNotALineEndOnTheWireMakesNoEndOfData) {
    serve({script(
        {hello, {plain_ehlo, "< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 ok"}})});
    ASSERT_TRUE(open());
    EXPECT_EQ(codes(send(message_to({"a@example.net"}), "a\n.\nb\n.\r\nMAIL FROM:<evil@example>\r\n.\r\nc")),
              std::vector{250});
    EXPECT_EQ(server_->contents,
              std::vector<std::string>{"a\r\n..\r\nb\r\n..\r\nMAIL FROM:<evil@example>\r\n..\r\nc\r\n.\r\n"});
}

TEST_F(Talk, AClosedConnectionIsStale) {
    serve({script({hello, {plain_ehlo, "< NOOP"}}), script({hello, {plain_ehlo, "> 421 closing for lack of words"}})});
    ASSERT_TRUE(open());
    EXPECT_FALSE(conversation_->stale());
    ASSERT_TRUE(open());
    const net::Deadline deadline = soon();
    while (!conversation_->stale() && !deadline.passed())
        loop_.run_until_complete([](net::Loop& loop) -> net::Async<> { co_await loop.yield(); }(loop_));
    EXPECT_TRUE(conversation_->stale());
}

}  // namespace
}  // namespace posthouse::transfer
