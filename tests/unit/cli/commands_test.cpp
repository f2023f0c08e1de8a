// Tests of the commands for domains, users and aliases, as run with a configuration of their own.
#include <cstdlib>

#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"
#include "storage/store.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class CommandsTest : public CommandLineTest {};

TEST_F(CommandsTest, DomainsAreAddedListedAndRemoved) {
    EXPECT_EQ(run("domain add Example.ORG"), 0);
    EXPECT_EQ(run("domain add example.org"), 4);
    EXPECT_EQ(err_, "posthouse: Domain example.org already exists\n");
    EXPECT_EQ(run("domain add not..one"), 2);
    EXPECT_EQ(json("domain list")[0]["name"], "example.org");
    EXPECT_EQ(run("domain remove example.org"), 0);
    EXPECT_EQ(run("domain remove example.org"), 3);
    EXPECT_TRUE(json("domain list").empty());
}

TEST_F(CommandsTest, AUsersPasswordComesFromStandardInput) {
    add_joe();
    const auto user = *directory()->find_user("joe@example.org");
    ASSERT_TRUE(user);
    EXPECT_TRUE(*auth::verify_password(user->password, "secret"));
    EXPECT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 4);
    EXPECT_EQ(run("user add ann@example.net --password-stdin", "secret\n"), 3);
    EXPECT_EQ(run("user add ann@example.org --password-stdin", ""), 2);
    EXPECT_EQ(run("user add a/b@example.org --password-stdin", "secret\n"), 2);
    EXPECT_EQ(run("user add"), 2);
}

TEST_F(CommandsTest, AReadyHashIsStoredAsItIs) {
    add_joe();
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==\r\n"), 0);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->password, "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==");
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{NTLM}abc\n"), 2);
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin --generate", "{PLAIN}abc\n"), 2);
    EXPECT_EQ(run("user add ann@example.org --hash-stdin", "{PLAIN}abc\n"), 0);
}

TEST_F(CommandsTest, ScramKeysAreKeptBesideAPasswordThatIsSet) {
    add_joe();
    const auto keys_of = [&](const std::string& user) {
        const auth::User found = **directory()->find_user(user + "@example.org");
        return auth::find_scram_beside(found.password, found.scram_keys, sasl::ScramHash::sha_256);
    };
    EXPECT_FALSE(*keys_of("joe"));
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "[auth]\nscram_keys = [\"SCRAM-SHA-256\"]\n";
    EXPECT_EQ(run("user passwd joe@example.org --password-stdin", "fresh\n"), 0) << err_;
    EXPECT_EQ(run("user add ann@example.org --generate"), 0) << err_;
    EXPECT_EQ(run("user add --csv -", "pat@example.org,secret\n"), 0) << err_;
    for (const std::string user : {"joe", "ann", "pat"}) EXPECT_TRUE(*keys_of(user)) << user;
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==\n"), 0);
    EXPECT_FALSE(*keys_of("joe"));
}

TEST_F(CommandsTest, TheCostOfPasswordsIsMeasured) {
    const nlohmann::json tuned = json("auth tune --time 1 --memory 1");
    EXPECT_EQ(tuned["measured"].size(), 1u);
    EXPECT_EQ(tuned["suggested"]["argon2_memory"], "19M");
    EXPECT_EQ(tuned["suggested"]["argon2_passes"], 2);
    EXPECT_EQ(run("auth tune --time 1 --memory 1"), 0);
    EXPECT_NE(out_.find("argon2_memory = \"19M\"\nargon2_passes = 2\n"), std::string::npos) << out_;
    EXPECT_EQ(run("auth tune --time 0"), 2);
}

TEST_F(CommandsTest, AGeneratedPasswordIsShownAndWorks) {
    add_joe();
    const nlohmann::json changed = json("user passwd joe@example.org --generate");
    const auto user = *directory()->find_user("joe@example.org");
    EXPECT_TRUE(*auth::verify_password(user->password, changed["password"].get<std::string>()));
    EXPECT_FALSE(*auth::verify_password(user->password, "secret"));
    EXPECT_EQ(run("user passwd ann@example.org --generate"), 3);
}

TEST_F(CommandsTest, UsersAreListedDisabledAndEnabled) {
    add_joe();
    ASSERT_EQ(run("user add ann@example.org --password-stdin --admin --quota 7 --disabled", "x\n"), 0);
    const nlohmann::json users = json("user list --domain example.org");
    ASSERT_EQ(users.size(), 2u);
    EXPECT_EQ(users[0]["email"], "ann@example.org");
    EXPECT_EQ(users[0]["quota_mb"], 7);
    EXPECT_EQ(users[0]["enabled"], false);
    EXPECT_EQ(users[0]["admin"], true);
    EXPECT_FALSE(users[0].contains("password"));
    EXPECT_EQ(run("user enable ann@example.org"), 0);
    EXPECT_EQ(run("user disable joe@example.org"), 0);
    EXPECT_TRUE((*directory()->find_user("ann@example.org"))->enabled);
    EXPECT_FALSE((*directory()->find_user("joe@example.org"))->enabled);
    EXPECT_EQ(run("user disable zoe@example.org"), 3);
    EXPECT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("joe@example.org  disabled"), std::string::npos) << out_;
}

TEST_F(CommandsTest, AQuotaIsSetAndShown) {
    add_joe();
    EXPECT_EQ(json("user set joe@example.org --quota 5")["quota_mb"], 5);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->quota_mb, 5);
    ASSERT_TRUE(directory()->set_usage("joe@example.org", 3'000'000, 7));
    const nlohmann::json listed = json("user list")[0];
    EXPECT_EQ(listed["usage_mb"], 3);
    EXPECT_EQ(listed["usage_bytes"], 3'000'000);
    EXPECT_EQ(listed["messages"], 7);
    ASSERT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("5         3        7"), std::string::npos) << out_;
    EXPECT_EQ(run("user set joe@example.org --quota 0"), 0);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->quota_mb, 0);
    EXPECT_EQ(run("user set joe@example.org"), 2);
    EXPECT_EQ(run("user set joe@example.org --quota 99999999999999"), 2);
    EXPECT_EQ(run("user set joe@example.org --quota -1"), 2);
    EXPECT_EQ(run("user set zoe@example.org --quota 1"), 3);
}

TEST_F(CommandsTest, ServicesAreSetAndShown) {
    add_joe();
    EXPECT_TRUE(json("user list")[0]["services"].is_null());
    EXPECT_EQ(json("user set joe@example.org --services smtp,IMAP")["services"],
              nlohmann::json::array({"imap", "smtp"}));
    EXPECT_EQ(json("user list")[0]["services"], nlohmann::json::array({"imap", "smtp"}));
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->services.text(), "imap smtp");
    ASSERT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("enabled, only imap, smtp"), std::string::npos) << out_;
    EXPECT_EQ(run("user set joe@example.org --services imap,ftp"), 2);
    EXPECT_EQ(run("user set joe@example.org --services imap,all"), 2);
    EXPECT_EQ(run("user set joe@example.org --services ,"), 2);
    EXPECT_EQ(run("user set zoe@example.org --services imap"), 3);
    EXPECT_EQ(run("user set joe@example.org --services all --quota 5"), 0);
    EXPECT_EQ(out_, "Quota of joe@example.org is 5 MB. joe@example.org may log in to all services.\n");
    EXPECT_EQ(json("db audit --about joe@example.org")[0]["details"], "quota 5 MB, services all");
    EXPECT_TRUE((*directory()->find_user("joe@example.org"))->services.all());
    EXPECT_EQ(run("user add ann@example.org --services pop3 --password-stdin", "x\n"), 0);
    EXPECT_EQ((*directory()->find_user("ann@example.org"))->services.text(), "pop3");
}

TEST_F(CommandsTest, AppPasswordsAreMadeListedAndRemoved) {
    add_joe();
    const nlohmann::json made = json(
        "app-password add joe@example.org --name Phone --scope smtp,imap --network 192.0.2.7/24 --network ::1 "
        "--expires 90d");
    EXPECT_EQ(made["scope"], nlohmann::json::array({"imap", "smtp"}));
    EXPECT_EQ(made["networks"], nlohmann::json::array({"192.0.2.0/24", "::1"}));
    const auto stored = directory()->find_app_passwords("joe@example.org", 10);
    ASSERT_EQ(stored->size(), 1u);
    EXPECT_TRUE(*auth::verify_password((*stored)[0].password, made["password"].get<std::string>()));
    EXPECT_EQ((*stored)[0].networks, "192.0.2.0/24 ::1");
    EXPECT_NEAR(static_cast<double>(*(*stored)[0].expires_at - (*stored)[0].created_at), 90 * 86400, 60);
    EXPECT_EQ(run("app-password add joe@example.org --name Phone"), 4);
    EXPECT_EQ(run("app-password add zoe@example.org --name Phone"), 3);
    EXPECT_EQ(run("app-password add joe@example.org"), 2);
    EXPECT_EQ(run("app-password add joe@example.org --name x --scope ftp"), 2);
    EXPECT_EQ(run("app-password add joe@example.org --name x --network 300.0.0.0/8"), 2);
    for (const char* time : {"90", "2001-01-01", "2031-13-01", "2031-1-1", "0"})
        EXPECT_EQ(run(std::string("app-password add joe@example.org --name x --expires ") + time), 2) << time;
    ASSERT_EQ(run("app-password add joe@example.org --name Day --expires 2031-12-31"), 0);
    EXPECT_NE(out_.find("App password \"Day\" of joe@example.org: "), std::string::npos) << out_;
    const nlohmann::json rows = json("app-password list joe@example.org");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1]["expires_at"], 1'956'441'600);
    EXPECT_TRUE(rows[1]["scope"].is_null());
    EXPECT_TRUE(rows[1]["last_used_at"].is_null());
    EXPECT_FALSE(rows[0].contains("password"));
    ASSERT_EQ(run("app-password list joe@example.org"), 0);
    EXPECT_NE(out_.find("Day    all        any               2031-12-31 00:00  never"), std::string::npos) << out_;
    const nlohmann::json entry = json("db audit --about joe@example.org")[1];
    EXPECT_EQ(entry["action"], "app-password.add");
    EXPECT_EQ(run("app-password remove joe@example.org"), 2);
    EXPECT_EQ(run("app-password remove joe@example.org Phone --all"), 2);
    EXPECT_EQ(run("app-password remove joe@example.org Phone"), 0);
    EXPECT_EQ(run("app-password remove joe@example.org Phone"), 3);
    EXPECT_EQ(run("app-password remove joe@example.org --all"), 0);
    EXPECT_TRUE(json("app-password list joe@example.org").empty());
    EXPECT_EQ(run("app-password list zoe@example.org"), 3);
}

TEST_F(CommandsTest, AUserCanBeKeptToAppPasswords) {
    add_joe();
    EXPECT_EQ(json("user set joe@example.org --app-passwords-only on")["app_passwords_only"], true);
    EXPECT_TRUE((*directory()->find_user("joe@example.org"))->app_passwords_only);
    EXPECT_EQ(json("user list")[0]["app_passwords_only"], true);
    EXPECT_EQ(run("user set joe@example.org --app-passwords-only off"), 0);
    EXPECT_FALSE((*directory()->find_user("joe@example.org"))->app_passwords_only);
    EXPECT_EQ(run("user set joe@example.org --app-passwords-only maybe"), 2);
}

TEST_F(CommandsTest, ChosenPasswordsKeepToTheRules) {
    add_joe();
    const auto write_rules = [&](const std::string& rules) {
        std::ofstream(folder_ + "/posthouse.toml")
            << "[directory]\nsqlite = \"directory.sqlite\"\n[auth]\npassword_min_length = 10\n" + rules;
    };
    ::unsetenv("POSTHOUSE_AUTH_PASSWORD_RULES");
    write_rules("");
    EXPECT_EQ(run("user passwd joe@example.org --password-stdin", "ninechars\n"), 2);
    EXPECT_EQ(err_, "posthouse: The password must have at least 10 characters\n");
    EXPECT_EQ(run("user add zoe@example.org --password-stdin", "Password123\n"), 2);
    EXPECT_EQ(err_, "posthouse: The password is known to everybody who guesses at passwords\n");
    EXPECT_EQ(run("user passwd joe@example.org --password-stdin", "a good long one\n"), 0) << err_;
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{PLAIN}x\n"), 0) << err_;
    EXPECT_EQ(run("user passwd joe@example.org --generate"), 0) << err_;
    EXPECT_EQ(
        run("user add --csv -", "a@example.org,a good long one\nb@example.org,short\nc@example.org,iloveyou123\n"), 2);
    EXPECT_EQ(err_,
              "posthouse: Line 2: The password must have at least 10 characters\n"
              "posthouse: Line 3: The password is known to everybody who guesses at passwords\n");
    EXPECT_EQ(json("user list").size(), 1u);
    EXPECT_EQ(run("user add --csv - --generate", "email,password_hash\na@example.org,\nb@example.org,{PLAIN}x\n"), 0);
    std::ofstream(folder_ + "/known") << "a good long one\n";
    write_rules("password_denylist = \"known\"\n");
    EXPECT_EQ(run("user passwd joe@example.org --password-stdin", "A good long one\n"), 2);
    write_rules("password_denylist = \"absent\"\n");
    EXPECT_EQ(run("user passwd joe@example.org --password-stdin", "another good one\n"), 6);
}

TEST_F(CommandsTest, AFirstPasswordMustBeChanged) {
    add_joe();
    const auto must_change = [&] { return (*directory()->find_user("joe@example.org"))->must_change_password; };
    EXPECT_FALSE(must_change());
    EXPECT_EQ(run("user passwd joe@example.org --generate --must-change"), 0);
    EXPECT_TRUE(must_change());
    EXPECT_EQ(json("user list")[0]["must_change_password"], true);
    EXPECT_EQ(json("db audit --about joe@example.org")[0]["details"], "to be changed");
    EXPECT_EQ(run("user passwd joe@example.org --generate"), 0);
    EXPECT_FALSE(must_change());
    EXPECT_EQ(run("user add ann@example.org --generate --must-change"), 0);
    EXPECT_TRUE((*directory()->find_user("ann@example.org"))->must_change_password);
    EXPECT_EQ(run("user add --csv - --generate --must-change", "zoe@example.org\n"), 0) << err_;
    EXPECT_TRUE((*directory()->find_user("zoe@example.org"))->must_change_password);
}

TEST_F(CommandsTest, WhatMailTakesIsShownAndCountedAnew) {
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

TEST_F(CommandsTest, RemovingAUserKeepsTheMailUnlessToldOtherwise) {
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

TEST_F(CommandsTest, ARemovedUserComesBackFromAnArchive) {
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

TEST_F(CommandsTest, TheEndOfAnArchivesNameTellsItsCompression) {
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

TEST_F(CommandsTest, AnArchivedDomainHoldsAllItsUsers) {
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

TEST_F(CommandsTest, ARenamedUserHasItsMailUnderTheNewAddress) {
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

TEST_F(CommandsTest, ARenamedDomainHasItsUsersAndTheirMail) {
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

TEST_F(CommandsTest, WhereMailLiesThatNobodyHasNoUserIsRenamedTo) {
    add_joe();
    const std::string mail = make_mail("joe");
    make_mail("ann");
    EXPECT_EQ(run("user rename joe@example.org ann@example.org"), 4) << out_;
    EXPECT_NE(err_.find("Mail lies there already"), std::string::npos) << err_;
    EXPECT_TRUE(*directory()->find_user("joe@example.org"));
    EXPECT_FALSE(*directory()->find_user("ann@example.org"));
    EXPECT_TRUE(std::filesystem::exists(mail + "/new/message"));
}

TEST_F(CommandsTest, ARenameThatWasCutOffIsFinishedByTheSameCommand) {
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

TEST_F(CommandsTest, DeletingMailStaysBelowTheMailRootAndFollowsNoLink) {
    add_joe();
    const std::string outside = folder_ + "/outside";
    std::filesystem::create_directories(outside);
    std::ofstream(outside + "/precious") << "x";
    std::filesystem::create_directories(folder_ + "/mail/example.org");
    std::filesystem::create_directory_symlink(outside, folder_ + "/mail/example.org/joe");
    EXPECT_EQ(run("user remove joe@example.org --delete-mail --yes"), 0) << err_;
    EXPECT_TRUE(std::filesystem::exists(outside + "/precious"));
}

TEST_F(CommandsTest, ADomainWithUsersIsRemovedOnlyWhenConfirmed) {
    add_joe();
    const std::string mail = make_mail("joe");
    EXPECT_EQ(run("domain remove example.org", "\n"), 7);
    EXPECT_TRUE(*directory()->has_domain("example.org"));
    EXPECT_EQ(run("domain remove example.org --yes"), 0);
    EXPECT_TRUE(std::filesystem::exists(mail));
    ASSERT_EQ(run("domain add example.org"), 0);
    EXPECT_EQ(run("domain remove example.org --delete-mail --yes"), 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org"));
}

TEST_F(CommandsTest, AliasesAreAddedListedAndRemoved) {
    add_joe();
    EXPECT_EQ(run("alias add Info@example.org joe@example.org bob@elsewhere.example"), 0);
    EXPECT_NE(err_.find("bob@elsewhere.example is on another server"), std::string::npos) << err_;
    EXPECT_EQ(err_.find("joe@example.org is on"), std::string::npos) << err_;
    EXPECT_EQ(run("alias add info@example.org joe@example.org"), 4);
    EXPECT_EQ(run("alias add info@example.net joe@example.org"), 3);
    EXPECT_EQ(run("alias add @example.org @example.net"), 0);
    EXPECT_EQ(run("alias add x@example.org @example.net"), 2);
    const nlohmann::json aliases = json("alias list --domain example.org");
    ASSERT_EQ(aliases.size(), 3u);
    EXPECT_EQ(aliases[1]["source"], "info@example.org");
    EXPECT_EQ(aliases[1]["destination"], "joe@example.org");
    EXPECT_EQ(run("alias remove info@example.org joe@example.org"), 0);
    EXPECT_EQ(out_, "Alias info@example.org does not lead to joe@example.org any more.\n");
    EXPECT_EQ(run("alias remove info@example.org"), 0);
    EXPECT_EQ(run("alias remove info@example.org"), 3);
}

TEST_F(CommandsTest, SeveralDestinationsAreAddedAllOrNone) {
    add_joe();
    ASSERT_EQ(run("alias add info@example.org b@elsewhere.example"), 0);
    EXPECT_EQ(run("alias add info@example.org a@elsewhere.example b@elsewhere.example"), 4);
    EXPECT_EQ(json("alias list").size(), 1u);
    EXPECT_EQ(run("alias remove info@example.org b@elsewhere.example c@elsewhere.example"), 3);
    EXPECT_EQ(json("alias list").size(), 1u);
}

TEST_F(CommandsTest, AnAliasThatTakesAUsersMailIsPointedOut) {
    add_joe();
    EXPECT_EQ(run("alias add joe@example.org bob@elsewhere.example"), 0);
    EXPECT_NE(err_.find("is a user too"), std::string::npos);
    EXPECT_EQ(run("alias add joe@example.org joe@example.org"), 0);
    EXPECT_EQ(err_, "");
}

TEST_F(CommandsTest, CsvAddsAllUsersOrNone) {
    add_joe();
    EXPECT_EQ(run("user add --csv -", "a@example.org,x,5\njoe@example.org,y\n"), 4);
    EXPECT_EQ(err_, "posthouse: Line 2: User joe@example.org already exists\n");
    EXPECT_EQ(json("user list").size(), 1u);
    EXPECT_EQ(run("user add --csv -", "a@example.org,x\nb@example.net,y\n"), 3);
    EXPECT_EQ(run("user add --csv -", "a@example.org,x\nb\n"), 2);
    EXPECT_EQ(err_.find("posthouse: Line 2: "), 0u) << err_;
    EXPECT_EQ(json("user list").size(), 1u);
    const nlohmann::json added = json("user add --generate --csv -", "a@example.org,x,5\nb@example.org\n");
    ASSERT_EQ(added["users"].size(), 2u);
    EXPECT_FALSE(added["users"][0].contains("password"));
    const auto user = *directory()->find_user("b@example.org");
    EXPECT_TRUE(*auth::verify_password(user->password, added["users"][1]["password"].get<std::string>()));
    EXPECT_EQ(json("user list").size(), 3u);
}

TEST_F(CommandsTest, TheDatabaseIsMadeOnceAndItsVersionShown) {
    EXPECT_EQ(run("db status"), 3);
    EXPECT_NE(out_.find("posthouse db init"), std::string::npos) << out_;
    EXPECT_EQ(run("db migrate"), 5);
    EXPECT_EQ(run("db init"), 0) << err_;
    EXPECT_EQ(run("db init"), 4);
    const nlohmann::json status = json("db status");
    EXPECT_EQ(status["version"], status["known"]);
    EXPECT_EQ(run("db migrate"), 0);
    EXPECT_NE(out_.find("Nothing to do"), std::string::npos) << out_;
    EXPECT_EQ(run("domain add example.org"), 0);
}

TEST_F(CommandsTest, EveryChangeIsInTheAuditLog) {
    add_joe();
    ASSERT_EQ(run("alias add info@example.org joe@example.org"), 0);
    ASSERT_EQ(run("domain alias add example.net example.org"), 0);
    ASSERT_EQ(run("user disable joe@example.org"), 0);
    ASSERT_EQ(run("user enable joe@example.org"), 0);
    ASSERT_EQ(run("user passwd joe@example.org --generate"), 0);
    ASSERT_EQ(run("user add --csv - --generate", "a@example.org\nb@example.org\n"), 0);
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "x\n"), 4);
    ASSERT_EQ(run("alias remove info@example.org"), 0);
    ASSERT_EQ(run("domain alias remove example.net"), 0);
    ASSERT_EQ(run("user remove joe@example.org"), 0);
    ASSERT_EQ(run("domain remove example.org --yes"), 0);
    std::string actions;
    const nlohmann::json entries = json("db audit");
    for (const auto& entry : entries) {
        actions = entry["action"].get<std::string>() + ' ' + actions;
        EXPECT_FALSE(entry["actor"].get<std::string>().empty());
        EXPECT_EQ(entry.dump().find("argon2"), std::string::npos);
    }
    EXPECT_EQ(actions,
              "domain.add user.add alias.add domain.alias.add user.disable user.enable user.passwd user.import "
              "alias.remove domain.alias.remove user.remove domain.remove ");
    EXPECT_EQ(json("db audit --about joe@example.org").size(), 5u);
    EXPECT_EQ(json("db audit --last 2").size(), 2u);
    EXPECT_EQ(run("db audit --last 0"), 2);
}

TEST_F(CommandsTest, DomainAliasesAreAddedListedAndRemoved) {
    add_joe();
    EXPECT_EQ(run("domain alias add example.net example.com"), 3);
    EXPECT_EQ(run("domain alias add Example.NET example.org"), 0);
    EXPECT_EQ(run("domain alias add example.net example.org"), 4);
    EXPECT_EQ(json("domain alias list")[0]["alias"], "example.net");
    EXPECT_EQ(run("domain alias remove example.net"), 0);
    EXPECT_EQ(run("domain alias remove example.net"), 3);
}

TEST_F(CommandsTest, WhereCaseCountsTwoUsersMayDifferInItOnly) {
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "local_part = \"keep-case\"\n";
    add_joe();
    EXPECT_EQ(run("user add Joe@Example.org --password-stdin", "x\n"), 0);
    EXPECT_EQ(run("user add Joe@example.org --password-stdin", "x\n"), 4);
    EXPECT_EQ(json("user list").size(), 2u);
    EXPECT_EQ(run("user remove JOE@example.org"), 3);
}

TEST_F(CommandsTest, GrantsAreSqlWithoutThePassword) {
    EXPECT_EQ(run("db grants"), 6);
    std::ofstream(folder_ + "/secret") << "top\"secret\n";
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "engine = \"mariadb\"\npassword_file = \"secret\"\n";
    EXPECT_EQ(run("db grants --from 192.0.2.%"), 0) << err_;
    EXPECT_NE(out_.find("CREATE DATABASE IF NOT EXISTS `posthouse`"), std::string::npos) << out_;
    EXPECT_NE(out_.find("'posthouse'@'192.0.2.%' IDENTIFIED BY PASSWORD '*"), std::string::npos) << out_;
    EXPECT_NE(out_.find("GRANT SELECT ON `posthouse`.* TO 'posthouse_read'"), std::string::npos) << out_;
    EXPECT_EQ(out_.find("secret\""), std::string::npos) << out_;
    EXPECT_EQ(run("db grants --reader x'y"), 2);
    EXPECT_EQ(json("db grants")["statements"].size(), 5u);
}

TEST_F(CommandsTest, ErrorsAreJsonToo) {
    EXPECT_EQ(run("--json domain remove example.org"), 5);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "unavailable");
    ASSERT_EQ(run("domain add example.net"), 0);
    EXPECT_EQ(run("domain remove example.org --json"), 3);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "not_found");
}

TEST_F(CommandsTest, WithoutADatabaseListsAreUnavailable) {
    EXPECT_EQ(run("user list"), 5);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/directory.sqlite"));
}

TEST_F(CommandsTest, AWrongConfigurationIsNamed) {
    std::ofstream(folder_ + "/posthouse.toml") << "[directory]\nsqlight = \"x\"\n";
    EXPECT_EQ(run("user list"), 6);
    EXPECT_NE(err_.find("posthouse.toml:2"), std::string::npos) << err_;
    std::filesystem::remove(folder_ + "/posthouse.toml");
    EXPECT_EQ(run("user list"), 6);
}

TEST_F(CommandsTest, ConfigCheckNamesAFolderOfNewUsersThatCanNotBe) {
    std::ofstream(folder_ + "/posthouse.toml")
        << "[general]\nmail_root = \"mail\"\nspecial_use_folders = [\"Entwürfe=\\\\Drafts\", \"Sent\"]\n";
    EXPECT_EQ(run("config check"), 6);
    EXPECT_NE(err_.find("posthouse.toml:3: general.special_use_folders: \"Sent\": must be a name and a special use"),
              std::string::npos)
        << err_;
    EXPECT_EQ(err_.find("Drafts"), std::string::npos) << err_;
}

TEST_F(CommandsTest, WrongUsageIsTwoAndHelpIsNone) {
    EXPECT_EQ(run(""), 2);
    EXPECT_EQ(run("user"), 2);
    EXPECT_EQ(run("user dance"), 2);
    EXPECT_EQ(err_, "posthouse: Unknown command \"user dance\"\n");
    EXPECT_EQ(run("--json --config x usr list"), 2);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["message"], "Unknown command \"usr\"; did you mean \"user\"?");
    EXPECT_EQ(run("user list --dance --json"), 2);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "invalid");
    EXPECT_EQ(run("quota --help"), 0);
    EXPECT_NE(out_.find("Example: posthouse quota get"), std::string::npos) << out_;
    EXPECT_EQ(out_.find("domain add"), std::string::npos) << out_;
    EXPECT_EQ(run("user add joe@example.org --password secret"), 2);
    EXPECT_EQ(run("--help"), 0);
    EXPECT_NE(out_.find("Exit codes"), std::string::npos);
}

TEST_F(CommandsTest, EveryCommandsHelpHasAnExample) {
    for (const std::string group :
         {"domain", "user", "alias", "list", "address", "grant", "transport", "import", "db", "completion"}) {
        ASSERT_EQ(run("__complete -- " + group + " x"), 0);
        std::istringstream words(out_);
        int commands = 0;
        for (std::string word; words >> word;) {
            if (word.starts_with("--")) continue;
            ++commands;
            ASSERT_EQ(run(group + ' ' + word + " --help"), 0);
            EXPECT_NE(out_.find("Example: posthouse " + group + ' ' + word), std::string::npos) << out_;
        }
        EXPECT_GE(commands, group == "address" ? 1 : 3);
    }
}

TEST_F(CommandsTest, CompletionFollowsTheWords) {
    EXPECT_EQ(run("completion bash"), 0);
    EXPECT_NE(out_.find("complete -F _posthouse posthouse"), std::string::npos);
    EXPECT_NE(out_.find(R"sh("${COMP_WORDS[@]:1:COMP_CWORD}")sh"), std::string::npos);
    EXPECT_EQ(run("completion zsh"), 0);
    EXPECT_NE(out_.find(R"sh(${(@)words[2,CURRENT]})sh"), std::string::npos);
    EXPECT_EQ(run("completion fish"), 0);
    EXPECT_NE(out_.find("$words[2..-1] 2>/dev/null"), std::string::npos);
    EXPECT_EQ(run("__complete -- us"), 0);
    EXPECT_NE(("\n" + out_).find("\nuser\n"), std::string::npos);
    EXPECT_EQ(out_.find("__complete"), std::string::npos);
    EXPECT_EQ(run("__complete -- user remove --del"), 0);
    EXPECT_NE(out_.find("--delete-mail"), std::string::npos);
    EXPECT_EQ(out_.find("--help"), out_.rfind("--help")) << out_;
    add_joe();
    std::filesystem::create_directory(make_mail("joe") + "/cur");
    EXPECT_EQ(run("__complete -- user remove jo"), 0);
    EXPECT_NE(("\n" + out_).find("\njoe@example.org\n"), std::string::npos) << out_;
    EXPECT_EQ(run("__complete -- mailbox status --json joe@example.org I"), 0);
    EXPECT_NE(("\n" + out_).find("\nINBOX\n"), std::string::npos) << out_;
    EXPECT_EQ(run("__complete -- mailbox status nobody@example.org I"), 0);
    EXPECT_EQ(out_.find("INBOX"), std::string::npos) << out_;
}

}  // namespace
}  // namespace posthouse::cli
