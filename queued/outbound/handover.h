// Handover: one parcel on its way: from host to host, until it is answered for all its recipients, or nobody is left.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dns/mail_hosts.h"
#include "queued/outbound/fates.h"
#include "queued/outbound/fitted_content.h"
#include "queued/outbound/form.h"
#include "queued/outbound/outbound.h"
#include "queued/outbound/tls_plan.h"

namespace posthouse::queued {

class Handover {
  public:
    Handover(Outbound& outbound, const Route& route, const Parcel& parcel);
    net::Async<Attempt> run();

  private:
    /// What is the same for all hosts of one hop.
    struct NextHop {
        const Hop& hop;
        std::string key;  ///< of connections
        std::shared_ptr<const transfer::Credentials> credentials;
        TlsLevel level = TlsLevel::none;
        std::uint16_t port = 0;
        std::optional<mta_sts::Cached> sts;
    };
    struct Host {
        std::string name;
        bool mx_secure = false;
    };
    /// A connection about to be made.
    struct Target {
        net::Address address;
        std::string peer;  ///< for people
        TlsPlan plan;
        dane::Decision dane;
        std::string host;  ///< its name
    };

    bool finished() const { return fates_.open().empty(); }
    bool may_go_on() const;
    void stands(std::string_view stage, const std::string& host);
    NextHop next_hop(const Hop& hop) const;
    void set_tls(NextHop& next) const;

    net::Async<> try_hop(const Hop& hop);
    net::Async<> by_kept_connections(const NextHop& next);
    net::Async<> try_socket(const NextHop& next);
    net::Async<> try_hosts(NextHop& next);
    net::Async<bool> try_host(const NextHop& next, Host host);
    net::Async<bool> try_addresses(const NextHop& next, dns::HostAddresses addresses, HostFacts facts);
    net::Async<> try_address(const NextHop& next, Target target);
    net::Async<> find_sts(NextHop& next);

    net::Async<std::unique_ptr<Connection>> connect(const NextHop& next, const Target& target);
    net::Async<transfer::Conversation::Done<>> open(Connection& connection, const NextHop& next, const Target& target);
    void report(const NextHop& next, const Target& target, Connection& connection,
                const transfer::Conversation::Done<>& opened);
    void refused_by_policy(const NextHop& next, const std::string& host, TlsRefusal refusal);

    enum class Next {
        again,  ///< the server would take more
        stop,   ///< it won't, or can't
        dead,   ///< a kept connection was closed before anything was said
    };
    /// Sends all it can; false: `dead`.
    net::Async<bool> converse(std::unique_ptr<Connection> connection, bool kept);
    net::Async<Next> send_once(Connection& connection, bool kept);
    bool take(const transfer::Sent& sent, const std::vector<std::uint32_t>& batch, Connection& connection);
    void not_served(const transfer::Sent& sent, const std::vector<std::uint32_t>& batch, Connection& connection);
    net::Async<> release(std::unique_ptr<Connection> connection);
    std::string remote(const Connection& connection) const;

    Outbound& out_;
    const std::shared_ptr<const OutboundSettings> settings_;
    const Route& route_;
    const Parcel& parcel_;
    const smtp::ReversePath sender_;
    const bool requires_tls_;
    const bool tls_optional_;  ///< what domains demand of TLS doesn't count
    Fates fates_;
    FittedContent content_;
    std::size_t addresses_ = 0;  ///< that were tried
    std::size_t sessions_ = 0;   ///< that began
};

}  // namespace posthouse::queued
