// Commands that ask guardd.
#pragma once

#include "cli/command.h"
#include "cli/output.h"
#include "guardd/administration.h"
#include "lib/net/loop.h"

namespace posthouse::cli {

/// Runs `action` with guardd's socket at hand.
template <typename F>
Exit with_guardd(Context& context, F action) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const std::string& socket = (*config)->listen.guard;
    if (socket.empty())
        return report(context, {ErrorCode::unsupported, "listen.guard is empty: there is no guardd", {}});
    net::Loop loop;
    guard::Administration guardd(loop, socket);
    return action(guardd, loop);
}

}  // namespace posthouse::cli
