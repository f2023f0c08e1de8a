// What a mailbox makes of parts that are put back from elsewhere while it is known: its folders, its list of UIDs.
#include <sys/stat.h>

#include <filesystem>

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
