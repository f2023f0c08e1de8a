// run_daemon: from main's arguments to an exit code.
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "lib/daemon/frame.h"

namespace posthouse::daemon {
namespace {

// A reload before the frame can take it must wait, not end the process; the frame unblocks the signal.
void block_reload() {
    sigset_t waiting;
    sigemptyset(&waiting);
    sigaddset(&waiting, SIGHUP);
    ::sigprocmask(SIG_BLOCK, &waiting, nullptr);
}

// What a peak has needed is to be given back, by free(3) or by trim_memory():
// - Each thread of a pool would get an arena of its own, up to eight for each processor, each with its own leftovers.
// - Large pieces are mapped, and what is free at the end of an arena is given back, from sizes that stay as they are:
//   by themselves they would grow to 32 and 64 MiB.
// - Fast bins keep small pieces apart that lie side by side. To join them takes seconds after a peak of 700 MB, at a
//   moment that nobody chooses; without them a piece that its thread's cache has no room for costs 12 ns more.
void configure_malloc() {
    constexpr int arenas = 4;
    constexpr int large = 1 << 20;
    ::mallopt(M_ARENA_MAX, arenas);
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_TRIM_THRESHOLD, 2 * large);
    ::mallopt(M_MXFAST, 0);
}

int give_up(std::string_view program, const Error& error) {
    const std::string line = log::escape(error.message());
    std::fprintf(stderr, "%.*s: fatal: %s\n", static_cast<int>(program.size()), program.data(), line.c_str());
    return 1;
}

}  // namespace

int run_daemon(int argc, char** argv, const Spec& spec) {
    block_reload();
    configure_malloc();
    const auto load = [argc, argv] { return config::load_for_daemon(argc, argv); };
    Result<config::Bundle> bundle = load();
    if (!bundle) return give_up(spec.name, bundle.error());
    Frame frame(spec, std::move(*bundle), load);
    Result<> prepared = frame.prepare();
    if (!prepared) return give_up(spec.name, prepared.error());
    const Result<> ended = frame.loop().run_until_complete(frame.run());
    if (ended) return 0;
    if (!frame.config()->log.path.empty()) log::error("cannot start", {{"reason", ended.error().message()}});
    return give_up(spec.name, ended.error());
}

}  // namespace posthouse::daemon
