// An account's tree: list, create, delete, rename, subscribe, and trees that Dovecot made.
#include "storage/account.h"

#include <algorithm>

#include "storage/subscriptions.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

class AccountTest : public MailRoot {
  protected:
    /// "INBOX", "Sent \Sent", "A (none)": names with what LIST tells of them.
    std::vector<std::string> listed() const {
        std::vector<std::string> lines;
        const auto list = account->list().value();
        for (const ListedMailbox& mailbox : list)
            lines.push_back(mailbox.name.text() + (mailbox.exists ? "" : " none") +
                            (mailbox.has_children ? " parent" : "") + (mailbox.subscribed ? " subscribed" : ""));
        return lines;
    }
    void only_inbox() const {
        for (const DefaultFolder& folder : usual_folders()) {
            ASSERT_TRUE(account->remove(named(folder.name)));
            ASSERT_TRUE(account->unsubscribe(named(folder.name)));
        }
    }
    static ErrorCode code(const Result<>& result) { return result ? ErrorCode::internal : result.error().code; }
};

TEST_F(AccountTest, NewAccountHasTheUsualFoldersSubscribedWithTheirAttributes) {
    const auto list = account->list().value();
    ASSERT_EQ(list.size(), 6u);
    EXPECT_TRUE(list[0].name.is_inbox());
    EXPECT_EQ(list[0].special_use, "");
    EXPECT_EQ(list[5].name.text(), "Trash");
    EXPECT_EQ(list[5].special_use, "\\Trash");
    EXPECT_TRUE(list[5].subscribed);
    EXPECT_FALSE(list[5].has_children);
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nDrafts\nSent\nJunk\nTrash\nArchive\n");
    EXPECT_EQ(std::filesystem::exists(path(".Sent/maildirfolder")), !is_nested());
}

TEST_F(AccountTest, UnknownAccountIsMadeOnlyWhenWanted) {
    const AccountName ann = AccountName::parse("ann@example.org").value();
    const auto missing = store.open(ann, IfMissing::fail);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    ASSERT_TRUE(store.open(ann));
    EXPECT_TRUE(store.open(ann, IfMissing::fail));
    ASSERT_TRUE(store.remove(ann));
    EXPECT_EQ(code(store.remove(ann)), ErrorCode::not_found);
    std::filesystem::create_directories(folder.path() + "/example.org/\ncut-off/cur");
    ASSERT_TRUE(store.open(ann));
    ASSERT_TRUE(store.remove(ann));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/example.org/\ncut-off"));
    EXPECT_FALSE(store.open(ann, IfMissing::fail));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/example.org/ann"));
}

TEST_F(AccountTest, CreateShowsMissingParents) {
    only_inbox();
    ASSERT_TRUE(account->create(named("A/B/C")));
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "A none parent", "A/B none parent", "A/B/C"}));
    EXPECT_EQ(code(account->create(named("A/B/C"))), ErrorCode::exists);
    EXPECT_EQ(code(account->create(MailboxName())), ErrorCode::exists);
    ASSERT_TRUE(account->create(named("A")));
    EXPECT_TRUE(account->exists(named("A")).value());
    EXPECT_FALSE(account->exists(named("A/B")).value());
}

TEST_F(AccountTest, DeleteKeepsChildrenAndSubscriptionAndNeverReusesUidValidity) {
    only_inbox();
    ASSERT_TRUE(account->create(named("A")));
    ASSERT_TRUE(account->create(named("A/B")));
    ASSERT_TRUE(account->subscribe(named("A")));
    append(*open("A"), hello);
    const UidValidity before = open("A")->uid_validity();
    const std::string guid = open("A")->guid();
    ASSERT_TRUE(account->remove(named("A")));
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "A none parent subscribed", "A/B"}));
    EXPECT_EQ(code(account->remove(named("A"))), ErrorCode::not_found);
    EXPECT_EQ(account->open(named("A")).error().code, ErrorCode::not_found);
    EXPECT_EQ(code(account->remove(MailboxName())), ErrorCode::denied);
    ASSERT_TRUE(account->create(named("A")));
    EXPECT_GT(open("A")->uid_validity(), before);
    EXPECT_NE(open("A")->guid(), guid);
    EXPECT_EQ(open("A")->status().value().messages, 0u);
    for (const std::string& name : files("tmp")) EXPECT_TRUE(name.starts_with("lock.")) << name;
}

TEST_F(AccountTest, RenameTakesChildrenAlongAndKeepsUids) {
    only_inbox();
    ASSERT_TRUE(account->create(named("A")));
    ASSERT_TRUE(account->create(named("A/B")));
    ASSERT_TRUE(account->create(named("AB")));
    append(*open("A/B"), hello);
    const UidValidity validity = open("A/B")->uid_validity();
    ASSERT_TRUE(account->rename(named("A"), named("X/Y")));
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "AB", "X none parent", "X/Y parent", "X/Y/B"}));
    EXPECT_EQ(open("X/Y/B")->uid_validity(), validity);
    EXPECT_EQ(content(*open("X/Y/B"), Uid(1)), hello);
    EXPECT_FALSE(std::filesystem::exists(path("posthouse-rename")));
    EXPECT_EQ(code(account->rename(named("A"), named("Z"))), ErrorCode::not_found);
    EXPECT_EQ(code(account->rename(named("AB"), named("X/Y"))), ErrorCode::exists);
    EXPECT_EQ(code(account->rename(named("X"), named("X/Y/Z"))), ErrorCode::invalid);
    EXPECT_EQ(code(account->rename(named("AB"), MailboxName())), ErrorCode::exists);
    EXPECT_EQ(code(account->rename(named("X"), named(std::string(is_nested() ? 256 : 252, 'x')))), ErrorCode::limit);
    // A parent that is only a name can be renamed too.
    ASSERT_TRUE(account->rename(named("X"), named("W")));
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "AB", "W none parent", "W/Y parent", "W/Y/B"}));
}

TEST_F(AccountTest, InterruptedRenameIsFinishedAtTheNextOpen) {
    only_inbox();
    ASSERT_TRUE(account->create(named("A")));
    ASSERT_TRUE(account->create(named("A/B")));
    // In the fs layout all goes with the folder: that one must not be renamed twice does no harm.
    write("posthouse-rename", is_nested() ? "A\tX\n" : ".A\t.X\n.A.B\t.X.B\n");
    std::filesystem::rename(path(".A"), path(".X"));
    account = store.open(bob).value();
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "X parent", "X/B"}));
    EXPECT_FALSE(std::filesystem::exists(path("posthouse-rename")));
}

TEST_F(AccountTest, RenamingInboxMovesItsMessages) {
    append(*open(), hello, flags({Flag::seen}));
    ASSERT_TRUE(deliver(store, bob, hello));
    ASSERT_TRUE(account->rename(MailboxName(), named("Old")));
    EXPECT_EQ(open()->status().value().messages, 0u);
    EXPECT_EQ(open("Old")->status().value().messages, 2u);
    EXPECT_EQ(open("Old")->status().value().unseen, 1u);
    EXPECT_EQ(code(account->rename(MailboxName(), named("Old"))), ErrorCode::exists);
}

TEST_F(AccountTest, SubscriptionsAreReadInBothVersions) {
    only_inbox();
    const Layout& layout = store.settings().layout;
    const std::string umlaut = layout.subscription(named("Entwürfe")).value();
    write("subscriptions", std::string("Work") + layout.old_separator() + "Open\n" + umlaut + "\nINBOX\n");
    EXPECT_EQ(listed(),
              (std::vector<std::string>{"INBOX subscribed", "Entwürfe none subscribed", "Work/Open none subscribed"}));
    ASSERT_TRUE(account->subscribe(named("New/One")));
    ASSERT_TRUE(account->unsubscribe(named("Entwürfe")));
    ASSERT_TRUE(account->unsubscribe(named("never")));
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nWork\tOpen\nINBOX\nNew\tOne\n");
}

TEST_F(AccountTest, WhatIsNoNameStaysInTheSubscriptions) {
    write("subscriptions", "V\t2\n\nbad&name\nA\n");
    ASSERT_TRUE(account->unsubscribe(named("A")));
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nbad&name\n");
}

TEST_F(AccountTest, WhatCouldNotBeReadAgainIsNotWritten) {
    std::string text = "V\t2\n\n";
    for (std::size_t i = 0; i < Subscriptions::max_count; ++i) text += "Name" + std::to_string(i) + "\n";
    write("subscriptions", text);
    EXPECT_EQ(code(account->subscribe(named("One"))), ErrorCode::limit);
    EXPECT_EQ(read("subscriptions"), text);
    ASSERT_TRUE(account->unsubscribe(named("Name1")));
    ASSERT_TRUE(account->subscribe(named("One")));
    // As large as a file may be, in the version that is shorter by its header.
    text = std::string((16u << 20) - 3, 'x') + "\nA\n";
    write("subscriptions", text);
    EXPECT_EQ(code(account->subscribe(named("One"))), ErrorCode::limit);
    EXPECT_EQ(read("subscriptions"), text);
    ASSERT_TRUE(account->unsubscribe(named("A")));
    EXPECT_TRUE(account->list());
    for (const auto& name : files("")) EXPECT_FALSE(name.contains(".damaged.")) << name;
}

TEST_F(AccountTest, DamagedSmallFilesAreKeptWhenTheyAreReplaced) {
    only_inbox();
    write("subscriptions", "V\t2\n\nWork\n" + std::string(17u << 20, 'x'));
    write("dovecot-keywords", "0 Known\n" + std::string(1u << 17, 'x') + "\n");
    EXPECT_EQ(listed(), (std::vector<std::string>{"INBOX", "Work none subscribed"}));
    ASSERT_TRUE(account->subscribe(named("INBOX")));
    append(*open(), hello, flags({}, {"Known", "New"}));
    EXPECT_EQ(read("subscriptions"), "V\t2\n\nWork\nINBOX\n");
    EXPECT_EQ(read("dovecot-keywords"), "0 Known\n1 New\n");
    std::vector<std::string> kept;
    for (const auto& name : files(""))
        if (name.contains(".damaged.")) kept.push_back(name.substr(0, name.find(".damaged.")));
    EXPECT_EQ(kept, (std::vector<std::string>{"posthouse-dovecot-keywords", "posthouse-subscriptions"}));
}

TEST_F(AccountTest, TreeThatDovecotWroteKeepsItsUidsFlagsAndKeywords) {
    std::filesystem::create_directories(path(".Work.Open/cur"));
    write(".Work.Open/dovecot-uidlist",
          "3 V1795398254 N9 G3c7952266d9a036b113c000083ecc375 Xfuture\n"
          "1 :1795398253.M712545P15381.vm,S=46,W=50\n"
          "4 W50 P12345.pop Gabc :1795398253.M699172P15380.vm\n"
          "6 :gone.file\n");
    write(".Work.Open/dovecot-keywords", "0 $Label1\n1 Foo\n");
    const std::string text = "From: a@example.org\nSubject: hello\n\nbody line\n";
    write(".Work.Open/cur/1795398253.M699172P15380.vm:2,Fab", text);
    std::filesystem::create_directories(path(".Work.Open/new"));
    write(".Work.Open/new/1795398253.M712545P15381.vm,S=46,W=50", text);
    write(".Work.Open/new/1795398299.M1P1.vm,S=46,W=50:2,Sb", text);
    const auto mailbox = open("Work/Open");
    EXPECT_EQ(mailbox->uid_validity(), UidValidity(1'795'398'254));
    EXPECT_EQ(mailbox->guid(), "3c7952266d9a036b113c000083ecc375");
    const auto rows = mailbox->rows(UidSet::all(), {.physical_size = true, .wire_size = true}).value();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].uid, Uid(1));
    EXPECT_EQ(rows[0].flags, Flags());
    EXPECT_EQ(rows[1].uid, Uid(4));
    EXPECT_EQ(rows[1].flags, flags({Flag::flagged}, {"$Label1", "Foo"}));
    EXPECT_EQ(rows[1].wire_size, 50u);
    EXPECT_EQ(rows[1].physical_size, 46u);
    EXPECT_EQ(rows[2].uid, Uid(9));
    EXPECT_EQ(rows[2].flags, flags({Flag::seen}, {"Foo"}));
    // Unknown keys survive a rewrite.
    for (int i = 0; i < 150; ++i) append(*mailbox, hello, flags({Flag::deleted}));
    ASSERT_TRUE(mailbox->expunge(UidSet::all(), ExpungeRule::deleted_only));
    const std::string list = read(".Work.Open/dovecot-uidlist");
    EXPECT_TRUE(list.starts_with("3 V1795398254 N160 G3c7952266d9a036b113c000083ecc375 Xfuture\n")) << list;
    EXPECT_NE(list.find("4 W50 P12345.pop Gabc :1795398253.M699172P15380.vm\n"), std::string::npos) << list;
    EXPECT_EQ(list.find("gone.file"), std::string::npos) << list;
}

TEST_F(AccountTest, UidListOfVersionOneIsTakenOver) {
    write("cur/old.1:2,S", "x\n");
    write("dovecot-uidlist", "1 1000 8\n3 old.1:2,S\n");
    const auto inbox = open();
    EXPECT_EQ(inbox->uid_validity(), UidValidity(1000));
    EXPECT_EQ(inbox->guid().size(), 32u);
    EXPECT_EQ(values(view().uids()), (Values{3}));
    EXPECT_EQ(append(*inbox, hello), Uid(8));
    EXPECT_TRUE(read("dovecot-uidlist").starts_with("3 V1000 N8 G")) << read("dovecot-uidlist");
}

TEST_F(AccountTest, TornLastLineDoesNotSpoilTheNextUid) {
    append(*open(), hello);
    const std::string list = read("dovecot-uidlist");
    write("dovecot-uidlist", list + "2 D17000");
    Store other(settings_for(folder.path()));
    const auto inbox = other.open(bob).value()->open(MailboxName()).value();
    EXPECT_EQ(append(*inbox, hello), Uid(2));
    Store third(settings_for(folder.path()));
    EXPECT_EQ(third.open(bob).value()->status(MailboxName()).value().messages, 2u);
    EXPECT_EQ(read("dovecot-uidlist").find("17000\n"), std::string::npos);
}

TEST_F(AccountTest, DamagedLinesCostOnlyTheirOwnUids) {
    write("cur/a:2,", "a\n");
    write("cur/b:2,", "b\n");
    write("cur/c:2,", "c\n");
    write("dovecot-uidlist", "3 V77 N5 G00000000000000000000000000000000\n1 :a\nnonsense\n1 :b\n4 :c\n");
    View session = view();
    EXPECT_EQ(values(session.uids()), (Values{1, 4, 5}));
    EXPECT_EQ(content(session.mailbox(), Uid(4)), "c\r\n");
    EXPECT_EQ(content(session.mailbox(), Uid(5)), "b\r\n");
    EXPECT_EQ(session.mailbox().uid_validity(), UidValidity(77));
}

TEST_F(AccountTest, LostUidListGivesANewUidValidityAndEndsSessions) {
    append(*open(), hello);
    View session = view();
    const UidValidity before = session.mailbox().uid_validity();
    std::filesystem::remove(path("dovecot-uidlist"));
    EXPECT_FALSE(session.refresh(Expunges::reveal));
    EXPECT_GT(open()->uid_validity(), before);
    EXPECT_EQ(open()->status().value().messages, 1u);
}

TEST_F(AccountTest, StaleLockFilesAreRemoved) {
    write("dovecot-uidlist.lock", "999999999:test");
    EXPECT_EQ(append(*open(), hello), Uid(1));
    write("dovecot-uidlist.lock", std::to_string(::getpid()) + ":test");
    EXPECT_EQ(append(*open(), hello), Uid(2));
    EXPECT_FALSE(std::filesystem::exists(path("dovecot-uidlist.lock")));
}

TEST_F(AccountTest, LockOfAnotherHostIsWaitedFor) {
    Settings settings = settings_for(folder.path());
    settings.lock_wait = std::chrono::milliseconds{20};
    Store hurried(settings);
    const auto inbox = hurried.open(bob).value()->open(MailboxName()).value();
    write("dovecot-uidlist.lock", "1:another");
    MessageWriter writer = inbox->start_message().value();
    std::vector<NewMessage> messages;
    messages.push_back({std::move(writer), {}, {}});
    const auto refused = inbox->append(std::move(messages));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::busy);
    EXPECT_EQ(inbox->status().value().messages, 0u);
    // Older than anybody holds it: stale, whoever made it.
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours{1};
    std::filesystem::last_write_time(path("dovecot-uidlist.lock"), old);
    EXPECT_TRUE(std::filesystem::exists(path("dovecot-uidlist.lock")));
}

TEST_F(AccountTest, FileInTmpThatWasTouchedLatelyStays) {
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours{40};
    write("tmp/young", "x");
    write("tmp/old", "x");
    std::filesystem::last_write_time(path("tmp/old"), old);
    Store other(settings_for(folder.path()));
    ASSERT_TRUE(other.open(bob).value()->open(MailboxName()));
    // Its ctime is now: a file that somebody still works on is never removed.
    EXPECT_TRUE(std::filesystem::exists(path("tmp/old")));
    EXPECT_TRUE(std::filesystem::exists(path("tmp/young")));
}

TEST_F(AccountTest, MailboxesMoveOutOfMemoryAndBackIn) {
    Settings settings = settings_for(folder.path());
    settings.cached_mailboxes = 1;
    Store small(settings);
    const auto tree = small.open(bob).value();
    for (int round = 0; round < 3; ++round)
        for (const char* name : {"INBOX", "Sent", "Trash"}) append(*tree->open(named(name)).value(), hello);
    for (const char* name : {"INBOX", "Sent", "Trash"}) EXPECT_EQ(tree->status(named(name)).value().messages, 3u);
}

}  // namespace
}  // namespace posthouse::storage
