// The policies of domains: from the folder as long as they hold, anew when a domain's record says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/dns/resolver.h"
#include "lib/mta-sts/cache.h"
#include "lib/mta-sts/fetch.h"
#include "lib/net/event.h"
#include "lib/net/pool.h"

namespace posthouse::mta_sts {

/// What is to be done about a domain's policy.
enum class Step {
    use_cached,  ///< it holds
    fetch,       ///< there is one to be had
    nothing,     ///< there is none
};
/// `cached`: what is on disk. A policy that holds is used whatever DNS says; it is fetched anew when the id is another,
/// and after a day or half its time, so that it doesn't run out (RFC 8461 §5.1, §10.2).
Step plan(const std::optional<Cached>& cached, const dns::Answer<std::string>& record, std::int64_t now);

/// Why a policy could not be had, in the words of TLS reports (RFC 8460 §4.3.2.2).
enum class Problem { none, fetch_error, webpki_invalid, policy_invalid };

struct Found {
    std::optional<Cached> policy;  ///< that holds; nullopt: none
    Problem problem = Problem::none;
    std::string reason;  ///< of the problem, for the log
};

struct PoliciesSettings {
    std::string folder;
    FetchSettings fetch{};
    std::chrono::seconds retry_after{300};  ///< after a failed fetch (RFC 8461 §3.3)
    std::size_t max_failures = 10'000;      ///< domains whose failure is remembered
};

/// Of one loop. What blocks is done on `pool`, for which a fetch takes one thread at most for the fetch's time-out.
class Policies {
  public:
    Policies(net::Loop& loop, net::Pool& pool, dns::Resolver& resolver, PoliciesSettings settings);

    /// The policy of a recipient's domain (A-labels; parents aren't asked). A failure to fetch never takes away a
    /// policy that holds (RFC 8461 §5.1); when there is none, the domain counts as one without. Each domain is fetched
    /// by one at a time, and after a failure not at once again. `now`: seconds since 1970.
    net::Async<Found> find(std::string domain, std::int64_t now, net::Deadline deadline);

    /// Removes policies from the folder that no longer hold, as Cache::remove_expired. Now and then, so that it doesn't
    /// grow with every domain that ever got mail.
    net::Async<std::size_t> remove_expired(std::int64_t now);

    /// Fetches that begin from now on believe these authorities (https::Settings::ca_file).
    void believe(std::string ca_file) { settings_.fetch.https.ca_file = std::move(ca_file); }

  private:
    net::Async<Result<Cached>> fetch(std::string domain, std::string id, std::int64_t now, net::Deadline deadline);
    net::Async<std::optional<Cached>> load(std::string domain);
    void remember_failure(const std::string& domain, const Error& error);

    struct Failure {
        net::Deadline until;
        Error error;
    };
    net::Pool& pool_;
    dns::Resolver& resolver_;
    PoliciesSettings settings_;
    const Cache cache_;
    net::Event fetched_;
    std::set<std::string> fetching_;
    std::map<std::string, Failure> failures_;
};

}  // namespace posthouse::mta_sts
