// Tests of the delays after failed log-ins, on a clock that the tests turn.
#include "guardd/penalties.h"

#include <gtest/gtest.h>

namespace posthouse::guard {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class PenaltiesTest : public testing::Test {
  protected:
    void fail(int times, std::string_view network, std::string_view account) {
        for (int i = 0; i < times; ++i) penalties_.failure(network, account);
    }

    Time now_ = hours(1000);
    Penalties penalties_{PenaltyRules{}, [this] { return now_; }};
};

TEST_F(PenaltiesTest, AFewFailuresAreFree) {
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), milliseconds(0));
    fail(3, "192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), milliseconds(0));
    fail(1, "192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(1));
}

TEST_F(PenaltiesTest, DelaysOfANetworkDoubleUpToTheirLimit) {
    std::vector<milliseconds> delays;
    for (int i = 0; i < 10; ++i) {
        penalties_.failure("192.0.2.1", "user" + std::to_string(i));
        delays.push_back(penalties_.delay("192.0.2.1", "other"));
    }
    const std::vector<milliseconds> expected = {seconds(0), seconds(0), seconds(0),  seconds(1),  seconds(2),
                                                seconds(4), seconds(8), seconds(15), seconds(15), seconds(15)};
    EXPECT_EQ(delays, expected);
    EXPECT_EQ(penalties_.delay("192.0.2.2", "other"), seconds(0));
}

TEST_F(PenaltiesTest, AnAccountUnderAttackIsDelayedLittleFromElsewhere) {
    for (int i = 0; i < 100; ++i) penalties_.failure("198.51.100." + std::to_string(i), "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(4));
    EXPECT_EQ(penalties_.delay("192.0.2.1", "b@example.org"), seconds(0));
    EXPECT_EQ(penalties_.delay("198.51.100.1", "b@example.org"), seconds(0));
}

TEST_F(PenaltiesTest, TheOwnersNetworkIsSparedForAWeek) {
    penalties_.success("192.0.2.1", "a@example.org");
    for (int i = 0; i < 100; ++i) penalties_.failure("198.51.100." + std::to_string(i), "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(0));
    EXPECT_EQ(penalties_.delay("192.0.2.2", "a@example.org"), seconds(4));
    now_ += hours(8 * 24);
    for (int i = 0; i < 100; ++i) penalties_.failure("198.51.100." + std::to_string(i), "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(4));
}

TEST_F(PenaltiesTest, FailuresHalveWithTime) {
    fail(8, "192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(15));
    now_ += minutes(10);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(1));
    now_ += minutes(10);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(0));
}

TEST_F(PenaltiesTest, ALongAttackIsForgottenWithinAnHourOrSo) {
    fail(100'000, "192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(15));
    now_ += minutes(40);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(0));
}

TEST_F(PenaltiesTest, ASuccessForgivesWhatItsOwnerMistyped) {
    fail(6, "192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(4));
    penalties_.success("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(0));
    EXPECT_EQ(penalties_.networks(), 0u);
    EXPECT_EQ(penalties_.accounts(), 0u);
}

TEST_F(PenaltiesTest, AnAttackersOwnAccountDoesNotWipeOutItsGuesses) {
    for (int i = 0; i < 20; ++i) {
        penalties_.failure("192.0.2.1", "victim" + std::to_string(i));
        penalties_.success("192.0.2.1", "attacker@example.org");
    }
    EXPECT_EQ(penalties_.delay("192.0.2.1", "victim"), seconds(15));
    EXPECT_EQ(penalties_.delay("192.0.2.1", "attacker@example.org"), seconds(15));
}

TEST_F(PenaltiesTest, TrustedNetworksCountAgainstTheAccountOnly) {
    fail(10, "", "a@example.org");
    EXPECT_EQ(penalties_.networks(), 0u);
    EXPECT_EQ(penalties_.delay("", "a@example.org"), seconds(4));
    EXPECT_EQ(penalties_.delay("", "b@example.org"), seconds(0));
    penalties_.success("", "a@example.org");
    EXPECT_EQ(penalties_.delay("", "a@example.org"), seconds(0));
    fail(10, "", "a@example.org");
    EXPECT_EQ(penalties_.delay("", "a@example.org"), seconds(4)) << "a trusted network must be no good pair";
}

TEST_F(PenaltiesTest, AccountsAreComparedWithoutCaseAndCut) {
    fail(5, "192.0.2.1", "A@Example.ORG");
    EXPECT_EQ(penalties_.delay("192.0.2.9", "a@example.org"), seconds(2));
    const std::string endless(5000, 'x');
    fail(5, "192.0.2.1", endless);
    EXPECT_EQ(penalties_.delay("192.0.2.9", endless.substr(0, 320)), seconds(2));
}

TEST_F(PenaltiesTest, NothingKnownCountsNothing) {
    fail(5, "", "");
    penalties_.success("192.0.2.1", "");
    EXPECT_EQ(penalties_.delay("", ""), seconds(0));
    EXPECT_EQ(penalties_.networks() + penalties_.accounts(), 0u);
}

TEST_F(PenaltiesTest, AFloodOfNamesStaysInBoundedMemory) {
    PenaltyRules rules;
    rules.entries = 100;
    penalties_.set(rules);
    fail(8, "192.0.2.1", "a@example.org");
    for (int i = 0; i < 5000; ++i) penalties_.failure("192.0.2.1", std::to_string(i) + "@example.org");
    EXPECT_EQ(penalties_.accounts(), 100u);
    EXPECT_EQ(penalties_.networks(), 1u);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), seconds(15));
}

TEST_F(PenaltiesTest, RulesApplyAtOnceAfterAReload) {
    fail(2, "192.0.2.1", "a@example.org");
    PenaltyRules rules;
    rules.free_failures = 0;
    rules.first_delay = milliseconds(100);
    penalties_.set(rules);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), milliseconds(200));
    rules.network_limit = milliseconds(0);
    penalties_.set(rules);
    EXPECT_EQ(penalties_.delay("192.0.2.1", ""), milliseconds(0));
}

TEST_F(PenaltiesTest, ASnapshotCarriesEverythingOverARestart) {
    penalties_.success("203.0.113.1", "a@example.org");
    fail(8, "192.0.2.1", "a@example.org");
    Time other_clock = seconds(3);
    Penalties after(PenaltyRules{}, [&] { return other_clock; });
    after.restore(penalties_.snapshot(), minutes(0));
    EXPECT_EQ(after.delay("192.0.2.1", ""), seconds(15));
    EXPECT_EQ(after.delay("192.0.2.7", "a@example.org"), seconds(4));
    EXPECT_EQ(after.delay("203.0.113.1", "a@example.org"), seconds(0));
    after.success("192.0.2.1", "a@example.org");
    EXPECT_EQ(after.delay("192.0.2.1", ""), seconds(0));
    Penalties later(PenaltyRules{}, [&] { return other_clock; });
    later.restore(penalties_.snapshot(), minutes(10));
    EXPECT_EQ(later.delay("192.0.2.1", ""), seconds(1));
}

TEST_F(PenaltiesTest, OnlyWhatChangesIsWorthASnapshot) {
    const std::uint64_t before = penalties_.changes();
    EXPECT_EQ(penalties_.delay("192.0.2.1", "a@example.org"), seconds(0));
    EXPECT_EQ(penalties_.changes(), before);
    penalties_.success("192.0.2.1", "a@example.org");
    const std::uint64_t first = penalties_.changes();
    EXPECT_GT(first, before);
    now_ += minutes(5);
    penalties_.success("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalties_.changes(), first) << "the same log-in again, minutes later";
    now_ += hours(2);
    penalties_.success("192.0.2.1", "a@example.org");
    EXPECT_GT(penalties_.changes(), first);
    const std::uint64_t second = penalties_.changes();
    penalties_.failure("192.0.2.1", "a@example.org");
    EXPECT_GT(penalties_.changes(), second);
}

}  // namespace
}  // namespace posthouse::guard
