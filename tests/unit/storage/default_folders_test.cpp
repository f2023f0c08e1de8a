// The words of general.special_use_folders.
#include "storage/default_folders.h"

#include <gtest/gtest.h>

namespace posthouse::storage {
namespace {

std::string problems_of(config::Config config) {
    std::string text;
    for (const config::Problem& problem :
         default_folder_problems(config, {{"general.special_use_folders", "/p.toml:4"}}))
        text += problem.message() + "\n";
    return text;
}

config::Config with(std::vector<std::string> words) {
    config::Config config;
    config.general.special_use_folders = std::move(words);
    return config;
}

TEST(DefaultFolders, AreANameInUtf8AndASpecialUse) {
    const Result<DefaultFolder> folder = parse_default_folder("Post/Entwürfe=\\drafts", Layout());
    ASSERT_TRUE(folder);
    EXPECT_EQ(folder->name, "Post/Entwürfe");
    EXPECT_EQ(folder->special_use, "\\Drafts");
    EXPECT_EQ(parse_default_folder("a=b=\\Sent", Layout())->name, "a=b");
}

TEST(DefaultFolders, OfTheDefaultsAreTheUsualOnes) {
    const std::vector<DefaultFolder> folders = default_folders_from(config::Config());
    ASSERT_EQ(folders.size(), 5u);
    EXPECT_EQ(folders[0].name, "Drafts");
    EXPECT_EQ(folders[0].special_use, "\\Drafts");
    EXPECT_EQ(folders[4].special_use, "\\Archive");
    EXPECT_EQ(problems_of(config::Config()), "");
    EXPECT_TRUE(default_folders_from(with({})).empty());
}

TEST(DefaultFolders, WhatMakesNoSenseIsToldWithItsPlaceAndLeftOut) {
    const config::Config config = with(
        {"Sent", "=\\Sent", "INBOX=\\Archive", "All=\\All", "x=\\Odd", "a.b=\\Junk", "A/=\\Junk", "Trash=\\Trash"});
    EXPECT_EQ(problems_of(config),
              "/p.toml:4: general.special_use_folders: \"Sent\": must be a name and a special use, e.g. Sent=\\Sent\n"
              "/p.toml:4: general.special_use_folders: \"=\\Sent\": Mailbox name has an empty level\n"
              "/p.toml:4: general.special_use_folders: \"INBOX=\\Archive\": INBOX has no special use\n"
              "/p.toml:4: general.special_use_folders: \"All=\\All\": Special use is not supported\n"
              "/p.toml:4: general.special_use_folders: \"x=\\Odd\": Unknown special use\n"
              "/p.toml:4: general.special_use_folders: \"a.b=\\Junk\": Character not allowed in mailbox name: '.'\n"
              "/p.toml:4: general.special_use_folders: \"A/=\\Junk\": Mailbox name has an empty level\n");
    const std::vector<DefaultFolder> folders = default_folders_from(config);
    ASSERT_EQ(folders.size(), 1u);
    EXPECT_EQ(folders[0].name, "Trash");
}

TEST(DefaultFolders, WhatMayBeANameDependsOnTheLayout) {
    config::Config config = with({"a.b=\\Junk"});
    config.general.mailbox_layout = "fs";
    EXPECT_EQ(problems_of(config), "");
    config.general.special_use_folders = {"cur=\\Junk"};
    EXPECT_EQ(problems_of(config),
              "/p.toml:4: general.special_use_folders: \"cur=\\Junk\": Mailbox name is reserved: 'cur'\n");
}

TEST(DefaultFolders, ANameOrAUseTwiceIsAProblem) {
    EXPECT_EQ(problems_of(with({"A=\\Sent", "A=\\Junk", "B=\\Sent"})),
              "/p.toml:4: general.special_use_folders: \"A\" is there twice\n"
              "/p.toml:4: general.special_use_folders: \\Sent is there twice: a use has one mailbox\n");
}

}  // namespace
}  // namespace posthouse::storage
