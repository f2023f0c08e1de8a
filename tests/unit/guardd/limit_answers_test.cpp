// Tests of guardd's answers about messages: what a client, a user or a domain may send.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/guardd/answers_world.h"

namespace posthouse::guard {
namespace {

class LimitAnswersTest : public AnswersTest {
  protected:
    LimitAnswersTest() { answers_.set(limiting()); }
    static Rules limiting() {
        Rules limiting = rules();
        limiting.connections_per_address = 100;
        limiting.rates.limits[index(RateKind::client)] = {{{4, 2, 0}, {}}};
        limiting.rates.limits[index(RateKind::user)] = {{{0, 0, 10}, {0, 0, 15}}};
        limiting.rates.limits[index(RateKind::sender_domain)] = {{{0, 3, 0}, {}}};
        limiting.rates.limits[index(RateKind::user_domain)] = {{{0, 0, 12}, {}}};
        return limiting;
    }
    std::string send(std::string_view ip, std::string_view user, std::string_view sender,
                     std::uint64_t recipients = 1) {
        return ask(about_message(ip, user, sender, recipients));
    }
    static std::vector<Rate> listed(Answers& answers) {
        std::vector<Rate> all;
        RateSubject last;
        for (;;) {
            const Result<std::vector<Rate>> page =
                to_rates(answers.answer(Asker::administrator, 1, rates_after(last)).reply.action);
            EXPECT_TRUE(page);
            if (!page || page->empty()) return all;
            last = page->back().subject;
            all.insert(all.end(), page->begin(), page->end());
        }
    }
    const std::string alice = "alice@example.org";
};

TEST_F(LimitAnswersTest, AUserIsCountedWhereverHeComesFromAndHisNetworkIsNot) {
    EXPECT_EQ(send("192.0.2.1", alice, alice, 6), "OK");
    EXPECT_EQ(send("198.51.100.1", "Alice@Example.org", alice, 4), "OK");
    EXPECT_EQ(send("203.0.113.1", alice, alice),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 10 in an hour; try again in 50 minutes");
    EXPECT_EQ(send("192.0.2.1", "bob@other.example", "bob@other.example", 9), "OK");
    EXPECT_EQ(send("192.0.2.1", "", "x@client.example"), "OK");
    EXPECT_EQ(send("192.0.2.1", "", "x@client.example"), "OK");
    EXPECT_TRUE(send("192.0.2.1", "", "x@client.example").starts_with("DEFER 4.7.1 Too many messages: 192.0.2.1 may"));
}

TEST_F(LimitAnswersTest, LongWaitsAreToldInHoursAndDays) {
    Rules rules = limiting();
    rules.rates.limits[index(RateKind::user)] = {{{0, 0, 0}, {0, 0, 20}}};
    rules.rates.limits[index(RateKind::user_domain)] = {};
    answers_.set(rules);
    now_ = milliseconds(0);
    EXPECT_EQ(send("192.0.2.1", alice, alice, 20), "OK");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 2),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 20 in a day; try again in 27 hours");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 20),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 20 in a day; try again in 2 days");
}

TEST_F(LimitAnswersTest, AMessageThatNeverFitsIsRefusedForGood) {
    EXPECT_EQ(send("192.0.2.1", alice, alice, 11),
              "REJECT 5.5.3 Too many recipients: alice@example.org may have 10 in an hour; send to fewer at a time");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 10), "OK") << "what is refused isn't counted";
}

TEST_F(LimitAnswersTest, OwnLimitsHoldInThePlaceOfTheSettings) {
    const auto send_with = [this](RateKind kind, const RateLimits& own, std::uint64_t recipients) {
        policy::Request request = about_message("192.0.2.1", alice, alice, recipients);
        add_own_limits(request, kind, own);
        return ask(request);
    };
    EXPECT_EQ(send_with(RateKind::user, {{{0, 0, 2}, {}}}, 3),
              "REJECT 5.5.3 Too many recipients: alice@example.org may have 2 in an hour; send to fewer at a time");
    EXPECT_EQ(send_with(RateKind::user, {{{0, 0, 12}, {}}}, 12), "OK") << "more than the setting";
    EXPECT_EQ(send("192.0.2.1", "bob@example.org", "bob@other.example", 11),
              "REJECT 5.5.3 Too many recipients: bob@example.org may have 10 in an hour; send to fewer at a time");
    EXPECT_TRUE(send_with(RateKind::user, {}, 1).starts_with("DEFER 4.7.1 Too many recipients: example.org may have"));
    EXPECT_TRUE(send_with(RateKind::user_domain, {{{0, 0, 100}, {}}}, 1)
                    .starts_with("DEFER 4.7.1 Too many recipients: alice@example.org may have 10"));
    policy::Request both = about_message("192.0.2.1", alice, alice, 50);
    add_own_limits(both, RateKind::user, {});
    add_own_limits(both, RateKind::user_domain, {{{0, 0, 100}, {}}});
    EXPECT_EQ(ask(both), "OK") << "0 is without a limit";
}

TEST_F(LimitAnswersTest, StrangersDoNotUseUpWhatTheUsersOfADomainMaySend) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send("192.0.2." + std::to_string(i), "", "x@example.org"), "OK");
    EXPECT_TRUE(send("192.0.2.9", "", "y@EXAMPLE.org").starts_with("DEFER 4.7.1 Too many messages: example.org"));
    EXPECT_EQ(send("192.0.2.9", "bob@example.org", "bob@example.org", 7), "OK");
    EXPECT_TRUE(send("192.0.2.9", alice, alice, 6).starts_with("DEFER 4.7.1 Too many recipients: example.org"));
    EXPECT_EQ(send("192.0.2.9", alice, "", 6), "OK") << "the null sender has no domain";
}

TEST_F(LimitAnswersTest, EachAnswerTellsWhatItDid) {
    const policy::Request message = about_message("192.0.2.1", alice, alice, 6);
    EXPECT_EQ(outcome_of(message), Outcome::told);
    EXPECT_EQ(outcome_of(message), Outcome::limited);
    const policy::Request connection = about_connection(Question::connect, "smtp", "192.0.2.1");
    for (int i = 0; i < 4; ++i) EXPECT_EQ(outcome_of(connection), Outcome::told);
    EXPECT_EQ(outcome_of(connection), Outcome::refused);
    const policy::Request penalty = about_login(Question::penalty, "192.0.2.1", alice);
    EXPECT_EQ(outcome_of(penalty), Outcome::told);
    for (int i = 0; i < 9; ++i)
        EXPECT_EQ(outcome_of(about_login(Question::failure, "192.0.2.1", alice)), Outcome::failed_login);
    EXPECT_EQ(outcome_of(penalty), Outcome::delayed_login);
    EXPECT_EQ(outcome_of(ban_request(*ban_subject({}, alice), std::nullopt, {})), Outcome::changed);
    EXPECT_EQ(outcome_of(penalty), Outcome::refused_login);
}

TEST_F(LimitAnswersTest, WhatAnAdministratorAsksIsNoRefusedClient) {
    policy::Request senseless;
    senseless.add("request", "guard_reset");
    senseless.add("kind", "x");
    EXPECT_EQ(outcome_of(senseless), Outcome::denied);
    EXPECT_EQ(outcome_of(ban_request({}, std::nullopt, {})), Outcome::denied);
    EXPECT_EQ(outcome_of(lift_request({})), Outcome::denied);
    EXPECT_EQ(outcome_of(reset_request({RateKind::user, alice})), Outcome::changed);
    EXPECT_EQ(outcome_of(rates_after({})), Outcome::told);
    EXPECT_EQ(answers_.answer(Asker::client, 1, rates_after({})).outcome, Outcome::denied);
}

TEST_F(LimitAnswersTest, TrustedNetworksAndUnknownClientsAreNotCounted) {
    for (int i = 0; i < 9; ++i) EXPECT_EQ(send(i % 2 == 0 ? "127.0.0.1" : "unknown", "", ""), "OK");
    EXPECT_EQ(answers_.rates(), 0u);
}

TEST_F(LimitAnswersTest, ConnectionsCountForWhatSendsMailTogether) {
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "submission"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "submissions"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"), "OK");
    ask(about_connection(Question::disconnect, "smtp", "192.0.2.1"));
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"),
              "REJECT Too many connections: 192.0.2.1 may have 4 in an hour; try again in 59 minutes");
    EXPECT_EQ(connect("192.0.2.1", 1, "imap"), "OK");
    EXPECT_EQ(answers_.connections().total(), 4u);
}

TEST_F(LimitAnswersTest, PostfixAsksAtDataWithTheSameWords) {
    policy::Request request;
    for (const auto& [name, value] : {std::pair{"request", "smtpd_access_policy"},
                                      {"protocol_state", "DATA"},
                                      {"client_address", "192.0.2.1"},
                                      {"sasl_username", "alice@example.org"},
                                      {"sender", "alice@example.org"},
                                      {"recipient_count", "8"}})
        request.add(name, value);
    EXPECT_EQ(ask(request), "DUNNO");
    EXPECT_TRUE(ask(request).starts_with("DEFER 4.7.1 Too many recipients: "));
}

TEST_F(LimitAnswersTest, WhoIsNotLimitedIsNotRemembered) {
    answers_.set(rules());
    EXPECT_EQ(send("192.0.2.1", alice, alice, 600), "OK");
    EXPECT_EQ(answers_.rates(), 0u);
    EXPECT_TRUE(answers_.take_events().empty());
}

TEST_F(LimitAnswersTest, CountsSurviveByTheJournalAndByTheSnapshot) {
    send("192.0.2.1", alice, alice, 7);
    const std::vector<Event> events = answers_.take_events();
    ASSERT_EQ(events.size(), 1u);
    const SnapshotFile snapshot = answers_.snapshot();
    for (const bool from_snapshot : {false, true}) {
        Answers other(limiting(), {[this] { return now_; }, [this] { return epoch + now_; }});
        if (from_snapshot) {
            const Result<SnapshotFile> read = parse_snapshot(to_json(snapshot));
            ASSERT_TRUE(read) << read.error().message();
            other.restore(*read);
        }
        std::string line = to_line(events.front());
        line.pop_back();
        const Result<Event> event = parse_event(line);
        ASSERT_TRUE(event) << event.error().message();
        other.replay(*event);  // in the snapshot already, if there was one
        EXPECT_EQ(listed(other), listed(answers_));
        EXPECT_TRUE(other.answer(Asker::administrator, 1, about_message("192.0.2.1", alice, alice, 4))
                        .reply.action.starts_with("DEFER"));
        EXPECT_EQ(other.answer(Asker::administrator, 1, about_message("192.0.2.1", alice, alice, 3)).reply.action,
                  "OK");
    }
}

TEST_F(LimitAnswersTest, AnAdministratorSeesAndResetsThem) {
    send("192.0.2.1", alice, alice, 7);
    send("2001:db8::9", "", "x@client.example", 2);
    const std::vector<Rate> rates = listed(answers_);
    ASSERT_EQ(rates.size(), 4u);
    EXPECT_EQ(rates[0], (Rate{{RateKind::client, "2001:db8::/64"}, {{{0, 1, 2}, {0, 1, 2}}}}));
    EXPECT_EQ(rates[1], (Rate{{RateKind::user, alice}, {{{0, 1, 7}, {0, 1, 7}}}}));
    EXPECT_EQ(rates[2].subject, (RateSubject{RateKind::sender_domain, "client.example"}));
    EXPECT_EQ(rates[3].subject, (RateSubject{RateKind::user_domain, "example.org"}));
    EXPECT_EQ(ask(reset_request({RateKind::user, "Alice@example.org"})), "LIFTED 1");
    EXPECT_EQ(ask(reset_request({RateKind::user, alice})), "LIFTED 0");
    EXPECT_EQ(ask(reset_request({RateKind::client, "2001:db8::77"})), "LIFTED 1");
    EXPECT_TRUE(ask(reset_request({RateKind::user, ""})).starts_with("REJECT "));
    EXPECT_EQ(listed(answers_).size(), 2u);
    policy::Request senseless;
    senseless.add("request", "guard_rates");
    EXPECT_TRUE(ask(senseless).starts_with("REJECT "));
}

TEST_F(LimitAnswersTest, ManyAreToldInPages) {
    Rules many = limiting();
    many.rates.limits[index(RateKind::user_domain)] = {};
    answers_.set(many);
    for (int i = 0; i < 95; ++i) {
        const std::string user = std::string(200, 'x') + std::to_string(i) + "@example.org";
        send("192.0.2.1", user, user);
    }
    EXPECT_EQ(listed(answers_).size(), 95u);
}

TEST_F(LimitAnswersTest, ALimitThatIsMetIsToldOnce) {
    send("192.0.2.1", alice, alice, 10);
    EXPECT_TRUE(answers_.take_limits_met().empty());
    send("192.0.2.1", alice, alice);
    send("192.0.2.1", alice, alice);
    const std::vector<LimitMet> met = answers_.take_limits_met();
    ASSERT_EQ(met.size(), 1u);
    EXPECT_EQ(met[0].subject.name, alice);
    EXPECT_EQ(met[0].limit, 10u);
}

}  // namespace
}  // namespace posthouse::guard
