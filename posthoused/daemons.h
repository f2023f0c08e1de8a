// The table of daemons: what each is called, what it serves, which parameters it gets, and when it is stopped.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/config/config.h"

namespace posthouse::supervisor {

struct DaemonKind {
    std::string_view name;                    ///< also of its program
    std::vector<std::string_view> listeners;  ///< parameters of [listen]; none: it runs in any case
    std::vector<std::string_view> sections;   ///< its own, beside general, tls, log and listen
    bool tls = false;                         ///< gets the contents of certificates and keys
    int stop_stage = 0;                       ///< stage 0 is stopped first; the next when all of it have ended
    std::int64_t (*workers)(const config::Config&) = nullptr;
};

/// All daemons, in the order of their start.
std::span<const DaemonKind> daemon_kinds();
inline constexpr int stop_stages = 3;

}  // namespace posthouse::supervisor
