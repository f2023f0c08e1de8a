// fork, descriptors 3 and up, exec.
#include "posthoused/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "lib/config/bundle.h"

namespace posthouse::supervisor {
namespace {

constexpr int first_socket = 3;
constexpr std::string_view pid_variable = "LISTEN_PID=";

/// The child's environment: the supervisor's own without what configures the supervisor, and what the child needs.
/// The last entry is LISTEN_PID with room for the number, which only the child knows.
std::vector<std::string> environment_for(const Launch& launch) {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (text.starts_with("POSTHOUSE_") || text.starts_with("LISTEN_") || text.starts_with("NOTIFY_SOCKET="))
            continue;
        out.emplace_back(text);
    }
    std::string names;
    for (const auto& [name, fd] : launch.sockets) names += (names.empty() ? "" : ":") + name;
    const std::size_t count = launch.sockets.size();
    out.push_back("LISTEN_FDS=" + std::to_string(count));
    out.push_back("LISTEN_FDNAMES=" + names);
    out.push_back("NOTIFY_SOCKET=" + launch.notify_path);
    out.push_back(std::string(config::bundle_variable) + "=" + std::to_string(first_socket + count));
    out.push_back(std::string(pid_variable) + std::string(20, '\0'));
    return out;
}

/// Runs between fork and exec: system calls only.
[[noreturn]] void execute(const Launch& launch, char* const* arguments, char* const* environment, char* pid_text,
                          pid_t parent, int stderr_fd) {
    const auto give_up = [&](const char* what) {
        const char* reason = std::strerror(errno);
        for (const char* part : {"cannot ", what, " ", launch.program.c_str(), ": ", reason, "\n"}) {
            if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
        }
        ::_exit(127);
    };
    if (stderr_fd >= 0) ::dup2(stderr_fd, STDERR_FILENO);
    if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
        ::dup2(null, STDIN_FILENO);
        if (stderr_fd >= 0) ::dup2(null, STDOUT_FILENO);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the supervisor died before the line above

    // Out of the way first: a source may be where another one is to go.
    const int count = static_cast<int>(launch.sockets.size()) + 1;
    std::array<int, 1024> aside{};
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const int source = i + 1 < count ? launch.sockets[index].second : launch.bundle;
        aside[index] = ::fcntl(source, F_DUPFD_CLOEXEC, first_socket + count);
        if (aside[index] < 0) give_up("pass the sockets of");
    }
    for (int i = 0; i < count; ++i) {
        if (::dup2(aside[static_cast<std::size_t>(i)], first_socket + i) < 0) give_up("pass the sockets of");
    }
    const auto digits = std::to_chars(pid_text, pid_text + 20, ::getpid());
    *digits.ptr = '\0';

    for (const int number : {SIGPIPE, SIGHUP, SIGTERM, SIGINT, SIGCHLD}) ::signal(number, SIG_DFL);
    // A reload that comes before the daemon can take it waits for it: run_daemon unblocks SIGHUP.
    sigset_t waiting;
    sigemptyset(&waiting);
    sigaddset(&waiting, SIGHUP);
    ::sigprocmask(SIG_SETMASK, &waiting, nullptr);
    ::execve(launch.program.c_str(), arguments, environment);
    give_up("run");
    ::_exit(127);
}

}  // namespace

Result<Started> start_process(const Launch& launch) {
    if (launch.sockets.size() > 1000) return fail(ErrorCode::limit, "more than 1000 sockets for one daemon");
    std::array<int, 2> pipe{-1, -1};
    if (launch.own_stderr && ::pipe2(pipe.data(), O_CLOEXEC) != 0) return fail_errno("pipe", errno);
    UniqueFd reading(pipe[0]);
    const UniqueFd writing(pipe[1]);
    if (reading) ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);

    std::vector<std::string> environment = environment_for(launch);
    std::vector<char*> environment_pointers;
    environment_pointers.reserve(environment.size() + 1);
    for (std::string& entry : environment) environment_pointers.push_back(entry.data());
    environment_pointers.push_back(nullptr);
    char* pid_text = environment.back().data() + pid_variable.size();

    std::array<std::string, 3> argument_texts{launch.program, "--config", launch.config_path};
    std::array<char*, 4> arguments{argument_texts[0].data(), argument_texts[1].data(), argument_texts[2].data(),
                                   nullptr};

    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno("fork", errno);
    if (pid == 0) execute(launch, arguments.data(), environment_pointers.data(), pid_text, parent, writing.get());
    return Started{pid, std::move(reading)};
}

}  // namespace posthouse::supervisor
