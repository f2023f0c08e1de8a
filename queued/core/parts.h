// Parts: what the pieces of queued share.
#pragma once

#include <string>

#include "auth/client/socketmap_client.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/story/writer.h"
#include "queued/core/aftermath.h"
#include "queued/core/counters.h"
#include "queued/core/double_bounces.h"
#include "queued/core/notice.h"
#include "queued/core/plan.h"
#include "queued/delivery/delivery.h"
#include "queued/spool/spool.h"
#include "queued/spool/writer.h"

namespace posthouse::queued {

/// Of the loop's thread. The spool's functions block and run on `disk`.
struct Parts {
    daemon::Daemon& daemon;
    net::Pool disk;
    spool::Spool spool;
    spool::Incoming incoming;
    auth::SocketmapClient directory;
    Courier& courier;
    Counters counters;
    DoubleBounces double_bounces;
    story::Writer story;

    Parts(daemon::Daemon& frame, spool::Spool opened, spool::Incoming open_incoming, Courier& way_out);

    // As the configuration is now.
    PlanRules plan_rules() const;
    LifetimeRules lifetime_rules() const;
    NoticeRules notice_rules() const;
};

/// Seconds since 1970.
std::int64_t unix_now();

}  // namespace posthouse::queued
