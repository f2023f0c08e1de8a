// RunningNsd: an authoritative DNS server of a test's own, on a free port of 127.0.0.1, with signed zones.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "lib/dns/settings.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::dns {

/// Its zones: `example`, signed; below it `unsigned.example`, `expired.example` (signatures of 2019) and
/// `wrong.example` (whose DS is of another key); and `0.0.193.in-addr.arpa`, unsigned. running_nsd.cpp has what is in
/// them.
class RunningNsd {
  public:
    /// `more`: lines for the zone `example`. A failure to start ends the process.
    explicit RunningNsd(const std::string& more = "");
    RunningNsd(const RunningNsd&) = delete;
    RunningNsd& operator=(const RunningNsd&) = delete;
    ~RunningNsd();

    net::Address address() const;
    /// Of a resolver that asks this server and trusts the key of `example`.
    Settings settings() const;

    void start();
    void kill();    ///< SIGKILL, and waits for the end
    void freeze();  ///< SIGSTOP: queries are not answered
    void go_on();   ///< SIGCONT

  private:
    void add_zone(const std::string& name, const std::string& lines) const;
    void make_key(const std::string& zone) const;
    void sign(const std::string& zone, const std::string& times) const;
    void run(const std::string& command) const;
    bool answers() const;
    [[noreturn]] void give_up(const std::string& what) const;

    TemporaryFolder folder_;
    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

/// Forwards queries to `server` as resolvers without DNSSEC do: no signatures come back. Has a thread of its own.
class StrippingForwarder {
  public:
    explicit StrippingForwarder(net::Address server);
    StrippingForwarder(const StrippingForwarder&) = delete;
    StrippingForwarder& operator=(const StrippingForwarder&) = delete;
    ~StrippingForwarder();
    net::Address address() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::dns
