// What a mailbox makes of parts that are put back from elsewhere while it is known: its folders, its list of UIDs.
#include <sys/stat.h>

#include <filesystem>

#include "storage/mailbox_state.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

class BackupTest : public MailRoot {
  protected:
    /// Puts a file back as backups do: another inode.
    void put_back(const std::string& file, const std::string& text) {
        fs::remove(path(file));
        write(file, text);
    }
};

TEST_F(BackupTest, AFolderThatWasPutBackIsTheOneThatCounts) {
    const auto before = open();
    append(*before, "one\r\n");
    for (const char* part : {"cur", "new", "tmp"}) {
        View session = view();
        fs::rename(path(part), path("aside"));
        fs::copy(path("aside"), path(part), fs::copy_options::recursive);
        EXPECT_EQ(session.refresh(Expunges::reveal).error().code, ErrorCode::not_found) << part;
        ASSERT_TRUE(account->status(MailboxName())) << part;
        EXPECT_EQ(account->status(MailboxName())->messages, 1u);
        const auto inbox = open();
        append(*inbox, "more\r\n");
        ASSERT_TRUE(deliver(store, bob, "more\r\n"));
        EXPECT_EQ(inbox->status()->messages, 3u);
        EXPECT_EQ(files("new").size() + files("cur").size(), 3u) << part;
        ASSERT_TRUE(inbox->expunge(uids({2, 3, 4, 5, 6, 7}), ExpungeRule::all_given));
        fs::remove_all(path("aside"));
    }
}

TEST_F(BackupTest, AFolderThatIsGoneIsMadeAgain) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    fs::remove_all(path("cur"));
    EXPECT_EQ(account->status(MailboxName())->messages, 0u);
    append(*open(), "two\r\n");
    EXPECT_EQ(account->status(MailboxName())->messages, 1u);
}

TEST_F(BackupTest, AListFromABackupNeverGivesAUidAgain) {
    const auto inbox = open();
    append(*inbox, "one\r\n");
    const std::string old_list = read("dovecot-uidlist");
    append(*inbox, "two\r\n");
    append(*inbox, "three\r\n");
    const UidValidity validity = inbox->uid_validity();
    ASSERT_TRUE(inbox->expunge(uids({3}), ExpungeRule::all_given));
    put_back("dovecot-uidlist", old_list);
    // The second message is there, and its line isn't.
    EXPECT_EQ(account->status(MailboxName())->uid_next, Uid(5));
    EXPECT_EQ(values(view().uids()), (Values{1, 4}));
    EXPECT_EQ(append(*open(), "four\r\n"), Uid(5));
    EXPECT_EQ(open()->uid_validity(), validity);
    // Also without the index, and for Dovecot: the list itself says so.
    put_back("dovecot-uidlist", old_list);
    ASSERT_TRUE(account->status(MailboxName()));
    fs::remove_all(store.settings().index_root);
    EXPECT_GE(account->status(MailboxName())->uid_next, Uid(6));
}

TEST_F(BackupTest, AFolderFromABackupNeverGivesAUidAgain) {
    const MailboxName work = named("Work");
    ASSERT_TRUE(account->create(work));
    append(*open("Work"), "one\r\n");
    const std::string backup = folder.path() + "/backup";
    fs::copy(path(".Work"), backup, fs::copy_options::recursive);
    const UidValidity validity = open("Work")->uid_validity();
    const auto put_folder_back = [&] {
        fs::remove_all(path(".Work"));
        fs::copy(backup, path(".Work"), fs::copy_options::recursive);
    };
    append(*open("Work"), "two\r\n");
    append(*open("Work"), "three\r\n");
    put_folder_back();
    EXPECT_EQ(account->status(work)->uid_validity, validity);
    EXPECT_EQ(account->status(work)->uid_next, Uid(4));
    EXPECT_EQ(values(view("Work").uids()), Values{1});
    EXPECT_EQ(append(*open("Work"), "four\r\n"), Uid(4));
    // Also when it was noticed meanwhile that the folder is gone.
    fs::remove_all(path(".Work"));
    ASSERT_TRUE(account->changes_since(ModSeq()));
    EXPECT_FALSE(account->status(work));
    put_folder_back();
    EXPECT_EQ(append(*open("Work"), "five\r\n"), Uid(5));
    // And when the rows are made anew from files that were put back.
    fs::copy(backup + "/dovecot-uidlist", path(".Work"), fs::copy_options::overwrite_existing);
    const auto state =
        StoreState::mailbox(store.shared_state(), account->root(), store.settings().layout.folder(work).value())
            .value();
    ASSERT_TRUE(state->make_rows_anew());
    // The last message lost its line, and was numbered again.
    EXPECT_EQ(append(*open("Work"), "six\r\n"), Uid(7));
}

TEST_F(BackupTest, AnIndexOfAnotherUidValidityCountsForNothing) {
    ASSERT_TRUE(account->create(named("Work")));
    append(*open("Work"), "one\r\n");
    append(*open("Work"), "two\r\n");
    std::string list = read(".Work/dovecot-uidlist");
    list.replace(list.find(" V") + 2, list.find(" N") - list.find(" V") - 2, "12345");
    list.erase(list.find('\n') + 1);
    list.replace(list.find(" N"), list.find(" G") - list.find(" N"), " N1");
    fs::remove_all(path(".Work/cur"));
    fs::remove_all(path(".Work/new"));
    fs::create_directory(path(".Work/cur"));
    put_back(".Work/dovecot-uidlist", list);
    EXPECT_EQ(account->status(named("Work"))->uid_validity, UidValidity(12345));
    EXPECT_EQ(append(*open("Work"), "one\r\n"), Uid(1));
}

TEST_F(BackupTest, AnotherMailboxPutIntoItsPlaceIsOpenedAtOnce) {
    const auto inbox = open();
    append(*inbox, "one\r\n");
    View session = view();
    const UidValidity before = inbox->uid_validity();
    fs::remove(path("dovecot-uidlist"));
    ASSERT_TRUE(account->status(MailboxName()));
    EXPECT_EQ(session.refresh(Expunges::reveal).error().code, ErrorCode::not_found);
    EXPECT_TRUE(account->open(MailboxName()));
    EXPECT_NE(open()->uid_validity(), before);
}

}  // namespace
}  // namespace posthouse::storage
