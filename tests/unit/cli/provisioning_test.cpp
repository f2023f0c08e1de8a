// Tests of the commands for what stands beside domains, users and aliases: grants.
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

}  // namespace
}  // namespace posthouse::cli
