// Quota rules, warnings and grace, as Dovecot's administrators write them.
#include "lib/config/quota_rule.h"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using Kind = QuotaAmount::Kind;

constexpr std::uint64_t mib = 1u << 20;

TEST(QuotaRules, TheExamplesOfDovecotsManual) {
    EXPECT_EQ(parse_quota_rule("*:storage=1G"), (QuotaRule{"*", false, {Kind::exactly, 1024 * mib}, {}}));
    EXPECT_EQ(parse_quota_rule("Trash:storage=+100M"), (QuotaRule{"Trash", false, {Kind::more, 100 * mib}, {}}));
    EXPECT_EQ(parse_quota_rule("Trash:storage=+10%%"), (QuotaRule{"Trash", false, {Kind::more_percent, 10}, {}}));
    EXPECT_EQ(parse_quota_rule("SPAM:ignore"), (QuotaRule{"SPAM", true, {}, {}}));
}

TEST(QuotaRules, StorageWithoutAUnitIsInKib) {
    EXPECT_EQ(parse_quota_rule("*:storage=1024")->storage.value, mib);
    EXPECT_EQ(parse_quota_rule("*:storage=1024b")->storage.value, 1024u);
    EXPECT_EQ(parse_quota_rule("*:bytes=1024")->storage.value, 1024u);
    EXPECT_EQ(parse_quota_rule("*:bytes=1k")->storage.value, 1024u);
    EXPECT_EQ(parse_quota_rule("*:storage=2T")->storage.value, 2 * mib * mib);
}

TEST(QuotaRules, StorageAndMessagesInOneRule) {
    const auto rule = parse_quota_rule("Lists/*:storage=50%:messages=-5");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->mask, "Lists/*");
    EXPECT_EQ(rule->storage, (QuotaAmount{Kind::percent, 50}));
    EXPECT_EQ(rule->messages, (QuotaAmount{Kind::less, 5}));
}

TEST(QuotaRules, InboxInAnyCaseIsInbox) { EXPECT_EQ(parse_quota_rule("inbox:storage=1M")->mask, "INBOX"); }

TEST(QuotaRules, WhatMakesNoSenseIsInvalid) {
    for (const char* text : {"",
                             "*",
                             ":storage=1M",
                             "*:",
                             "*:storage",
                             "*:storage=",
                             "*:storage=x",
                             "*:storage=1X",
                             "*:storage=1.5G",
                             "*:storage=-",
                             "*:storage=1GB",
                             "*:storage=99999999T",
                             "*:storage=18446744073709551616",
                             "*:messages=1K",
                             "*:color=red",
                             "*:ignore",
                             "*:storage=+1M",
                             "*:storage=10%",
                             "Trash:storage=+1001%",
                             "?:storage=1M"}) {
        const auto rule = parse_quota_rule(text);
        ASSERT_FALSE(rule) << text;
        EXPECT_EQ(rule.error().code, ErrorCode::invalid) << text;
    }
}

TEST(QuotaWarnings, ArePercentagesOfStorageOrMessages) {
    EXPECT_EQ(parse_quota_warning("storage=90%"), (QuotaWarning{QuotaWarning::Of::storage, 90}));
    EXPECT_EQ(parse_quota_warning("messages=80%%"), (QuotaWarning{QuotaWarning::Of::messages, 80}));
    for (const char* text : {"", "90%", "storage", "storage=", "storage=90", "storage=0%", "storage=101%",
                             "storage=+9%", "-storage=100%", "bytes=9%"})
        EXPECT_FALSE(parse_quota_warning(text)) << text;
}

TEST(QuotaGrace, IsAPercentageOrASize) {
    EXPECT_EQ(parse_quota_grace("10%"), (QuotaAmount{Kind::percent, 10}));
    EXPECT_EQ(parse_quota_grace("50M"), (QuotaAmount{Kind::exactly, 50 * mib}));
    EXPECT_EQ(parse_quota_grace("0"), (QuotaAmount{Kind::exactly, 0}));
    for (const char* text : {"", "+10%", "-1M", "much"}) EXPECT_FALSE(parse_quota_grace(text)) << text;
}

}  // namespace
}  // namespace posthouse::config
