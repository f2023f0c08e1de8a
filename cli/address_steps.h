// Where mail for an address goes, in words.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/resolve.h"
#include "cli/command.h"

namespace posthouse::cli {

/// What resolve() found in one step, as a sentence without its end.
std::string sentence(const auth::ResolveStep& step);
/// The same for programs: rule, depth, address, found, leads_to.
nlohmann::json to_json(const auth::ResolveStep& step);

/// Who gets mail for `address`, one after the other, or "nobody" with the reason. Errors: unavailable.
Result<std::string> recipients_of(auth::Lookups& directory, std::string_view address,
                                  const auth::ResolveSettings& settings);

}  // namespace posthouse::cli
