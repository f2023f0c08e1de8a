// Resolver: asks DNS without blocking, with DNSSEC validation wherever signatures reach this host.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lib/dns/context.h"
#include "lib/dns/records.h"
#include "lib/dns/settings.h"
#include "lib/net/event.h"
#include "lib/net/scope.h"

namespace posthouse::dns {

/// How start() and later probes choose: the forwarders, if signatures come through them; else own recursion; else no
/// validation, which is written to the log as an error. Of servers that don't answer at all nothing is concluded.
///
/// All queries: CNAMEs are followed (RFC 5321 §5.1). The name is in ASCII, a dot at its end doesn't matter; what can't
/// be a name does not exist. Waits at most until the deadline; no error but an answer that `failed`. Answers come from
/// the cache while their TTL lasts.
class Resolver {
  public:
    Resolver(net::Loop& loop, Settings settings);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    /// Must be stopped, and nobody may wait for an answer any more.
    ~Resolver();

    /// Probes, and begins to answer; then probes again from time to time. Errors: invalid (a setting can't be used).
    net::Async<Result<>> start();
    /// Ends all queries as failed, and waits for them. Once started, a resolver must be stopped.
    net::Async<> stop();

    net::Async<Answer<Mx>> mx(std::string name, net::Deadline deadline);
    net::Async<Answer<net::Address>> a(std::string name, net::Deadline deadline);
    net::Async<Answer<net::Address>> aaaa(std::string name, net::Deadline deadline);
    net::Async<Answer<Tlsa>> tlsa(std::string name, net::Deadline deadline);
    /// Each record as one text.
    net::Async<Answer<std::string>> txt(std::string name, net::Deadline deadline);
    /// The names of an IP address.
    net::Async<Answer<std::string>> ptr(net::Address address, net::Deadline deadline);
    /// The alias itself, not followed; `name` of the answer is the one asked for.
    net::Async<Answer<std::string>> cname(std::string name, net::Deadline deadline);

    Mode mode() const { return mode_; }
    /// Answers may be secure.
    bool validates() const { return mode_ != Mode::unvalidated; }
    /// Probes now.
    net::Async<Result<>> probe();

  private:
    enum class Verdict { validates, strips, away };
    struct Probed {
        Verdict verdict = Verdict::away;
        std::string reason;
        std::shared_ptr<Context> context;  ///< when it validates
    };
    net::Async<RawAnswer> ask(std::string name, Type type, net::Deadline deadline);
    net::Async<Result<Probed>> try_mode(Mode mode);
    net::Async<> probe_regularly();
    Result<> without_validation(std::string_view reason);
    Result<> with_validation();
    void adopt(std::shared_ptr<Context> context, Mode mode);

    net::Loop& loop_;
    const Settings settings_;
    const bool has_forwarders_;
    net::Semaphore permits_;
    net::Event stopping_;
    net::Scope scope_;
    std::shared_ptr<Context> context_;
    std::unordered_set<Context*> probing_;
    Mode mode_ = Mode::forwarding;
    bool away_ = false;  ///< at the last probe nobody answered
};

}  // namespace posthouse::dns
