// Calls that fail, and processes that die.
#include "tests/crash/failing_calls.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace posthouse::storage::crash {
namespace {

void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

}  // namespace

std::vector<int> errors_of(CallKind kind) {
    switch (kind) {
        case CallKind::open: return {EIO, EMFILE, ENOMEM};
        case CallKind::create: return {ENOSPC, EDQUOT, EIO, EMFILE, ENOMEM};
        case CallKind::make_folder:
        case CallKind::link:
        case CallKind::rename: return {ENOSPC, EDQUOT, EIO, ENOMEM};
        case CallKind::write: return {ENOSPC, EDQUOT, EIO, Tap::cut_short};
        case CallKind::reserve: return {ENOSPC, EDQUOT, EIO};
        case CallKind::sync:
        case CallKind::sync_data: return {EIO, ENOSPC, EDQUOT};
        case CallKind::stat: return {EIO, ENOMEM};
        case CallKind::descriptor: return {EMFILE};
        case CallKind::lock:
        case CallKind::map: return {ENOMEM};
        default: return {EIO};
    }
}

std::string name_of(int error) { return error == Tap::cut_short ? "short write" : std::strerror(error); }

int FailedAt::before(const Call& call) {
    const std::size_t now = seen_++;
    kinds.push_back(call.kind);
    if (now != call_ && (!lasts_ || now < call_)) return 0;
    const std::vector<int> possible = errors_of(call.kind);
    if (now != call_ && std::ranges::find(possible, error_) == possible.end()) return 0;
    if (error_ != 0 && at.empty())
        at = std::string(call.name) + " " + (call.path != nullptr ? call.path : "") +
             (call.to_path != nullptr ? std::string(" to ") + call.to_path : "");
    return error_;
}

int KilledAt::before(const Call& call) {
    if (--left_ != 0) return 0;
    if (half_ && call.kind == CallKind::write) return cut_short;
    die();
    return 0;
}

void KilledAt::after(const Call&, long) {
    if (left_ == 0) die();
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        count += entry.path().empty() ? 0 : 1;
    return count;
}

}  // namespace posthouse::storage::crash
