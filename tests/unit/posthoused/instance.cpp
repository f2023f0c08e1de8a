// Runs posthoused with stand-ins below a temporary folder.
#include "tests/unit/posthoused/instance.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "lib/base/file.h"
#include "lib/config/node.h"

namespace posthouse::supervisor {
namespace {

constexpr auto patience = std::chrono::seconds(60);

/// An address of this host that no other test listens on. A free port would not stay free: the kernel gives those out
/// to connections as well.
std::string loopback_address() {
    std::random_device chance;
    std::uniform_int_distribution octet(1, 254);
    return "127." + std::to_string(octet(chance)) + "." + std::to_string(octet(chance)) + "." +
           std::to_string(octet(chance));
}

std::string text_of(const std::string& path) { return read_file(path).value_or(""); }

void write(const std::string& path, const std::string& text) {
    if (!write_file_durably(path, text)) throw std::runtime_error("cannot write " + path);
}

}  // namespace

Instance::Instance() : host_(loopback_address()) {
    std::string pattern = std::filesystem::temp_directory_path() / "posthoused-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    std::filesystem::create_directory(folder_ + "/bin");
    std::filesystem::create_directory(folder_ + "/state");
    for (const char* name : {"authd", "guardd", "historyd", "lmtpd", "queued", "smtpd", "imapd", "pop3d", "bridged"})
        std::filesystem::create_symlink(STAND_IN, folder_ + "/bin/" + name);
    configure();
}

Instance::~Instance() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Instance::configure(const std::string& extra) {
    write(config_path(),
          "general.state_folder = \"state\"\ngeneral.mail_root = \"mail\"\ngeneral.run_folder = \"run\"\n"
          "general.spool_folder = \"spool\"\ngeneral.restart_delay = \"10ms\"\n"
          "directory.sqlite = \"directory.sqlite\"\nlog.path = \"log\"\nlisten.smtp = [\"" +
              host_ + ":" + std::to_string(port) +
              "\"]\nlisten.submission = []\nlisten.submissions = []\nlisten.imap = []\n"
              "listen.imaps = []\nlisten.pop3 = []\nlisten.pop3s = []\nlisten.http = []\n" +
              extra);
}

void Instance::behave(const std::string& daemon, const std::string& behaviour) const {
    write(folder_ + "/state/" + daemon + ".behaviour", behaviour);
}

void Instance::start() {
    const std::string programs = folder_ + "/bin";
    const std::string errors = folder_ + "/stderr";
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int fd = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(fd, STDERR_FILENO);
    ::execl(POSTHOUSED, "posthoused", "--config", config_path().c_str(), "--programs", programs.c_str(), nullptr);
    ::_exit(127);
}

int Instance::run(const std::string& argument) {
    const std::string programs = folder_ + "/bin";
    const std::string errors = folder_ + "/stderr";
    const pid_t child = ::fork();
    if (child == 0) {
        const int fd = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(fd, STDERR_FILENO);
        ::execl(POSTHOUSED, "posthoused", "--config", config_path().c_str(), "--programs", programs.c_str(),
                argument.c_str(), nullptr);
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Instance::signal(int number) const { ::kill(pid_, number); }

int Instance::wait() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Instance::output() const { return text_of(folder_ + "/stderr"); }
std::string Instance::log() const { return text_of(folder_ + "/log"); }
std::string Instance::events() const { return text_of(folder_ + "/state/events"); }
std::string Instance::status() const { return text_of(folder_ + "/run/status.json"); }

pid_t Instance::part(const std::string& daemon) const {
    const Result<config::Node> root = config::parse_json(status());
    const config::Node* parts = root ? root->find("parts") : nullptr;
    if (parts == nullptr) return 0;
    for (const config::Node& part : *parts->get<config::Node::List>()) {
        if (*part.find("name")->get<std::string>() == daemon)
            if (const auto* pid = part.find("pid")->get<std::int64_t>()) return static_cast<pid_t>(*pid);
    }
    return 0;
}

bool Instance::eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::poll(nullptr, 0, 5);
    }
    return true;
}

bool Instance::becomes_ready() const {
    return eventually([this] { return status().find(R"("state": "running")") != std::string::npos; });
}

}  // namespace posthouse::supervisor
