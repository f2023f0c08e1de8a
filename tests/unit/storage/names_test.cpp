// Names: of mailboxes, of accounts, of files; and sets of UIDs and keywords.
#include <gtest/gtest.h>

#include "storage/flags.h"
#include "storage/layout.h"
#include "storage/mailbox_name.h"
#include "storage/maildir_name.h"
#include "storage/store.h"
#include "storage/types.h"

namespace posthouse::storage {
namespace {

MailboxName named(std::string_view text) { return MailboxName::parse(text).value(); }

TEST(MailboxNameTest, InboxIsOneNameInAnyCase) {
    EXPECT_TRUE(named("iNbOx").is_inbox());
    EXPECT_EQ(named("inbox/Sub").text(), "INBOX/Sub");
    EXPECT_EQ(named("inboxes").text(), "inboxes");
}

TEST(MailboxNameTest, WhatIsNoNameIsRefused) {
    for (const std::string_view name : {"", "/", "a//b", "/a", "a/", "a\x01", "a\xff", "a\r\nb"})
        EXPECT_FALSE(MailboxName::parse(name)) << name;
    EXPECT_FALSE(MailboxName::parse(std::string_view("a\0b", 3)));
    EXPECT_EQ(MailboxName::parse(std::string(2000, 'x')).error().code, ErrorCode::limit);
}

TEST(MailboxNameTest, ChildrenMoveWithTheirParent) {
    EXPECT_EQ(named("A/B/C").moved(named("A"), named("X/Y")).value(), named("X/Y/B/C"));
    EXPECT_EQ(named("AB").moved(named("A"), named("X")).value(), named("AB"));
    EXPECT_TRUE(named("A/B").is_below(named("A")));
    EXPECT_FALSE(named("AB").is_below(named("A")));
    EXPECT_EQ(named("A/B").parent(), named("A"));
    EXPECT_EQ(named("A").parent(), std::nullopt);
    EXPECT_FALSE(named("A/B").moved(named("A"), named(std::string(1023, 'x'))));
}

TEST(LayoutTest, FoldersAreModifiedUtf7WithDots) {
    const Layout layout;
    EXPECT_EQ(layout.folder(named("Work/Entwürfe")).value(), ".Work.Entw&APw-rfe");
    EXPECT_EQ(layout.name(".Work.Entw&APw-rfe").value(), named("Work/Entwürfe"));
    EXPECT_EQ(layout.folder(named("A&B")).value(), ".A&-B");
    EXPECT_EQ(layout.folder(named("inbox")).value(), "");
    EXPECT_EQ(layout.folder(named("inbox/x")).value(), ".INBOX.x");
}

TEST(LayoutTest, WhatCannotBeAFolderIsRefused) {
    const Layout layout;
    for (const std::string_view name : {"a.b", "..", "../x"})
        EXPECT_EQ(layout.folder(named(name)).error().code, ErrorCode::invalid) << name;
    EXPECT_EQ(layout.folder(named(std::string(254, 'x'))).value().size(), 255u);
    EXPECT_EQ(layout.folder(named(std::string(255, 'x'))).error().code, ErrorCode::limit);
}

TEST(LayoutTest, OnlyTheRightSpellingOfANameIsAMailbox) {
    const Layout layout;
    for (const std::string_view folder :
         {".", "..", ".a.", ".a..b", "x", ".a&", ".a/b", ".&AC8-", ".INBOX", ".inbox.A"})
        EXPECT_FALSE(layout.name(folder)) << folder;
    EXPECT_FALSE(layout.name("." + std::string(255, 'x')));
}

TEST(LayoutTest, SubscriptionsHaveTabsBetweenLevels) {
    const Layout layout;
    EXPECT_EQ(layout.subscription(named("Work/Entwürfe")).value(), "Work\tEntw&APw-rfe");
    EXPECT_EQ(layout.subscribed("Work\tEntw&APw-rfe").value(), named("Work/Entwürfe"));
    EXPECT_TRUE(layout.subscribed("inbox").value().is_inbox());
    EXPECT_FALSE(layout.subscribed("a\t\tb"));
}

TEST(AccountNameTest, PartsThatCouldLeaveTheirFolderAreRefused) {
    for (const std::string_view address : {"", "x", "@example.org", "x@", ".@example.org", "..@example.org", "x@..",
                                           "a/b@example.org", "x@a/b", "a\nb@c"})
        EXPECT_FALSE(AccountName::parse(address)) << address;
    EXPECT_FALSE(AccountName::make(std::string_view("a\0b", 3), "example.org"));
    EXPECT_FALSE(AccountName::make(std::string(256, 'x'), "example.org"));
    EXPECT_EQ(AccountName::parse("Bob@Example.ORG").value().text(), "Bob@example.org");
    EXPECT_EQ(AccountName::parse("a@b@example.org").value().local_part(), "a@b");
    EXPECT_TRUE(AccountName::parse("...x@example.org"));
}

TEST(MaildirNameTest, FlagsAreLettersInOrder) {
    NameFlags flags = flags_of("1.M2P3.h,S=4:2,TbXRaZ");
    EXPECT_EQ(flags.system, (SystemFlags{Flag::deleted, Flag::answered}));
    EXPECT_EQ(flags.keywords, 3u);
    EXPECT_EQ(flags.other, "XZ");
    EXPECT_EQ(name_with_flags("1.M2P3.h,S=4", flags), "1.M2P3.h,S=4:2,RTXZab");
    EXPECT_EQ(flags_of("1.M2P3.h"), NameFlags());
    EXPECT_EQ(base_of("1.M2P3.h:2,S"), "1.M2P3.h");
}

TEST(MaildirNameTest, BaseNamesTellSizesAndTheTransaction) {
    const std::string base = make_base_name("host.example", "01J-x_Q9", 12, 34);
    EXPECT_EQ(size_in_name(base, 'S'), 12u);
    EXPECT_EQ(size_in_name(base, 'W'), 34u);
    EXPECT_EQ(id_in_name(base), "01J-x_Q9");
    EXPECT_GT(time_in_name(base), 1'700'000'000);
    EXPECT_EQ(id_in_name(make_base_name("IhostI.x", "", 1, 1)), "");
    EXPECT_EQ(id_in_name("1795398253.M699172P15380.vm,S=46,W=50"), "");
    EXPECT_EQ(size_in_name("1.M1P1.h", 'S'), std::nullopt);
    EXPECT_EQ(size_in_name("1.M1P1.h,S=", 'S'), std::nullopt);
    EXPECT_EQ(size_in_name("1.M1P1.h,S=99999999999999999999999", 'S'), std::nullopt);
    EXPECT_EQ(time_in_name("99999999999999999.x"), 0);
    EXPECT_NE(make_base_name("h", "", 1, 1), make_base_name("h", "", 1, 1));
    EXPECT_EQ(host_for_names("a/b:c,d"), "a\\057b\\072c_d");
}

TEST(UidSetTest, RangesMergeAndStaySorted) {
    UidSet set;
    set.add(Uid(5), Uid(3));
    set.add(Uid(10));
    set.add(Uid(6));
    set.add(Uid(1));
    EXPECT_EQ(set.ranges(), (std::vector<UidRange>{{Uid(1), Uid(1)}, {Uid(3), Uid(6)}, {Uid(10), Uid(10)}}));
    set.add(Uid(2), Uid(9));
    EXPECT_EQ(set.ranges(), (std::vector<UidRange>{{Uid(1), Uid(10)}}));
    EXPECT_TRUE(set.contains(Uid(7)));
    EXPECT_FALSE(set.contains(Uid(11)));
    set.add(Uid(4'000'000'000), Uid(4'294'967'295));
    EXPECT_TRUE(set.contains(Uid(4'294'967'295)));
    EXPECT_TRUE(UidSet::all().contains(Uid(1)));
    EXPECT_FALSE(UidSet().contains(Uid(1)));
}

TEST(KeywordsTest, SetsAreEqualWithoutRegardToCaseAndOrder) {
    EXPECT_EQ(Keywords::make({"b", "A", "B"}).value(), Keywords::make({"a", "b"}).value());
    EXPECT_TRUE(Keywords::make({"$Label1"}).value().contains("$LABEL1"));
    EXPECT_TRUE(Keywords::make({}).value().empty());
    for (const std::string_view bad : {"", "a b", "a(", "a]", "\\Seen", "a\n", "\xc3\xa4", "a\"b", "a%", "a*"})
        EXPECT_FALSE(Keywords::make({std::string(bad)})) << bad;
    EXPECT_FALSE(Keywords::make({std::string(256, 'x')}));
}

}  // namespace
}  // namespace posthouse::storage
