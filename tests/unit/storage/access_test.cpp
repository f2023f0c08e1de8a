// Rights, and access control lists as Dovecot's acl plugin reads and writes them.
#include "storage/access_list.h"

#include "tests/unit/storage/mail_root.h"

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

constexpr std::string_view all = "lrwstipekxan";

TEST(Rights, AreLettersInAnyOrder) {
    EXPECT_EQ(rights("rwiptnslaekx"), Rights::all());
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

TEST(AccessList, SeveralLinesOfAnIdentifierReplaceAlsoTheListThatNoneOfThemHas) {
    EXPECT_EQ(bobs("-group=g px\nuser=bob@example.org kt\n"), "tk");
    EXPECT_EQ(bobs("-group=g px\nuser=bob@example.org kt\nuser=bob@example.org x\n"), "tkx");
    EXPECT_EQ(bobs("anyone lr\n-user=bob@example.org l\n-user=bob@example.org x\n"), "");
    // It stays so when they become one.
    AccessList list = AccessList::parse("-group=g px\nuser=bob@example.org k\nuser=bob@example.org x\n");
    ASSERT_TRUE(list.change(who("user=bob@example.org"), false, {Action::add, rights("t")}).value());
    EXPECT_EQ(list.text(), "-group=g px\nuser=bob@example.org tkx\n-user=bob@example.org \n");
    EXPECT_EQ(bobs(list.text()), "tkx");
}

TEST(AccessList, TheOwnerHasAllUnlessSaidOtherwise) {
    EXPECT_EQ(owners(""), all);
    EXPECT_EQ(owners("anyone lr\n-authenticated l\n"), all);
    EXPECT_EQ(owners("user=bob@example.org l\n"), all);
    EXPECT_EQ(owners("owner lr\n-anyone l\n"), "lr");
    EXPECT_EQ(owners("-owner r\n"), "lwstipekxan");
    EXPECT_EQ(owners("user=joe@example.org l\n"), "l");
}

// RFC 5257 §3.4; Dovecot refuses a file with a letter that it doesn't know.
TEST(AccessList, TheRightToAnnotateIsANameInTheFile) {
    AccessList list = AccessList::parse("user=bob@example.org lr :annotate custom\n");
    EXPECT_EQ(bobs(list.text()), "lrn");
    EXPECT_EQ(list.entries().at(0).named, std::vector<std::string>{"custom"});
    ASSERT_TRUE(list.change(who("user=bob@example.org"), false, {Action::add, rights("t")}).value());
    EXPECT_EQ(list.text(), "user=bob@example.org lrt :custom annotate\n");
    EXPECT_EQ(AccessList::parse("anyone lrn\n").senseless().size(), 1u);
}

class AccessTest : public MailRoot {
  protected:
    Result<> give(std::string_view mailbox, std::string_view identifier, std::string_view letters) {
        return account->set_acl(named(mailbox), who(identifier), false, {Action::replace, rights(letters)});
    }
    Rights rights_of(std::string_view mailbox, std::string_view user) {
        return account->effective_rights(named(mailbox), {std::string(user)}).value();
    }
    static ErrorCode code(const Result<>& result) { return result ? ErrorCode::internal : result.error().code; }
};

TEST_F(AccessTest, AListIsMadeChangedAndApplied) {
    EXPECT_TRUE(account->acl(named("Sent")).value().entries().empty());
    ASSERT_TRUE(give("Sent", "user=ann@example.org", "lrw"));
    EXPECT_EQ(read(".Sent/dovecot-acl"), "user=ann@example.org lrw\n");
    ASSERT_TRUE(account->set_acl(named("Sent"), who("user=ann@example.org"), true, {Action::add, rights("w")}));
    EXPECT_EQ(rights_of("Sent", "ann@example.org"), rights("lr"));
    EXPECT_EQ(rights_of("Sent", "bob@example.org"), Rights::all());
    EXPECT_EQ(rights_of("Sent", "eve@example.org"), Rights());
    EXPECT_EQ(rights_of("INBOX", "ann@example.org"), Rights());
    ASSERT_TRUE(give("INBOX", "anyone", "l"));
    EXPECT_EQ(read("dovecot-acl"), "anyone l\n");
    EXPECT_EQ(account->acl(named("No")).error().code, ErrorCode::not_found);
    EXPECT_EQ(code(give("No", "anyone", "l")), ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(path("dovecot-acl.lock")));
}

TEST_F(AccessTest, WhatChangesNothingWritesNothing) {
    ASSERT_TRUE(account->set_acl(named("Sent"), who("anyone"), false, {Action::forget}));
    EXPECT_FALSE(std::filesystem::exists(path(".Sent/dovecot-acl")));
    EXPECT_FALSE(std::filesystem::exists(path(".Sent/dovecot-acl.lock")));
}

TEST_F(AccessTest, ANewMailboxHasItsParentsList) {
    ASSERT_TRUE(account->create(named("Work")));
    ASSERT_TRUE(give("Work", "user=ann@example.org", "lr"));
    ASSERT_TRUE(give("INBOX", "anyone", "l"));
    ASSERT_TRUE(account->create(named("Work/Open")));
    ASSERT_TRUE(account->create(named("INBOX/Child")));
    ASSERT_TRUE(account->create(named("Top")));
    ASSERT_TRUE(account->create(named("No/Parent")));
    EXPECT_EQ(read(".Work.Open/dovecot-acl"), "user=ann@example.org lr\n");
    EXPECT_EQ(read(".INBOX.Child/dovecot-acl"), "anyone l\n");
    EXPECT_FALSE(std::filesystem::exists(path(".Top/dovecot-acl")));
    EXPECT_FALSE(std::filesystem::exists(path(".No.Parent/dovecot-acl")));
}

TEST_F(AccessTest, AListFollowsARenameAndEndsWithItsMailbox) {
    ASSERT_TRUE(account->create(named("Work")));
    ASSERT_TRUE(give("Work", "anyone", "l"));
    ASSERT_TRUE(account->create(named("Work/Open")));
    ASSERT_TRUE(account->rename(named("Work"), named("Play")));
    EXPECT_EQ(rights_of("Play", "ann@example.org"), rights("l"));
    EXPECT_EQ(rights_of("Play/Open", "ann@example.org"), rights("l"));
    ASSERT_TRUE(give("INBOX", "anyone", "lr"));
    ASSERT_TRUE(account->rename(named("INBOX"), named("Old")));
    EXPECT_EQ(rights_of("INBOX", "ann@example.org"), rights("lr"));
    EXPECT_EQ(rights_of("Old", "ann@example.org"), Rights());
    ASSERT_TRUE(account->remove(named("Play")));
    ASSERT_TRUE(account->create(named("Play")));
    EXPECT_EQ(rights_of("Play", "ann@example.org"), Rights());
}

TEST_F(AccessTest, TheLockOfDovecotIsHonoured) {
    Settings hasty = settings_for(folder.path());
    hasty.lock_wait = std::chrono::milliseconds{1};
    Store other(hasty);
    const auto same = other.open(bob).value();
    const AccessChange change{Action::replace, rights("l")};
    write(".Sent/dovecot-acl.lock", "");
    EXPECT_EQ(code(same->set_acl(named("Sent"), who("anyone"), false, change)), ErrorCode::busy);
    EXPECT_TRUE(std::filesystem::exists(path(".Sent/dovecot-acl.lock")));
    write(".Sent/dovecot-acl.lock", "999999999:test");  // of a process that is gone
    EXPECT_TRUE(account->set_acl(named("Sent"), who("anyone"), false, change));
    EXPECT_EQ(read(".Sent/dovecot-acl"), "anyone l\n");
}

TEST_F(AccessTest, AListThatCantBeReadGivesNothing) {
    write(".Sent/dovecot-acl", "anyone lr\nbogus\n");
    EXPECT_EQ(rights_of("Sent", "ann@example.org"), Rights());
    write(".Sent/dovecot-acl", std::string((1u << 20) + 1, 'x'));
    EXPECT_EQ(rights_of("Sent", "ann@example.org"), Rights());
    std::filesystem::remove(path(".Sent/dovecot-acl"));
    std::filesystem::create_directory(path(".Sent/dovecot-acl"));
    EXPECT_EQ(rights_of("Sent", "ann@example.org"), Rights());
    EXPECT_EQ(code(give("Sent", "anyone", "l")), ErrorCode::io);
    EXPECT_FALSE(std::filesystem::exists(path(".Sent/dovecot-acl.lock")));
}

TEST_F(AccessTest, ASessionHasTheRightsOfItsUser) {
    append(*open(), "Subject: x\r\n\r\n");
    const auto opened = [&](std::string_view letters) {
        return View::open(open(), Access::read_write, rights(letters));
    };
    EXPECT_EQ(opened("lwi").error().code, ErrorCode::denied);
    EXPECT_TRUE(opened("lr").value().read_only());
    EXPECT_EQ(opened("lr").value().count(), 1u);
    EXPECT_EQ(opened("lr").value().recent(), 1u) << "who may only look claims nothing";
    EXPECT_EQ(opened("lr").value().recent(), 1u);
    for (const std::string letter : {"w", "s", "t", "i", "e"}) EXPECT_FALSE(opened("lr" + letter).value().read_only());
    EXPECT_EQ(opened("lrs").value().rights(), rights("lrs"));
    EXPECT_EQ(view().rights(), Rights::all());
}

}  // namespace
}  // namespace posthouse::storage
