// What is counted for TLS reports.
#include "lib/tlsrpt/counters.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <utility>

#include "lib/smtp/address.h"

namespace posthouse::tlsrpt {
namespace {

/// Between characters of UTF-8: half of one would be another text once it was in a file.
void shorten(std::string& text) {
    if (text.size() <= Counters::max_text) return;
    std::size_t size = Counters::max_text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    text.resize(size);
}

Failure bounded(Failure failure) {
    for (std::string* text : {&failure.sending_ip, &failure.mx_hostname, &failure.mx_helo, &failure.receiving_ip,
                              &failure.additional_information, &failure.reason_code})
        shorten(*text);
    return failure;
}

Policy bounded(Policy policy) {
    for (std::vector<std::string>* lines : {&policy.lines, &policy.mx_hosts}) {
        if (lines->size() > Counters::max_lines) lines->resize(Counters::max_lines);
        std::ranges::for_each(*lines, shorten);
    }
    return policy;
}

/// Of memory, about.
std::size_t bytes_of(const Policy& policy) {
    std::size_t bytes = 200 + policy.domain.size();
    for (const std::vector<std::string>* lines : {&policy.lines, &policy.mx_hosts})
        for (const std::string& line : *lines) bytes += 32 + line.size();
    return bytes;
}

std::size_t bytes_of(const Failure& failure) {
    return 300 + failure.sending_ip.size() + failure.mx_hostname.size() + failure.mx_helo.size() +
           failure.receiving_ip.size() + failure.additional_information.size() + failure.reason_code.size();
}

}  // namespace

std::string_view to_string(PolicyType type) {
    switch (type) {
        case PolicyType::tlsa: return "tlsa";
        case PolicyType::sts: return "sts";
        case PolicyType::no_policy_found: return "no-policy-found";
    }
    return "no-policy-found";
}

std::string_view to_string(FailureType type) {
    switch (type) {
        case FailureType::starttls_not_supported: return "starttls-not-supported";
        case FailureType::certificate_host_mismatch: return "certificate-host-mismatch";
        case FailureType::certificate_not_trusted: return "certificate-not-trusted";
        case FailureType::certificate_expired: return "certificate-expired";
        case FailureType::validation_failure: return "validation-failure";
        case FailureType::tlsa_invalid: return "tlsa-invalid";
        case FailureType::dnssec_invalid: return "dnssec-invalid";
        case FailureType::dane_required: return "dane-required";
        case FailureType::sts_policy_fetch_error: return "sts-policy-fetch-error";
        case FailureType::sts_policy_invalid: return "sts-policy-invalid";
        case FailureType::sts_webpki_invalid: return "sts-webpki-invalid";
    }
    return "validation-failure";
}

FailureType certificate_failure(long verify_result) {
    switch (verify_result) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return FailureType::certificate_host_mismatch;
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID: return FailureType::certificate_expired;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED:
        case X509_V_ERR_CERT_REJECTED:
        case X509_V_ERR_INVALID_CA: return FailureType::certificate_not_trusted;
        default: return FailureType::validation_failure;
    }
}

PolicyResults* Counters::results_of(const Policy& policy) {
    if (!smtp::is_domain(policy.domain)) return nullptr;
    Policy kept = bounded(policy);
    const auto domain = domains_.find(policy.domain);
    if (domain != domains_.end()) {
        const auto same = std::ranges::find(domain->second, kept, &PolicyResults::policy);
        if (same != domain->second.end()) return &*same;
        if (domain->second.size() >= max_policies) return nullptr;
    }
    const std::size_t more = bytes_of(kept);
    if ((domain == domains_.end() && domains_.size() >= max_domains) || bytes_ + more > max_bytes) return nullptr;
    bytes_ += more;
    std::vector<PolicyResults>& policies = domains_[policy.domain];
    return &policies.emplace_back(PolicyResults{.policy = std::move(kept)});
}

void Counters::add_details(PolicyResults& results, const Failure& failure, std::uint64_t count) {
    Failure kept = bounded(failure);
    if (const auto known = results.details.find(kept); known != results.details.end()) {
        known->second += count;
        return;
    }
    const std::size_t more = bytes_of(kept);
    if (results.details.size() >= max_details || bytes_ + more > max_bytes) return;
    bytes_ += more;
    results.details.emplace(std::move(kept), count);
}

void Counters::resume(Domains domains) {
    for (auto& [name, policies] : domains) {
        for (const PolicyResults& known : policies) {
            PolicyResults* results = known.policy.domain == name ? results_of(known.policy) : nullptr;
            if (results == nullptr) continue;
            results->successes += known.successes;
            results->failures += known.failures;
            for (const auto& [failure, count] : known.details) add_details(*results, failure, count);
        }
    }
}

void Counters::success(const Policy& policy) {
    ++counted_;
    if (PolicyResults* results = results_of(policy))
        ++results->successes;
    else
        ++dropped_;
}

void Counters::failure(const Policy& policy, const Failure& failure) {
    ++counted_;
    PolicyResults* results = results_of(policy);
    if (results == nullptr) {
        ++dropped_;
        return;
    }
    ++results->failures;
    add_details(*results, failure, 1);
}

Domains Counters::take() {
    dropped_ = 0;
    bytes_ = 0;
    return std::exchange(domains_, {});
}

}  // namespace posthouse::tlsrpt
