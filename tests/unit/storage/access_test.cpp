// Rights, and access control lists as Dovecot's acl plugin reads and writes them.
#include "storage/access_list.h"

#include <gtest/gtest.h>

namespace posthouse::storage {
namespace {

using Action = AccessChange::Action;

Rights rights(std::string_view letters) { return Rights::parse(letters).value(); }
Identifier who(std::string_view text) { return Identifier::parse(text).value(); }
/// What bob, a member of "g" and "h", may do by this list, as another's user.
std::string bobs(std::string_view text) {
    return AccessList::parse(text).effective({"bob@example.org", {"g", "h"}}, false).letters();
}
/// What joe, the owner, may.
std::string owners(std::string_view text) {
    return AccessList::parse(text).effective({"joe@example.org"}, true).letters();
}

constexpr std::string_view all = "lrwstipekxa";

TEST(Rights, AreLettersInAnyOrder) {
    EXPECT_EQ(rights("rwiptslaekx"), Rights::all());
    EXPECT_EQ(rights("rl").letters(), "lr");
    EXPECT_EQ(rights("rrr").letters(), "r");
    EXPECT_TRUE(rights("").empty());
    EXPECT_EQ(Rights::parse("lQ").error().code, ErrorCode::invalid);
    EXPECT_EQ(Rights::parse("l ").error().code, ErrorCode::invalid);
    EXPECT_FALSE(Rights::parse("R")) << "upper-case letters are no rights (RFC 4314 §2)";
}

TEST(Rights, TheObsoleteOnesStandForSeveral) {
    EXPECT_EQ(rights("lc").letters(), "lkx");
    EXPECT_EQ(rights("d").letters(), "te");
    EXPECT_EQ(rights("lr").imap_letters(), "lr");
    EXPECT_EQ(rights("k").imap_letters(), "kc");
    EXPECT_EQ(Rights::all().imap_letters(), std::string(all) + "cd");
}

TEST(Rights, AreSets) {
    EXPECT_EQ((rights("lr") | rights("rw")).letters(), "lrw");
    EXPECT_EQ((rights("lrw") - rights("ra")).letters(), "lw");
    EXPECT_TRUE(rights("lrx").has(Right::delete_mailbox));
    EXPECT_FALSE(rights("lr").has_any(rights("wa")));
}

TEST(Identifier, IsOneOfSix) {
    for (const char* text :
         {"anyone", "authenticated", "owner", "user=joe@example.org", "group=a b", "group-override=x"})
        EXPECT_EQ(who(text).text(), text);
    EXPECT_EQ(who("anonymous").text(), "anyone");
    for (const char* text : {"", "joe", "user=", "group=", "Anyone", "-anyone", "user=a\nb", "user=\xff", "owner "})
        EXPECT_EQ(Identifier::parse(text).error().code, ErrorCode::invalid) << text;
    EXPECT_EQ(Identifier::parse("user=" + std::string(256, 'x')).error().code, ErrorCode::limit);
}

TEST(AccessList, IsReadAsDovecotReadsIt) {
    const AccessList list = AccessList::parse(
        "# who may read\n\nuser=bob@example.org lr\nanyone\n\"user=a \\\"b\\\\\" w\r\n-group=staff \t e\t :post "
        "custom,x\n");
    const std::vector<AccessEntry> expected = {{who("anyone"), false, {}},
                                               {who("group=staff"), true, rights("ep"), {"custom", "x"}},
                                               {who("user=a \"b\\"), false, rights("w")},
                                               {who("user=bob@example.org"), false, rights("lr")}};
    EXPECT_EQ(list.entries(), expected);
    EXPECT_TRUE(list.senseless().empty());
}

TEST(AccessList, LinesOfOneIdentifierAreOneEntry) {
    EXPECT_EQ(
        AccessList::parse("user=a lr\nanyone l\nuser=a i :x\n").entries(),
        (std::vector<AccessEntry>{{who("anyone"), false, rights("l")}, {who("user=a"), false, rights("lri"), {"x"}}}));
}

TEST(AccessList, IsWrittenAsDovecotWritesIt) {
    AccessList list;
    EXPECT_EQ(list.text(), "");
    ASSERT_TRUE(list.change(who("user=bob@example.org"), false, {Action::replace, rights("rl")}).value());
    ASSERT_TRUE(list.change(who("user=o'neil \"x\""), true, {Action::add, rights("w")}).value());
    ASSERT_TRUE(list.change(who("anyone"), false, {}).value());
    EXPECT_EQ(list.text(), "user=bob@example.org lr\n\"-user=o\\'neil \\\"x\\\"\" w\nanyone \n");
    EXPECT_EQ(AccessList::parse(list.text()).entries(), list.entries());
}

TEST(AccessList, ChangesWhatSetAclAndDeleteAclChange) {
    AccessList list = AccessList::parse("user=a lr\n-user=a x\nuser=a w :custom\n");
    const Identifier a = who("user=a");
    EXPECT_FALSE(list.change(who("user=b"), false, {Action::remove, rights("l")}).value());
    EXPECT_FALSE(list.change(who("user=b"), false, {Action::forget}).value());
    EXPECT_TRUE(list.change(a, false, {Action::add, rights("l")}).value()) << "two lines became one";
    EXPECT_FALSE(list.change(a, false, {Action::add, rights("l")}).value());
    EXPECT_EQ(list.text(), "user=a lrw :custom\n-user=a x\n");
    EXPECT_TRUE(list.change(a, false, {Action::remove, rights("lrwx")}).value());
    EXPECT_EQ(list.text(), "user=a  :custom\n-user=a x\n");
    EXPECT_TRUE(list.change(a, false, {Action::replace, rights("i")}).value());
    EXPECT_TRUE(list.change(a, true, {Action::forget}).value());
    EXPECT_EQ(list.text(), "user=a i\n");
    EXPECT_TRUE(list.change(a, false, {Action::forget}).value());
    EXPECT_EQ(list.text(), "");
}

TEST(AccessList, HasABound) {
    AccessList list;
    for (std::size_t i = 0; i < AccessList::max_entries; ++i)
        ASSERT_TRUE(list.change(who("user=" + std::to_string(i)), false, {Action::replace, rights("l")}));
    EXPECT_EQ(list.change(who("anyone"), false, {Action::replace, rights("l")}).error().code, ErrorCode::limit);
    EXPECT_TRUE(list.change(who("user=7"), false, {Action::add, rights("r")}).value());
}

TEST(AccessList, KeepsLinesWithoutSenseAndThenGivesOthersNothing) {
    for (const std::string& line : {"bogus lr", "user=x c", "user=x lr post", "\"user=x lr", "\"user=x\"lr",
                                   "user=x\x01 l", "user=x l :a\rb", " user=x l"}) {
        AccessList list = AccessList::parse("anyone lr\n" + line + "\n# comment\n");
        EXPECT_EQ(list.senseless(), std::vector<std::string>{line});
        EXPECT_TRUE(list.effective({"bob@example.org"}, false).empty()) << line;
        EXPECT_EQ(list.effective({"joe@example.org"}, true), Rights::all()) << line;
        ASSERT_TRUE(list.change(who("anyone"), false, {Action::forget}).value());
        EXPECT_EQ(list.text(), line + "\n# comment\n");
    }
}

// Each of these is what `doveadm acl rights` of Dovecot 2.3 says; tests/interop/rights_test.py asks it for many more.
TEST(AccessList, EachKindReplacesWhatTheKindsBeforeGave) {
    EXPECT_EQ(bobs(""), "");
    EXPECT_EQ(bobs("anyone lr\n"), "lr");
    EXPECT_EQ(bobs("authenticated lr\nanyone w\n"), "lr");
    EXPECT_EQ(bobs("user=bob@example.org\nanyone l\n"), "");
    EXPECT_EQ(bobs("user=bob@example.org lr\nuser=bob@example.org i\n"), "lri");
    EXPECT_EQ(bobs("group=g l\ngroup=h r\ngroup=i w\nanyone x\n"), "lr");
    EXPECT_EQ(bobs("group-override=g lrw\nuser=bob@example.org lri\n"), "lrw");
    EXPECT_EQ(bobs("owner lr\nuser=Bob@example.org l\n"), "");
    EXPECT_EQ(AccessList::parse("anyone l\nauthenticated lr\n").effective({}, false), rights("l"));
}

TEST(AccessList, NegativeRightsOutliveTheKindsAfter) {
    EXPECT_EQ(bobs("-user=bob@example.org l\nanyone lr\n"), "r");
    EXPECT_EQ(bobs("user=bob@example.org lr\n-anyone r\n"), "l");
    EXPECT_EQ(bobs("user=bob@example.org lr\n-user=bob@example.org l\n-anyone r\n"), "r");
    EXPECT_EQ(bobs("-user=bob@example.org l\n"), "");
    EXPECT_EQ(bobs("anyone l\n-group=g r\ngroup=h wr\n"), "lw") << "the second group adds, also to what was before";
}

TEST(AccessList, TheOwnerHasAllUnlessSaidOtherwise) {
    EXPECT_EQ(owners(""), all);
    EXPECT_EQ(owners("anyone lr\n-authenticated l\n"), all);
    EXPECT_EQ(owners("user=bob@example.org l\n"), all);
    EXPECT_EQ(owners("owner lr\n-anyone l\n"), "lr");
    EXPECT_EQ(owners("-owner r\n"), "lwstipekxa");
    EXPECT_EQ(owners("user=joe@example.org l\n"), "l");
}

}  // namespace
}  // namespace posthouse::storage
