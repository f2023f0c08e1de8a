// Stands in for every daemon in the tests of posthoused. It reads its bundle, says READY=1, and writes what happens to
// it as lines to <state folder>/events. A file <state folder>/<name>.behaviour tells it to behave badly:
// "exit" (at start), "crash" (at start), "crash-once", "silent" (never ready), "stubborn" (ignores SIGTERM).
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/config/bundle.h"
#include "lib/net/unix_path.h"

namespace {

using posthouse::Result;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

void append(const std::string& path, const std::string& line) {
    const auto fd = posthouse::open_file(path, O_WRONLY | O_CREAT | O_APPEND);
    if (fd) (void)posthouse::write_all(fd->get(), line + "\n");
}

void say_ready() {
    const auto target = posthouse::net::make_unix_path(variable("NOTIFY_SOCKET"));
    if (!target) return;
    const posthouse::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
    ::sendto(fd.get(), "READY=1\n", 8, 0, reinterpret_cast<const sockaddr*>(&target->address), sizeof target->address);
}

/// Every passed descriptor is a listening socket.
bool sockets_listen() {
    const auto count = posthouse::ascii::parse_number(variable("LISTEN_FDS"));
    if (!count || variable("LISTEN_PID") != std::to_string(::getpid())) return false;
    for (int fd = 3; fd < 3 + static_cast<int>(*count); ++fd) {
        int listens = 0;
        socklen_t length = sizeof listens;
        if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens != 1) return false;
    }
    return true;
}

[[noreturn]] void crash() {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit of it
    ::raise(SIGSEGV);
    ::_exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string path = argv[0];
    const std::string name = path.substr(path.find_last_of('/') + 1);
    auto bundle = posthouse::config::load_for_daemon(argc, argv);
    if (!bundle) {
        std::fprintf(stderr, "%s\n", bundle.error().message().c_str());
        return 1;
    }
    const std::string folder = bundle->config->general.state_folder;
    const std::string events = folder + "/events";
    const Result<std::string> behaviour_file = posthouse::read_file(folder + "/" + name + ".behaviour");
    const std::string behaviour = behaviour_file ? *behaviour_file : "";

    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGHUP, SIGTERM}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);

    append(events, name + " started " + variable("LISTEN_FDNAMES") + (sockets_listen() ? " listening" : " deaf"));
    if (behaviour == "exit") {
        std::fprintf(stderr, "the database is on holiday\n");
        return 3;
    }
    if (behaviour == "crash-once") ::unlink((folder + "/" + name + ".behaviour").c_str());
    if (behaviour == "crash") crash();
    if (behaviour != "silent") say_ready();
    if (behaviour == "crash-once") crash();
    for (;;) {
        int number = 0;
        ::sigwait(&set, &number);
        if (number == SIGHUP) {
            bundle = posthouse::config::load_for_daemon(argc, argv);
            append(events, name + " reloaded level=" + (bundle ? bundle->config->log.level : "?"));
        } else if (behaviour != "stubborn") {
            append(events, name + " stopped");
            return 0;
        }
    }
}
