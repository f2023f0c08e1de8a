// Tests of which parts there are, and of the readiness page.
#include "webmail-bridge/readiness.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::bridge {
namespace {

std::vector<std::string> names(const std::vector<Part>& parts) {
    std::vector<std::string> result;
    result.reserve(parts.size());
    for (const Part& part : parts)
        result.push_back(part.name + "-" + std::to_string(part.worker) + (part.control.empty() ? "?" : ""));
    return result;
}

TEST(Parts, AreThoseThatTheSupervisorLists) {
    const auto parts = parts_of_status(
        R"({"pid": 1, "state": "running", "parts": [
            {"name": "imapd", "worker": 2, "state": "ready", "pid": 7, "last_exit": "", "control": "/run/i-2.sock"},
            {"name": "smtpd", "worker": 1, "state": "waiting", "last_exit": "killed by SIGSEGV", "control": "/s"}]})");
    ASSERT_TRUE(parts) << parts.error().message();
    ASSERT_EQ(parts->size(), 2u);
    EXPECT_EQ(parts->at(0).name, "imapd");
    EXPECT_EQ(parts->at(0).worker, 2);
    EXPECT_EQ(parts->at(0).control, "/run/i-2.sock");
    EXPECT_EQ(reason_of_state(parts->at(0)), "");
    EXPECT_EQ(reason_of_state(parts->at(1)), "waiting to be restarted (killed by SIGSEGV)");
}

TEST(Parts, AStatusFileThatMakesNoSenseIsAnError) {
    for (const char* json : {"", "[]", "{}", R"({"parts": 1})", R"({"parts": [1]})", R"({"parts": [{"worker": 1}]})"})
        EXPECT_FALSE(parts_of_status(json)) << json;
}

TEST(Parts, WithoutASupervisorAreTheControlSocketsAndWhatIsMissing) {
    const auto parts = parts_of_folder("/c", {"imapd-1.sock", "imapd-2.sock", "authd-1.sock", "posthoused-x.sock",
                                              "-1.sock", "imapd-3", "x-99999999999.sock", ".", "log"});
    EXPECT_EQ(names(parts), (std::vector<std::string>{"authd-1", "guardd-1?", "historyd-1?", "imapd-1", "imapd-2",
                                                      "lmtpd-1?", "pop3d-1?", "queued-1?", "smtpd-1?"}));
    EXPECT_EQ(parts[0].control, "/c/authd-1.sock");
}

TEST(Parts, AreFoundInTheRunFolder) {
    const TemporaryFolder folder;
    Result<std::vector<Part>> parts = find_parts(folder.path());
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->size(), 8u);
    std::filesystem::create_directory(folder.path() + "/control");
    std::ofstream(folder.path() + "/control/milterd-1.sock") << "";
    parts = find_parts(folder.path());
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->size(), 9u);
    std::ofstream(folder.path() + "/status.json") << R"({"parts": [{"name": "authd"}]})";
    parts = find_parts(folder.path());
    ASSERT_TRUE(parts);
    EXPECT_EQ(names(*parts), (std::vector<std::string>{"authd-1?"}));
    std::ofstream(folder.path() + "/status.json") << "{";
    EXPECT_FALSE(find_parts(folder.path()));
}

TEST(Readiness, AllPartsReadyIs200) {
    const http::Response page = readiness_page({{{"authd", 1, "/c/authd-1.sock", "ready", ""}, ""}});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(page.body,
              "{\n  \"ready\": true,\n  \"parts\": [\n    {\n      \"name\": \"authd\",\n      \"worker\": 1,\n"
              "      \"ready\": true\n    }\n  ]\n}\n");
}

TEST(Readiness, OnePartThatIsNotReadyIs503AndSaysWhy) {
    const http::Response page = readiness_page(
        {{{"authd", 1, "/a", "", ""}, ""}, {{"imapd", 2, "/i", "", ""}, "authd does not answer \"now\"\n"}});
    EXPECT_EQ(page.status, 503);
    EXPECT_NE(page.body.find("\"ready\": false,\n  \"parts\""), std::string::npos);
    EXPECT_NE(page.body.find(R"("reason": "authd does not answer \"now\"\n")"), std::string::npos);
}

TEST(Readiness, UnknownPartsAre503) {
    const http::Response page = unknown_readiness("not well-formed JSON");
    EXPECT_EQ(page.status, 503);
    EXPECT_NE(page.body.find("not well-formed JSON"), std::string::npos);
}

TEST(Readiness, APartOnItsWayDownOrBackIsNotAsked) {
    EXPECT_EQ(reason_of_state({"imapd", 1, "", "", ""}), "no control socket");
    EXPECT_EQ(reason_of_state({"imapd", 1, "/i", "waiting", ""}), "waiting to be restarted");
    EXPECT_EQ(reason_of_state({"imapd", 1, "/i", "stopping", ""}), "stopping");
    EXPECT_EQ(reason_of_state({"imapd", 1, "/i", "starting", ""}), "");
    EXPECT_EQ(reason_of_state({"imapd", 1, "/i", "", ""}), "");
}

}  // namespace
}  // namespace posthouse::bridge
