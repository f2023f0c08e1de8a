// What an app password serves for.
#include "auth/server/app_password_terms.h"

#include <algorithm>

#include "auth/directory/listed.h"
#include "lib/net/address.h"

namespace posthouse::auth {
namespace {

bool holds(std::string_view networks, std::string_view remote_ip) {
    const std::vector<std::string_view> allowed = listed(networks);
    if (allowed.empty()) return true;
    const Result<net::Address> remote = net::Address::from_ip(remote_ip, 0);
    return remote && std::ranges::any_of(allowed, [&](std::string_view text) {
               const Result<net::Network> network = net::Network::parse(text);
               return network && network->contains(*remote);
           });
}

}  // namespace

AppPasswordTerms check_terms(const AppPassword& app, std::string_view service, std::string_view remote_ip,
                             std::int64_t now) {
    if (app.expires_at && now >= *app.expires_at) return AppPasswordTerms::expired;
    if (!app.scope.allow(service)) return AppPasswordTerms::other_service;
    if (!holds(app.networks, remote_ip)) return AppPasswordTerms::other_network;
    return AppPasswordTerms::met;
}

}  // namespace posthouse::auth
