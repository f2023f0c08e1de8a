// Tests of export and import.
#include <fstream>

#include "auth/directory/sqlite.h"
#include "auth/passwords/password.h"
#include "cli/directory_import.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class ImportTest : public CommandLineTest {
  protected:
    void fill() {
        add_joe();
        ASSERT_EQ(run("user add ann@example.org --admin --disabled --quota 7 --password-stdin", "x\n"), 0);
        ASSERT_EQ(run("domain add other.example"), 0);
        ASSERT_EQ(run("user add zoe@other.example --password-stdin", "x\n"), 0);
        ASSERT_EQ(run("domain alias add example.net example.org"), 0);
        ASSERT_EQ(run("alias add info@example.org joe@example.org bob@elsewhere.example"), 0);
        ASSERT_EQ(run("alias add @other.example zoe@other.example"), 0);
        ASSERT_EQ(run("list add team@example.org --description All --member joe@example.org --member ann@example.org"),
                  0);
        ASSERT_EQ(run("list add empty@example.org"), 0);
        ASSERT_EQ(run("list set team@example.org --posters members --owner ann@example.org"), 0);
        ASSERT_EQ(run("list poster add team@example.org @elsewhere.example"), 0);
        ASSERT_EQ(run("domain add branch.example --type relay --recipients listed"), 0);
        ASSERT_EQ(run("domain recipient add joe@branch.example"), 0);
        ASSERT_EQ(run("grant add joe@example.org info@example.org"), 0);
        ASSERT_EQ(run("transport add elsewhere.example smtp:[relay.example]"), 0);
        ASSERT_TRUE(directory()->set_services("joe@example.org", auth::Services("imap smtp")));
        ASSERT_TRUE(directory()->set_app_passwords_only("joe@example.org", true));
        auth::AppPassword phone;
        phone.name = "My phone";
        phone.password = "{PLAIN}x";
        phone.scope = auth::Services("imap");
        phone.networks = "192.0.2.0/24 2001:db8::/32";
        phone.expires_at = 2'000'000'000;
        ASSERT_TRUE(directory()->app_passwords().add("joe@example.org", phone));
        const std::string hash = (*directory()->find_user("zoe@other.example"))->password;
        ASSERT_TRUE(directory()->set_scram_keys("zoe@other.example", hash, "sha256:00 {SCRAM-SHA-256}keys"));
        ASSERT_TRUE(directory()->sending_limits().set({"@example.org", 100, std::nullopt, 0}));
    }
    std::string exported(const std::string& options) {
        EXPECT_EQ(run("export " + options), 0) << err_;
        return out_;
    }
    void start_anew() {
        for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(folder_ + "/directory.sqlite" + end);
    }
    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(folder_ + '/' + name) << text;
        return folder_ + '/' + name;
    }
    std::size_t rows(const nlohmann::json& report, const char* what) {
        std::size_t sum = 0;
        for (const auto& kind : report["rows"]) sum += kind[what].get<std::size_t>();
        return sum;
    }
};

TEST_F(ImportTest, AnExportMakesTheSameDirectoryElsewhereAndOnceMoreChangesNothing) {
    fill();
    const std::string document = exported("--with-hashes");
    EXPECT_NO_THROW(static_cast<void>(nlohmann::json::parse(document)));
    start_anew();
    const nlohmann::json report = json("import json -", document);
    EXPECT_EQ(report["rows"]["users"]["added"], 3);
    EXPECT_EQ(report["rows"]["lists"]["added"], 2);
    EXPECT_EQ(report["rows"]["relay_domains"]["added"], 1);
    EXPECT_EQ(report["rows"]["app_passwords"]["added"], 1);
    EXPECT_EQ(report["problems"].size(), 0u);
    EXPECT_EQ(exported("--with-hashes"), document);
    EXPECT_TRUE(*auth::verify_password((*directory()->find_user("joe@example.org"))->password, "secret"));
    EXPECT_TRUE((*directory()->find_user("ann@example.org"))->admin);
    EXPECT_EQ(**directory()->find_list("team@example.org"),
              (auth::ListRules{auth::ListPosters::members, "ann@example.org"}));
    EXPECT_EQ(*directory()->list_posters("team@example.org", 10), std::vector<std::string>{"@elsewhere.example"});
    EXPECT_TRUE(*directory()->has_relay_recipient("joe@branch.example"));
    EXPECT_EQ((*directory()->find_user("zoe@other.example"))->scram_keys, "sha256:00 {SCRAM-SHA-256}keys");
    const std::size_t entries = json("db audit").size();
    EXPECT_EQ(json("db audit")[0]["action"], "directory.import");
    const nlohmann::json again = json("import json - --update", document);
    EXPECT_EQ(rows(again, "added") + rows(again, "changed") + rows(again, "kept"), 0u) << again.dump(2);
    EXPECT_EQ(json("db audit").size(), entries);
    EXPECT_EQ(run("import json -", document), 0);
    EXPECT_NE(out_.find("Nothing was to be changed.\n"), std::string::npos) << out_;
}

TEST_F(ImportTest, ADocumentThatTellsNoRulesOpensNoList) {
    fill();
    nlohmann::json document = nlohmann::json::parse(exported("--with-hashes"));
    for (auto& list : document["lists"]) list.erase("posters");
    EXPECT_EQ(rows(json("import json - --update", document.dump()), "changed"), 0u);
    EXPECT_EQ((*directory()->find_list("team@example.org"))->posters, auth::ListPosters::members);
    document["lists"][0]["posters"] = "everybody";
    document["relay_domains"][0]["listed"] = {"joe@other.example"};
    EXPECT_EQ(run("import json -", document.dump()), 2);
    EXPECT_NE(err_.find("lists[0].posters: "), std::string::npos) << err_;
    EXPECT_NE(err_.find("relay_domains[0].listed: "), std::string::npos) << err_;
}

TEST_F(ImportTest, OneDomainIsExportedAlone) {
    fill();
    const nlohmann::json document = nlohmann::json::parse(exported("--domain Example.org"));
    EXPECT_EQ(document["domains"].size(), 1u);
    EXPECT_EQ(document["users"].size(), 2u);
    EXPECT_EQ(document["aliases"].size(), 2u);
    EXPECT_EQ(document["transports"].size(), 0u);
    EXPECT_EQ(document["sending_limits"][0]["messages_per_hour"], 100);
    EXPECT_FALSE(document["sending_limits"][0].contains("recipients_per_hour"));
    EXPECT_FALSE(document.contains("app_passwords")) << "nothing without its hash";
    EXPECT_EQ(document["users"][1]["services"], (std::vector<std::string>{"imap", "smtp"}));
    EXPECT_FALSE(document["users"][0].contains("password_hash"));
    EXPECT_EQ(run("export --domain example.com"), 3);
    start_anew();
    EXPECT_EQ(run("import json -", document.dump()), 0) << err_;
    EXPECT_EQ((*directory()->find_user("joe@example.org"))->password, "");
}

TEST_F(ImportTest, LimitsComeAlong) {
    fill();
    ASSERT_EQ(run("user set joe@example.org --recipients-per-day 70"), 0) << err_;
    const std::string document = exported("--with-hashes");
    start_anew();
    EXPECT_EQ(run("import json -", document), 0) << err_;
    EXPECT_EQ((*directory()->sending_limit("joe@example.org"))->recipients_per_day, 70);
    EXPECT_EQ((*directory()->sending_limit("@example.org"))->messages_per_hour, 100);
}

TEST_F(ImportTest, ADryRunChangesNothingAndSaysWhatWouldBe) {
    fill();
    const std::string document = exported("--with-hashes");
    start_anew();
    ASSERT_EQ(run("domain add other.example"), 0);
    const nlohmann::json report = json("import json --dry-run -", document);
    EXPECT_EQ(report["dry_run"], true);
    EXPECT_EQ(report["rows"]["domains"]["added"], 1);
    EXPECT_EQ(report["rows"]["domains"]["unchanged"], 1);
    EXPECT_TRUE(json("user list").empty());
    EXPECT_EQ(run("import json --dry-run -", document), 0);
    EXPECT_NE(out_.find("this was a dry run"), std::string::npos) << out_;
}

TEST_F(ImportTest, WhatIsThereOtherwiseIsKeptUnlessToldOtherwise) {
    fill();
    const std::string document = exported("--with-hashes");
    ASSERT_EQ(run("user set ann@example.org --quota 8"), 0);
    ASSERT_EQ(run("user passwd joe@example.org --password-stdin", "other\n"), 0);
    ASSERT_EQ(run("list member remove team@example.org joe@example.org"), 0);
    ASSERT_TRUE(directory()->app_passwords().remove("joe@example.org", "My phone"));
    auth::AppPassword other;
    other.name = "My phone";
    other.password = "{PLAIN}y";
    ASSERT_TRUE(directory()->app_passwords().add("joe@example.org", other));
    ASSERT_EQ(run("transport remove elsewhere.example"), 0);
    ASSERT_EQ(run("transport add elsewhere.example smtp:"), 0);
    ASSERT_EQ(run("alias add info@example.org zoe@other.example"), 0);
    const nlohmann::json kept = json("import json -", document);
    EXPECT_EQ(rows(kept, "kept"), 5u) << kept.dump(2);
    EXPECT_EQ(rows(kept, "added") + rows(kept, "changed"), 0u);
    EXPECT_EQ((*directory()->find_user("ann@example.org"))->quota_mb, 8);
    const nlohmann::json changed = json("import json --update -", document);
    EXPECT_EQ(rows(changed, "changed"), 5u);
    EXPECT_EQ((*directory()->find_app_passwords("joe@example.org", 2))[0].password, "{PLAIN}x");
    EXPECT_EQ((*directory()->find_user("ann@example.org"))->quota_mb, 7);
    EXPECT_TRUE(*auth::verify_password((*directory()->find_user("joe@example.org"))->password, "secret"));
    EXPECT_EQ(json("list show team@example.org")["members"].size(), 2u);
    EXPECT_EQ(json("transport list")[0]["transport"], "smtp:[relay.example]");
    EXPECT_EQ(json("alias list --domain example.org").size(), 3u) << "nothing is removed";
}

TEST_F(ImportTest, ADomainAliasThatCantBeTakenLeavesTheOldOne) {
    fill();
    DirectoryDocument document;
    document.domain_aliases = {{"example.net", "nowhere.example"}, {"example.com", "example.org"}};
    ImportReport report;
    const auto changed = directory();
    ASSERT_TRUE(import_document(*changed, document, true, report));
    EXPECT_EQ(report.problems, std::vector<std::string>{"example.net: Domain nowhere.example does not exist"});
    EXPECT_EQ(report.kinds["domain_aliases"].added, 1u);
    EXPECT_EQ(changed->domain_alias("example.net").value(), "example.org");
}

TEST_F(ImportTest, AFaultyDocumentIsRefusedAsAWholeAndSaysWhere) {
    EXPECT_EQ(run("import json -", "{"), 2);
    EXPECT_EQ(run("import json -", "[]"), 2);
    EXPECT_EQ(run("import json -", R"({"posthouse_directory": 2})"), 2);
    EXPECT_EQ(
        run("import json -", R"({"posthouse_directory": 1, "domains": [{"name": "example.org"}, {"name": "a..b"}, 7],
        "users": [{"email": "a/b@example.org"}, {"email": "joe@example.org", "quota_mb": -1, "enabled": "yes",
        "password_hash": "{NTLM}x"}], "aliases": {}, "lists": [{"address": "@example.org", "members": [1]}],
        "transports": [{"source": "example.net", "transport": "what"}]})"),
        2);
    for (const char* place : {"domains[1].name", "domains[2]", "users[0].email", "users[1].quota_mb",
                              "users[1].enabled", "users[1].password_hash", "aliases: no list", "lists[0].address",
                              "lists[0].members", "transports[0].transport"})
        EXPECT_NE(err_.find(place), std::string::npos) << place << '\n' << err_;
    EXPECT_EQ(run("import json -", R"({"posthouse_directory": 1, "domains": [{"name": "example.org"}],
        "users": [{"email": "joe@example.net"}]})"),
              2);
    EXPECT_NE(err_.find("joe@example.net: Domain example.net does not exist"), std::string::npos) << err_;
    EXPECT_TRUE(json("domain list").empty());
    EXPECT_EQ(run("import json " + folder_ + "/nowhere.json"), 3);
    EXPECT_EQ(run("import json -",
                  R"({"posthouse_directory": 1, "users": [{"email": "joe@example.org", "services": ["i map"]}],
        "app_passwords": [{"user": "joe@example.org", "name": "", "networks": ["here"], "expires_at": "soon"}]})"),
              2);
    for (const char* place : {"users[0].services", "app_passwords[0].name", "app_passwords[0].password_hash",
                              "app_passwords[0].networks", "app_passwords[0].expires_at"})
        EXPECT_NE(err_.find(place), std::string::npos) << place << '\n' << err_;
}

TEST_F(ImportTest, UsersComeFromAPasswdFile) {
    const std::string users =
        file("users",
             "# users\n"
             "\n"
             "Joe@example.org:{PLAIN}secret:1000:1000::/var/mail/joe::userdb_quota_rule=*:storage=1G\r\n"
             "ann:$1$salt$qJH7.N4xYta3aEG/dfqo/0:::::\n"
             "zoe@example.org:{PLAIN}x::::::nologin=y allow_nets=192.0.2.0/24 userdb_mail=x\n"
             "old@example.org:{NTLM}abc\n"
             "joe@example.org:{PLAIN}other\n"
             "a/b@example.org:{PLAIN}x\n"
             "max@example.org:{PLAIN}x::::::userdb_quota_rule=*:messages=5\n");
    EXPECT_EQ(run("import passwd-file " + users), 1) << "not all of it";
    EXPECT_NE(err_.find("Not taken: joe@example.org: Domain example.org does not exist\n"), std::string::npos) << err_;
    EXPECT_NE(err_.find("Note: Line 4: "), std::string::npos) << err_;
    const nlohmann::json report = json("import passwd-file --domain example.org --add-domains " + users);
    EXPECT_EQ(report["rows"]["users"]["added"], 5);
    ASSERT_EQ(report["remarks"].size(), 5u) << report.dump(2);
    EXPECT_EQ(report["remarks"][0], "Line 5: field of zoe@example.org is left out: allow_nets");
    EXPECT_NE(report["remarks"][1].get<std::string>().find("Line 6: old@example.org is taken without its password"),
              std::string::npos);
    EXPECT_EQ(report["remarks"][1].get<std::string>().find("abc"), std::string::npos);
    EXPECT_EQ(report["remarks"][2], "Line 7: joe@example.org is there already");
    const auto directory = this->directory();
    EXPECT_EQ((*directory->find_user("joe@example.org"))->quota_mb, 1024);
    EXPECT_EQ((*directory->find_user("joe@example.org"))->password, "{PLAIN}secret");
    EXPECT_EQ((*directory->find_user("ann@example.org"))->password, "{CRYPT}$1$salt$qJH7.N4xYta3aEG/dfqo/0");
    EXPECT_FALSE((*directory->find_user("zoe@example.org"))->enabled);
    EXPECT_EQ((*directory->find_user("old@example.org"))->password, "");
    EXPECT_EQ(rows(json("import passwd-file --domain example.org " + users), "unchanged"), 5u);
}

class TablesTest : public ImportTest {
  protected:
    std::string make(const std::vector<std::string>& statements) {
        const std::string path = folder_ + "/other.sqlite";
        auto connection = auth::SqliteConnection::open(path, auth::SqliteConnection::Open::create, 0);
        for (const std::string& sql : statements) EXPECT_TRUE((*connection)->execute(sql)) << sql;
        return path;
    }
};

const std::vector<std::string> common_tables{
    "CREATE TABLE domain (domain TEXT PRIMARY KEY, active INT DEFAULT 1, backupmx INT DEFAULT 0)",
    "CREATE TABLE alias (address TEXT PRIMARY KEY, goto TEXT, active INT DEFAULT 1)",
    "CREATE TABLE alias_domain (alias_domain TEXT PRIMARY KEY, target_domain TEXT, active INT DEFAULT 1)",
    "CREATE TABLE mailbox (username TEXT PRIMARY KEY, password TEXT, quota BIGINT DEFAULT 0, active INT DEFAULT 1,"
    " kind TEXT DEFAULT '')",
    "INSERT INTO domain (domain) VALUES ('example.org'), ('example.net'), ('bad..domain')",
    "INSERT INTO domain VALUES ('off.example', 0, 0), ('backup.example', 1, 1)",
    "INSERT INTO alias_domain VALUES ('example.net', 'example.org', 1), ('off.example', 'example.org', 0)",
    "INSERT INTO mailbox (username, password, quota) VALUES ('joe@example.org', '{PLAIN}secret', 5242881)",
    "INSERT INTO mailbox (username, password, active) VALUES ('ann@example.org', '$1$salt$qJH7.N4xYta3aEG/dfqo/0', 0)",
    "INSERT INTO mailbox (username, password) VALUES ('old@example.org', '{NTLM}abc'), ('x@off.example', '{PLAIN}x')",
    "INSERT INTO alias (address, goto) VALUES ('joe@example.org', 'joe@example.org'),"
    " ('team@example.org', 'joe@example.org, ann@example.org,bob@elsewhere.example'), ('@example.org', "
    "'ann@example.org'),"
    " ('odd@example.org', 'no address,joe@example.org')",
    "INSERT INTO alias VALUES ('gone@example.org', 'joe@example.org', 0)",
};

TEST_F(TablesTest, PostfixAdminsDatabaseIsTakenOver) {
    std::vector<std::string> statements = common_tables;
    statements.emplace_back("INSERT INTO domain (domain) VALUES ('ALL')");
    statements.emplace_back(
        "INSERT INTO alias (address, goto) VALUES ('ann@example.org',"
        " 'ann@example.org,ann#example.org@autoreply.example.org')");
    const std::string path = make(statements);
    const nlohmann::json dry = json("import postfixadmin --dry-run --sqlite " + path);
    EXPECT_EQ(dry["rows"]["users"]["added"], 3);
    EXPECT_TRUE(json("domain list").empty());
    const nlohmann::json report = json("import postfixadmin --sqlite " + path);
    EXPECT_EQ(report["problems"].size(), 0u) << report.dump(2);
    const std::string remarks = report["remarks"].dump();
    for (const char* text :
         {"off.example is not active", "backup.example is a backup MX", "old@example.org is taken without",
          "Mailbox x@off.example: its domain", "Alias odd@example.org: ", "gone@example.org is not active",
          "autoreply.example.org means nothing here", "bad..domain"})
        EXPECT_NE(remarks.find(text), std::string::npos) << text << '\n' << report.dump(2);
    EXPECT_EQ(remarks.find("ALL"), std::string::npos);
    EXPECT_EQ(json("domain list").size(), 1u);
    EXPECT_EQ(json("domain alias list")[0]["alias"], "example.net");
    const auto directory = this->directory();
    EXPECT_EQ((*directory->find_user("joe@example.org"))->quota_mb, 6) << "rounded up";
    EXPECT_FALSE((*directory->find_user("ann@example.org"))->enabled);
    EXPECT_EQ((*directory->find_user("ann@example.org"))->password, "{CRYPT}$1$salt$qJH7.N4xYta3aEG/dfqo/0");
    EXPECT_EQ(json("alias list").size(), 5u) << out_;
    const nlohmann::json again = json("import postfixadmin --update --sqlite " + path);
    EXPECT_EQ(rows(again, "added") + rows(again, "changed") + rows(again, "kept"), 0u) << again.dump(2);
    EXPECT_EQ(run("import postfixadmin --sqlite " + folder_ + "/nowhere"), 5);
    EXPECT_NE(run("import mailcow --sqlite " + path), 0);
    EXPECT_NE(err_.find("sender_acl"), std::string::npos) << err_;
}

TEST_F(TablesTest, MailcowsDatabaseIsTakenOverWithItsSenders) {
    std::vector<std::string> statements = common_tables;
    statements.emplace_back(
        "INSERT INTO mailbox (username, password, kind) VALUES ('room@example.org', '', 'location')");
    statements.emplace_back("INSERT INTO alias (address, goto) VALUES ('spam@example.org', 'spam@localhost')");
    statements.emplace_back("CREATE TABLE sender_acl (logged_in_as TEXT, send_as TEXT)");
    statements.emplace_back(
        "INSERT INTO sender_acl VALUES ('joe@example.org', 'team@example.org'),"
        " ('joe@example.org', '@example.net'), ('ann@example.org', '*'), ('gone@example.org', 'x@example.org')");
    const std::string path = make(statements);
    EXPECT_EQ(run("--json import mailcow --sqlite " + path), 1) << err_;
    const nlohmann::json report = nlohmann::json::parse(out_);
    EXPECT_EQ(report["rows"]["users"]["added"], 3);
    EXPECT_EQ(report["rows"]["grants"]["added"], 2);
    ASSERT_EQ(report["problems"].size(), 1u) << report.dump(2);
    EXPECT_EQ(report["problems"][0], "gone@example.org as x@example.org: User gone@example.org does not exist");
    const std::string remarks = report["remarks"].dump();
    EXPECT_NE(remarks.find("ann@example.org as anybody"), std::string::npos) << remarks;
    EXPECT_NE(remarks.find("spam@localhost means nothing here"), std::string::npos) << remarks;
    EXPECT_EQ(json("grant list joe@example.org").size(), 2u);
}

}  // namespace
}  // namespace posthouse::cli
