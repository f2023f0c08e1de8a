// The policy of a domain (RFC 8461 §3.2): parsed, bounded, and asked whether a host may take the domain's mail.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::mta_sts {

/// The longest policy that is read (RFC 8461 §3.3: at most 64 KiB).
inline constexpr std::size_t max_policy_bytes = 64u << 10;
/// The most `mx` lines in one.
inline constexpr std::size_t max_patterns = 512;
/// The longest time for which a policy holds (RFC 8461 §3.2), about a year; more counts as this.
inline constexpr std::chrono::seconds longest_max_age{31'557'600};

/// What to do about a host that does not match, or whose TLS can't be verified (RFC 8461 §5).
enum class Mode {
    none,     ///< nothing: as if there were no policy
    testing,  ///< deliver, and report
    enforce,  ///< do not deliver to that host
};
std::string_view to_string(Mode mode);

struct Policy {
    Mode mode = Mode::none;
    std::chrono::seconds max_age{0};
    std::vector<std::string> patterns{};  ///< of `mx`, in lower case; none only when `mode` is none
    bool operator==(const Policy&) const = default;
};

/// Lines end in CRLF or LF, the last may lack it; unknown keys are read over; of a key given twice the first counts,
/// but for `mx`. Errors: invalid, limit; the text names what is wrong.
Result<Policy> parse_policy(std::string_view text);

/// "mx.example.org" fits itself, "*.example.org" every name with one label more (RFC 8461 §4.1).
bool matches(std::string_view pattern, std::string_view host);
/// One of the policy's patterns fits.
bool allows(const Policy& policy, std::string_view host);

}  // namespace posthouse::mta_sts
