// What is counted of TLS with other servers, for the reports that their domains ask for (RFC 8460 §4).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::tlsrpt {

/// What a session went by (RFC 8460 §4.2).
enum class PolicyType { tlsa, sts, no_policy_found };
std::string_view to_string(PolicyType type);

struct Policy {
    PolicyType type = PolicyType::no_policy_found;
    std::vector<std::string> lines{};     ///< the policy's text: TLSA records, or the lines of MTA-STS
    std::string domain{};                 ///< of the recipients
    std::vector<std::string> mx_hosts{};  ///< the `mx` patterns of MTA-STS
    auto operator<=>(const Policy&) const = default;
};

/// Why a session failed (RFC 8460 §4.3).
enum class FailureType {
    starttls_not_supported,
    certificate_host_mismatch,
    certificate_not_trusted,
    certificate_expired,
    validation_failure,
    tlsa_invalid,
    dnssec_invalid,
    dane_required,
    sts_policy_fetch_error,
    sts_policy_invalid,
    sts_webpki_invalid,
};
/// "starttls-not-supported", …
std::string_view to_string(FailureType type);
/// What an error of certificate verification (X509_V_ERR_…, by SSL_get_verify_result) counts as.
FailureType certificate_failure(long verify_result);

/// A failed session. Empty texts are not reported.
struct Failure {
    FailureType type = FailureType::validation_failure;
    std::string sending_ip{};
    std::string mx_hostname{};
    std::string mx_helo{};
    std::string receiving_ip{};
    std::string additional_information{};
    std::string reason_code{};
    auto operator<=>(const Failure&) const = default;
};

/// What came of one policy.
struct PolicyResults {
    Policy policy;
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::map<Failure, std::uint64_t> details{};  ///< of failures, as far as they were kept
    bool operator==(const PolicyResults&) const = default;
};
/// By domain.
using Domains = std::map<std::string, std::vector<PolicyResults>>;

/// The counts of one period, for all domains. Bounded: what comes beyond a bound is counted without its details, and
/// whole domains beyond theirs aren't (dropped() tells).
class Counters {
  public:
    static constexpr std::size_t max_domains = 10'000;
    static constexpr std::size_t max_policies = 8;       ///< of one domain
    static constexpr std::size_t max_details = 100;      ///< of one policy
    static constexpr std::size_t max_text = 512;         ///< bytes of each text of a failure
    static constexpr std::size_t max_lines = 512;        ///< of one policy's text, each of max_text bytes
    static constexpr std::size_t max_bytes = 32u << 20;  ///< of all texts

    void success(const Policy& policy);
    void failure(const Policy& policy, const Failure& failure);
    /// Counts that were made before; only while there are none yet. Beyond the bounds they are dropped.
    void resume(Domains domains);
    const Domains& domains() const { return domains_; }
    /// Changes with each that is counted.
    std::uint64_t counted() const { return counted_; }
    /// All of it, by domain; nothing is left.
    Domains take();
    std::uint64_t dropped() const { return dropped_; }

  private:
    PolicyResults* results_of(const Policy& policy);
    void add_details(PolicyResults& results, const Failure& failure, std::uint64_t count);
    Domains domains_;
    std::size_t bytes_ = 0;  ///< of texts in domains_
    std::uint64_t counted_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace posthouse::tlsrpt
