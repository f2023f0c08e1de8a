// The TXT record of MTA-STS, by which a domain tells that it has a policy and when it changed (RFC 8461 §3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mta_sts {

/// The id of "v=STSv1; id=20160831085700Z;": 1 to 32 letters and digits. nullopt: not in that syntax. Unknown fields
/// are read over; of an id given twice the first counts.
std::optional<std::string> parse_record(std::string_view text);

/// The id among all TXT records at _mta-sts.<domain>. Those that don't begin with "v=STSv1;" don't count; if not
/// exactly one is left, or it is malformed, the domain has no policy: nullopt.
std::optional<std::string> find_id(const std::vector<std::string>& records);

}  // namespace posthouse::mta_sts
