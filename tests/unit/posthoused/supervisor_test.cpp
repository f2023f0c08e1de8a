// posthoused as a whole, with stand-ins for the daemons.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "tests/unit/posthoused/instance.h"

namespace posthouse::supervisor {
namespace {

using ::testing::Test;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

UniqueFd listen_on(const std::string& host, int port, bool reuse) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (reuse) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(::inet_pton(AF_INET, host.c_str(), &address.sin_addr), 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
}

TEST(Posthoused, PassesEachDaemonItsSocketsByName) {
    Instance instance;
    instance.configure("smtpd.workers = 2\n");
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output() << instance.log();
    const std::string events = instance.events();
    EXPECT_TRUE(contains(events, "authd started auth:login:userdb:socketmap:usage:control listening\n")) << events;
    EXPECT_EQ(count(events, "smtpd started smtp:control listening\n"), 2) << events;
    EXPECT_FALSE(contains(events, "imapd")) << "all its listeners are switched off";
    struct stat status{};
    ASSERT_EQ(::stat((instance.folder() + "/run/auth.sock").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0660u);
}

TEST(Posthoused, StopsThoseWhoTalkToClientsFirstAndAuthdLast) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.signal(SIGTERM);
    EXPECT_EQ(instance.wait(), 0);
    const std::string events = instance.events();
    const std::size_t smtpd = events.find("smtpd stopped");
    const std::size_t lmtpd = events.find("lmtpd stopped");
    const std::size_t authd = events.find("authd stopped");
    ASSERT_NE(authd, std::string::npos) << events;
    EXPECT_LT(smtpd, lmtpd);
    EXPECT_LT(lmtpd, authd);
    struct stat status{};
    for (const char* name : {"auth.sock", "notify.sock", "status.json", "posthoused.pid", "control/authd-1.sock"})
        EXPECT_NE(::stat((instance.folder() + "/run/" + name).c_str(), &status), 0) << name;
}

TEST(Posthoused, StartsAgainWhatDiedAndLogsWhy) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    const pid_t first = instance.part("lmtpd");
    ASSERT_GT(first, 0);
    ::kill(first, SIGKILL);
    EXPECT_TRUE(Instance::eventually([&] { return instance.part("lmtpd") > 0 && instance.part("lmtpd") != first; }));
    EXPECT_TRUE(contains(instance.log(), "killed by SIGKILL")) << instance.log();
    EXPECT_TRUE(contains(instance.status(), R"("restarts": 1)")) << instance.status();
}

TEST(Posthoused, WaitsLongerBeforeEachFurtherRestart) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.behave("guardd", "crash");
    ::kill(instance.part("guardd"), SIGKILL);
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.log(), "restart_in_ms=80"); })) << instance.log();
    EXPECT_TRUE(contains(instance.log(), "killed by SIGSEGV")) << instance.log();
}

TEST(Posthoused, RefusesToStartWhenAPartDoesAndSaysItsLastWords) {
    Instance instance;
    instance.behave("authd", "exit");
    instance.start();
    EXPECT_EQ(instance.wait(), 1);
    EXPECT_EQ(instance.output(),
              "posthoused: authd-1 did not start: the database is on holiday (exited with code 3)\n");
    EXPECT_EQ(count(instance.events(), "started"), count(instance.events(), "stopped") + 1) << instance.events();
}

TEST(Posthoused, RefusesToStartWhenAPartNeverBecomesReady) {
    Instance instance;
    instance.configure("general.ready_timeout = \"200ms\"\n");
    // Started first, authd is due first, also where the others take as long to become ready.
    instance.behave("authd", "silent");
    instance.start();
    EXPECT_EQ(instance.wait(), 1);
    EXPECT_EQ(instance.output(), "posthoused: authd-1 did not become ready in general.ready_timeout\n");
}

TEST(Posthoused, KillsAPartThatDoesNotStop) {
    Instance instance;
    instance.configure("general.drain_timeout = \"100ms\"\n");
    instance.behave("smtpd", "stubborn");
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.signal(SIGINT);
    EXPECT_EQ(instance.wait(), 0);
    EXPECT_TRUE(contains(instance.log(), "did not stop in general.drain_timeout: killed")) << instance.log();
}

TEST(Posthoused, TakesItsChildrenWithItWhenItIsKilled) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    const pid_t child = instance.part("smtpd");
    ASSERT_GT(child, 0);
    instance.signal(SIGKILL);
    EXPECT_EQ(instance.wait(), 128 + SIGKILL);
    // In a container without an init process a dead orphan may stay as a zombie.
    EXPECT_TRUE(Instance::eventually([&] {
        const std::string status = read_file("/proc/" + std::to_string(child) + "/stat").value_or("");
        return status.empty() || contains(status, ") Z ");
    }));
    instance.start();
    EXPECT_TRUE(instance.becomes_ready()) << "stale sockets: " << instance.output();
}

TEST(Posthoused, ReloadPassesNewValuesOn) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.configure("log.level = \"debug\"\nsmtpd.workers = 3\n");
    instance.signal(SIGHUP);
    EXPECT_TRUE(Instance::eventually([&] { return count(instance.events(), "reloaded level=debug") == 6; }))
        << instance.events();
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.log(), "parameter=smtpd.workers"); }))
        << instance.log();
}

TEST(Posthoused, ReloadOfAWrongConfigurationChangesNothing) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.configure("log.level = \"debug\"\nsmtpd.wrkers = 3\n");
    instance.signal(SIGHUP);
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.log(), "reload refused"); })) << instance.log();
    EXPECT_TRUE(contains(instance.log(), "did you mean")) << instance.log();
    EXPECT_FALSE(contains(instance.events(), "reloaded")) << instance.events();
}

TEST(Posthoused, ReloadOfSettingsThatQueuedCouldNotUseIsRefused) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    instance.configure("outbound.tls_policy = [\"example.net=encypt\"]\n");
    instance.signal(SIGHUP);
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.log(), "reload refused"); })) << instance.log();
    EXPECT_TRUE(contains(instance.log(), "outbound.tls_policy: ")) << instance.log();
    EXPECT_FALSE(contains(instance.events(), "reloaded")) << instance.events();
}

TEST(Posthoused, NamesParameterAndAddressOfAPortInUse) {
    for (const bool reuse : {false, true}) {
        Instance instance;
        const UniqueFd other = listen_on(instance.host(), Instance::port, reuse);
        instance.start();
        EXPECT_EQ(instance.wait(), 1);
        EXPECT_EQ(instance.output(), "posthoused: listen.smtp: cannot listen on " + instance.host() + ":" +
                                         std::to_string(Instance::port) + ": the port is in use by another program\n");
        EXPECT_EQ(instance.events(), "");
    }
}

TEST(Posthoused, RefusesASecondSupervisorInTheSameFolder) {
    Instance instance;
    instance.start();
    ASSERT_TRUE(instance.becomes_ready()) << instance.output();
    EXPECT_EQ(instance.run("--background"), 1);
    EXPECT_TRUE(contains(instance.output(), "already running here: process " + std::to_string(instance.pid())))
        << instance.output();
    EXPECT_TRUE(contains(instance.status(), R"("state": "running")")) << "the first one's files stay";
}

TEST(Posthoused, ReturnsFromBackgroundWhenEverythingIsReady) {
    Instance instance;
    EXPECT_EQ(instance.run("--background"), 0) << instance.output();
    EXPECT_TRUE(contains(instance.status(), R"("state": "running")")) << instance.status();
    const auto pid = static_cast<pid_t>(std::stoi(read_file(instance.folder() + "/run/posthoused.pid").value_or("0")));
    ASSERT_GT(pid, 1);
    ::kill(pid, SIGTERM);
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.events(), "authd stopped"); }));
    EXPECT_TRUE(Instance::eventually([&] { return instance.status().empty(); }));
}

TEST(Posthoused, SaysInTheForegroundTooWhatIsWrongInBackground) {
    Instance instance;
    instance.behave("lmtpd", "exit");
    EXPECT_EQ(instance.run("--background"), 1);
    EXPECT_TRUE(contains(instance.output(), "lmtpd-1 did not start")) << instance.output();
}

TEST(Posthoused, WorksBelowAFolderWhosePathIsTooLongForASocket) {
    Instance instance;
    instance.configure("general.run_folder = \"" + std::string(90, 'a') + "/" + std::string(90, 'b') + "\"\n");
    // The key stands twice then: the first must go.
    std::string text = read_file(instance.config_path()).value_or("");
    text.erase(text.find("general.run_folder = \"run\"\n"), 27);
    ASSERT_TRUE(write_file_durably(instance.config_path(), text));
    instance.start();
    EXPECT_TRUE(Instance::eventually([&] { return contains(instance.log(), "every part is ready"); }))
        << instance.output() << instance.log();
    instance.signal(SIGTERM);
    EXPECT_EQ(instance.wait(), 0);
}

}  // namespace
}  // namespace posthouse::supervisor
