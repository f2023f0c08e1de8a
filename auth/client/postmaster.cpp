// The postmaster's addresses.
#include "auth/client/postmaster.h"

namespace posthouse::auth {

std::vector<std::string> postmaster_addresses(const config::Config& config) {
    std::vector<std::string> addresses;
    if (!config.directory.postmaster.empty()) addresses.push_back(config.directory.postmaster);
    const std::string& host = config.general.hostname;
    if (!host.empty()) addresses.push_back("postmaster@" + host);
    const std::size_t dot = host.find('.');
    if (dot != std::string::npos && dot + 1 < host.size()) addresses.push_back("postmaster@" + host.substr(dot + 1));
    return addresses;
}

}  // namespace posthouse::auth
