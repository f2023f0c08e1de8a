// From the command line to a running supervisor, in the foreground or the background.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "lib/base/log.h"
#include "posthoused/supervisor.h"

namespace posthouse::supervisor {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_failed = 1;

int complain(const std::string& line) {
    std::fprintf(stderr, "posthoused: %s\n", line.c_str());
    return exit_failed;
}

int supervise(const Options& options, std::function<void()> on_ready) {
    Result<Configuration> configuration = load_configuration(options.config_path);
    if (!configuration) return complain(configuration.error().message());
    if (options.background && configuration->values->log.path.empty())
        return complain(options.config_path + ": log.path must be set for --background");
    const bool log_is_file = !configuration->values->log.path.empty();

    Supervisor supervisor(options, std::move(*configuration), std::move(on_ready));
    Result<> done = supervisor.prepare();
    if (done) done = supervisor.run();
    if (done) return 0;
    if (log_is_file) log::error("did not start", {{"reason", done.error().message()}});
    return complain(done.error().message());
}

/// Standard input and output belong to the terminal that started us; it may close.
void leave_terminal() {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    ::close(null);
}

/// The parent returns when the child, the supervisor, is ready (0) or has ended (its exit code).
int in_background(const Options& options) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return complain(fail_errno("pipe", errno).error().message());
    const pid_t child = ::fork();
    if (child < 0) return complain(fail_errno("fork", errno).error().message());
    if (child == 0) {
        ::close(pipe[0]);
        ::setsid();
        const int ready_fd = pipe[1];
        return supervise(options, [ready_fd] {
            leave_terminal();
            if (::write(ready_fd, "R", 1) < 0) log::warning("nobody waits for this start any more");
            ::close(ready_fd);
        });
    }
    ::close(pipe[1]);
    char byte = 0;
    ssize_t length = 0;
    do {
        length = ::read(pipe[0], &byte, 1);
    } while (length < 0 && errno == EINTR);
    if (length == 1) return 0;
    int wait_status = 0;
    while (::waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0 ? WEXITSTATUS(wait_status) : exit_failed;
}

}  // namespace

int run_posthoused(int argc, char** argv) {
    const Result<Options> options = parse_options(argc, argv);
    if (!options) {
        complain(options.error().message());
        return exit_usage;
    }
    if (options->help) {
        std::fputs(usage().c_str(), stdout);
        return 0;
    }
    if (options->background) return in_background(*options);
    return supervise(*options, [] {});
}

}  // namespace posthouse::supervisor
