// Tests of storage/lost_mail.h.
#include "storage/lost_mail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/temporary_folder.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

TEST(LostMail, AnEmptyStoreBesideIndexesIsAProblem) {
    const TemporaryFolder folder;
    config::Config config;
    config.general.mail_root = folder.path() + "/mail";
    config.general.state_folder = folder.path() + "/state";
    const auto problems = [&] { return lost_mail_problems(config, {}); };
    EXPECT_TRUE(problems().empty()) << "before the first start";
    const std::string account = config.general.state_folder + "/index/example.org/joe";
    fs::create_directories(account);
    std::ofstream(config.general.state_folder + "/index/CLEAN") << "x";
    EXPECT_TRUE(problems().empty()) << "an index that was removed";
    std::ofstream(account + "/data.mdb") << "x";
    ASSERT_EQ(problems().size(), 1u) << "the folder is missing";
    fs::create_directories(config.general.mail_root);
    ASSERT_EQ(problems().size(), 1u) << "only the mount point is there";
    EXPECT_TRUE(problems()[0].message().contains("is its file system mounted?"));
    fs::create_directories(config.general.mail_root + "/example.org");
    EXPECT_TRUE(problems().empty());
}

}  // namespace
}  // namespace posthouse::storage
