// Folders are removed with what they hold, in an order that those who have a mailbox open can bear.
#include "storage/trees.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/layout.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

TEST(Trees, MessagesGoBeforeTheFilesThatTellTheirFlagsAndUids) {
    const TemporaryFolder folder;
    const fs::path mailbox = fs::path(folder.path()) / "mailbox";
    fs::path deep = mailbox / "cur";
    for (std::size_t i = 0; i < 2 * max_levels; ++i) deep /= "d";
    fs::create_directories(deep);
    fs::create_directories(mailbox / "new");
    const auto around = {"dovecot-keywords", "aaa", "zzz", "posthouse-keywords", "dovecot-uidlist"};
    for (const std::string name : around) std::ofstream(mailbox / name) << name;
    // What is too deep can't be removed, so cur/ stays, and all that comes after it.
    const Result<> removed = remove_tree(mailbox.string());
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, ErrorCode::limit);
    for (const std::string name : around) EXPECT_TRUE(fs::exists(mailbox / name)) << name;
}

TEST(Trees, AFolderIsRemovedWithAllThatItHolds) {
    const TemporaryFolder folder;
    const fs::path mailbox = fs::path(folder.path()) / "mailbox";
    fs::create_directories(mailbox / "cur" / "inner");
    std::ofstream(mailbox / "cur" / "message") << "text";
    fs::create_directory_symlink("/", mailbox / "link");
    ASSERT_TRUE(remove_tree(mailbox.string()));
    EXPECT_FALSE(fs::exists(mailbox));
    EXPECT_TRUE(remove_tree(mailbox.string())) << "what is missing needs no removal";
}

}  // namespace
}  // namespace posthouse::storage
