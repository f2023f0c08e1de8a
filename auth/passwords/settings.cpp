// PasswordSettings from the configuration.
#include "auth/passwords/settings.h"

namespace posthouse::auth {

PasswordSettings password_settings(const config::Config& config) {
    return {config.auth.password_scheme,
            config.auth.default_pass_scheme,
            {static_cast<std::size_t>(config.auth.argon2_memory),
             static_cast<unsigned long long>(config.auth.argon2_passes)},
            static_cast<std::uint64_t>(config.auth.scram_iterations),
            config.auth.scram_keys,
            config.auth.rehash};
}

}  // namespace posthouse::auth
