// The account's change log: each change once and in order, whoever made it; what is too long ago is said to be so.
#include "storage/account_log.h"

#include <poll.h>

#include <filesystem>
#include <set>

#include "storage/mailbox_state.h"
#include "storage/watch.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

/// "created Box", "renamed Box to Crate", in their order.
std::vector<std::string> words(const AccountChanges& changes) {
    static const std::vector<std::string> events{"",         "created",    "renamed",
                                                 "deleted",  "subscribed", "unsubscribed",
                                                 "messages", "annotated",  "annotated account"};
    std::vector<std::string> out;
    for (const AccountChange& change : changes.changes) {
        const bool is_rename = change.event == AccountEvent::renamed;
        out.push_back(events.at(static_cast<std::size_t>(change.event)) + " " +
                      (is_rename ? change.old_name.text() + " to " : "") + change.name.text());
    }
    return out;
}

using Words = std::vector<std::string>;

class AccountLogTest : public MailRoot {
  protected:
    AccountLogTest() { since_ = account->changes_since(ModSeq()).value().now; }

    /// What is new since the last call.
    AccountChanges news() {
        AccountChanges changes = account->changes_since(since_).value();
        EXPECT_FALSE(changes.whole);
        ModSeq last = since_;
        for (const AccountChange& change : changes.changes) {
            EXPECT_GT(change.modseq, last);
            last = change.modseq;
        }
        EXPECT_LE(last, changes.now);
        since_ = changes.now;
        return changes;
    }
    void make_foreign(const std::string& name) const {
        for (const char* part : {"cur", "new", "tmp"}) std::filesystem::create_directories(path(name + "/" + part));
    }
    IndexPlace index() const { return account->store()->index_place(account->root()); }

    ModSeq since_;
};

TEST_F(AccountLogTest, WhoComesFirstIsToldToCompareEverything) {
    const AccountChanges first = account->changes_since(ModSeq()).value();
    EXPECT_TRUE(first.whole);
    EXPECT_TRUE(first.changes.empty());
    const AccountChanges next = account->changes_since(first.now).value();
    EXPECT_FALSE(next.whole);
    EXPECT_TRUE(next.changes.empty());
    EXPECT_EQ(next.now, first.now) << "looking changes nothing";
    EXPECT_TRUE(account->changes_since(ModSeq(first.now.value() + 1)).value().whole) << "of another index";
}

TEST_F(AccountLogTest, CommandsAreToldInTheirOrder) {
    ASSERT_TRUE(account->create(named("Box")));
    const std::string guid = open("Box")->guid();
    ASSERT_TRUE(account->subscribe(named("Box")));
    ASSERT_TRUE(account->create(named("Box/Inner")));
    ASSERT_TRUE(account->rename(named("Box"), named("Crate")));
    ASSERT_TRUE(account->unsubscribe(named("Box")));
    ASSERT_TRUE(account->remove(named("Crate")));
    const AccountChanges changes = news();
    const Words told = words(changes);
    EXPECT_EQ(std::set<std::string>(told.begin() + 3, told.begin() + 5),
              (std::set<std::string>{"renamed Box to Crate", "renamed Box/Inner to Crate/Inner"}));
    EXPECT_EQ(Words(told.begin(), told.begin() + 3), (Words{"created Box", "subscribed Box", "created Box/Inner"}));
    EXPECT_EQ(Words(told.begin() + 5, told.end()), (Words{"unsubscribed Box", "deleted Crate"}));
    for (const AccountChange& change : changes.changes)
        if (change.name == named("Crate") || (change.name == named("Box") && change.event == AccountEvent::created))
            EXPECT_EQ(change.guid, guid);
    EXPECT_EQ(words(news()), Words());
    // What did nothing is not told.
    ASSERT_TRUE(account->unsubscribe(named("Box")));
    ASSERT_FALSE(account->create(named("Sent")));
    EXPECT_EQ(words(news()), Words());
}

// RFC 5465 §5.6, §5.7
TEST_F(AccountLogTest, AnnotationsThatWereSetAreToldByTheirNames) {
    ASSERT_TRUE(account->create(named("Box")));
    news();
    const EntryName comment = EntryName::parse("/shared/comment").value();
    const EntryName note = EntryName::parse("/private/comment").value();
    ASSERT_TRUE(account->set_annotation(named("Box"), comment, {}, "a box"));
    ASSERT_TRUE(account->set_annotation(named("Box"), comment, {}, "a box"));
    ASSERT_TRUE(account->set_annotation(named("Box"), note, "eve", "a reader's own"));
    ASSERT_TRUE(account->set_annotation({}, note, {}, "of all"));
    AccountChanges changes = news();
    ASSERT_EQ(words(changes), (Words{"annotated Box", "annotated account INBOX"})) << "what changed, for its owner";
    EXPECT_EQ(changes.changes[0].entry, "/shared/comment");
    EXPECT_EQ(changes.changes[1].entry, "/private/comment");
    ASSERT_TRUE(account->set_annotation(named("Box"), comment, {}, std::nullopt));
    ASSERT_TRUE(account->rename(named("Box"), named("Crate")));
    changes = news();
    EXPECT_EQ(words(changes), (Words{"annotated Crate", "renamed Box to Crate"})) << "as it is called now";
}

TEST_F(AccountLogTest, MailboxIsToldOnceAtTheLastChangeOfItsMessages) {
    const auto inbox = open();
    const auto sent = open("Sent");
    append(*inbox, hello);
    append(*sent, hello);
    append(*inbox, hello);
    const AccountChanges changes = news();
    EXPECT_EQ(words(changes), (Words{"messages Sent", "messages INBOX"}));
    EXPECT_EQ(changes.changes.back().guid, inbox->guid());
    EXPECT_EQ(changes.changes.back().modseq, inbox->status().value().highest_modseq);
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(words(news()), Words{"messages INBOX"});
    ASSERT_TRUE(inbox->move(UidSet::all(), *sent));
    EXPECT_EQ(words(news()), (Words{"messages Sent", "messages INBOX"}));
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(words(news()), Words()) << "nothing was there to change";
}

TEST_F(AccountLogTest, DeliveriesAndForeignFlagsAreFound) {
    append(*open(), hello);
    news();
    ASSERT_TRUE(deliver(store, bob, hello));
    EXPECT_EQ(words(news()), Words{"messages INBOX"});
    EXPECT_EQ(view("INBOX", Access::read_only).count(), 2u);
    news();
    std::filesystem::remove(path("new/" + files("new").at(0)));
    EXPECT_EQ(words(news()), Words{"messages INBOX"});
}

TEST_F(AccountLogTest, ForeignProgramsChangesOfTheTreeAreFound) {
    make_foreign(".Foreign");
    EXPECT_EQ(words(news()), Words{"created Foreign"});
    std::filesystem::rename(path(".Foreign"), path(".Other"));
    EXPECT_EQ(words(news()), Words{"renamed Foreign to Other"});
    write("subscriptions", "V\t2\n\nOther\nSent\n");
    Words told = words(news());
    EXPECT_EQ(told.back(), "subscribed Other");
    EXPECT_EQ(told.size(), 5u) << "and the other default folders are not subscribed any more";
    std::filesystem::remove_all(path(".Other"));
    EXPECT_EQ(words(news()), Words{"deleted Other"});
    EXPECT_EQ(words(news()), Words());
}

TEST_F(AccountLogTest, AnotherMailboxInTheSamePlaceIsAnother) {
    ASSERT_TRUE(account->create(named("Box")));
    append(*open("Box"), hello);
    View session = view("Box");
    news();
    // Its identity is what Dovecot's "doveadm mailbox update" changes.
    const std::string guid = open("Box")->guid();
    std::string list = read(".Box/dovecot-uidlist");
    list.replace(list.find(guid), 32, "0123456789abcdef0123456789abcdef");
    list.replace(list.find(" V") + 2, 10, "1234567890");
    std::filesystem::remove(path(".Box/dovecot-uidlist"));
    write(".Box/dovecot-uidlist", list);
    EXPECT_EQ(session.refresh(Expunges::reveal).error().code, ErrorCode::not_found) << "its sessions end";
    ASSERT_TRUE(account->open(named("Box")));
    make_foreign(".Touch");
    const AccountChanges changes = news();
    std::set<std::string> told;
    for (const std::string& word : words(changes)) told.insert(word);
    EXPECT_TRUE(told.contains("deleted Box"));
    EXPECT_TRUE(told.contains("created Box"));
}

TEST_F(AccountLogTest, RowsOfAMailboxThatAForeignProgramDeletedAreRemoved) {
    ASSERT_TRUE(account->create(named("Box")));
    for (int i = 0; i < 20; ++i) append(*open("Box"), hello);
    const FolderKey key{open("Box")->state()->folder()->device(), open("Box")->state()->folder()->inode()};
    std::uint32_t number = IndexReader::begin(index()).value().mailbox(key).value().number;
    news();
    std::filesystem::remove_all(path(".Box"));
    EXPECT_EQ(words(news()), Words{"deleted Box"});
    const IndexReader reader = IndexReader::begin(index()).value();
    EXPECT_FALSE(reader.mailbox(key));
    EXPECT_FALSE(reader.tree(key));
    int left = 0;
    reader.each_flags(number, 0, 1000, [&](std::uint32_t, const FlagRow&) { return ++left != 0; });
    reader.each_change(number, 0, [&](std::uint32_t, bool, std::uint64_t) { ++left; });
    EXPECT_EQ(left, 0);
}

TEST_F(AccountLogTest, ListFindsForeignFolders) {
    make_foreign(".Foreign");
    ASSERT_TRUE(account->list());
    int told = 0;
    IndexReader::begin(index()).value().each_account_change(
        since_.value(), [&](std::uint64_t, const AccountLogEntry& entry) { told += entry.name == "Foreign" ? 1 : 0; });
    EXPECT_EQ(told, 1);
    EXPECT_EQ(words(news()), Words{"created Foreign"}) << "once";
}

TEST_F(AccountLogTest, IndexThatIsDeletedIsFollowedByHigherModseqs) {
    ASSERT_TRUE(account->create(named("Box")));
    news();
    std::filesystem::remove_all(folder.path() + "/.index");
    const AccountChanges changes = account->changes_since(since_).value();
    EXPECT_TRUE(changes.whole);
    EXPECT_GT(changes.now, since_);
    since_ = changes.now;
    ASSERT_TRUE(account->remove(named("Box")));
    EXPECT_EQ(words(news()), Words{"deleted Box"});
}

TEST_F(AccountLogTest, HistoryIsBounded) {
    Settings settings = settings_for(folder.path());
    settings.remembered_changes = 8;
    Store small(settings);
    const auto theirs = small.open(bob).value();
    const ModSeq begin = since_;
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(theirs->create(named("Box" + std::to_string(i))));
    EXPECT_TRUE(theirs->changes_since(begin).value().whole);
    int left = 0;
    IndexReader::begin(index()).value().each_account_change(0, [&](std::uint64_t, const AccountLogEntry&) { ++left; });
    EXPECT_EQ(left, 6);
}

TEST_F(AccountLogTest, WhoWaitsForAnAccountIsToldOfAllItsChanges) {
    Store other(settings_for(folder.path()));
    const auto theirs = other.open(bob).value();
    Watcher& watcher = store.watcher();
    const WatchId id = watcher.add(*account);
    const std::vector<WatchId> told{id};
    ASSERT_TRUE(theirs->create(named("Box")));
    EXPECT_EQ(watcher.drain(), told);
    ASSERT_TRUE(theirs->subscribe(named("Box")));
    EXPECT_EQ(watcher.drain(), told);
    ASSERT_TRUE(theirs->rename(named("Box"), named("Crate")));
    EXPECT_EQ(watcher.drain(), told);
    ASSERT_TRUE(deliver(other, bob, hello));
    EXPECT_EQ(watcher.drain(), told);
    const auto drain_when_told = [&] {
        std::vector<WatchId> ids;
        pollfd ready{watcher.fd(), POLLIN, 0};
        while (ids.empty() && ::poll(&ready, 1, 10'000) == 1) ids = watcher.drain();
        return ids;
    };
    make_foreign(".Foreign");
    EXPECT_EQ(drain_when_told(), told);
    write("subscriptions.tmp", "V\t2\n\nSent\n");
    std::filesystem::rename(path("subscriptions.tmp"), path("subscriptions"));
    EXPECT_EQ(drain_when_told(), told);
    EXPECT_GT(watcher.poll_interval(id), std::chrono::seconds(10));
    watcher.remove(id);
}

AccountTree tree(std::initializer_list<std::pair<std::uint64_t, TreeRow>> mailboxes, Words subscriptions = {}) {
    AccountTree made;
    for (const auto& [inode, row] : mailboxes) made.mailboxes.emplace(FolderKey{1, inode}, row);
    made.subscriptions = std::move(subscriptions);
    return made;
}

TEST(AccountDifferences, NameIsGivenUpBeforeItIsTaken) {
    const auto entries = differences(tree({{1, {"", "A"}}, {2, {"", "B"}}, {3, {"", "C"}}}),
                                     tree({{1, {"", "B"}}, {2, {"", "C"}}, {3, {"", "D"}}}));
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[0].name, "D");
    EXPECT_EQ(entries[1].name, "C");
    EXPECT_EQ(entries[2].name, "B");
    EXPECT_EQ(differences(tree({{1, {"", "A"}}, {2, {"", "B"}}}), tree({{1, {"", "B"}}, {2, {"", "A"}}})).size(), 2u)
        << "names that change places";
}

TEST(AccountDifferences, FolderThatIsUsedAgainIsAnotherMailbox) {
    const auto entries = differences(tree({{1, {"g1", "A"}}}), tree({{1, {"g2", "B"}}}));
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0], (AccountLogEntry{AccountEvent::deleted, {1, 1}, "g1", "A", {}}));
    EXPECT_EQ(entries[1], (AccountLogEntry{AccountEvent::created, {1, 1}, "g2", "B", {}}));
    EXPECT_TRUE(differences(tree({{1, {"", "A"}}}), tree({{1, {"g2", "A"}}})).empty()) << "it got a GUID";
}

TEST(AccountRows, AreDecodedToWhatWasEncoded) {
    const AccountLogEntry entry{AccountEvent::renamed, {1, 2}, "0123", "Neu/Ä", "Old"};
    const std::string bytes = encode(entry);
    AccountLogEntry decoded;
    ASSERT_TRUE(decode(bytes, decoded));
    EXPECT_EQ(decoded, entry);
    for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i), decoded));
    EXPECT_FALSE(decode(bytes + "x", decoded));
    TreeRow row;
    ASSERT_TRUE(decode(encode(TreeRow{"0123", "Box"}), row));
    EXPECT_EQ(row, (TreeRow{"0123", "Box"}));
    EXPECT_FALSE(decode("", row));
}

}  // namespace
}  // namespace posthouse::storage
