// What to know of addresses on other servers.
#include "cli/foreign_destinations.h"

#include <ostream>

#include "cli/table.h"

namespace posthouse::cli {

Result<> note_foreign_destinations(Context& context, auth::Directory& directory, const std::string& source,
                                   const std::vector<std::string>& destinations) {
    if (context.json) return {};
    for (const std::string& destination : destinations) {
        const std::string domain = destination.substr(destination.rfind('@') + 1);
        const Result<bool> ours = directory.has_domain(domain);
        if (!ours) return fail(ours.error());
        const Result<std::optional<std::string>> other = directory.domain_alias(domain);
        if (!other) return fail(other.error());
        if (*ours || *other) continue;
        context.err << "Note: " << printable(destination)
                    << " is on another server. Mail cannot be sent there yet: " << printable(source)
                    << " answers 451, for all of its destinations.\n";
    }
    return {};
}

}  // namespace posthouse::cli
