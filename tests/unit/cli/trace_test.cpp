// Tests of `posthouse trace`.
#include <fcntl.h>

#include "cli/past_moment.h"
#include "lib/base/file.h"
#include "lib/story/telling.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class TraceCommandTest : public CommandLineTest {
  protected:
    TraceCommandTest() {
        std::ofstream(folder_ + "/posthouse.toml") << "[general]\nmail_root = \"mail\"\nindex_root = "
                                                      "\"index\"\nrun_folder = \"run\"\nstate_folder = \"state\"\n"
                                                      "[directory]\nsqlite = \"directory.sqlite\"\n";
    }
    void tell(std::int64_t time, story::Event event) {
        event.time = time;
        event.daemon = "smtpd";
        const std::string folder = folder_ + "/state/history/incoming";
        ASSERT_TRUE(make_folders(folder));
        const auto file = open_file(folder + "/smtpd-A.jsonl", O_WRONLY | O_CREAT | O_APPEND);
        ASSERT_TRUE(file);
        ASSERT_TRUE(write_all(file->get(), story::to_line(event)));
    }
    void tell_a_refusal() {
        tell(1'700'000'000'000, story::connect({connection}, {.remote = "192.0.2.1", .listener = "smtp"}));
        tell(1'700'000'000'500, story::refuse({message, connection}, {.command = "RCPT",
                                                                      .sender = "a@example.com",
                                                                      .recipients = {"nobody@example.org"},
                                                                      .remote = "192.0.2.1",
                                                                      .reply = "550 5.1.1 no such \x1b[31muser"}));
    }
    const std::string connection = "1M0000000000000C";
    const std::string message = "1M0000000000000A";
};

TEST_F(TraceCommandTest, TellsTheStoryInWordsThatCannotHarmATerminal) {
    tell_a_refusal();
    ASSERT_EQ(run("trace nobody@example.org"), 0) << err_;
    EXPECT_EQ(out_,
              "1M0000000000000A  from <a@example.com> to <nobody@example.org>\n"
              "  2023-11-14 22:13:20.000  smtpd    connected from 192.0.2.1 to smtp\n"
              "  2023-11-14 22:13:20.500  smtpd    refused RCPT from <a@example.com> for <nobody@example.org>; told: "
              "550 5.1.1 "
              "no such \\x1b[31muser\n");
    EXPECT_EQ(run("trace 192.0.2.1"), 0);
    EXPECT_EQ(run("trace --result refused"), 0);
    EXPECT_EQ(run("trace"), 0);
}

TEST_F(TraceCommandTest, GivesJsonForPrograms) {
    tell_a_refusal();
    const nlohmann::json found = json("trace " + message);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0]["id"], message);
    ASSERT_EQ(found[0]["events"].size(), 2u);
    const nlohmann::json& refused = found[0]["events"][1];
    EXPECT_EQ(refused["event"], "refuse");
    EXPECT_EQ(refused["parent"], connection);
    EXPECT_EQ(refused["recipients"], nlohmann::json({"nobody@example.org"}));
    EXPECT_EQ(refused["time"], 1'700'000'000'500);
    EXPECT_TRUE(refused["words"].get<std::string>().starts_with("refused RCPT"));
}

TEST_F(TraceCommandTest, SaysWhatIsNotKnownAndWhatIsNotUnderstood) {
    EXPECT_EQ(run("trace joe@example.org"), static_cast<int>(Exit::not_found)) << "nothing was ever told";
    tell_a_refusal();
    EXPECT_EQ(run("trace joe@example.org"), static_cast<int>(Exit::not_found));
    EXPECT_EQ(run("trace nobody@example.org --since 1h"), static_cast<int>(Exit::not_found));
    EXPECT_EQ(run("trace nobody@example.org --since 2023-11-14T22:13 --until 2023-11-15"), 0) << err_;
    EXPECT_EQ(run("trace joe"), static_cast<int>(Exit::usage));
    EXPECT_EQ(run("trace --since yesterday"), static_cast<int>(Exit::usage));
    EXPECT_EQ(run("trace --result lost"), static_cast<int>(Exit::usage));
    EXPECT_EQ(run("trace --limit 0"), static_cast<int>(Exit::usage));
}

TEST(PastMoment, IsATimeAgoOrAMomentInUtc) {
    constexpr std::int64_t now = 1'700'000'000'000;
    EXPECT_EQ(past_moment("2h", now), now - 7'200'000);
    EXPECT_EQ(past_moment("2023-11-14", now), 1'699'920'000'000);
    EXPECT_EQ(past_moment("2023-11-14T22:13", now), 1'699'999'980'000);
    EXPECT_EQ(past_moment("2023-11-14 22:13:20", now), now);
    EXPECT_EQ(past_moment("2023-11-14T22:13:20Z", now), now);
    EXPECT_EQ(past_moment("2023-11-14T22:13:20.042Z", now), now + 42);
    for (const char* wrong : {"", "2", "2023-11", "2023-11-14X22:13", "2023-11-14T24:00", "2023-11-14TZ",
                              "2023-11-14T22:13+01", "2023-11-32", "-2h"})
        EXPECT_EQ(past_moment(wrong, now), std::nullopt) << wrong;
}

}  // namespace
}  // namespace posthouse::cli
