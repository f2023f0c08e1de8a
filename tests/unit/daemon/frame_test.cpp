// Tests of the frame: serves, answers on its control socket, drains at a signal, ends with one line when it cannot
// start.
#include "lib/daemon/daemon.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/net/unix_path.h"

namespace posthouse::daemon {
namespace {

using std::chrono::seconds;

// Echoes lines until the client goes or the daemon drains.
class Echo : public Application {
  public:
    net::Async<> serve(Connection& connection) override {
        for (;;) {
            Result<net::Input> input = co_await connection.stream.wait_input(net::Deadline::in(seconds(20)));
            if (!input) co_return;
            if (*input == net::Input::draining) {
                Result<> said = co_await connection.stream.write("bye\r\n", net::Deadline::in(seconds(20)));
                co_return;
            }
            Result<std::string> line = co_await connection.stream.read_line(100, net::Deadline::in(seconds(20)));
            if (!line) co_return;
            if (*line == "peak") need_much_memory();
            Result<> written = co_await connection.stream.write(*line + "\r\n", net::Deadline::in(seconds(20)));
            if (!written) co_return;
        }
    }
    std::string overloaded_reply(std::string_view) const override { return "no room\r\n"; }

  private:
    // 200 MB in small pieces, of which one in a thousand stays, and the last.
    void need_much_memory() {
        std::vector<std::unique_ptr<std::string>> pieces;
        for (std::size_t i = 0; i <= 500'000; ++i) {
            auto piece = std::make_unique<std::string>(300 + i % 200, 'x');
            if (i % 1000 == 0)
                kept_.push_back(std::move(piece));
            else
                pieces.push_back(std::move(piece));
        }
    }
    std::vector<std::unique_ptr<std::string>> kept_;
};

Spec echo_spec() {
    return {"lmtpd",
            {{"lmtp"}},
            [](const config::Config&) { return std::size_t{1}; },
            [](Daemon&) { return std::make_unique<Echo>(); }};
}

// MiB of a process that are no file's.
long own_memory(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/statm");
    long size = 0;
    long resident = 0;
    long shared = 0;
    in >> size >> resident >> shared;
    return (resident - shared) * ::sysconf(_SC_PAGESIZE) / (1 << 20);
}

class FrameTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = testing::TempDir() + "posthouse-frame-XXXXXX";
        ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
        config_ = folder_ + "/posthouse.toml";
        const Result<net::UnixPath> path = net::make_unix_path(folder_ + "/notify");
        notify_ = make_socket(SOCK_DGRAM);
        ASSERT_EQ(::bind(notify_.get(), reinterpret_cast<const sockaddr*>(&path->address), sizeof path->address), 0);
        write_config("[general]\nrun_folder = \"" + folder_ + "\"\nhostname = \"mx.example.org\"\n");
    }
    void TearDown() override {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
        for (const char* name : {"/posthouse.toml", "/lmtp.sock", "/notify", "/stderr"})
            ::unlink((folder_ + name).c_str());
        ::rmdir(folder_.c_str());
    }
    void write_config(const std::string& text) { ASSERT_TRUE(write_file_durably(config_, text)); }

    // Runs the daemon in a child; its standard error becomes a file.
    void start() {
        child_ = ::fork();
        if (child_ != 0) return;
        const Result<UniqueFd> log = open_file(folder_ + "/stderr", O_WRONLY | O_CREAT | O_APPEND);
        ::dup2(log->get(), 2);
        ::setenv("NOTIFY_SOCKET", (folder_ + "/notify").c_str(), 1);
        std::array<std::string, 3> words = {"lmtpd", "--config", config_};
        std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
        const Spec spec = echo_spec();
        ::_exit(run_daemon(3, arguments.data(), spec));
    }
    void start_and_wait() {
        start();
        EXPECT_EQ(receive(notify_), "READY=1");
    }
    static UniqueFd make_socket(int type) {
        UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
        const timeval patience{20, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    UniqueFd connect() const {
        const Result<net::UnixPath> path = net::make_unix_path(folder_ + "/lmtp.sock");
        UniqueFd fd = make_socket(SOCK_STREAM);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&path->address), sizeof path->address), 0);
        return fd;
    }
    static std::string receive(const UniqueFd& fd) {
        std::array<char, 1000> bytes;
        const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
        return n > 0 ? std::string(bytes.data(), static_cast<std::size_t>(n)) : std::string();
    }
    int wait_for_exit() {
        int status = 0;
        ::waitpid(child_, &status, 0);
        child_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::string folder_;
    std::string config_;
    UniqueFd notify_;
    pid_t child_ = -1;
};

TEST_F(FrameTest, ServesUntilASignalAndSaysGoodBye) {
    start_and_wait();
    const UniqueFd client = connect();
    ASSERT_TRUE(client);
    ASSERT_EQ(::send(client.get(), "hello\r\n", 7, 0), 7);
    EXPECT_EQ(receive(client), "hello\r\n");
    ::kill(child_, SIGTERM);
    EXPECT_EQ(receive(client), "bye\r\n");
    EXPECT_EQ(receive(client), "");
    ::shutdown(client.get(), SHUT_RDWR);
    EXPECT_EQ(wait_for_exit(), 0);
}

TEST_F(FrameTest, TellsAClientForWhomThereIsNoRoom) {
    start_and_wait();
    const UniqueFd first = connect();
    ASSERT_EQ(::send(first.get(), "hello\r\n", 7, 0), 7);
    EXPECT_EQ(receive(first), "hello\r\n");
    const UniqueFd second = connect();
    EXPECT_EQ(receive(second), "no room\r\n");
}

TEST_F(FrameTest, GivesBackTheMemoryOfAPeak) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
#endif
    start_and_wait();
    const UniqueFd client = connect();
    ASSERT_EQ(::send(client.get(), "peak\r\n", 6, 0), 6);
    EXPECT_EQ(receive(client), "peak\r\n");
    const auto patience = net::Deadline::in(seconds(60));
    while (own_memory(child_) > 50 && !patience.passed()) ::poll(nullptr, 0, 100);
    EXPECT_LE(own_memory(child_), 50);
}

TEST_F(FrameTest, AWrongConfigurationIsOneLineAndAnExitCode) {
    write_config("[general]\nrun_folder = \"" + folder_ + "\"\n[lmtpd]\nworkerz = 3\n");
    start();
    EXPECT_NE(wait_for_exit(), 0);
    const Result<std::string> said = read_file(folder_ + "/stderr");
    ASSERT_TRUE(said);
    EXPECT_NE(said->find("posthouse.toml:4"), std::string::npos) << *said;
    EXPECT_NE(said->find("workerz"), std::string::npos) << *said;
}

TEST_F(FrameTest, ASocketInUseIsOneLineAndAnExitCode) {
    start_and_wait();
    const pid_t first = child_;
    start();
    EXPECT_NE(wait_for_exit(), 0);
    child_ = first;
    const Result<std::string> said = read_file(folder_ + "/stderr");
    EXPECT_NE(said->find("listen.lmtp"), std::string::npos) << *said;
}

}  // namespace
}  // namespace posthouse::daemon
