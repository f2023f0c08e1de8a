// What becomes of recipients, out of answers and failures.
#include "queued/outbound/fates.h"

#include <gtest/gtest.h>

#include "queued/outbound/fitted_content.h"

namespace posthouse::queued {
namespace {

using schedule::Outcome;
using spool::EventKind;
using transfer::Failure;
using transfer::Step;

class FatesTest : public testing::Test {
  protected:
    FatesTest() {
        for (const char* address : {"a@example.net", "b@example.net", "c@example.net"})
            envelope_.recipients.push_back({.address = smtp::parse_mailbox(address).value()});
    }
    static transfer::Answer answer(int code, std::string status, smtp::Verb to = smtp::Verb::rcpt) {
        return {smtp::Reply(code, std::move(status), "words"), to};
    }
    spool::Envelope envelope_;
    TextSource content_{""};
    Parcel parcel_{.envelope = envelope_, .recipients = {0, 2}, .content = content_};
};

TEST_F(FatesTest, TheStatusFitsWhatHappens) {
    Fates fates(parcel_, EventKind::relayed);
    fates.answered(0, answer(552, ""), "mx", true);  // too many recipients, not "for good"
    fates.answered(2, answer(550, ""), "mx", true);
    const Attempt attempt = fates.finish();
    EXPECT_EQ(attempt.fates[0].kind, EventKind::deferred);
    EXPECT_EQ(attempt.fates[0].status, "4.0.0");
    EXPECT_EQ(attempt.fates[1].kind, EventKind::bounced);
    EXPECT_EQ(attempt.fates[1].status, "5.0.0");
    EXPECT_EQ(attempt.outcome, Outcome::served);
}

TEST_F(FatesTest, AProblemThatMayPassCountsMoreThanOneForGood) {
    Fates fates(parcel_, EventKind::relayed);
    fates.answered(0, answer(250, "2.1.5", smtp::Verb::data), "mx", true);
    fates.failed({.remote = "one", .reply = smtp::Reply(451, "4.4.1", "away"), .outcome = Outcome::unreachable});
    fates.failed({.remote = "two", .reply = smtp::Reply(554, "5.7.1", "go"), .outcome = Outcome::unreachable});
    const Attempt attempt = fates.finish();
    EXPECT_EQ(attempt.fates[0].kind, EventKind::relayed);
    EXPECT_EQ(attempt.fates[0].promise, spool::NoticePromise::no);  // nobody asked
    EXPECT_EQ(attempt.fates[1].kind, EventKind::deferred);
    EXPECT_EQ(attempt.fates[1].remote, "one");
    EXPECT_EQ(attempt.outcome, Outcome::served);
}

TEST_F(FatesTest, ProblemsForGoodOnlyAreForGood) {
    Fates fates(parcel_, EventKind::relayed);
    fates.failed({.remote = "one", .reply = smtp::Reply(554, "5.7.1", "go"), .outcome = Outcome::unreachable});
    EXPECT_EQ(fates.finish().fates[1].kind, EventKind::bounced);
}

TEST_F(FatesTest, WhoClosesIsOverloaded) {
    Fates fates(parcel_, EventKind::relayed);
    fates.answered(0, answer(250, "", smtp::Verb::data), "mx", true);
    fates.answered(2, answer(421, "4.3.2"), "mx", true);
    EXPECT_EQ(fates.finish().outcome, Outcome::overloaded);
}

TEST(ProblemOf, HasWordsForPeople) {
    const Failure lost{
        .kind = Failure::Kind::lost, .step = Step::hello, .text = "timed out while saying EHLO", .reply = {}};
    EXPECT_EQ(problem_of(lost, "mx[192.0.2.1]").reply,
              smtp::Reply(451, "4.4.2", "mx[192.0.2.1]: timed out while saying EHLO"));
    EXPECT_EQ(problem_of(lost, "mx").outcome, Outcome::unreachable);
    // A wrong password is for the administrator, not for the sender.
    const Failure login{
        .kind = Failure::Kind::refused, .step = Step::login, .text = "x", .reply = smtp::Reply(535, "5.7.8", "no")};
    EXPECT_EQ(problem_of(login, "mx").reply, smtp::Reply(451, "4.7.8", "mx refuses the log-in: 535 5.7.8 no"));
    const Failure busy{.kind = Failure::Kind::refused,
                       .step = Step::greeting,
                       .text = "x",
                       .reply = smtp::Reply(421, "4.7.0", "busy")};
    EXPECT_EQ(problem_of(busy, "mx").outcome, Outcome::overloaded);
    EXPECT_EQ(problem_of(busy, "mx").remote, "mx");
    const Failure own{.kind = Failure::Kind::local, .step = Step::content, .text = "x", .reply = {}};
    EXPECT_EQ(problem_of(own, "mx").outcome, Outcome::cancelled);
}

}  // namespace
}  // namespace posthouse::queued
