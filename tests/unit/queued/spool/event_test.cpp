// Events of the journal, and the state of recipients that they lead to.
#include "queued/spool/event.h"

#include "queued/spool/recipient_state.h"
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

TEST(Event, ItsTextIsReadable) {
    const Event deferred{.kind = EventKind::deferred,
                         .at = 1'700'000'100,
                         .recipients = {0, 1, 2, 7, 9, 10},
                         .remote = "mx.example.net [192.0.2.1]:25",
                         .status = "4.2.1",
                         .reply = "450 4.2.1 not now\n100%"};
    EXPECT_EQ(to_text(deferred),
              "event=deferred\nat=1700000100\nrecipients=0-2,7,9-10\nremote=mx.example.net [192.0.2.1]:25\n"
              "status=4.2.1\nreply=450 4.2.1 not now%0A100%25\n");
    EXPECT_EQ(parse_event(to_text(deferred)).value(), deferred);
}

TEST(Event, ComesBackFromItsText) {
    for (const EventKind kind : {EventKind::deferred, EventKind::delivered, EventKind::relayed, EventKind::bounced,
                                 EventKind::postponed, EventKind::warned, EventKind::notified}) {
        const Event one = event(kind, {0, 999});
        EXPECT_EQ(parse_event(to_text(one)).value(), one);
    }
    for (const EventKind kind : {EventKind::held, EventKind::released})
        EXPECT_EQ(parse_event(to_text(event(kind, {}))).value(), event(kind, {}));
    Event promised = event(EventKind::relayed, {3});
    promised.promise = NoticePromise::yes;
    EXPECT_EQ(parse_event(to_text(promised)).value(), promised);
}

TEST(Event, ALongReplyIsCutAtACharacter) {
    Event one = event(EventKind::bounced, {0});
    one.reply = std::string(max_reply_bytes - 1, 'x') + "ü and so on";
    one.remote = std::string(10'000, '\n');
    for (std::uint32_t i = 2; i < max_recipients; i += 2) one.recipients.push_back(i);
    const std::string text = to_text(one);
    EXPECT_LE(text.size(), max_event_bytes);
    EXPECT_EQ(parse_event(text).value().reply, std::string(max_reply_bytes - 1, 'x'));
    EXPECT_EQ(parse_event(text).value().recipients, one.recipients);
}

TEST(Event, WhatMakesNoSenseIsRefused) {
    ASSERT_TRUE(parse_event("event=held\nat=1\n"));
    for (const std::string& text : std::vector<std::string>{
             "", "event=held\n", "at=1\n", "event=held\nat=1", "event=held\nat=1\nat=1\n", "event=held\nat=x\n",
             "event=held\nat=1\nrecipients=0\n", "event=delivered\nat=1\n", "event=delivered\nat=1\nrecipients=\n",
             "event=delivered\nat=1\nrecipients=1000\n", "event=delivered\nat=1\nrecipients=2,1\n",
             "event=delivered\nat=1\nrecipients=1,1\n", "event=delivered\nat=1\nrecipients=3-2\n",
             "event=delivered\nat=1\nrecipients=0-4294967296\n", "event=delivered\nat=1\nrecipients=0-\n",
             "event=delivered\nat=1\nrecipients=0\nnotice=promised\n", "event=relayed\nat=1\nrecipients=0\nnotice=no\n",
             "event=held\nat=1\nreply=" + std::string(max_reply_bytes + 1, 'x') + "\n", "event=held\nat=1\nstatus=\n"})
        EXPECT_EQ(parse_event(text).error().code, ErrorCode::invalid) << text;
    EXPECT_EQ(parse_event("event=teleported\nat=1\n").error().code, ErrorCode::unsupported);
    EXPECT_EQ(parse_event("event=held\nat=1\nby=admin\n").error().code, ErrorCode::unsupported);
    EXPECT_EQ(parse_event(std::string(max_event_bytes + 1, 'x')).error().code, ErrorCode::limit);
}

TEST(RecipientState, AFateIsForGood) {
    std::vector<RecipientState> states(3);
    apply_event(event(EventKind::deferred, {0, 1, 2}, 10), states);
    apply_event(event(EventKind::deferred, {0}, 20), states);
    apply_event(event(EventKind::warned, {1}, 30), states);
    apply_event(event(EventKind::delivered, {0}, 40), states);
    EXPECT_EQ(states[0].fate, EventKind::delivered);
    EXPECT_EQ(states[0].deferrals, 2u);
    EXPECT_EQ(states[0].first_try, 10);
    EXPECT_EQ(states[0].last_try, 40);
    EXPECT_TRUE(states[1].warned && states[1].is_due() && !states[0].warned);
    for (const EventKind kind :
         {EventKind::deferred, EventKind::delivered, EventKind::relayed, EventKind::bounced, EventKind::warned})
        EXPECT_FALSE(may_apply(event(kind, {0, 1}), states));
    EXPECT_FALSE(may_apply(event(EventKind::notified, {1}), states)) << "there is no fate yet to notify of";
    EXPECT_FALSE(may_apply(event(EventKind::delivered, {3}), states));
    EXPECT_FALSE(may_apply(event(EventKind::delivered, {}), states));
    EXPECT_FALSE(may_apply(event(EventKind::held, {1}), states));
    EXPECT_TRUE(may_apply(event(EventKind::held, {}), states));
    // Of an event that isn't wholly true what is true counts.
    apply_event(event(EventKind::bounced, {0, 1, 3}, 50), states);
    EXPECT_EQ(states[0].fate, EventKind::delivered);
    EXPECT_EQ(states[0].last_try, 40);
    EXPECT_EQ(states[1].fate, EventKind::bounced);
}

TEST(RecipientState, WhoIsPostponedHasAReasonAndNoAttempt) {
    std::vector<RecipientState> states(2);
    Event one = event(EventKind::postponed, {0}, 10);
    one.reply = "smtp:example.net not reachable";
    apply_event(one, states);
    EXPECT_TRUE(states[0].postponed() && states[0].is_due());
    EXPECT_EQ(states[0].reply, one.reply);
    EXPECT_EQ(states[0].deferrals, 0u);
    EXPECT_EQ(states[0].first_try, 0);
    EXPECT_EQ(states[0].last_try, 0);
    EXPECT_FALSE(states[1].postponed());
    apply_event(event(EventKind::deferred, {0}, 20), states);
    EXPECT_FALSE(states[0].postponed()) << "tried by itself since";
    EXPECT_EQ(states[0].first_try, 20);
}

TEST(RecipientState, AttemptsAreNumberedByWhoWasTriedMost) {
    std::vector<RecipientState> states(2);
    EXPECT_EQ(next_attempt(states), 1u);
    apply_event(event(EventKind::postponed, {0, 1}, 10), states);
    EXPECT_EQ(next_attempt(states), 1u) << "nobody was tried";
    apply_event(event(EventKind::deferred, {0, 1}, 20), states);
    apply_event(event(EventKind::deferred, {1}, 30), states);
    EXPECT_EQ(next_attempt(states), 3u);
    apply_event(event(EventKind::relayed, {1}, 40), states);
    EXPECT_EQ(next_attempt(states), 3u);
}

/// What NOTIFY (RFC 3461 §4.1) asks for, and who sees to it (§5.2).
TEST(RecipientState, NoticesAreOwedAsNotifySays) {
    Envelope envelope = envelope_to({"bob@example.net"});
    Recipient& bob = envelope.recipients[0];
    const auto owes = [&](EventKind kind, NoticePromise promise = NoticePromise::no) {
        std::vector<RecipientState> states(1);
        Event fate = event(kind, {0});
        fate.promise = promise;
        apply_event(fate, states);
        const bool owed = owes_notice(envelope, bob, states[0]);
        EXPECT_EQ(nothing_left(envelope, states), !states[0].is_due() && !owed);
        if (!states[0].is_due()) {
            apply_event(event(EventKind::notified, {0}), states);
            EXPECT_TRUE(nothing_left(envelope, states));
        }
        return owed;
    };
    EXPECT_TRUE(owes(EventKind::bounced));
    EXPECT_FALSE(owes(EventKind::delivered));
    EXPECT_FALSE(owes(EventKind::relayed));
    EXPECT_FALSE(owes(EventKind::deferred));
    bob.notify = smtp::DsnNotify{.success = true};
    EXPECT_FALSE(owes(EventKind::bounced));
    EXPECT_TRUE(owes(EventKind::delivered));
    EXPECT_TRUE(owes(EventKind::relayed)) << "to a server without DSN";
    EXPECT_FALSE(owes(EventKind::relayed, NoticePromise::yes));
    bob.notify = smtp::DsnNotify{};
    EXPECT_FALSE(owes(EventKind::bounced)) << "NEVER";
    bob.notify.reset();
    bob.sender = smtp::ReversePath();
    EXPECT_FALSE(owes(EventKind::bounced)) << "nobody is told of a bounce";
    bob.sender.reset();
    envelope.sender.reset();
    EXPECT_FALSE(owes(EventKind::bounced));
    bob.sender = mailbox("list-owner@example.org");
    EXPECT_TRUE(owes(EventKind::bounced));
}

}  // namespace
}  // namespace posthouse::spool
