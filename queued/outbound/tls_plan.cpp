// TlsPlan: DANE comes before MTA-STS (RFC 8461 §2), and both before what is usual.
#include "queued/outbound/tls_plan.h"

#include <openssl/x509_vfy.h>

#include "lib/base/ascii.h"
#include "lib/base/hex.h"
#include "lib/dane/lookup.h"

namespace posthouse::queued {
namespace {

using Demand = transfer::TlsDemand::Level;

tlsrpt::Policy no_policy(const HostFacts& facts) {
    tlsrpt::Policy policy;
    policy.domain = facts.domain;
    return policy;
}

tlsrpt::Policy dane_policy(const HostFacts& facts) {
    tlsrpt::Policy policy = no_policy(facts);
    policy.type = tlsrpt::PolicyType::tlsa;
    for (const dns::Tlsa& record : facts.dane.records) {
        policy.lines.push_back(std::to_string(record.usage) + ' ' + std::to_string(record.selector) + ' ' +
                               std::to_string(record.matching) + ' ' + hex::encode(record.data));
    }
    return policy;
}

tlsrpt::Policy sts_policy(const HostFacts& facts) {
    tlsrpt::Policy policy = no_policy(facts);
    policy.type = tlsrpt::PolicyType::sts;
    for (std::string_view line : ascii::split(facts.sts->text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) policy.lines.emplace_back(line);
    }
    policy.mx_hosts = facts.sts->policy.patterns;
    return policy;
}

std::unexpected<TlsRefusal> refuse(std::string text, tlsrpt::Policy policy, tlsrpt::FailureType type) {
    return std::unexpected(TlsRefusal{smtp::Reply(451, "4.7.5", std::move(text)), std::move(policy), type});
}

TlsPlan verified_by_name(const HostFacts& facts) {
    TlsPlan plan;
    plan.level = Demand::verify;
    plan.names = {facts.host};
    plan.policy = no_policy(facts);
    return plan;
}

/// nullopt: DANE says nothing.
std::optional<std::expected<TlsPlan, TlsRefusal>> by_dane(const HostFacts& facts, bool must) {
    TlsPlan plan;
    plan.policy = dane_policy(facts);
    switch (facts.dane.level) {
        case dane::Level::verify:
            plan.level = Demand::verify;
            plan.by_dane = plan.identified = true;
            return plan;
        case dane::Level::defer:
            return refuse("The TLSA records of " + facts.host + " can't be looked up now", std::move(plan.policy),
                          tlsrpt::FailureType::dnssec_invalid);
        case dane::Level::encrypt:
            if (must) break;
            plan.level = Demand::encrypt;
            return plan;
        case dane::Level::none:
            if (!must) return std::nullopt;
            break;
    }
    return refuse("DANE is demanded, but " + facts.host + " has no usable TLSA records", no_policy(facts),
                  tlsrpt::FailureType::dane_required);
}

/// nullopt: MTA-STS says nothing.
std::optional<std::expected<TlsPlan, TlsRefusal>> by_sts(const HostFacts& facts) {
    if (!facts.sts || !facts.from_mx || facts.sts->policy.mode == mta_sts::Mode::none) return std::nullopt;
    const bool listed = mta_sts::allows(facts.sts->policy, facts.host);
    if (facts.sts->policy.mode == mta_sts::Mode::testing) {
        TlsPlan plan = verified_by_name(facts);
        plan.level = Demand::may;
        plan.fall_back = plan.testing = true;
        plan.policy = sts_policy(facts);
        return plan;
    }
    if (!listed) {
        return refuse(facts.host + " is not among the mail hosts in the MTA-STS policy of " + facts.domain,
                      sts_policy(facts), tlsrpt::FailureType::validation_failure);
    }
    TlsPlan plan = verified_by_name(facts);
    plan.identified = true;
    plan.policy = sts_policy(facts);
    return plan;
}

std::expected<TlsPlan, TlsRefusal> by_level(TlsLevel level, const HostFacts& facts) {
    TlsPlan plan;
    plan.policy = no_policy(facts);
    switch (level) {
        case TlsLevel::none: return plan;
        case TlsLevel::encrypt: plan.level = Demand::encrypt; return plan;
        case TlsLevel::verify:
            plan = verified_by_name(facts);
            plan.identified = !facts.from_mx || facts.mx_secure;
            return plan;
        case TlsLevel::dane:
        case TlsLevel::dane_only:
            if (auto found = by_dane(facts, level == TlsLevel::dane_only)) return *std::move(found);
            if (auto found = by_sts(facts)) return *std::move(found);
            break;
        case TlsLevel::may: break;
    }
    plan.level = Demand::may;
    plan.fall_back = true;
    return plan;
}

}  // namespace

std::expected<TlsPlan, TlsRefusal> plan_tls(TlsLevel level, const HostFacts& facts, bool requires_tls) {
    if (!requires_tls) return by_level(level, facts);
    auto plan = by_level(level == TlsLevel::dane_only ? level : TlsLevel::dane, facts);
    if (!plan || plan->identified) return plan;
    TlsPlan named = verified_by_name(facts);
    named.identified = !facts.from_mx || facts.mx_secure;
    if (named.identified) return named;
    return std::unexpected(
        TlsRefusal{smtp::Reply(550, "5.7.30",
                               "The message requires TLS, and nothing proves that " + facts.host +
                                   " is a mail host of " + facts.domain + ": neither DNSSEC nor MTA-STS"),
                   no_policy(facts)});
}

std::optional<tlsrpt::FailureType> reported_failure(const transfer::Failure& failure) {
    if (failure.kind != transfer::Failure::Kind::tls) return std::nullopt;
    if (!failure.offers_tls) return tlsrpt::FailureType::starttls_not_supported;
    if (failure.verify_result != X509_V_OK) return tlsrpt::certificate_failure(failure.verify_result);
    return tlsrpt::FailureType::validation_failure;
}

}  // namespace posthouse::queued
