// Tests of the commands for users: passwords, quotas, services, app passwords.
#include <cstdlib>

#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class UserTest : public CommandLineTest {};

TEST_F(UserTest, AUsersPasswordComesFromStandardInput) {
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

TEST_F(UserTest, AReadyHashIsStoredAsItIs) {
    add_joe();
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==\r\n"), 0);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->password, "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==");
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin", "{NTLM}abc\n"), 2);
    EXPECT_EQ(run("user passwd joe@example.org --hash-stdin --generate", "{PLAIN}abc\n"), 2);
    EXPECT_EQ(run("user add ann@example.org --hash-stdin", "{PLAIN}abc\n"), 0);
}

TEST_F(UserTest, ScramKeysAreKeptBesideAPasswordThatIsSet) {
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

TEST_F(UserTest, TheCostOfPasswordsIsMeasured) {
    const nlohmann::json tuned = json("auth tune --time 1 --memory 1");
    EXPECT_EQ(tuned["measured"].size(), 1u);
    EXPECT_EQ(tuned["suggested"]["argon2_memory"], "19M");
    EXPECT_EQ(tuned["suggested"]["argon2_passes"], 2);
    EXPECT_EQ(run("auth tune --time 1 --memory 1"), 0);
    EXPECT_NE(out_.find("argon2_memory = \"19M\"\nargon2_passes = 2\n"), std::string::npos) << out_;
    EXPECT_EQ(run("auth tune --time 0"), 2);
}

TEST_F(UserTest, AGeneratedPasswordIsShownAndWorks) {
    add_joe();
    const nlohmann::json changed = json("user passwd joe@example.org --generate");
    const auto user = *directory()->find_user("joe@example.org");
    EXPECT_TRUE(*auth::verify_password(user->password, changed["password"].get<std::string>()));
    EXPECT_FALSE(*auth::verify_password(user->password, "secret"));
    EXPECT_EQ(run("user passwd ann@example.org --generate"), 3);
}

TEST_F(UserTest, UsersAreListedDisabledAndEnabled) {
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

TEST_F(UserTest, WhatStillLeadsToARemovedUserIsTold) {
    add_joe();
    ASSERT_EQ(run("user add ann@example.org --password-stdin", "x\n"), 0);
    ASSERT_EQ(run("alias add team@example.org joe@example.org ann@example.org"), 0);
    ASSERT_EQ(run("list add club@example.org --owner joe@example.org --member joe@example.org"), 0);
    ASSERT_EQ(run("user remove joe@example.org"), 0);
    for (const char* source : {"team@example.org", "list club@example.org", "club-owner@example.org"})
        EXPECT_NE(err_.find("Note: " + std::string(source) + " still leads to joe@example.org"), std::string::npos)
            << err_;
    ASSERT_EQ(run("user remove ann@example.org"), 0);
    EXPECT_EQ(err_.find("club"), std::string::npos) << err_;
    ASSERT_EQ(run("alias add info@example.org jo@example.org"), 0);
    EXPECT_NE(err_.find("nobody has the address jo@example.org yet"), std::string::npos) << err_;
}

TEST_F(UserTest, AQuotaIsSetAndShown) {
    add_joe();
    EXPECT_EQ(json("user set joe@example.org --quota 5")["quota_mb"], 5);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->quota_mb, 5);
    ASSERT_TRUE(directory()->set_usage("joe@example.org", 3'000'000, 7));
    const nlohmann::json listed = json("user list")[0];
    EXPECT_EQ(listed["usage_mb"], 3);
    EXPECT_EQ(listed["usage_bytes"], 3'000'000);
    EXPECT_EQ(listed["messages"], 7);
    ASSERT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("5.2 MB  3.0 MB  7"), std::string::npos) << out_;
    ASSERT_TRUE(directory()->set_usage("joe@example.org", 3'000, 1'234));
    EXPECT_EQ(json("user list")[0]["usage_bytes"], 3'000);
    ASSERT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("5.2 MB  3.0 kB  1,234"), std::string::npos) << out_;
    EXPECT_EQ(run("user set joe@example.org --quota 0"), 0);
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->quota_mb, 0);
    EXPECT_EQ(run("user set joe@example.org"), 2);
    EXPECT_EQ(run("user set joe@example.org --quota 99999999999999"), 2);
    EXPECT_EQ(run("user set joe@example.org --quota -1"), 2);
    for (const auto& [written, mb] : std::vector<std::pair<std::string, int>>{{"5G", 5120},
                                                                              {"5g", 5120},
                                                                              {"5GB", 5120},
                                                                              {"5 GB", 5120},
                                                                              {"5 gib", 5120},
                                                                              {"300m", 300},
                                                                              {"1T", 1 << 20},
                                                                              {"2048K", 2}}) {
        EXPECT_EQ(run_words({"user", "set", "joe@example.org", "--quota", written}), 0) << written << err_;
        EXPECT_EQ(json("user list")[0]["quota_mb"], mb) << written;
    }
    for (const std::string wrong : {"", "G", "5X", "5b", "5 0", "1.5G", "100K", "5GiBs"}) {
        EXPECT_EQ(run_words({"user", "set", "joe@example.org", "--quota", wrong}), 2) << wrong;
        EXPECT_EQ(err_, "posthouse: \"" + wrong +
                            "\" is no quota: a whole number of MB, or one with M, G or T, such as 5G\n");
    }
    ASSERT_EQ(run("user set joe@example.org --quota 0"), 0);
    EXPECT_EQ(run("user set zoe@example.org --quota 1"), 3);
}

TEST_F(UserTest, SendingLimitsAreSetAndShown) {
    add_joe();
    EXPECT_TRUE(json("user list")[0]["sending_limits"].is_null());
    EXPECT_EQ(json("user set joe@example.org --recipients-per-hour 50 --messages-per-day 0")["sending_limits"],
              (nlohmann::json{{"recipients_per_hour", 50}, {"messages_per_day", 0}}));
    EXPECT_EQ(run("user set joe@example.org --recipients-per-hour default --recipients-per-message 9"), 0);
    EXPECT_EQ(out_, "Sending limits of joe@example.org: 9 recipients per message, no limit of messages per day.\n");
    EXPECT_EQ(json("user list")[0]["sending_limits"],
              (nlohmann::json{{"messages_per_day", 0}, {"recipients_per_message", 9}}));
    ASSERT_EQ(run("user list"), 0);
    EXPECT_NE(out_.find("enabled, own sending limits"), std::string::npos) << out_;
    EXPECT_EQ(json("db audit --about joe@example.org")[0]["details"],
              "sending limits 9 recipients per message, no limit of messages per day");
    for (const char* wrong : {"-1", "many", "1000000001", "1K"})
        EXPECT_EQ(run(std::string("user set joe@example.org --messages-per-hour ") + wrong), 2) << wrong;
    EXPECT_EQ(run("user set zoe@example.org --messages-per-hour 5"), 3);
    EXPECT_EQ(run("user set joe@example.org --messages-per-day default --recipients-per-message default"), 0);
    EXPECT_EQ(out_, "Sending limits of joe@example.org: those of section [smtpd].\n");
    EXPECT_TRUE(json("user list")[0]["sending_limits"].is_null());
    EXPECT_EQ(json("domain set example.org --recipients-per-day 500")["sending_limits"]["recipients_per_day"], 500);
    EXPECT_EQ((*directory()->sending_limit("@example.org"))->recipients_per_day, 500);
    EXPECT_EQ(run("domain set example.net --recipients-per-day 500"), 3);
    EXPECT_EQ(run("domain set example.org"), 2);
}

TEST_F(UserTest, ServicesAreSetAndShown) {
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

TEST_F(UserTest, AppPasswordsAreMadeListedAndRemoved) {
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

TEST_F(UserTest, AUserCanBeKeptToAppPasswords) {
    add_joe();
    EXPECT_EQ(json("user set joe@example.org --app-passwords-only on")["app_passwords_only"], true);
    EXPECT_TRUE((*directory()->find_user("joe@example.org"))->app_passwords_only);
    EXPECT_EQ(json("user list")[0]["app_passwords_only"], true);
    EXPECT_EQ(run("user set joe@example.org --app-passwords-only off"), 0);
    EXPECT_FALSE((*directory()->find_user("joe@example.org"))->app_passwords_only);
    EXPECT_EQ(run("user set joe@example.org --app-passwords-only maybe"), 2);
}

TEST_F(UserTest, ChosenPasswordsKeepToTheRules) {
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

TEST_F(UserTest, AFirstPasswordMustBeChanged) {
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

}  // namespace
}  // namespace posthouse::cli
