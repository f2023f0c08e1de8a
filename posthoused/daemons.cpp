// The daemons that posthoused starts.
#include "posthoused/daemons.h"

#include <algorithm>
#include <thread>

namespace posthouse::supervisor {
namespace {

using config::Config;

std::int64_t one(const Config&) { return 1; }

/// What a setting of 0 stands for: more would cost more memory than they would serve clients faster.
std::int64_t worker_count(std::int64_t setting) {
    constexpr std::int64_t most = 4;
    return setting > 0 ? setting : std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, most);
}

}  // namespace

std::span<const DaemonKind> daemon_kinds() {
    // Who talks to clients drains first, then what they deliver to and ask, and authd, which everybody asks, last.
    // Each gets the sections it reads, be they named after another: what is left out has its default there.
    static const std::vector<DaemonKind> kinds = {
        {"authd", {"auth", "login", "userdb", "socketmap", "usage"}, {"auth", "directory", "oauth2"}, false, 2, one},
        {"guardd", {"guard"}, {"guard", "smtpd"}, false, 1, one},
        {"historyd", {}, {"history"}, false, 2, one},
        {"lmtpd",
         {"lmtp", "quota"},
         {"lmtpd", "quota", "history"},
         false,
         1,
         [](const Config& c) { return c.lmtpd.workers; }},
        {"queued", {}, {"queued", "directory", "outbound", "dns", "history", "smtpd"}, false, 1, one},
        {"smtpd",
         {"smtp", "submission", "submissions"},
         {"smtpd", "auth", "directory", "quota", "dns", "history"},
         true,
         0,
         [](const Config& c) { return c.smtpd.workers; }},
        {"imapd",
         {"imap", "imaps"},
         {"imapd", "auth", "quota"},
         true,
         0,
         [](const Config& c) { return worker_count(c.imapd.workers); }},
        {"pop3d",
         {"pop3", "pop3s"},
         {"pop3d", "auth", "quota"},
         true,
         0,
         [](const Config& c) { return c.pop3d.workers; }},
        {"bridged", {"http"}, {"bridge"}, false, 0, one},
    };
    return kinds;
}

}  // namespace posthouse::supervisor
