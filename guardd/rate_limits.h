// The limits of mail that is sent, out of the configuration and the directory.
#pragma once

#include "auth/client/sending_limit.h"
#include "guardd/rate.h"
#include "lib/config/config.h"

namespace posthouse::guard {

/// Of section [smtpd].
KindLimits rate_limits_of(const config::Config::Smtpd& smtpd);
/// With what the directory says of one subject in their place.
RateLimits with_own(RateLimits limits, const auth::SendingLimit& own);

}  // namespace posthouse::guard
