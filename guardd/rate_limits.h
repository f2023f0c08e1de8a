// The limits of mail that is sent, out of the configuration.
#pragma once

#include <array>

#include "guardd/rate.h"
#include "lib/config/config.h"

namespace posthouse::guard {

/// Of section [smtpd], by RateKind.
std::array<RateLimits, rate_kinds> rate_limits_of(const config::Config::Smtpd& smtpd);

}  // namespace posthouse::guard
