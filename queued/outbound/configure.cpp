// Outbound's settings, read.
#include "queued/outbound/configure.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <expected>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/dane/verify.h"
#include "lib/dns/configure.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::queued {
namespace {

/// A value that can't be used: whose, and why.
struct Wrong {
    std::string parameter;
    Error error;
};
template <typename T>
using Checked = std::expected<T, Wrong>;

std::unexpected<Wrong> bad(std::string parameter, std::string why) {
    return std::unexpected(Wrong{std::move(parameter), Error{ErrorCode::invalid, std::move(why), {}}});
}

/// The text of the file that the parameter names.
Checked<std::string> file_of(std::string parameter, const std::string& path) {
    Result<std::string> text = read_file(path);
    if (!text) return std::unexpected(Wrong{std::move(parameter), Error{text.error().code, path, text.error().detail}});
    return *std::move(text);
}

Checked<std::shared_ptr<const net::TlsContext>> tls_context(const config::Config& config) {
    const auto& settings = config.outbound;
    net::TlsClientSettings tls;
    if (!settings.tls_ca_file.empty()) {
        Checked<std::string> authorities = file_of("tls_ca_file", settings.tls_ca_file);
        if (!authorities) return std::unexpected(authorities.error());
        tls.ca_pem = *std::move(authorities);
        tls.ca_origin = settings.tls_ca_file;
    }
    if (settings.tls_certificate.empty() != settings.tls_key.empty())
        return bad("tls_key", "a certificate and its key go together");
    if (!settings.tls_certificate.empty()) {
        Checked<std::string> certificate = file_of("tls_certificate", settings.tls_certificate);
        if (!certificate) return std::unexpected(certificate.error());
        Checked<std::string> key = file_of("tls_key", settings.tls_key);
        if (!key) return std::unexpected(key.error());
        tls.certificate = {*std::move(certificate), *std::move(key), settings.tls_certificate};
    }
    Result<std::shared_ptr<const net::TlsContext>> context = net::TlsContext::client(tls);
    if (!context) {
        const bool own = !settings.tls_certificate.empty() && context.error().text.find(settings.tls_certificate) == 0;
        return std::unexpected(Wrong{own ? "tls_certificate" : "tls_ca_file", context.error()});
    }
    if (!dane::enable((*context)->raw())) return bad("tls_security_level", "OpenSSL has no DANE");
    return *std::move(context);
}

/// "192.0.2.1", "example.org=192.0.2.7".
Checked<SourceAddress> source_address(std::string_view entry) {
    SourceAddress source;
    if (const auto equals = entry.find('='); equals != std::string_view::npos) {
        Result<std::string> domain = smtp::to_a_labels(entry.substr(0, equals));
        if (!domain || !smtp::is_domain(*domain)) return bad("bind_address", std::string(entry) + ": no domain");
        source.sender_domain = *std::move(domain);
        entry.remove_prefix(equals + 1);
    }
    Result<net::Address> address = net::Address::from_ip(entry, 0);
    if (!address) return bad("bind_address", std::string(entry) + ": no IP address");
    source.address = *std::move(address);
    return source;
}

/// "[mail.example.net]:587=user:/path/of/password".
Checked<void> add_credentials(std::string_view entry, OutboundSettings& out) {
    const auto equals = entry.find('=');
    const auto colon = entry.find(":/", equals == std::string_view::npos ? entry.size() : equals);
    if (equals == std::string_view::npos || colon == std::string_view::npos)
        return bad("credentials", std::string(entry) + ": write host=user:/path/of/the/password");
    const Result<Route> route = parse_route("smtp:" + std::string(entry.substr(0, equals)), "");
    if (!route) return bad("credentials", route.error().text);
    Checked<std::string> password = file_of("credentials", std::string(entry.substr(colon + 1)));
    if (!password) return std::unexpected(password.error());
    const auto end = std::min(password->find('\n'), password->size());
    Secret secret(std::string(std::string_view(*password).substr(0, end)));
    wipe(*password);
    if (secret.empty()) return bad("credentials", std::string(entry.substr(colon + 1)) + " has no password");
    transfer::Credentials credentials{std::string(entry.substr(equals + 1, colon - equals - 1)), std::move(secret)};
    auto shared = std::make_shared<const transfer::Credentials>(std::move(credentials));
    for (const Hop& hop : route->hops)
        out.credentials[to_string(Route{.kind = Route::Kind::smtp, .hops = {hop}, .text = {}})] = shared;
    return {};
}

std::vector<net::Address> addresses_of_this_host() {
    std::vector<net::Address> addresses;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return addresses;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) continue;
        sockaddr_storage storage{};
        const int family = entry->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        std::memcpy(&storage, entry->ifa_addr, size);
        addresses.push_back(net::Address::from_sockaddr(storage, size));
    }
    ::freeifaddrs(list);
    return addresses;
}

/// Mail to port 25 of this host comes back here if smtpd listens there.
bool listens_at(const config::Config& config, std::uint16_t port) {
    return std::ranges::any_of(config.listen.smtp, [port](const std::string& address) {
        return address.ends_with(':' + std::to_string(port));
    });
}

/// All of it, whatever is wrong: that is added to `wrong`, and left out.
OutboundSettings read(const config::Config& config, std::vector<Wrong>& wrong) {
    const auto& from = config.outbound;
    const auto told = [&wrong](auto& checked) {
        if (!checked) wrong.push_back(std::move(checked.error()));
        return !checked;
    };
    OutboundSettings out;
    out.helo_name = from.helo_name.empty() ? config.general.hostname : from.helo_name;
    out.lmtp_socket = config.listen.lmtp;
    out.scratch_folder = config.general.spool_folder;
    out.own_names = {config.general.hostname, out.helo_name};
    out.port = static_cast<std::uint16_t>(from.port);
    if (listens_at(config, out.port)) out.own_addresses = addresses_of_this_host();
    out.ipv4 = from.ipv4;
    out.ipv6 = from.ipv6;
    if (!out.ipv4 && !out.ipv6) wrong.push_back(bad("ipv6", "one of ipv4 and ipv6 must be true").error());
    out.max_addresses = static_cast<std::size_t>(from.mx_address_limit);
    out.max_sessions = static_cast<std::size_t>(from.mx_session_limit);
    for (const std::string& entry : from.bind_address) {
        Checked<SourceAddress> source = source_address(entry);
        if (!told(source)) out.sources.push_back(*std::move(source));
    }
    out.tls = TlsPolicies(parse_tls_level(from.tls_security_level).value_or(TlsLevel::dane));
    for (const std::string& entry : from.tls_policy) {
        if (Result<> added = out.tls.add(entry); !added) wrong.push_back({"tls_policy", std::move(added.error())});
    }
    Checked<std::shared_ptr<const net::TlsContext>> context = tls_context(config);
    if (!told(context)) out.tls_context = *std::move(context);
    out.mta_sts = from.mta_sts;
    for (const std::string& entry : from.credentials) {
        Checked<void> added = add_credentials(entry, out);
        (void)told(added);
    }
    if (!from.relayhost.empty()) {
        Result<Route> route = parse_route("smtp:" + from.relayhost, "");
        if (!route) wrong.push_back({"relayhost", std::move(route.error())});
    }
    out.timeouts = {.hello = from.helo_timeout,
                    .mail = from.mail_timeout,
                    .rcpt = from.rcpt_timeout,
                    .data_init = from.data_init_timeout,
                    .data_block = from.data_xfer_timeout,
                    .data_done = from.data_done_timeout,
                    .quit = from.quit_timeout,
                    .message = from.delivery_timeout};
    out.connect_timeout = from.connect_timeout;
    out.dns_timeout = config.dns.timeout;
    out.connection_idle = from.connection_idle;
    out.connection_time = from.connection_time;
    out.connection_messages = static_cast<int>(from.connection_messages);
    out.connection_cache = static_cast<std::size_t>(from.connection_cache);
    return out;
}

}  // namespace

Result<OutboundSettings> outbound_settings(const config::Config& config) {
    std::vector<Wrong> wrong;
    OutboundSettings settings = read(config, wrong);
    if (wrong.empty()) return settings;
    const auto& [parameter, error] = wrong.front();
    return fail(error.code, "outbound." + parameter + ": " + error.text, error.detail);
}

config::Problems outbound_problems(const config::Config& config, const config::Origins& origins) {
    config::Problems problems;
    const auto add = [&](const std::string& parameter, const std::string& text) {
        const auto origin = origins.find(parameter);
        problems.push_back({origin == origins.end() ? parameter : origin->second + ": " + parameter, text});
    };
    std::vector<Wrong> wrong;
    (void)read(config, wrong);
    for (const auto& [parameter, error] : wrong) add("outbound." + parameter, error.message());
    if (const Result<dns::Settings> dns = dns::settings_of(config); !dns) {
        const std::string name = "dns.servers: ";
        add("dns.servers",
            dns.error().text.starts_with(name) ? dns.error().text.substr(name.size()) : dns.error().text);
    }
    return problems;
}

config::Problems outbound_warnings(const config::Config& config, const config::Origins& origins,
                                   const std::vector<std::string>& transports) {
    std::vector<Hop> hops;
    const auto add = [&hops](const std::string& transport) {
        const Result<Route> route = parse_route(transport, "");
        if (route && route->kind == Route::Kind::smtp) hops.insert(hops.end(), route->hops.begin(), route->hops.end());
    };
    if (!config.outbound.relayhost.empty()) add("smtp:" + config.outbound.relayhost);
    std::ranges::for_each(transports, add);
    // As credentials_for() finds them.
    const auto is_used = [&](const Hop& own) {
        if (own.find_mx && config.outbound.relayhost.empty()) return true;
        return std::ranges::any_of(hops, [&own](const Hop& hop) {
            return own.host == hop.host && own.find_mx == hop.find_mx && (own.port == 0 || own.port == hop.port);
        });
    };
    const auto origin = origins.find("outbound.credentials");
    config::Problems problems;
    for (const std::string& entry : config.outbound.credentials) {
        const std::string host = entry.substr(0, entry.find('='));
        const Result<Route> route = parse_route("smtp:" + host, "");
        if (!route || std::ranges::any_of(route->hops, is_used)) continue;  // what can't be read is told by others
        problems.push_back(
            {origin == origins.end() ? "outbound.credentials" : origin->second + ": outbound.credentials",
             host + " is no next hop, so this log-in is never used: write it as outbound.relayhost or the "
                    "transport has it, brackets and port included"});
    }
    return problems;
}

mta_sts::PoliciesSettings policies_settings(const config::Config& config) {
    mta_sts::PoliciesSettings out;
    out.folder = config.general.state_folder + "/mta-sts";
    out.fetch.https.ca_file = config.outbound.tls_ca_file;
    return out;
}

Result<std::string> relayhost(const config::Config& config) {
    const std::string& host = config.outbound.relayhost;
    if (host.empty()) return std::string();
    if (const Result<Route> route = parse_route("smtp:" + host, ""); !route)
        return fail(ErrorCode::invalid, "outbound.relayhost: " + route.error().text);
    return host;
}

}  // namespace posthouse::queued
