// Telling queued of what a command has done, or wants.
#pragma once

#include <string>

#include "lib/config/config.h"
#include "queued/wake/sender.h"

namespace posthouse::cli {

/// The way to queued, which needn't run.
wake::Sender to_queued(const config::Config& config);
/// Waits while queued has much to read, five seconds at most. False: it does not listen.
bool tell_queued(wake::Sender& queued, wake::Signal::Kind kind, const std::string& subject);

}  // namespace posthouse::cli
