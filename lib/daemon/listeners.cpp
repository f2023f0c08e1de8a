// Binding the listeners of a daemon that is run by hand.
#include "lib/daemon/listeners.h"

#include <array>

#include "lib/config/address.h"

namespace posthouse::daemon {
namespace {

using config::Config;

struct TcpListener {
    std::string_view name;
    std::vector<std::string> Config::Listen::* addresses;
};
constexpr std::array<TcpListener, 8> tcp_listeners = {{{"smtp", &Config::Listen::smtp},
                                                       {"submission", &Config::Listen::submission},
                                                       {"submissions", &Config::Listen::submissions},
                                                       {"imap", &Config::Listen::imap},
                                                       {"imaps", &Config::Listen::imaps},
                                                       {"pop3", &Config::Listen::pop3},
                                                       {"pop3s", &Config::Listen::pop3s},
                                                       {"http", &Config::Listen::http}}};
struct UnixListener {
    std::string_view name;
    std::string Config::Listen::* path;
};
constexpr std::array<UnixListener, 6> unix_listeners = {{{"lmtp", &Config::Listen::lmtp},
                                                         {"auth", &Config::Listen::auth},
                                                         {"login", &Config::Listen::login},
                                                         {"userdb", &Config::Listen::userdb},
                                                         {"socketmap", &Config::Listen::socketmap},
                                                         {"guard", &Config::Listen::guard}}};

std::unexpected<Error> cannot_listen(std::string_view listener, const std::string& where, const Error& why) {
    return fail(why.code, "listen." + std::string(listener) + ": cannot listen on " + where + ": " + why.text,
                why.detail);
}

Result<> bind_endpoint(std::string_view listener, const std::string& text, std::vector<net::Inherited>& out) {
    Result<config::Endpoint> endpoint = config::parse_endpoint(text);
    if (!endpoint) return fail(endpoint.error());
    std::vector<std::string> hosts = {endpoint->host};
    if (endpoint->host == "*") hosts = {"0.0.0.0", "::"};
    for (const std::string& host : hosts) {
        Result<net::Address> address = net::Address::from_ip(host, endpoint->port);
        if (!address) return fail(address.error());
        Result<UniqueFd> socket = net::listen_tcp(*address);
        if (!socket) return cannot_listen(listener, address->to_string(), socket.error());
        out.push_back({std::string(listener), std::move(*socket)});
    }
    return {};
}

}  // namespace

Result<std::vector<net::Inherited>> bind_listener(const Config& config, std::string_view listener) {
    std::vector<net::Inherited> out;
    for (const TcpListener& known : tcp_listeners) {
        if (known.name != listener) continue;
        for (const std::string& text : config.listen.*known.addresses) {
            Result<> bound = bind_endpoint(listener, text, out);
            if (!bound) return fail(bound.error());
        }
    }
    for (const UnixListener& known : unix_listeners) {
        const std::string& path = config.listen.*known.path;
        if (known.name != listener || path.empty()) continue;
        Result<UniqueFd> socket = net::listen_unix(path);
        if (!socket) return cannot_listen(listener, path, socket.error());
        out.push_back({std::string(listener), std::move(*socket)});
    }
    return out;
}

}  // namespace posthouse::daemon
