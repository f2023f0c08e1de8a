// Users who have been renamed since their mail was queued.
#pragma once

#include "lib/net/async.h"
#include "queued/core/parts.h"
#include "queued/delivery/delivery.h"

namespace posthouse::queued {

/// Of a delivery to users here, `result`: who is unknown now, though he was known when the message was accepted, is
/// looked up anew, and if his address leads to other users here they get it at once. Others stay bounced; while the
/// directory is away they are put off.
net::Async<Attempt> deliver_to_moved(Parts& parts, const Route& route, const Parcel& parcel, Attempt result);

}  // namespace posthouse::queued
