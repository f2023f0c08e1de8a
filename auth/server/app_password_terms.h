// What an app password serves for: services, networks, and until when.
#pragma once

#include <cstdint>
#include <string_view>

#include "auth/directory/app_password.h"

namespace posthouse::auth {

enum class AppPasswordTerms { met, expired, other_service, other_network };

/// Whether a log-in to `service` from `remote_ip` is what the app password was made for. `now`: seconds since 1970. An
/// app password for networks serves nobody whose address is not known; a network that cannot be understood holds
/// nobody.
AppPasswordTerms check_terms(const AppPassword& app, std::string_view service, std::string_view remote_ip,
                             std::int64_t now);

}  // namespace posthouse::auth
