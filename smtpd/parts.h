// Parts: what all sessions of one worker share.
#pragma once

#include <string>

#include "auth/client/auth_client.h"
#include "auth/client/policy_client.h"
#include "auth/client/socketmap_client.h"
#include "guardd/client.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/story/writer.h"
#include "smtpd/counters.h"
#include "smtpd/delivery/forwarding.h"
#include "smtpd/delivery/lmtp_pool.h"
#include "smtpd/delivery/queue.h"
#include "smtpd/known_domains.h"

namespace posthouse::smtpd {

struct Parts {
    daemon::Daemon& daemon;
    auth::AuthClient auth;
    auth::SocketmapClient directory;
    guard::Client guard;
    LmtpPool lmtp;
    auth::PolicyClient quota;             ///< lmtpd's answers whether there is room
    net::Clock::time_point quota_from{};  ///< it didn't answer in time, and isn't asked before then
    net::Pool disk;                       ///< writes and reads what lies in the spool
    Queue queue;
    Forwarding forwarding;
    KnownDomains known_domains;  ///< to DNS
    Counters counters;
    story::Writer story;  ///< what happens to messages

    explicit Parts(daemon::Daemon& frame);
};

}  // namespace posthouse::smtpd
