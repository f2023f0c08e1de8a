// Tests of the commands for what stands beside domains, users and aliases: lists, grants, transports; and of what
// explains where mail goes.
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class ProvisioningTest : public CommandLineTest {};

TEST_F(ProvisioningTest, GrantsAreAddedListedAndRemoved) {
    add_joe();
    EXPECT_EQ(run("grant add Joe@example.org Info@Example.org"), 0) << err_;
    EXPECT_EQ(out_, "joe@example.org may send as info@example.org.\n");
    EXPECT_EQ(run("grant add joe@example.org info@example.org"), 4);
    EXPECT_EQ(run("grant add joe@example.org @example.net"), 0);
    EXPECT_EQ(out_, "joe@example.org may send as every address of example.net.\n");
    EXPECT_EQ(run("grant add joe@example.org joe@example.org"), 2);
    EXPECT_EQ(run("grant add joe@example.org nonsense"), 2);
    EXPECT_EQ(run("grant add ann@example.org info@example.org"), 3);
    EXPECT_EQ(err_, "posthouse: User ann@example.org does not exist\n");
    const nlohmann::json grants = json("grant list joe@example.org");
    ASSERT_EQ(grants.size(), 2u);
    EXPECT_EQ(grants[1]["address"], "info@example.org");
    EXPECT_EQ(grants[1]["user"], "joe@example.org");
    EXPECT_EQ(run("grant list ann@example.org"), 3);
    EXPECT_EQ(run("grant list"), 0);
    EXPECT_NE(out_.find("joe@example.org  @example.net"), std::string::npos) << out_;
    EXPECT_EQ(run("grant remove joe@example.org info@example.org"), 0);
    EXPECT_EQ(run("grant remove joe@example.org info@example.org"), 3);
    EXPECT_EQ(json("db audit")[0]["action"], "grant.remove");
}

TEST_F(ProvisioningTest, ListsHaveMembersAndADescription) {
    add_joe();
    EXPECT_EQ(
        run("list add Team@example.org --description All --member joe@example.org --member bob@elsewhere.example"), 0)
        << err_;
    EXPECT_EQ(out_, "List team@example.org added, with 2 members.\n");
    EXPECT_EQ(run("list add team@example.org"), 4);
    EXPECT_EQ(run("list add joe@example.org"), 4);
    EXPECT_EQ(err_, "posthouse: User joe@example.org already exists\n");
    EXPECT_EQ(run("list add team@example.net"), 3);
    EXPECT_EQ(run("list add @example.org"), 2);
    EXPECT_EQ(run("list add all@example.org --member all@example.org"), 2);
    EXPECT_EQ(run("list member add team@example.org ann@example.org"), 0);
    EXPECT_EQ(run("list member add team@example.org ann@example.org"), 4);
    EXPECT_EQ(run("list member add nobody@example.org ann@example.org"), 3);
    EXPECT_EQ(run("list member remove team@example.org bob@elsewhere.example"), 0);
    EXPECT_EQ(run("list member remove team@example.org bob@elsewhere.example"), 3);
    EXPECT_EQ(run("list set team@example.org --description Everybody"), 0);
    const nlohmann::json list = json("list show team@example.org");
    EXPECT_EQ(list["members"], (std::vector<std::string>{"joe@example.org", "ann@example.org"}));
    EXPECT_EQ(list["description"], "Everybody");
    EXPECT_EQ(run("list show team@example.org"), 0);
    EXPECT_NE(out_.find("Everybody\nMay post: anyone\n  joe@example.org\n"), std::string::npos) << out_;
    EXPECT_EQ(json("list list --domain example.org")[0]["members"], 2);
    EXPECT_EQ(run("list list"), 0);
    EXPECT_NE(out_.find("team@example.org  2"), std::string::npos) << out_;
    EXPECT_TRUE(json("alias list").empty()) << "members are no aliases";
    EXPECT_EQ(run("alias add team@example.org zoe@example.org"), 2);
    EXPECT_EQ(err_, "posthouse: team@example.org is a list: use posthouse list member add\n");
    EXPECT_EQ(run("alias remove team@example.org"), 2);
    EXPECT_EQ(run("list remove team@example.org", "n\n"), 7);
    EXPECT_EQ(run("list remove team@example.org --yes"), 0);
    EXPECT_EQ(run("list remove team@example.org --yes"), 3);
    EXPECT_EQ(json("db audit")[0]["action"], "list.remove");
}

TEST_F(ProvisioningTest, ListsSayWhoMayPostAndWhoOwnsThem) {
    add_joe();
    ASSERT_EQ(run("list add team@example.org --posters members --owner Joe@example.org --member ann@example.net"), 0);
    EXPECT_EQ(run("list add all@example.org --posters everybody"), 2);
    EXPECT_EQ(run("list poster add team@example.org Boss@example.net @example.com"), 0) << err_;
    EXPECT_EQ(out_, "boss@example.net, @example.com may post to team@example.org.\n");
    EXPECT_EQ(run("list poster add team@example.org boss@example.net"), 4);
    EXPECT_EQ(run("list poster add nobody@example.org boss@example.net"), 3);
    nlohmann::json list = json("list show team@example.org");
    EXPECT_EQ(list["posters"], "members");
    EXPECT_EQ(list["owner"], "joe@example.org");
    EXPECT_EQ(list["listed_posters"], (std::vector<std::string>{"boss@example.net", "@example.com"}));
    ASSERT_EQ(run("list set team@example.org --posters domain"), 0);
    EXPECT_EQ(json("list show team@example.org")["owner"], "joe@example.org") << "what isn't said stays";
    EXPECT_EQ(run("list show team@example.org"), 0);
    EXPECT_NE(out_.find("May post: domain, and boss@example.net, @example.com\nOwner: joe@example.org, as "
                        "team-owner@example.org\n"),
              std::string::npos)
        << out_;
    EXPECT_EQ(run("address explain team-owner@example.org"), 0);
    EXPECT_NE(out_.find("joe@example.org: a mailbox here"), std::string::npos) << out_;
    ASSERT_EQ(run("list set team@example.org --owner none"), 0);
    EXPECT_EQ(run("address explain team-owner@example.org"), 3);
    EXPECT_EQ(run("list set team@example.org"), 2);
    EXPECT_EQ(run("list set nobody@example.org --posters anyone"), 3);
    EXPECT_EQ(run("list poster remove team@example.org boss@example.net"), 0);
    EXPECT_EQ(run("list poster remove team@example.org boss@example.net"), 3);
    EXPECT_EQ(json("db audit")[0]["action"], "list.poster.remove");
}

TEST_F(ProvisioningTest, RelayDomainsHaveATransportAndRecipients) {
    add_joe();
    ASSERT_EQ(run("domain add Branch.example --type relay --transport smtp:[192.0.2.5]"), 0) << err_;
    EXPECT_EQ(out_, "Domain branch.example added: passed on by smtp:[192.0.2.5], for any recipient.\n");
    EXPECT_EQ(run("domain add branch.example"), 4);
    EXPECT_EQ(run("domain add example.org --type relay"), 4);
    EXPECT_EQ(run("domain add example.com --recipients listed"), 2);
    EXPECT_EQ(run("domain add example.com --type relay --transport nonsense"), 2);
    EXPECT_EQ(run("user add ann@branch.example --generate"), 3);
    EXPECT_EQ(run("domain recipient add ann@branch.example zoe@branch.example"), 0) << err_;
    EXPECT_EQ(run("domain recipient add ann@branch.example"), 4);
    EXPECT_EQ(run("domain recipient add ann@example.org"), 3);
    EXPECT_EQ(run("domain recipient set branch.example listed"), 0);
    EXPECT_EQ(run("domain recipient set branch.example some"), 2);
    EXPECT_EQ(run("domain recipient remove zoe@branch.example"), 0);
    EXPECT_EQ(json("domain recipient list branch.example"), std::vector<std::string>{"ann@branch.example"});
    EXPECT_EQ(run("domain recipient list example.org"), 3);
    const nlohmann::json domains = json("domain list");
    ASSERT_EQ(domains.size(), 2u);
    EXPECT_EQ(domains[0]["type"], "local");
    EXPECT_EQ(domains[1]["recipients"], "listed");
    EXPECT_EQ(domains[1]["transport"], "smtp:[192.0.2.5]");
    EXPECT_EQ(run("domain list"), 0);
    EXPECT_NE(out_.find("passed on by smtp:[192.0.2.5], for 1 listed recipient\n"), std::string::npos) << out_;
    EXPECT_EQ(run("domain show branch.example"), 0);
    EXPECT_NE(out_.find("for 1 listed recipient"), std::string::npos) << out_;
    EXPECT_EQ(run("address explain ann@branch.example"), 0);
    EXPECT_NE(out_.find("is taken and passed on"), std::string::npos) << out_;
    EXPECT_EQ(run("address explain zoe@branch.example"), 3);
    EXPECT_EQ(run("domain remove branch.example", "n\n"), 7);
    EXPECT_EQ(run("domain remove branch.example --yes"), 0) << err_;
    EXPECT_TRUE(json("transport list").empty());
    EXPECT_EQ(run("domain remove branch.example"), 3);
}

TEST_F(ProvisioningTest, AListIsMadeWithAllItsMembersOrNotAtAll) {
    add_joe();
    EXPECT_EQ(run("list add team@example.org --member joe@example.org --member joe@example.org"), 4);
    EXPECT_TRUE(json("list list").empty());
    EXPECT_EQ(run("list add team@example.org"), 0);
    EXPECT_NE(err_.find("takes no mail"), std::string::npos) << err_;
    EXPECT_EQ(run("list remove team@example.org"), 0) << "an empty one goes without a question";
    ASSERT_EQ(run("alias add info@example.org joe@example.org"), 0);
    EXPECT_EQ(run("list add info@example.org"), 4);
    EXPECT_EQ(err_, "posthouse: Alias info@example.org already exists\n");
}

TEST_F(ProvisioningTest, TransportsAreAddedListedAndRemoved) {
    EXPECT_EQ(run("transport add Example.net smtp:[relay.example]:587"), 0) << err_;
    EXPECT_EQ(out_, "Mail for example.net is handed to smtp:[relay.example]:587.\n");
    EXPECT_EQ(run("transport add example.net smtp:[relay.example]"), 4);
    EXPECT_EQ(run("transport add .example.net lmtp:unix:/run/lmtp.sock"), 0);
    EXPECT_EQ(run("transport add joe@example.net relay"), 2);
    EXPECT_EQ(run("transport add * smtp:[relay.example]"), 2);
    const nlohmann::json transports = json("transport list");
    ASSERT_EQ(transports.size(), 2u);
    EXPECT_EQ(transports[1]["source"], "example.net");
    EXPECT_EQ(transports[1]["transport"], "smtp:[relay.example]:587");
    EXPECT_EQ(run("transport list"), 0);
    EXPECT_NE(out_.find(".example.net  lmtp:unix:/run/lmtp.sock"), std::string::npos) << out_;
    EXPECT_EQ(run("transport remove example.net"), 0);
    EXPECT_EQ(run("transport remove example.net"), 3);
    EXPECT_EQ(json("db audit")[0]["action"], "transport.remove");
}

TEST_F(ProvisioningTest, PostmasterAndAbuseAreAnsweredFromTheFirstUserOn) {
    ASSERT_EQ(run("domain add example.org"), 0) << err_;
    EXPECT_EQ(out_, "Domain example.org added. Mail for postmaster@ and abuse@ goes to its first user.\n");
    EXPECT_EQ(json("domain show example.org")["postmaster"], "nobody");
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 0) << err_;
    EXPECT_EQ(json("domain list")[0]["postmaster"], "joe@example.org");
    ASSERT_EQ(run("alias add abuse@example.org joe@example.org ann@example.net"), 0);
    ASSERT_EQ(run("domain alias add example.com example.org"), 0);
    const nlohmann::json shown = json("domain show Example.org");
    EXPECT_EQ(shown["postmaster"], "joe@example.org");
    EXPECT_EQ(shown["abuse"], "joe@example.org, ann@example.net");
    EXPECT_EQ(shown["other_names"], std::vector<std::string>{"example.com"});
    EXPECT_EQ(shown["users"], 1);
    EXPECT_EQ(run("domain show example.org"), 0);
    EXPECT_NE(out_.find("  postmaster  joe@example.org\n"), std::string::npos) << out_;
    EXPECT_EQ(run("domain show example.net"), 3);
    ASSERT_EQ(run("domain add example.net"), 0);
    ASSERT_EQ(run("user add boss@example.net --admin --password-stdin", "secret\n"), 0) << err_;
    ASSERT_EQ(run("domain add third.example"), 0);
    EXPECT_EQ(out_, "Domain third.example added. Mail for postmaster@ and abuse@ goes to boss@example.net.\n");
}

TEST_F(ProvisioningTest, WhereMailGoesIsExplainedStepByStep) {
    add_joe();
    ASSERT_EQ(run("alias add info@example.org joe@example.org bob@elsewhere.example"), 0);
    ASSERT_EQ(run("transport add elsewhere.example smtp:[relay.example]"), 0);
    ASSERT_EQ(run("user set joe@example.org --quota 5"), 0);
    ASSERT_TRUE(directory()->set_usage("joe@example.org", 5 << 20, 7));
    ASSERT_TRUE(directory()->set_enabled("joe@example.org", false));
    const nlohmann::json explained = json("address explain Info+shop@example.org");
    ASSERT_EQ(explained["recipients"].size(), 2u);
    EXPECT_EQ(explained["recipients"][0]["address"], "joe@example.org");
    EXPECT_EQ(explained["recipients"][0]["detail"], "shop");
    EXPECT_EQ(explained["recipients"][0]["enabled"], false);
    EXPECT_EQ(explained["recipients"][0]["limit_bytes"], 5 << 20);
    EXPECT_EQ(explained["recipients"][1]["local"], false);
    EXPECT_EQ(explained["recipients"][1]["transport"], "smtp:[relay.example]");
    EXPECT_EQ(explained["steps"][0]["rule"], "domain");
    EXPECT_EQ(explained["steps"][3]["rule"], "detail");
    EXPECT_EQ(explained["steps"][3]["leads_to"], std::vector<std::string>{"info@example.org"});
    EXPECT_EQ(run("address explain info+shop@example.org"), 0);
    EXPECT_EQ(
        out_,
        "info+shop@example.org\n"
        "  example.org is a domain of this server\n"
        "  no alias or list info+shop@example.org\n"
        "  no user info+shop@example.org\n"
        "  without its detail: info@example.org\n"
        "  info@example.org leads to joe@example.org, bob@elsewhere.example\n"
        "    example.org is a domain of this server\n"
        "    no alias or list joe@example.org\n"
        "    there is a user joe@example.org\n"
        "    into the mailbox of joe@example.org\n"
        "    elsewhere.example is no domain of its own here\n"
        "    bob@elsewhere.example is on another server\n"
        "Recipients:\n"
        "  joe@example.org: a mailbox here, detail \"shop\", of a disabled user (who still gets mail), with 5 MB of "
        "5 MB: full\n"
        "  bob@elsewhere.example: on another server; handed to "
        "smtp:[relay.example]\n");
}

TEST_F(ProvisioningTest, WhyNobodyGetsTheMailIsExplained) {
    add_joe();
    EXPECT_EQ(run("address explain nobody@example.org"), 3);
    EXPECT_NE(out_.find("  no catch-all for example.org\n"), std::string::npos) << out_;
    EXPECT_EQ(err_, "posthouse: Nobody gets mail for nobody@example.org\n");
    ASSERT_EQ(run("alias add a@example.org b@example.org"), 0);
    ASSERT_EQ(run("alias add b@example.org a@example.org"), 0);
    EXPECT_EQ(run("address explain a@example.org"), 1);
    EXPECT_NE(out_.find("a@example.org led to itself"), std::string::npos) << out_;
    EXPECT_EQ(err_, "posthouse: Alias loop: a@example.org > b@example.org > a@example.org\n");
    ASSERT_EQ(run("list add team@example.org"), 0);
    EXPECT_EQ(run("--json address explain team@example.org"), 3);
    const nlohmann::json document = nlohmann::json::parse(out_);
    EXPECT_EQ(document["error"]["code"], "not_found");
    EXPECT_EQ(document["steps"].back()["rule"], "list");
    EXPECT_EQ(run("address explain nonsense"), 2);
}

TEST_F(ProvisioningTest, WhatALogInHangsOnIsTold) {
    add_joe();
    const nlohmann::json told = json("auth test Joe@example.org");
    EXPECT_EQ(told["may_log_in"], true);
    EXPECT_EQ(told["query"]["values"], std::vector<std::string>{"joe@example.org"});
    EXPECT_NE(told["query"]["sql"].get<std::string>().find("FROM virtual_users"), std::string::npos);
    EXPECT_EQ(told["password"]["scheme"], "ARGON2ID");
    EXPECT_EQ(told["password"]["rehash"], false);
    EXPECT_EQ(told["password"]["scram"].size(), 0u);
    ASSERT_EQ(run("user passwd joe@example.org --hash-stdin", "{PLAIN}secret\n"), 0);
    const nlohmann::json plain = json("auth test joe@example.org");
    EXPECT_EQ(plain["password"]["rehash"], true);
    EXPECT_EQ(plain["password"]["scram"].size(), 2u);
    EXPECT_EQ(out_.find("secret"), std::string::npos);
    ASSERT_EQ(run("user disable joe@example.org"), 0);
    EXPECT_EQ(run("auth test joe@example.org"), 1);
    EXPECT_NE(out_.find("No: joe@example.org is disabled\n"), std::string::npos) << out_;
    EXPECT_EQ(run("auth test nobody@example.org"), 3);
    EXPECT_EQ(run("auth test nonsense"), 2);
    EXPECT_EQ(run("auth test joe@example.org --from nowhere"), 2);
}

TEST_F(ProvisioningTest, APasswordIsTriedAtAuthdWhichMayBeAway) {
    add_joe();
    EXPECT_EQ(run("--json auth test joe@example.org --password-stdin", "secret\n"), 5);
    const nlohmann::json told = nlohmann::json::parse(out_);
    EXPECT_EQ(told["password_right"], true);
    EXPECT_EQ(told["verdict"]["accepted"], false);
    EXPECT_EQ(run("auth test joe@example.org --password-stdin", "wrong\n"), 1);
    EXPECT_NE(out_.find("No: the password is wrong\n"), std::string::npos) << out_;
    EXPECT_EQ(run("auth test joe@example.org --password-stdin", ""), 2);
}

TEST_F(ProvisioningTest, ServicesAndAppPasswordsAreToldWithALogIn) {
    add_joe();
    ASSERT_TRUE(directory()->set_services("joe@example.org", auth::Services("imap")));
    auth::AppPassword phone;
    phone.name = "Phone";
    phone.password = "{PLAIN}other";
    phone.scope = auth::Services("imap");
    ASSERT_TRUE(directory()->app_passwords().add("joe@example.org", phone));
    const nlohmann::json told = json("auth test joe@example.org");
    EXPECT_EQ(told["services"], std::vector<std::string>{"imap"});
    EXPECT_EQ(told["app_passwords"][0]["name"], "Phone");
    EXPECT_EQ(run("auth test joe@example.org --service pop3"), 1);
    EXPECT_NE(out_.find("No: joe@example.org may not use pop3\n"), std::string::npos) << out_;
    EXPECT_EQ(run("auth test joe@example.org --password-stdin", "other\n"), 5) << "authd is away";
    EXPECT_NE(out_.find("is the app password Phone\n"), std::string::npos) << out_;
    ASSERT_EQ(run("user passwd joe@example.org --password-stdin --must-change", "secret\n"), 0) << err_;
    EXPECT_EQ(run("auth test joe@example.org"), 1);
    EXPECT_EQ(run("auth test joe@example.org --service http"), 1) << "not among the services";
}

}  // namespace
}  // namespace posthouse::cli
