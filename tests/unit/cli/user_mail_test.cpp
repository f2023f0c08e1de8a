// What becomes of the mail of users and domains that are removed, archived and renamed.
#include "auth/passwords/password.h"
#include "storage/store.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class UserMailTest : public CommandLineTest {};

TEST_F(UserMailTest, WhatMailTakesIsShownAndCountedAnew) {
    add_joe();
    ASSERT_EQ(run("user set joe@example.org --quota 1"), 0);
    EXPECT_EQ(json("quota get joe@example.org")["bytes"], 0) << "nobody has received anything";
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org/joe"));
    const std::string mail = make_mail("joe");
    std::filesystem::create_directories(mail + "/cur");
    std::ofstream(mail + "/cur/1.M1P1.test,S=524288:2,S") << "x";
    const nlohmann::json got = json("quota get joe@example.org");
    EXPECT_EQ(got["bytes"], 524289);
    EXPECT_EQ(got["messages"], 2);
    EXPECT_EQ(got["limit_bytes"], 1 << 20);
    EXPECT_TRUE(got["limit_messages"].is_null());
    ASSERT_EQ(run("quota get --all"), 0);
    EXPECT_NE(out_.find("joe@example.org  524 kB  1.0 MB  2         -      50%"), std::string::npos) << out_;
    EXPECT_EQ(json("quota get --domain example.org").size(), json("quota get --all").size());
    EXPECT_EQ(run("quota get --domain example.net"), 3);
    EXPECT_EQ(err_, "posthouse: Domain example.net does not exist\n");
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "[quota]\nrule = [\"*:messages=1\"]\n";
    EXPECT_EQ(json("quota get joe@example.org")["percent"], 200) << "of its messages";
    ASSERT_EQ(run("user add ann@example.org --password-stdin", "x\n"), 0);
    EXPECT_EQ(json("quota get --all")[0]["email"], "joe@example.org") << "who takes most comes first";
    EXPECT_EQ(json("quota recalc --all").size(), 2u);
    const nlohmann::json counted = json("quota recalc joe@example.org");
    EXPECT_EQ(counted["bytes"], 524289);
    EXPECT_EQ(counted["bytes_before"], 524289);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->usage->bytes, 524289);
    EXPECT_TRUE(std::filesystem::exists(mail + "/maildirsize"));
    EXPECT_EQ(run("quota recalc joe@example.org"), 0);
    EXPECT_EQ(run("quota get zoe@example.org"), 3);
    EXPECT_EQ(run("quota get"), 2);
    EXPECT_EQ(run("quota get joe@example.org --all"), 2);
}

TEST_F(UserMailTest, RemovingAUserKeepsTheMailUnlessToldOtherwise) {
    add_joe();
    const std::string mail = make_mail("joe");
    EXPECT_EQ(run("user remove joe@example.org"), 0);
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 0);
    EXPECT_NE(err_.find("mail of an earlier user"), std::string::npos) << err_;
    EXPECT_EQ(run("user remove joe@example.org --delete-mail", "n\n"), 7);
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
    EXPECT_TRUE(*directory()->find_user("joe@example.org"));
    EXPECT_EQ(run("user remove joe@example.org --delete-mail", "y\n"), 0);
    EXPECT_FALSE(std::filesystem::exists(mail));
    EXPECT_FALSE(*directory()->find_user("joe@example.org"));
}

TEST_F(UserMailTest, ARemovedUserComesBackFromAnArchive) {
    add_joe();
    const std::string mail = make_mail("joe");
    std::filesystem::create_directories(mail + "/.Sent/cur");
    std::ofstream(mail + "/.Sent/cur/1:2,S") << "sent";
    std::filesystem::create_symlink("/etc/passwd", mail + "/new/link");
    const std::string archive = folder_ + "/joe.tar.gz";
    ASSERT_EQ(run("user add ann@example.org --password-stdin", "x\n"), 0);
    ASSERT_EQ(run("grant add joe@example.org ann@example.org"), 0);
    ASSERT_EQ(run("user set joe@example.org --services imap --app-passwords-only on"), 0) << err_;
    auth::AppPassword phone;
    phone.name = "phone";
    phone.password = "{PLAIN}x";
    ASSERT_TRUE(directory()->app_passwords().add("joe@example.org", phone));
    EXPECT_EQ(run("user remove joe@example.org --archive " + folder_ + "/joe.what"), 2);
    EXPECT_EQ(run("user remove joe@example.org --archive " + folder_ + "/nowhere/joe.tar"), 3);
    EXPECT_EQ(run("user remove joe@example.org --delete-mail --archive " + archive), 2);
    ASSERT_TRUE(*directory()->find_user("joe@example.org"));
    EXPECT_EQ(json("user remove joe@example.org --archive " + archive)["mail_deleted"], true);
    EXPECT_FALSE(std::filesystem::exists(mail));
    EXPECT_EQ(std::filesystem::status(archive).permissions() & std::filesystem::perms::all,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    ASSERT_EQ(std::system(("tar -C " + folder_ + "/mail -xzf " + archive).c_str()), 0);
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
    EXPECT_TRUE(std::filesystem::exists(mail + "/.Sent/cur/1:2,S"));
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(mail + "/new/link")));
    const nlohmann::json back = json("import json " + folder_ + "/mail/directory.json");
    EXPECT_EQ(back["rows"]["users"]["added"], 1);
    EXPECT_EQ(back["rows"]["grants"]["added"], 1);
    const auth::User joe = directory()->find_user("joe@example.org").value().value();
    EXPECT_TRUE(auth::verify_password(joe.password, "secret").value());
    EXPECT_EQ(joe.services.text(), "imap");
    EXPECT_TRUE(joe.app_passwords_only);
    EXPECT_EQ(directory()->find_app_passwords("joe@example.org", 2)->at(0).password, "{PLAIN}x");
    EXPECT_EQ(run("user remove joe@example.org --archive " + archive), 4);
    EXPECT_TRUE(*directory()->find_user("joe@example.org"));
}

TEST_F(UserMailTest, TheEndOfAnArchivesNameTellsItsCompression) {
    ASSERT_EQ(run("domain add example.org"), 0);
    for (const auto& [end, magic] : {std::pair<std::string, std::string>{".tar.zst", "\x28\xb5\x2f\xfd"},
                                     {".tar.gz", "\x1f\x8b"},
                                     {".tgz", "\x1f\x8b"},
                                     {".tar.xz", "\xfd\x37zXZ"}}) {
        ASSERT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 0);
        make_mail("joe");
        const std::string archive = folder_ + "/joe" + end;
        EXPECT_EQ(run("user remove joe@example.org --archive " + archive), 0) << err_;
        std::ifstream stream(archive, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
        EXPECT_TRUE(bytes.starts_with(magic)) << end;
    }
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 0);
    EXPECT_EQ(run("user remove joe@example.org --archive " + folder_ + "/joe.zip"), 2);
}

TEST_F(UserMailTest, AnArchivedDomainHoldsAllItsUsers) {
    add_joe();
    make_mail("joe");
    make_mail("ann");
    ASSERT_EQ(run("user add ann@example.org --password-stdin --quota 7", "x\n"), 0);
    ASSERT_EQ(run("user passwd joe@example.org --must-change --password-stdin", "other\n"), 0) << err_;
    const std::string archive = folder_ + "/domain.tar";
    EXPECT_EQ(run("domain remove example.org --archive " + archive, "n\n"), 7);
    EXPECT_FALSE(std::filesystem::exists(archive));
    EXPECT_EQ(run("domain remove example.org --yes --archive " + archive), 0) << err_;
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org"));
    ASSERT_EQ(std::system(("tar -C " + folder_ + " -xf " + archive).c_str()), 0);
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/example.org/ann/new/message"));
    const nlohmann::json back = json("import json " + folder_ + "/directory.json");
    EXPECT_EQ(back["rows"]["domains"]["added"], 1);
    EXPECT_EQ(back["rows"]["users"]["added"], 2);
    EXPECT_TRUE(directory()->find_user("joe@example.org").value()->must_change_password);
}

TEST_F(UserMailTest, ARenamedUserHasItsMailUnderTheNewAddress) {
    add_joe();
    const std::string mail = make_mail("joe");
    ASSERT_EQ(run("domain add example.net"), 0);
    ASSERT_EQ(run("alias add info@example.net joe@example.org"), 0);
    EXPECT_EQ(run("user rename joe@example.org jo@example.com"), 3);
    EXPECT_EQ(run("user rename ann@example.org jo@example.net"), 3);
    EXPECT_EQ(run("user rename joe@example.org joe@example.org"), 2);
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
    const nlohmann::json renamed = json("user rename joe@example.org Jo@Example.net --keep-alias");
    EXPECT_EQ(renamed["mail_moved"], true);
    EXPECT_EQ(renamed["rewritten"], 1);
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/mail/example.net/jo/new/message"));
    EXPECT_FALSE(std::filesystem::exists(mail + "/new"));
    EXPECT_EQ(directory()->alias_destinations("joe@example.org", 9).value(),
              std::vector<std::string>{"jo@example.net"});
    EXPECT_TRUE(auth::verify_password((*directory()->find_user("jo@example.net"))->password, "secret").value());
    // The name is another's now.
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "other\n"), 0);
    EXPECT_EQ(err_.find("mail of an earlier user"), std::string::npos) << err_;
    EXPECT_FALSE(std::filesystem::exists(mail));
    EXPECT_EQ(run("user rename jo@example.net joe@example.org"), 4);
}

TEST_F(UserMailTest, ARenamedDomainHasItsUsersAndTheirMail) {
    add_joe();
    make_mail("joe");
    const nlohmann::json renamed = json("domain rename example.org example.net --keep-alias");
    EXPECT_EQ(renamed["users"], 1);
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/mail/example.net/joe/new/message"));
    EXPECT_TRUE(*directory()->find_user("joe@example.net"));
    EXPECT_EQ(directory()->domain_alias("example.org").value(), "example.net");
    EXPECT_EQ(run("domain rename example.org example.com"), 3);
    ASSERT_EQ(run("domain alias remove example.org"), 0);
    ASSERT_EQ(run("domain add example.org"), 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org"));
    EXPECT_EQ(run("domain rename example.net example.org"), 4);
}

TEST_F(UserMailTest, WhereMailLiesThatNobodyHasNoUserIsRenamedTo) {
    add_joe();
    const std::string mail = make_mail("joe");
    make_mail("ann");
    EXPECT_EQ(run("user rename joe@example.org ann@example.org"), 4) << out_;
    EXPECT_NE(err_.find("Mail lies there already"), std::string::npos) << err_;
    EXPECT_TRUE(*directory()->find_user("joe@example.org"));
    EXPECT_FALSE(*directory()->find_user("ann@example.org"));
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
}

TEST_F(UserMailTest, ARenameThatWasCutOffIsFinishedByTheSameCommand) {
    add_joe();
    const std::string mail = make_mail("joe");
    storage::Settings settings;
    settings.mail_root = folder_ + "/mail";
    settings.index_root = folder_ + "/index";
    ASSERT_TRUE(*storage::Store(settings).rename(storage::AccountName::parse("joe@example.org").value(),
                                                 storage::AccountName::parse("jo@example.org").value()));
    EXPECT_EQ(json("user rename joe@example.org jo@example.org")["mail_moved"], true);
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/mail/example.org/jo/new/message"));
    EXPECT_TRUE(*directory()->find_user("jo@example.org"));
}

TEST_F(UserMailTest, DeletingMailStaysBelowTheMailRootAndFollowsNoLink) {
    add_joe();
    const std::string outside = folder_ + "/outside";
    std::filesystem::create_directories(outside);
    std::ofstream(outside + "/precious") << "x";
    std::filesystem::create_directories(folder_ + "/mail/example.org");
    std::filesystem::create_directory_symlink(outside, folder_ + "/mail/example.org/joe");
    EXPECT_EQ(run("user remove joe@example.org --delete-mail --yes"), 0) << err_;
    EXPECT_TRUE(std::filesystem::exists(outside + "/precious"));
}

}  // namespace
}  // namespace posthouse::cli
