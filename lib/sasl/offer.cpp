// Which mechanisms a connection is offered.
#include "lib/sasl/offer.h"

#include <algorithm>

namespace posthouse::sasl {

std::vector<std::string> offered_mechanisms(std::span<const std::string> configured,
                                            const Circumstances& circumstances) {
    std::vector<std::string> offered;
    if (!circumstances.may_send_secrets) return offered;
    for (const std::string& name : configured) {
        if (name == "EXTERNAL" && !circumstances.certificate_user) continue;
        if (circumstances.channel_binding && name.starts_with("SCRAM-")) offered.push_back(name + "-PLUS");
        offered.push_back(name);
    }
    return offered;
}

bool is_offered(std::span<const std::string> configured, const Circumstances& circumstances,
                std::string_view mechanism) {
    const std::vector<std::string> offered = offered_mechanisms(configured, circumstances);
    return std::ranges::find(offered, mechanism) != offered.end();
}

std::string mechanism_list(std::span<const std::string> mechanisms, std::string_view prefix) {
    std::string list;
    for (const std::string& mechanism : mechanisms) list.append(" ").append(prefix).append(mechanism);
    return list;
}

}  // namespace posthouse::sasl
