// PasswordSettings: how passwords are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::auth {

/// What one Argon2id hash costs. The default, 19 MiB and two passes, takes about 12 ms.
struct Argon2Cost {
    std::size_t memory_bytes = std::size_t{19} << 20;
    unsigned long long passes = 2;
};

struct PasswordSettings {
    std::string scheme = "ARGON2ID";  ///< of fresh hashes
    std::string default_scheme{};     ///< of stored ones without `{SCHEME}`; empty: what the hash itself says
    Argon2Cost argon2{};
    std::uint64_t scram_iterations = sasl::scram_default_iterations;
    std::vector<std::string> scram_keys{};  ///< schemes of the keys that are kept beside a hash (scram_beside.h)
    bool rehash = true;                     ///< whether weaker hashes are replaced at log-in
};

/// As [auth] says.
PasswordSettings password_settings(const config::Config& config);

}  // namespace posthouse::auth
