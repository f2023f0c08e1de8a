// Binds the sockets of all daemons.
#include "posthoused/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/file.h"
#include "lib/config/address.h"
#include "lib/config/value.h"
#include "lib/net/listener.h"

namespace posthouse::supervisor {
namespace {

using config::Config;
using config::Endpoint;
using config::Kind;
using config::Parameter;

/// Whether somebody listens already: a bind without SO_REUSEPORT, which (unlike one with it) would tell.
Result<> probe(const net::Address& address) {
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage);
    const UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket", errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() == net::Address::Family::ipv6)
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0 && ::listen(fd.get(), 1) == 0)
        return {};
    switch (errno) {
        case EADDRINUSE: return fail(ErrorCode::exists, "the port is in use by another program");
        case EADDRNOTAVAIL: return fail(ErrorCode::unavailable, "this machine does not have that address");
        case EACCES:
            return fail(ErrorCode::denied, "not permitted (ports below 1024 need root or CAP_NET_BIND_SERVICE)");
        default: return fail_errno("bind", errno);
    }
}

class Binder {
  public:
    explicit Binder(const Config& config) : config_(config) {}

    Result<> daemon(const DaemonKind& kind) {
        const std::int64_t workers = kind.workers(config_);
        for (const std::string_view listener : kind.listeners) {
            const Parameter* parameter = config::find_parameter("listen", listener);
            if (parameter == nullptr) return fail(ErrorCode::internal, "no parameter listen." + std::string(listener));
            const Result<> bound = parameter->kind == Kind::socket ? unix_socket(kind, *parameter)
                                                                   : tcp_sockets(kind, *parameter, workers);
            if (!bound) return bound;
        }
        for (std::int64_t worker = 1; worker <= workers; ++worker) {
            const Result<> bound = add_unix(kind, "control", worker, control_path(config_, kind.name, worker));
            if (!bound) return bound;
        }
        return {};
    }

    std::vector<Socket> take() { return std::move(sockets_); }

    void remove_files() const {
        for (const Socket& socket : sockets_) {
            if (!socket.path.empty()) ::unlink(socket.path.c_str());
        }
    }

  private:
    static std::string explain(const Error& error) { return error.detail.empty() ? error.text : error.message(); }

    Result<> add_unix(const DaemonKind& kind, std::string_view name, std::int64_t worker, const std::string& path) {
        const std::string folder = path.substr(0, path.find_last_of('/'));
        if (Result<> made = make_folders(folder, 0750); !made) return made;
        Result<UniqueFd> fd = net::listen_unix(path, 0660);
        if (!fd) return fail(fd.error().code, "cannot listen on " + path + ": " + explain(fd.error()));
        sockets_.push_back({std::string(name), kind.name, worker, path, std::move(*fd)});
        return {};
    }

    Result<> unix_socket(const DaemonKind& kind, const Parameter& parameter) {
        const std::string& path = *std::get<std::string*>(config::value_of(parameter, config_));
        if (path.empty()) return {};
        Result<> added = add_unix(kind, parameter.name, 0, path);
        if (!added) return fail(added.error().code, parameter.full_name() + ": " + explain(added.error()));
        return {};
    }

    Result<> tcp_sockets(const DaemonKind& kind, const Parameter& parameter, std::int64_t workers) {
        for (const std::string& text : *std::get<std::vector<std::string>*>(config::value_of(parameter, config_))) {
            const Result<Endpoint> endpoint = config::parse_endpoint(text);
            if (!endpoint) return fail(endpoint.error());
            const bool every = endpoint->host == "*";
            Result<> bound = bind(kind, parameter, every ? "0.0.0.0" : endpoint->host, endpoint->port, workers);
            if (bound && every && has_ipv6()) bound = bind(kind, parameter, "::", endpoint->port, workers);
            if (!bound) return bound;
        }
        return {};
    }

    static bool has_ipv6() { return static_cast<bool>(UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0))); }

    Result<> bind(const DaemonKind& kind, const Parameter& parameter, const std::string& ip, std::uint16_t port,
                  std::int64_t workers) {
        const Result<net::Address> address = net::Address::from_ip(ip, port);
        if (!address) return fail(address.error());
        const auto failed = [&](const Error& error) {
            return fail(error.code,
                        parameter.full_name() + ": cannot listen on " + address->to_string() + ": " + explain(error));
        };
        if (Result<> free = probe(*address); !free) return failed(free.error());
        for (std::int64_t worker = 1; worker <= workers; ++worker) {
            Result<UniqueFd> fd = net::listen_tcp(*address);
            if (!fd) return failed(fd.error());
            sockets_.push_back({std::string(parameter.name), kind.name, worker, "", std::move(*fd)});
        }
        return {};
    }

    const Config& config_;
    std::vector<Socket> sockets_;
};

}  // namespace

Result<std::vector<Socket>> bind_sockets(const Config& config) {
    Binder binder(config);
    for (const DaemonKind& kind : daemon_kinds()) {
        if (!has_listeners(config, kind)) continue;
        if (Result<> bound = binder.daemon(kind); !bound) {
            binder.remove_files();
            return fail(bound.error());
        }
    }
    return binder.take();
}

std::string control_path(const Config& config, std::string_view daemon, std::int64_t worker) {
    return config.general.run_folder + "/control/" + std::string(daemon) + "-" + std::to_string(worker) + ".sock";
}

bool has_listeners(const Config& config, const DaemonKind& kind) {
    if (kind.listeners.empty()) return true;
    for (const std::string_view listener : kind.listeners) {
        const Parameter* parameter = config::find_parameter("listen", listener);
        if (parameter == nullptr) continue;
        const config::Member value = config::value_of(*parameter, config);
        if (parameter->kind == Kind::socket ? !std::get<std::string*>(value)->empty()
                                            : !std::get<std::vector<std::string>*>(value)->empty())
            return true;
    }
    return false;
}

}  // namespace posthouse::supervisor
