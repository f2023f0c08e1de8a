// Quota decisions: limits out of rules, what fits, grace, warnings.
#include "storage/quota.h"

#include <gtest/gtest.h>

namespace posthouse::storage {
namespace {

using config::QuotaWarning;
using enum QuotaDecision::Verdict;

QuotaLimits limits(std::vector<std::string> rules, std::string grace = "", std::vector<std::string> warnings = {}) {
    return QuotaLimits::parse({std::move(rules), std::move(warnings), std::move(grace)}).value();
}
MailboxName named(std::string_view name) { return MailboxName::parse(name).value(); }
const MailboxName inbox;

TEST(Quota, WithoutRulesEverythingFits) {
    const QuotaLimits none;
    EXPECT_FALSE(none.limited());
    EXPECT_TRUE(check({1'000'000'000'000, 1'000'000}, none, inbox, {1'000'000'000, 1}, LastMail::must_fit).fits());
}

TEST(Quota, WhatFillsTheLimitExactlyFits) {
    const QuotaLimits thousand = limits({"*:bytes=1000:messages=3"});
    EXPECT_TRUE(thousand.limited());
    EXPECT_EQ(check({900, 1}, thousand, inbox, {100, 1}, LastMail::must_fit).verdict, fits);
    EXPECT_EQ(check({900, 1}, thousand, inbox, {101, 1}, LastMail::must_fit).verdict, full);
    EXPECT_EQ(check({0, 2}, thousand, inbox, {1, 1}, LastMail::must_fit).verdict, fits);
    EXPECT_EQ(check({0, 3}, thousand, inbox, {1, 1}, LastMail::must_fit).verdict, full);
}

TEST(Quota, WhatIsLargerThanTheWholeQuotaNeverFits) {
    const QuotaLimits thousand = limits({"*:bytes=1000"}, "10%");
    EXPECT_EQ(check({}, thousand, inbox, {1001, 1}, LastMail::must_fit).verdict, too_large);
    EXPECT_EQ(check({}, thousand, inbox, {1101, 1}, LastMail::may_exceed).verdict, too_large);
    EXPECT_EQ(check({5000, 1}, thousand, inbox, {1100, 1}, LastMail::may_exceed).verdict, full);
}

TEST(Quota, TheLastDeliveryMayUseUpTheGraceButNoneAfterIt) {
    const QuotaLimits thousand = limits({"*:bytes=1000"}, "10%");
    EXPECT_EQ(thousand.hard(inbox).bytes, 1100u);
    EXPECT_EQ(check({999, 1}, thousand, inbox, {101, 1}, LastMail::may_exceed).verdict, fits);
    EXPECT_EQ(check({999, 1}, thousand, inbox, {102, 1}, LastMail::may_exceed).verdict, full);
    EXPECT_EQ(check({1000, 1}, thousand, inbox, {1, 1}, LastMail::may_exceed).verdict, full);
    EXPECT_EQ(check({999, 1}, thousand, inbox, {2, 1}, LastMail::must_fit).verdict, full);
    EXPECT_EQ(limits({"*:bytes=1000:messages=10"}, "500b").hard(inbox), (QuotaLimit{1500, 10}));
}

TEST(Quota, AskedWithoutASizeTellsWhetherThereIsRoomAtAll) {
    const QuotaLimits thousand = limits({"*:bytes=1000:messages=5"});
    EXPECT_TRUE(check({999, 4}, thousand, inbox, {}, LastMail::may_exceed).fits());
    EXPECT_EQ(check({1000, 4}, thousand, inbox, {}, LastMail::may_exceed).verdict, full);
    EXPECT_EQ(check({0, 5}, thousand, inbox, {}, LastMail::may_exceed).verdict, full);
}

TEST(Quota, AnIgnoredMailboxTakesEverythingAndCountsNothing) {
    const QuotaLimits tight = limits({"*:bytes=10", "Junk:ignore"});
    EXPECT_FALSE(tight.counts(named("Junk")));
    EXPECT_TRUE(tight.counts(inbox));
    EXPECT_TRUE(check({10, 1}, tight, named("Junk"), {1'000'000, 1}, LastMail::must_fit).fits());
}

TEST(Quota, ARuleForAMailboxGivesMoreOrLessThanTheRest) {
    const QuotaLimits rules = limits({"*:bytes=1000:messages=100", "Trash:bytes=+100", "Junk:bytes=50%",
                                      "Archive:bytes=-25%:messages=7", "Drafts:bytes=-2000", "Lists/*:messages=+10%"});
    EXPECT_EQ(rules.soft(inbox), (QuotaLimit{1000, 100}));
    EXPECT_EQ(rules.soft(named("Trash")), (QuotaLimit{1100, 100}));
    EXPECT_EQ(rules.soft(named("Junk")), (QuotaLimit{500, 100}));
    EXPECT_EQ(rules.soft(named("Archive")), (QuotaLimit{750, 7}));
    EXPECT_EQ(rules.soft(named("Drafts")), (QuotaLimit{1, 100})) << "no room isn't no limit";
    EXPECT_EQ(rules.soft(named("Lists/a/b")), (QuotaLimit{1000, 110}));
    EXPECT_EQ(rules.soft(named("Trash/Old")), rules.total());
    EXPECT_TRUE(check({1050, 1}, rules, named("Trash"), {50, 1}, LastMail::must_fit).fits());
}

TEST(Quota, MoreThanNoLimitIsNoLimit) {
    const QuotaLimits rules = limits({"Trash:storage=+100M"});
    EXPECT_FALSE(rules.limited());
    EXPECT_EQ(rules.soft(named("Trash")), QuotaLimit{});
    EXPECT_TRUE(limits({"Trash:storage=100M"}).limited());
}

TEST(Quota, ALaterRuleReplacesAnEarlierOne) {
    const QuotaLimits rules = limits({"*:storage=1G:messages=5", "Trash:ignore", "*:storage=5M", "Trash:storage=+1M"});
    EXPECT_EQ(rules.total(), (QuotaLimit{5u << 20, 5}));
    EXPECT_TRUE(rules.counts(named("Trash")));
    EXPECT_EQ(rules.soft(named("Trash")).bytes, 6u << 20);
}

TEST(Quota, AMasksStarAndQuestionMark) {
    const QuotaLimits rules = limits({"A*c*:ignore", "?x:ignore"});
    for (const char* name : {"Ac", "Abc", "Ab/c/d", "Accc", "ax"}) EXPECT_FALSE(rules.counts(named(name))) << name;
    for (const char* name : {"A", "Ab", "bAc", "x", "aax"}) EXPECT_TRUE(rules.counts(named(name))) << name;
}

TEST(Quota, AWarningComesOnceOnTheWayUp) {
    const QuotaLimits rules = limits({"*:bytes=1000:messages=10"}, "", {"storage=80%", "messages=50%", "storage=95%"});
    const auto crossed = [&](const Usage& usage, const Usage& added) {
        return check(usage, rules, inbox, added, LastMail::may_exceed).crossed;
    };
    EXPECT_EQ(crossed({700, 1}, {99, 1}), std::nullopt);
    EXPECT_EQ(crossed({700, 1}, {100, 1}), (QuotaWarning{QuotaWarning::Of::storage, 80}));
    EXPECT_EQ(crossed({800, 1}, {100, 1}), std::nullopt) << "it was told before";
    EXPECT_EQ(crossed({700, 1}, {300, 1}), (QuotaWarning{QuotaWarning::Of::storage, 95})) << "the highest only";
    EXPECT_EQ(crossed({1, 4}, {1, 1}), (QuotaWarning{QuotaWarning::Of::messages, 50}));
    EXPECT_EQ(crossed({900, 1}, {200, 1}), std::nullopt) << "refused, so nothing is reached";
}

TEST(Quota, AmpleRoomEndsWellBeforeALimitAndBeforeAWarning) {
    const auto ample = [&](const QuotaLimits& rules, const Usage& usage) {
        return has_ample_room(usage, rules, inbox, {1000, 1});
    };
    const QuotaLimits bytes = limits({"*:storage=1G"});
    EXPECT_TRUE(ample(bytes, {(1024 - 129) << 20, 1}));
    EXPECT_FALSE(ample(bytes, {(1024 - 128) << 20, 1}));
    const QuotaLimits messages = limits({"*:messages=20000"});
    EXPECT_TRUE(ample(messages, {1, 9'999}));
    EXPECT_FALSE(ample(messages, {1, 10'000}));
    const QuotaLimits warned = limits({"*:storage=1G"}, "", {"storage=50%"});
    EXPECT_TRUE(ample(warned, {(512 - 129) << 20, 1}));
    EXPECT_FALSE(ample(warned, {511 << 20, 1}));
    EXPECT_TRUE(ample(warned, {512 << 20, 1})) << "that one is behind";
    EXPECT_TRUE(ample(limits({}), {std::int64_t{1} << 50, 1})) << "no limit";
    EXPECT_TRUE(ample(limits({"*:bytes=10", "INBOX:ignore"}), {100, 1}));
}

TEST(Quota, HugeLimitsDoNotOverflow) {
    const QuotaLimits rules = limits({"*:storage=65536T", "Trash:storage=+1000%"}, "1000%");
    EXPECT_EQ(rules.total().bytes, std::uint64_t{1} << 56);
    EXPECT_EQ(rules.soft(named("Trash")).bytes / 11, std::uint64_t{1} << 56);
    EXPECT_TRUE(check({1, 1}, rules, named("Trash"), {1, 1}, LastMail::may_exceed).fits());
}

TEST(Quota, AWordThatMakesNoSenseIsInvalid) {
    EXPECT_EQ(QuotaLimits::parse({{"*"}, {}, ""}).error().code, ErrorCode::invalid);
    EXPECT_EQ(QuotaLimits::parse({{}, {"x"}, ""}).error().code, ErrorCode::invalid);
    EXPECT_EQ(QuotaLimits::parse({{}, {}, "x"}).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace posthouse::storage
