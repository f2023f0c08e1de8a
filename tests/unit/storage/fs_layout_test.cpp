// LAYOUT=fs and names in UTF-8: spelling, folders as they are found, and mailboxes that lie in each other.
#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "storage/configure.h"
#include "storage/found_folders.h"
#include "storage/layout.h"
#include "storage/watch.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

MailboxName named(std::string_view name) { return MailboxName::parse(name).value(); }

const Layout nested(Hierarchy::fs);
const Layout nested_utf8(Hierarchy::fs, Spelling::utf8);
const Layout dots_utf8(Hierarchy::maildirpp, Spelling::utf8);

std::string levels(std::size_t count) {
    std::string name = "a";
    for (std::size_t i = 1; i < count; ++i) name += "/a";
    return name;
}

TEST(Spelling, NamesComeBackFromTheirFolders) {
    const auto folder = [](const Layout& layout, std::string_view name) { return layout.folder(named(name)).value(); };
    EXPECT_EQ(folder(nested, "Work/Entwürfe"), "Work/Entw&APw-rfe");
    EXPECT_EQ(folder(nested_utf8, "Work/Entwürfe"), "Work/Entwürfe");
    EXPECT_EQ(folder(dots_utf8, "Work/Entwürfe"), ".Work.Entwürfe");
    EXPECT_EQ(folder(nested_utf8, "A&B"), "A&B");
    EXPECT_EQ(folder(nested, "a.b/.c/..d/x~"), "a.b/.c/..d/x~");
    for (const Layout& layout : {Layout(), nested, nested_utf8, dots_utf8})
        for (const char* name : {"INBOX", "Work", "inbox/Sub", "Ä/ö & ü/日本", "x/~y", "&", "&-", "a&APw-b"}) {
            EXPECT_EQ(layout.name(folder(layout, name)).value(), named(name)) << name;
            EXPECT_EQ(layout.subscribed(layout.subscription(named(name)).value()).value(), named(name)) << name;
        }
    EXPECT_EQ(nested_utf8.subscription(named("Entwürfe/Ä&b")).value(), "Entwürfe\tÄ&b") << "as Dovecot writes it";
}

TEST(Spelling, LevelsThatAMailboxNeedsItselfAreNoMailboxes) {
    for (const std::string_view name : {"cur",
                                        "a/new",
                                        "a/tmp/b",
                                        ".",
                                        "..",
                                        "a/..",
                                        "../a",
                                        "a/./b",
                                        "~",
                                        "~joe/x",
                                        "dovecot-uidlist",
                                        "a/dovecot-acl",
                                        "dovecot-uidvalidity.6b095285",
                                        "dovecot.index.log",
                                        "dovecot.list.index",
                                        "subscriptions",
                                        "maildirsize",
                                        "posthouse-aside",
                                        "posthouse-aside/INBOX",
                                        "a/posthouse-keywords"})
        EXPECT_EQ(nested.folder(named(name)).error().code, ErrorCode::invalid) << name;
    for (const std::string_view folder :
         {"cur", "a/cur", "/a", "a/", "a//b", "a/../b", "INBOX", "inbox/a", "a&", "&AC8-"})
        EXPECT_FALSE(nested.name(folder)) << folder;
    EXPECT_FALSE(nested_utf8.name("\xff"));
    EXPECT_FALSE(nested_utf8.name("a\nb"));
    EXPECT_FALSE(dots_utf8.name(".a/b"));
    EXPECT_TRUE(nested.may_lead_to_mailboxes("INBOX"));
    EXPECT_FALSE(nested.may_lead_to_mailboxes("posthouse-aside"));
}

TEST(Spelling, IsBounded) {
    EXPECT_TRUE(nested.folder(named(levels(max_levels))));
    EXPECT_EQ(nested.folder(named(levels(max_levels + 1))).error().code, ErrorCode::limit);
    const std::string longest(255, 'x');
    EXPECT_TRUE(nested.folder(named(longest + "/" + longest)));
    EXPECT_EQ(nested.folder(named(longest + "x")).error().code, ErrorCode::limit);
    // 128 umlauts are 256 bytes of UTF-8, and more in modified UTF-7.
    std::string umlauts;
    for (int i = 0; i < 127; ++i) umlauts += "ü";
    EXPECT_TRUE(nested_utf8.folder(named(umlauts)));
    EXPECT_EQ(nested.folder(named(umlauts)).error().code, ErrorCode::limit);
    EXPECT_EQ(nested_utf8.folder(named(umlauts + "ü")).error().code, ErrorCode::limit);
}

TEST(Spelling, IsWhatTheConfigurationSays) {
    config::Config config;
    EXPECT_EQ(layout_from(config).folder(named("A/ü")).value(), ".A.&APw-");
    config.general.mailbox_layout = "fs";
    EXPECT_EQ(layout_from(config).folder(named("A/ü")).value(), "A/&APw-");
    config.general.mailbox_names = "utf-8";
    EXPECT_EQ(layout_from(config).folder(named("A/ü")).value(), "A/ü");
}

/// One account of a store in the fs layout.
class FsLayoutTest : public ::testing::Test {
  protected:
    static Settings settings(const std::string& root) {
        Settings settings = settings_for(root);
        settings.layout = nested;
        settings.default_folders.clear();
        return settings;
    }
    std::string path(const std::string& below = "") const { return account->root() + "/" + below; }
    void make_foreign(const std::string& name) const {
        for (const char* part : {"cur", "new", "tmp"}) fs::create_directories(path(name + "/" + part));
    }
    /// "A", "A none": what LIST shows.
    std::vector<std::string> listed() const {
        std::vector<std::string> lines;
        for (const ListedMailbox& mailbox : account->list().value())
            lines.push_back(mailbox.name.text() + (mailbox.exists ? "" : " none"));
        return lines;
    }
    std::shared_ptr<Mailbox> open(std::string_view name) const { return account->open(named(name)).value(); }
    static ErrorCode code(const Result<>& result) { return result ? ErrorCode::internal : result.error().code; }

    using Lines = std::vector<std::string>;
    TemporaryFolder folder;
    Store store{settings(folder.path())};
    AccountName bob = AccountName::parse("bob@example.org").value();
    std::shared_ptr<Account> account = store.open(bob).value();
};

TEST_F(FsLayoutTest, MailboxesLieInTheirParents) {
    ASSERT_TRUE(account->create(named("Work/Open")));
    EXPECT_TRUE(fs::exists(path("Work/Open/cur")));
    EXPECT_FALSE(fs::exists(path("Work/cur")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "Work none", "Work/Open"}));
    EXPECT_FALSE(account->exists(named("Work")).value());
    EXPECT_EQ(account->open(named("Work")).error().code, ErrorCode::not_found);
    EXPECT_EQ(account->acl(named("Work")).error().code, ErrorCode::not_found);
    EXPECT_FALSE(fs::exists(path("Work/cur"))) << "looking makes no mailbox";
    ASSERT_TRUE(account->create(named("Work")));
    EXPECT_EQ(code(account->create(named("Work"))), ErrorCode::exists);
    EXPECT_EQ(listed(), (Lines{"INBOX", "Work", "Work/Open"}));
    append(*open("Work"), hello);
    append(*open("Work/Open"), hello);
    EXPECT_EQ(open("Work")->status().value().messages, 1u);
    ASSERT_TRUE(account->create(named("INBOX/Sub")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "INBOX/Sub", "Work", "Work/Open"}));
}

TEST_F(FsLayoutTest, AFolderThatIsOnlyAParentBecomesAMailboxWithoutWhatWasLeftThere) {
    make_foreign("Work/Open");
    fs::create_directories(path("Work/new"));
    ASSERT_TRUE(write_file_durably(path("Work/dovecot-uidlist"), "3 V5 N7 G3c7952266d9a036b113c000083ecc375\n"));
    ASSERT_TRUE(account->create(named("Work")));
    EXPECT_EQ(open("Work")->status().value().messages, 0u);
    EXPECT_NE(open("Work")->uid_validity(), UidValidity(5));
    EXPECT_TRUE(account->exists(named("Work/Open")).value());
    EXPECT_FALSE(fs::exists(path("posthouse-rename")));
}

TEST_F(FsLayoutTest, MailInAFolderThatLostItsCurIsNotLost) {
    make_foreign("Work/Open");
    fs::create_directories(path("Work/new"));
    fs::create_directories(path("Alone/new"));
    for (const char* name : {"Work", "Alone"}) {
        ASSERT_TRUE(write_file_durably(path(std::string(name) + "/new/1.M1.host"), "Subject: left\n\n"));
        EXPECT_EQ(code(account->remove(named(name))), ErrorCode::not_found);
        ASSERT_TRUE(account->create(named(name)));
        EXPECT_EQ(open(name)->status().value().messages, 1u);
        ASSERT_TRUE(account->remove(named(name)));
    }
    EXPECT_EQ(listed(), (Lines{"INBOX", "Work none", "Work/Open"}));
}

TEST_F(FsLayoutTest, SubscriptionsThatCourierWroteInUtf8AreRead) {
    Settings with = settings(folder.path() + "/courier");
    with.layout = dots_utf8;
    Store other(with);
    const auto ann = other.open(AccountName::parse("ann@example.org").value()).value();
    fs::create_directories(ann->root() + "/.Entwürfe/cur");
    ASSERT_TRUE(write_file_durably(ann->root() + "/courierimapsubscribed", "INBOX.Entwürfe\n"));
    fs::remove(ann->root() + "/subscriptions");
    const auto list = ann->list().value();
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[1].name, named("Entwürfe"));
    EXPECT_TRUE(list[1].exists && list[1].subscribed);
}

TEST_F(FsLayoutTest, AMailboxWithOthersBelowLeavesAParent) {
    ASSERT_TRUE(account->create(named("Work")));
    ASSERT_TRUE(account->create(named("Work/Open")));
    append(*open("Work"), hello);
    append(*open("Work/Open"), hello);
    const auto session = open("Work");
    Store other(settings(folder.path()));
    const auto elsewhere = other.open(bob).value()->open(named("Work")).value();
    const std::string guid = session->guid();
    ASSERT_TRUE(account->remove(named("Work")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "Work none", "Work/Open"}));
    Lines left;
    for (const auto& entry : fs::directory_iterator(path("Work"))) left.push_back(entry.path().filename().string());
    EXPECT_EQ(left, Lines{"Open"});
    EXPECT_EQ(code(account->remove(named("Work"))), ErrorCode::not_found);
    EXPECT_FALSE(session->status());
    EXPECT_FALSE(elsewhere->status());
    ASSERT_TRUE(account->create(named("Work")));
    EXPECT_EQ(open("Work")->status().value().messages, 0u);
    EXPECT_NE(open("Work")->guid(), guid);
    EXPECT_FALSE(session->status()) << "another mailbox in the same folder";
    EXPECT_FALSE(elsewhere->status());
    EXPECT_EQ(other.open(bob).value()->status(named("Work")).value().messages, 0u);
    EXPECT_EQ(open("Work/Open")->status().value().messages, 1u);
    // A parent of nothing can be deleted, too.
    ASSERT_TRUE(account->remove(named("Work/Open")));
    ASSERT_TRUE(account->create(named("A/B")));
    ASSERT_TRUE(account->remove(named("A/B")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "A none", "Work"}));
    ASSERT_TRUE(account->remove(named("A")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "Work"}));
}

TEST_F(FsLayoutTest, AFolderThatCannotBeAMailboxIsNeverDeletedWithOne) {
    ASSERT_TRUE(account->create(named("Work")));
    fs::create_directories(path("Work/bad&name/cur"));
    ASSERT_TRUE(write_file_durably(path("Work/bad&name/cur/1.M1.host:2,"), "somebody's mail\n"));
    ASSERT_TRUE(account->remove(named("Work")));
    EXPECT_TRUE(fs::exists(path("Work/bad&name/cur/1.M1.host:2,")));
    EXPECT_FALSE(fs::exists(path("Work/cur")));
    EXPECT_EQ(code(account->remove(named("Work"))), ErrorCode::not_found);
}

TEST_F(FsLayoutTest, OneRenameTakesAllAlong) {
    ASSERT_TRUE(account->create(named("A")));
    ASSERT_TRUE(account->create(named("A/B/C")));
    append(*open("A/B/C"), hello);
    const auto session = open("A/B/C");
    ASSERT_TRUE(account->rename(named("A"), named("X/Y/Z")));
    EXPECT_EQ(listed(), (Lines{"INBOX", "X none", "X/Y none", "X/Y/Z", "X/Y/Z/B none", "X/Y/Z/B/C"}));
    EXPECT_EQ(session->status().value().messages, 1u);
    append(*session, hello);
    EXPECT_EQ(open("X/Y/Z/B/C")->status().value().messages, 2u);
    ASSERT_TRUE(account->create(named("D")));
    EXPECT_EQ(code(account->rename(named("D"), named("X"))), ErrorCode::exists) << "as Dovecot says";
    EXPECT_EQ(code(account->rename(named("X/Y/Z"), named("X"))), ErrorCode::exists);
    EXPECT_EQ(code(account->rename(named("X"), named(levels(max_levels - 3)))), ErrorCode::limit)
        << "a mailbox below would lie too deep";
    ASSERT_TRUE(account->rename(named("X"), named(levels(max_levels - 4))));
    append(*open("D"), hello);
    ASSERT_TRUE(account->rename(MailboxName(), named("Old/In")));
    EXPECT_TRUE(account->exists(named("Old/In")).value());
}

TEST_F(FsLayoutTest, LinksAreNoFoldersWhereverTheyLead) {
    make_foreign("A/B");
    fs::create_directory_symlink("..", path("A/Up"));
    fs::create_directory_symlink(".", path("Self"));
    fs::create_directory_symlink("B", path("A/Same"));
    fs::create_directory_symlink("nowhere", path("Dangling"));
    TemporaryFolder far;
    fs::create_directories(far.path() + "/Inner/cur");
    fs::create_directories(far.path() + "/Inner/new");
    fs::create_directories(far.path() + "/Inner/tmp");
    fs::create_directory_symlink(far.path(), path("Far"));
    fs::create_directory_symlink(far.path(), path("Twice"));
    EXPECT_EQ(listed(), (Lines{"INBOX", "A none", "A/B"}));
}

TEST_F(FsLayoutTest, FoldersTooDeepAreLeftAlone) {
    make_foreign(levels(max_levels));
    make_foreign(levels(max_levels + 1));
    const UniqueFd root = open_file(path(), O_RDONLY | O_DIRECTORY).value();
    const auto folders = find_folders(root.get(), nested).value();
    EXPECT_EQ(folders.size(), max_levels);
    ASSERT_TRUE(account->remove(named(levels(max_levels))));
    EXPECT_TRUE(fs::exists(path(levels(max_levels + 1) + "/cur")));
    ASSERT_TRUE(store.remove(bob));
    EXPECT_FALSE(fs::exists(path()));
}

TEST_F(FsLayoutTest, ForeignChangesBelowAreTold) {
    make_foreign("A/B");
    const ModSeq since = account->changes_since(ModSeq()).value().now;
    Watcher& watcher = store.watcher();
    const WatchId id = watcher.add(*account);
    const auto is_told = [&] {
        for (int tries = 0; tries < 100; ++tries) {
            struct pollfd waiting{watcher.fd(), POLLIN, 0};
            ::poll(&waiting, 1, 100);
            const std::vector<WatchId> told = watcher.drain();
            if (std::ranges::find(told, id) != told.end()) return true;
        }
        return false;
    };
    make_foreign("A/B/C");
    EXPECT_TRUE(is_told());
    make_foreign("A/B/C/D");
    EXPECT_TRUE(is_told()) << "in a folder that is new";
    fs::remove_all(path("A/B/C/D"));
    EXPECT_TRUE(is_told());
    EXPECT_GT(watcher.poll_interval(id), std::chrono::seconds{60});
    const AccountChanges changes = account->changes_since(since).value();
    ASSERT_EQ(changes.changes.size(), 1u);
    EXPECT_EQ(changes.changes[0].name, named("A/B/C"));
    EXPECT_TRUE(account->changes_since(changes.now).value().changes.empty());
    watcher.remove(id);
}

TEST_F(FsLayoutTest, DefaultFoldersMayLieInOthers) {
    Settings with = settings(folder.path());
    with.default_folders = {{"Archive/Old", "\\Archive"}, {"Sent", "\\Sent"}};
    Store other(with);
    const auto ann = other.open(AccountName::parse("ann@example.org").value()).value();
    EXPECT_TRUE(ann->exists(named("Archive/Old")).value());
    EXPECT_FALSE(ann->exists(named("Archive")).value());
    EXPECT_FALSE(fs::exists(ann->root() + "/Sent/maildirfolder")) << "only Maildir++ has these";
}

}  // namespace
}  // namespace posthouse::storage
