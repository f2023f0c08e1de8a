// Tests of the commands for what stands beside domains, users and aliases: lists, grants, transports.
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
    EXPECT_EQ(run("list add Team@example.org --description All --member joe@example.org --member bob@elsewhere.example"),
              0) << err_;
    EXPECT_EQ(out_, "List team@example.org added, with 2 members.\n");
    EXPECT_NE(err_.find("bob@elsewhere.example is on another server"), std::string::npos) << err_;
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
    EXPECT_NE(out_.find("Everybody\n  joe@example.org\n"), std::string::npos) << out_;
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

}  // namespace
}  // namespace posthouse::cli
