// The registry of who shares with whom.
#include "storage/shares.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "storage/accounts_on_disk.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using Action = AccessChange::Action;

Identifier who(std::string_view text) { return Identifier::parse(text).value(); }
AccountName user(std::string_view address) { return AccountName::parse(address).value(); }

std::string text(const Result<std::vector<AccountName>>& owners) {
    std::string text;
    for (const AccountName& owner : owners.value()) text += owner.text() + " ";
    return text;
}

TEST(Shares, AccountsAreFoundByTheirReaders) {
    const TemporaryFolder folder;
    const Shares shares(folder.path());
    EXPECT_EQ(text(shares.with(user("ann@example.org"))), "") << "no registry yet";
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.add(user("zoe@a.example"), who("authenticated")));
    ASSERT_TRUE(shares.add(user("zoe@a.example"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.add(user("ann@example.org"), who("anyone")));
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("group=staff")));
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("user=no address")));
    EXPECT_EQ(text(shares.with(user("ann@example.org"))), "zoe@a.example joe@example.org ");
    EXPECT_EQ(text(shares.with(user("bob@example.org"))), "zoe@a.example ann@example.org ");
    ASSERT_TRUE(shares.remove(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.remove(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.remove(user("joe@example.org"), who("user=never@example.org")));
    EXPECT_EQ(text(shares.with(user("ann@example.org"))), "zoe@a.example ");
}

TEST(Shares, ARenamedOwnerIsFoundByTheNewName) {
    const TemporaryFolder folder;
    const Shares shares(folder.path());
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("anyone")));
    ASSERT_TRUE(shares.add(user("zoe@example.org"), who("anyone")));
    ASSERT_TRUE(shares.owner_renamed(user("joe@example.org"), user("jo@other.example")));
    EXPECT_EQ(text(shares.with(user("ann@example.org"))), "zoe@example.org jo@other.example ");
    ASSERT_TRUE(shares.domain_renamed("example.org", "new.example"));
    EXPECT_EQ(text(shares.with(user("bob@example.org"))), "zoe@new.example jo@other.example ");
}

TEST(Shares, NothingIsLeftOfWhatWasTakenBack) {
    const TemporaryFolder folder;
    const Shares shares(folder.path());
    const auto is_empty = [&] { return std::filesystem::is_empty(folder.path() + "/SHARES"); };
    for (const std::string name : {"a", "b", "c"}) {
        const Identifier reader = who("user=" + name + "@" + name + ".example");
        ASSERT_TRUE(shares.add(user("joe@example.org"), reader));
        ASSERT_TRUE(shares.remove(user("joe@example.org"), reader));
    }
    EXPECT_TRUE(is_empty());
    ASSERT_TRUE(shares.add(user("joe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.add(user("zoe@example.org"), who("user=ann@example.org")));
    ASSERT_TRUE(shares.remove(user("joe@example.org"), who("user=ann@example.org")));
    EXPECT_EQ(text(shares.with(user("ann@example.org"))), "zoe@example.org ") << "whose folder isn't empty";
    ASSERT_TRUE(shares.owner_renamed(user("zoe@example.org"), user("zoe@new.example")));
    ASSERT_TRUE(shares.domain_renamed("new.example", "last.example"));
    ASSERT_TRUE(shares.remove(user("zoe@last.example"), who("user=ann@example.org")));
    EXPECT_TRUE(is_empty());
}

TEST(Shares, WhoAddsIsNotDisturbedByWhoRemoves) {
    const TemporaryFolder folder;
    const auto come_and_go = [&](const AccountName& owner) {
        const Shares shares(folder.path());
        for (int i = 0; i < 200; ++i) {
            EXPECT_TRUE(shares.add(owner, who("user=ann@example.org")));
            const auto owners = shares.with(user("ann@example.org"));
            EXPECT_TRUE(owners && std::ranges::find(*owners, owner) != owners->end());
            EXPECT_TRUE(shares.remove(owner, who("user=ann@example.org")));
        }
    };
    {
        const std::jthread joe(come_and_go, user("joe@example.org"));
        const std::jthread zoe(come_and_go, user("zoe@other.example"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/SHARES"));
}

class SharesTest : public MailRoot {
  protected:
    Result<> give(std::string_view mailbox, std::string_view identifier, std::string_view letters) {
        return account->set_acl(named(mailbox), who(identifier), false,
                                {Action::replace, Rights::parse(letters).value()});
    }
    std::string shown_to(std::string_view address) {
        return text(Shares(store.settings().mail_root).with(user(address)));
    }
};

TEST_F(SharesTest, ListsKeepTheRegistryTrue) {
    const std::string owner = account->name().text() + " ";
    ASSERT_TRUE(give("Sent", "user=ann@example.org", "lr"));
    ASSERT_TRUE(give("INBOX", "user=ann@example.org", "l"));
    ASSERT_TRUE(give("INBOX", "anyone", "l"));
    ASSERT_TRUE(give("Sent", "authenticated", "l"));
    EXPECT_EQ(shown_to("ann@example.org"), owner);
    EXPECT_EQ(shown_to("eve@example.org"), owner);
    ASSERT_TRUE(give("Sent", "authenticated", ""));
    EXPECT_EQ(shown_to("eve@example.org"), owner) << "anyone is left";
    ASSERT_TRUE(account->set_acl(named("INBOX"), who("anyone"), false, {Action::forget}));
    EXPECT_EQ(shown_to("eve@example.org"), "");
    ASSERT_TRUE(give("Sent", "user=ann@example.org", ""));
    EXPECT_EQ(shown_to("ann@example.org"), owner) << "INBOX is left";
    ASSERT_TRUE(account->set_acl(named("INBOX"), who("user=ann@example.org"), true, {Action::add, {Right::lookup}}));
    EXPECT_EQ(shown_to("ann@example.org"), owner) << "negative rights tell nothing";
    std::filesystem::remove_all(store.settings().mail_root + "/SHARES");
    EXPECT_EQ(shown_to("ann@example.org"), "");
    ASSERT_TRUE(account->note_shares());
    EXPECT_EQ(shown_to("ann@example.org"), owner) << "made anew";
    ASSERT_TRUE(account->set_acl(named("INBOX"), who("user=ann@example.org"), false, {Action::forget}));
    EXPECT_EQ(shown_to("ann@example.org"), "");
}

TEST_F(SharesTest, TheRegistryIsNoDomain) {
    ASSERT_TRUE(give("Sent", "anyone", "lr"));
    const auto accounts = accounts_on_disk(store.settings().mail_root, "");
    ASSERT_TRUE(accounts);
    for (const AccountName& name : *accounts) EXPECT_NE(name.domain(), "shares");
}

TEST_F(SharesTest, WhatAnotherMaySeeIsListed) {
    ASSERT_TRUE(give("Sent", "user=ann@example.org", "r"));
    ASSERT_TRUE(give("Junk", "user=ann@example.org", "lr"));
    ASSERT_TRUE(give("Drafts", "user=ann@example.org", "l"));
    std::vector<MailboxName> visible = account->visible_to({"ann@example.org"}).value();
    std::ranges::sort(visible);
    EXPECT_EQ(visible, (std::vector{named("Drafts"), named("Junk")}));
    EXPECT_EQ(account->visible_to({"ann@example.org"}, {Right::lookup, Right::read}).value(),
              std::vector<MailboxName>{named("Junk")});
}

}  // namespace
}  // namespace posthouse::storage
