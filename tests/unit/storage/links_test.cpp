// An account whose owner writes into its folder himself, and links from there to the mail of another.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "storage/beneath.h"
#include "storage/count_files.h"
#include "storage/folder.h"
#include "storage/maildirsize.h"
#include "storage/repair/repair.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

constexpr const char* secret = "for alice\r\n";

Settings settings_of(const std::string& root, Hierarchy hierarchy) {
    Settings settings = settings_for(root);
    settings.layout = Layout(hierarchy);
    return settings;
}

/// Bob links; alice's mail has to stay as it is, and hers.
class LinksTest : public ::testing::TestWithParam<Hierarchy> {
  protected:
    void SetUp() override {
        append(*alices->open(MailboxName()).value(), secret);
        append(*alices->open(named("Archive")).value(), secret, flags({Flag::seen}, {"Secret"}));
        before = snapshot();
    }
    void TearDown() override { EXPECT_EQ(snapshot(), before) << "alice's mail was touched"; }

    static MailboxName named(std::string_view name) { return MailboxName::parse(name).value(); }
    std::string place(const std::string& name) const { return (GetParam() == Hierarchy::fs ? "" : ".") + name; }
    std::string path(const std::string& below) const { return bobs->root() + "/" + below; }
    void link(const std::string& target, const std::string& name) const {
        fs::remove_all(path(name));
        fs::create_symlink(target, path(name));
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
    /// What lies below alice's folder, with all that changes when somebody writes.
    std::map<std::string, std::string> snapshot() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(alices->root())) {
            struct stat st{};
            if (::lstat(entry.path().c_str(), &st) != 0 || entry.path().string().contains("/tmp")) continue;
            all[entry.path().string()] = std::to_string(st.st_ino) + " " + std::to_string(st.st_size) + " " +
                                         std::to_string(st.st_mtim.tv_sec) + "." + std::to_string(st.st_mtim.tv_nsec);
        }
        return all;
    }
    std::vector<std::string> listed() const {
        std::vector<std::string> names;
        for (const ListedMailbox& mailbox : bobs->list().value())
            if (mailbox.exists) names.push_back(mailbox.name.text());
        return names;
    }
    bool lists(const std::string& name) const {
        const auto names = listed();
        return std::ranges::find(names, name) != names.end();
    }
    template <typename T>
    static ErrorCode code(const Result<T>& result) {
        return result ? ErrorCode::internal : result.error().code;
    }

    TemporaryFolder folder;
    Store store{settings_of(folder.path(), GetParam())};
    AccountName alice = AccountName::parse("alice@example.org").value();
    AccountName bob = AccountName::parse("bob@example.org").value();
    std::shared_ptr<Account> alices = store.open(alice).value();
    std::shared_ptr<Account> bobs = store.open(bob).value();
    std::map<std::string, std::string> before;
};

INSTANTIATE_TEST_SUITE_P(Layouts, LinksTest, ::testing::Values(Hierarchy::maildirpp, Hierarchy::fs),
                         [](const auto& info) { return info.param == Hierarchy::fs ? "Fs" : "MaildirPlusPlus"; });

TEST_P(LinksTest, ALinkedFolderIsNoMailbox) {
    link("../alice", place("X"));
    link("../alice/" + place("Archive"), place("Y"));
    EXPECT_FALSE(lists("X"));
    EXPECT_FALSE(lists("Y"));
    for (const char* name : {"X", "Y", "X/Archive"}) {
        EXPECT_EQ(code(bobs->open(named(name))), ErrorCode::not_found) << name;
        EXPECT_EQ(code(bobs->status(named(name))), ErrorCode::not_found) << name;
        EXPECT_EQ(code(bobs->remove(named(name))), ErrorCode::not_found) << name;
        EXPECT_EQ(code(bobs->rename(named(name), named("Z"))), ErrorCode::not_found) << name;
        EXPECT_EQ(code(bobs->acl(named(name))), ErrorCode::not_found) << name;
        EXPECT_FALSE(bobs->exists(named(name)).value()) << name;
        const auto delivered = Delivery::begin(store, {"", {}, {{bob, named(name), ""}}});
        EXPECT_FALSE(delivered) << name;
    }
    EXPECT_EQ(code(bobs->create(named("X"))), ErrorCode::exists);
    EXPECT_EQ(count_files(bobs->root(), store.settings().layout, QuotaLimits()).value().usage.messages, 0);
}

TEST_P(LinksTest, NothingIsMadeInAFolderThatALinkLeadsTo) {
    fs::create_directory(folder.path() + "/etc");
    link("../../etc", place("Etc"));
    EXPECT_EQ(code(bobs->open(named("Etc"))), ErrorCode::not_found);
    link("../../etc", "tmp");
    EXPECT_FALSE(bobs->create(named("Made")));
    EXPECT_FALSE(deliver(store, bob, "late\r\n", "TX1"));
    EXPECT_FALSE(write_maildirsize(bobs->root(), {{}, {5, 1}}));
    EXPECT_TRUE(fs::is_empty(folder.path() + "/etc"));
}

TEST_P(LinksTest, AMailboxWithALinkedPartCannotBeOpened) {
    const std::string up = "../../alice/";
    for (const char* part : {"cur", "new", "tmp"}) {
        const std::string name = std::string("Mix") + part;
        ASSERT_TRUE(bobs->create(named(name)));
        link(up + part, place(name) + "/" + part);
        EXPECT_FALSE(bobs->open(named(name))) << part;
        EXPECT_FALSE(bobs->status(named(name))) << part;
        EXPECT_FALSE(Delivery::begin(store, {"", {}, {{bob, named(name), ""}}})) << part;
    }
}

TEST_P(LinksTest, SmallFilesAreNotReadNorWrittenThroughLinks) {
    const std::string theirs = "../alice/";
    for (const char* name :
         {"dovecot-uidlist", "dovecot-keywords", "posthouse-keywords", "dovecot-acl", "subscriptions",
          "posthouse-metadata", "posthouse-account-metadata", "posthouse-refile", "posthouse-rename",
          "posthouse-annotations", "dovecot-uidvalidity", "maildirsize", "maildirfolder"})
        link(theirs + place("Archive") + "/" + name, name);
    link("../alice/subscriptions", "subscriptions");
    link("../alice/dovecot-uidlist", "dovecot-uidlist");
    bobs = store.open(bob).value();
    const auto inbox = bobs->open(MailboxName()).value();
    EXPECT_NE(inbox->guid(), alices->open(MailboxName()).value()->guid());
    append(*inbox, "mine\r\n", flags({Flag::seen}, {"Mine"}));
    ASSERT_TRUE(deliver(store, bob, "more\r\n", "TX1"));
    ASSERT_TRUE(bobs->subscribe(named("Topic")));
    ASSERT_TRUE(bobs->list());
    EXPECT_EQ(inbox->status()->messages, 2u);
    const std::vector<imap::AnnotationValue> annotation{{"/comment", imap::AnnotationScope::shared, "mine"}};
    ASSERT_TRUE(inbox->store_annotations(UidSet::all(), annotation, {}, {}));
    for (const char* name : {"dovecot-uidlist", "dovecot-keywords", "subscriptions", "posthouse-annotations"})
        EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(path(name)))) << name << " was replaced";
}

TEST_P(LinksTest, ALinkInPlaceOfADeliverysFileIsReplaced) {
    link("../../alice/made", "tmp/TX1");
    ASSERT_TRUE(deliver(store, bob, "late\r\n", "TX1"));
    ASSERT_EQ(::mkfifo(path("tmp/TX2").c_str(), 0600), 0);
    ASSERT_TRUE(deliver(store, bob, "later\r\n", "TX2"));
    const auto inbox = bobs->open(MailboxName()).value();
    EXPECT_EQ(inbox->status()->messages, 2u);
    EXPECT_EQ(content(*inbox, Uid(2)), "later\r\n");
}

TEST_P(LinksTest, AnIntentOfARenameReachesOnlyTheAccountsOwn) {
    link("../alice", "evil");
    write("posthouse-rename", "evil/" + place("Archive") + "\t" + place("Stolen") + "\n" +       //
                                  place("Junk") + "\tevil/" + place("Given") + "\n" +            //
                                  "../alice/" + place("Archive") + "\t" + place("Had") + "\n" +  //
                                  place("Junk") + "\t../alice/" + place("Given") + "\n" +        //
                                  place("Sent") + "\t" + place("Sent") + "/Below\n" +            //
                                  place("Drafts") + "\t" + place("Moved") + "\n");
    bobs = store.open(bob).value();
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "Archive", "Junk", "Moved", "Sent", "Trash"}));
    EXPECT_FALSE(fs::exists(path("posthouse-rename")));
    ASSERT_TRUE(bobs->rename(named("Moved"), named("Drafts")));
}

TEST_P(LinksTest, AnIntentThatIsNoneIsPutAsideAndRenamesGoOn) {
    const auto aside = [&] {
        std::size_t found = 0;
        for (const auto& entry : fs::directory_iterator(bobs->root()))
            if (entry.path().filename().string().starts_with("posthouse-rename.damaged.")) ++found;
        return found;
    };
    fs::create_directory(path("posthouse-rename"));
    ASSERT_TRUE(bobs->rename(named("Sent"), named("Gone")));
    EXPECT_EQ(aside(), 1u);
    fs::resize_file((write("posthouse-rename", ""), path("posthouse-rename")), std::uintmax_t{1} << 36);
    bobs = store.open(bob).value();
    ASSERT_TRUE(bobs->rename(named("Gone"), named("Sent")));
    EXPECT_EQ(aside(), 2u);
}

TEST_P(LinksTest, AFoldersOwnLinksGoWithIt) {
    ASSERT_TRUE(bobs->create(named("Work")));
    link("../../alice", place("Work") + "/link");
    link("../../alice/cur", place("Work") + "/posthouse-x");
    ASSERT_TRUE(bobs->rename(named("Work"), named("Past")));
    ASSERT_TRUE(bobs->remove(named("Past")));
    EXPECT_FALSE(lists("Past"));
    EXPECT_TRUE(fs::is_empty(path("tmp")));
}

TEST_P(LinksTest, ACheckTellsOfLinks) {
    link("../alice", place("X"));
    link("../alice/dovecot-uidlist", "dovecot-uidlist");
    struct Listener : RepairListener {
        std::vector<std::string> all;
        void found(const Finding& finding) override {
            all.push_back(std::string(to_string(finding.kind)) + " " + finding.subject);
        }
    } listener;
    ASSERT_TRUE(repair_account(store, bob, {.mends = false, .contents = false, .only = {}}, listener));
    EXPECT_NE(std::ranges::find(listener.all, "link_not_followed " + place("X")), listener.all.end());
    EXPECT_NE(std::ranges::find(listener.all, "damaged_list dovecot-uidlist"), listener.all.end());
}

TEST_P(LinksTest, TheAccountsFolderItselfMayBeALink) {
    fs::rename(bobs->root(), folder.path() + "/elsewhere");
    fs::create_symlink(folder.path() + "/elsewhere", bobs->root());
    bobs = store.open(bob).value();
    ASSERT_TRUE(deliver(store, bob, "late\r\n", "TX1"));
    EXPECT_EQ(bobs->status(MailboxName())->messages, 1u);
    ASSERT_TRUE(bobs->create(named("Made")));
    EXPECT_TRUE(fs::exists(folder.path() + "/elsewhere/" + place("Made")));
}

TEST(BeneathTest, PathsAreTakenNameByName) {
    const TemporaryFolder folder;
    const UniqueFd root(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    fs::create_directories(folder.path() + "/a/b");
    fs::create_symlink("a", folder.path() + "/link");
    fs::create_symlink("b/file", folder.path() + "/a/file");
    std::ofstream(folder.path() + "/a/b/file") << "x";
    const auto code = [](const auto& result) { return result ? ErrorCode::internal : result.error().code; };
    EXPECT_TRUE(open_in(root.get(), "a/b/file", O_RDONLY));
    EXPECT_TRUE(open_in(root.get(), ".", O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(code(open_in(root.get(), "link/b/file", O_RDONLY)), ErrorCode::not_found);
    EXPECT_EQ(code(open_in(root.get(), "a/file", O_RDONLY)), ErrorCode::not_found);
    EXPECT_EQ(code(open_in(root.get(), "a/file", O_WRONLY | O_CREAT)), ErrorCode::not_found);
    EXPECT_EQ(code(open_in(root.get(), "a/b/file/c", O_RDONLY)), ErrorCode::not_found);
    for (const std::string path : {"", "/", "/a", "a/", "a//b", "..", "a/..", "a/../a", "./a", "a/."})
        EXPECT_EQ(code(open_in(root.get(), path, O_RDONLY)), ErrorCode::invalid) << path;
    EXPECT_EQ(code(stat_in(root.get(), std::string(256, 'x'))), ErrorCode::invalid);
    EXPECT_EQ(code(stat_in(root.get(), std::string_view("a\0b", 3))), ErrorCode::invalid);
    EXPECT_TRUE(S_ISLNK(stat_in(root.get(), "link")->st_mode));
    EXPECT_FALSE(is_folder_in(root.get(), "link"));
    EXPECT_TRUE(is_folder_in(root.get(), "a/b"));
    EXPECT_EQ(code(make_folder_in(root.get(), "link")), ErrorCode::exists);
    EXPECT_TRUE(make_folder_in(root.get(), "a/c"));
    EXPECT_TRUE(make_folder_in(root.get(), "a/c"));
}

}  // namespace
}  // namespace posthouse::storage
