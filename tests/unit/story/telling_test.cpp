// What is told of each kind of event, what it is found by, and how it reads.
#include "lib/story/telling.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/story/search.h"
#include "lib/story/words.h"

namespace posthouse::story {
namespace {

constexpr const char* id = "1M8376V29ZZV1ZKG";

bool found(const Event& event, std::string_view term) {
    const auto keys = parse_term(term);
    EXPECT_TRUE(keys) << term << ": " << keys.error().message();
    return keys && has_key(event, *keys);
}

Event accepted() {
    return accept({id, "1M8376V29ZZV1ZKA"}, {.sender = "Alice@Example.org",
                                             .recipients = {"bob@example.net", "carol@example.com"},
                                             .message_id = " <abc.1@mail.example.org>",
                                             .size = 1234,
                                             .remote = "2001:DB8::1",
                                             .reply = "250 2.0.0 Ok"});
}

TEST(StoryTelling, AMessageIsFoundByAllThatItHas) {
    for (const char* term :
         {"1M8376V29ZZV1ZKG", "1m8376v29zzv1zkg", "1M8376V29ZZV1ZKA", "alice@example.org", "<BOB@example.net>",
          "carol@example.com", "@example.com", "example.com", "abc.1@mail.example.org", "<abc.1@mail.example.org>",
          "2001:db8:0::1", "[IPv6:2001:db8::1]"})
        EXPECT_TRUE(found(accepted(), term)) << term;
    for (const char* term : {"1M8376V29ZZV1ZKX", "dave@example.org", "@mail.example.com", "ABC.1@mail.example.org",
                             "2001:db8::2", "192.0.2.1"})
        EXPECT_FALSE(found(accepted(), term)) << term;
}

TEST(StoryTelling, WhatCanBeNothingThatIsLookedForIsRefused) {
    for (const char* term : {"", "joe", "two words.example", "@", "<>", "a\nb@example.org"})
        EXPECT_EQ(parse_term(term).error().code, ErrorCode::invalid) << term;
    EXPECT_EQ(parse_term(std::string(max_term + 1, 'a')).error().code, ErrorCode::limit);
}

TEST(StoryTelling, EveryRecipientOfAThousandIsKeptOrCounted) {
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i) many.push_back("recipient" + std::to_string(i) + "@example.org");
    Event event = accept({id}, {.sender = "", .recipients = many});
    event.daemon = "smtpd";
    const auto read = parse_line(to_line(event));
    ASSERT_TRUE(read);
    EXPECT_TRUE(field(*read, "cut").empty());
    const std::vector<std::string> kept = recipients_of(*read);
    EXPECT_GT(kept.size(), 300u);
    EXPECT_TRUE(std::ranges::equal(kept, std::span(many).first(kept.size())));
    EXPECT_EQ(field(*read, "recipient_count"), "1000");
    EXPECT_TRUE(in_words(*read).ends_with(std::to_string(1000 - kept.size()) + " more")) << in_words(*read);
}

TEST(StoryTelling, WordsSayWhatHappenedAndWhatTheOtherSideWasTold) {
    EXPECT_EQ(in_words(accepted()),
              "accepted from <Alice@Example.org> for <bob@example.net>, <carol@example.com>, octets: 1234, "
              "Message-ID abc.1@mail.example.org; told: 250 2.0.0 Ok");
    Event forged = accepted();
    for (auto& [name, value] : forged.fields)
        if (name == "message_id") value = "x; told: 550 5.7.1 \"No\"";
    EXPECT_TRUE(in_words(forged).contains(R"(, Message-ID "x; told: 550 5.7.1 \"No\""; told: 250 2.0.0 Ok)"))
        << in_words(forged);
    EXPECT_EQ(in_words(connect({id}, {.remote = "192.0.2.1", .listener = "smtp"})), "connected from 192.0.2.1 to smtp");
    EXPECT_EQ(in_words(login({id}, {.user = "joe@example.org", .mechanism = "PLAIN", .reason = "wrong password"})),
              "failed to log in as joe@example.org with PLAIN: wrong password");
    EXPECT_EQ(in_words(verdict({id}, {.check = "spf", .verdict = "fail", .reason = "192.0.2.1 may not"})),
              "spf says fail: 192.0.2.1 may not");
    EXPECT_EQ(in_words(refuse({id}, {.command = "RCPT",
                                     .recipients = {"x@example.org"},
                                     .reply = "550 5.1.1 <x@example.org>: no such user here"})),
              "refused RCPT from <> for <x@example.org>; told: 550 5.1.1 <x@example.org>: no such user here");
    EXPECT_EQ(in_words(queue(
                  {id}, {.action = Queue::Action::deferred, .reason = "too many connections", .due = 1'700'000'000})),
              "deferred: too many connections; next try at 2023-11-14 22:13:20");
    EXPECT_EQ(in_words(queue({id}, {.action = Queue::Action::held, .reason = "looks like spam"})),
              "held: looks like spam");
    EXPECT_EQ(in_words(queue({id}, {.action = Queue::Action::deleted})), "deleted");
    EXPECT_EQ(in_words(attempt({id}, {.recipients = {"a@example.net"}, .route = "smtp:example.net", .attempt = 2})),
              "trying to deliver to <a@example.net> by smtp:example.net, attempt 2");
    EXPECT_EQ(
        in_words(answer({id}, {.result = Answer::Result::deferred,
                               .recipients = {"a@example.net"},
                               .host = "mx.example.net",
                               .remote = "192.0.2.7",
                               .reply = "450 4.2.0 greylisted",
                               .due = 1'700'000'000})),
        "put off the delivery to <a@example.net>, says mx.example.net [192.0.2.7]: 450 4.2.0 greylisted; next try at "
        "2023-11-14 22:13:20");
    EXPECT_EQ(
        in_words(delivery(
            {id},
            {.recipient = "joe@example.org", .account = "joe@example.org", .mailbox = "INBOX", .file = "17.M1.host"})),
        "delivered to <joe@example.org>, account joe@example.org, mailbox INBOX, file 17.M1.host");
    EXPECT_EQ(in_words(bounce(
                  {id}, {.report = "failure", .notice = "N", .to = "a@b.example", .recipients = {"c@d.example"}})),
              "reported a failure of <c@d.example>; sent to a@b.example as N");
    EXPECT_EQ(in_words(lost("x", 7)), "events that were not written: 7");
    EXPECT_EQ(in_words(lost("x", 7, "full")), "events that were not written: 7; because: full");
    EXPECT_EQ(format_time(1'700'000'000'123), "2023-11-14 22:13:20.123");
}

TEST(StoryTelling, AnOutcomeIsWhatTheEventSays) {
    EXPECT_EQ(outcome_of(refuse({id}, {})), Outcome::refused);
    EXPECT_EQ(outcome_of(delivery({id}, {})), Outcome::delivered);
    EXPECT_EQ(outcome_of(answer({id}, {.result = Answer::Result::delivered, .recipients = {}})), Outcome::delivered);
    EXPECT_EQ(outcome_of(answer({id}, {.result = Answer::Result::bounced, .recipients = {}})), Outcome::bounced);
    EXPECT_EQ(outcome_of(answer({id}, {.result = Answer::Result::deferred, .recipients = {}})), Outcome::queued);
    EXPECT_EQ(outcome_of(connect({id}, {})), std::nullopt);
    for (const Outcome outcome : {Outcome::refused, Outcome::delivered, Outcome::bounced, Outcome::queued})
        EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
    EXPECT_EQ(to_string(Outcome::refused), "refused");
    EXPECT_EQ(to_string(Outcome::delivered), "delivered");
    EXPECT_EQ(to_string(Outcome::bounced), "bounced");
    EXPECT_EQ(to_string(Outcome::queued), "queued");
    EXPECT_EQ(parse_outcome("lost"), std::nullopt);
}

}  // namespace
}  // namespace posthouse::story
