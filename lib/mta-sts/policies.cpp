// The policies of domains.
#include "lib/mta-sts/policies.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "lib/dns/mail_hosts.h"
#include "lib/dns/name.h"
#include "lib/mta-sts/record.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::int64_t seconds_of_day = 86'400;

std::optional<std::string> id_of(const dns::Answer<std::string>& record) {
    return record.outcome == dns::Outcome::records ? find_id(record.records) : std::nullopt;
}

Problem problem_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::denied: return Problem::webpki_invalid;
        case ErrorCode::invalid:
        case ErrorCode::limit: return Problem::policy_invalid;
        default: return Problem::fetch_error;
    }
}

Found found(std::optional<Cached> cached, std::int64_t now) {
    Found out;
    if (cached && cached->fresh(now)) out.policy = std::move(cached);
    return out;
}

}  // namespace

Step plan(const std::optional<Cached>& cached, const dns::Answer<std::string>& record, std::int64_t now) {
    const bool fresh = cached && cached->fresh(now);
    const std::optional<std::string> id = id_of(record);
    if (!id) return fresh ? Step::use_cached : Step::nothing;
    if (!fresh || cached->id != *id) return Step::fetch;
    const std::int64_t good_for = std::min(seconds_of_day, cached->policy.max_age.count() / 2);
    return now - cached->fetched < good_for ? Step::use_cached : Step::fetch;
}

Policies::Policies(net::Loop& loop, net::Pool& pool, dns::Resolver& resolver, PoliciesSettings settings)
    : pool_(pool), resolver_(resolver), settings_(std::move(settings)), cache_(settings_.folder), fetched_(loop) {}

net::Async<std::optional<Cached>> Policies::load(std::string domain) {
    std::optional<Cached> cached = co_await pool_.run([&] { return cache_.load(domain); });
    co_return cached;
}

net::Async<std::size_t> Policies::remove_expired(std::int64_t now) {
    const std::size_t removed = co_await pool_.run([&] { return cache_.remove_expired(now); });
    co_return removed;
}

net::Async<Found> Policies::find(std::string domain, std::int64_t now, net::Deadline deadline) {
    domain = dns::normal_name(domain);
    dns::Answer<std::string> record = co_await resolver_.txt("_mta-sts." + domain, deadline);
    std::optional<Cached> cached = co_await load(domain);
    while (plan(cached, record, now) == Step::fetch && fetching_.contains(domain)) {
        Result<> waited = co_await fetched_.wait(deadline);
        if (!waited) co_return found(std::move(cached), now);
        cached = co_await load(domain);
    }
    if (plan(cached, record, now) != Step::fetch) co_return found(std::move(cached), now);

    const auto failure = failures_.find(domain);
    if (failure != failures_.end() && !failure->second.until.passed()) {
        Found out = found(std::move(cached), now);
        out.problem = problem_of(failure->second.error.code);
        out.reason = failure->second.error.message();
        co_return out;
    }
    fetching_.insert(domain);
    Result<Cached> fresh = co_await fetch(domain, *id_of(record), now, deadline);
    fetching_.erase(domain);
    fetched_.notify_all();
    if (fresh) {
        failures_.erase(domain);
        co_return found(std::move(*fresh), now);
    }
    remember_failure(domain, fresh.error());
    log::info("mta-sts: no policy", {{"domain", domain}, {"reason", fresh.error().message()}});
    Found out = found(std::move(cached), now);
    out.problem = problem_of(fresh.error().code);
    out.reason = fresh.error().message();
    co_return out;
}

net::Async<Result<Cached>> Policies::fetch(std::string domain, std::string id, std::int64_t now,
                                           net::Deadline deadline) {
    dns::AddressRules rules;
    rules.port = settings_.fetch.port;
    smtp::Parsed<dns::HostAddresses> host =
        co_await dns::find_addresses(resolver_, "mta-sts." + domain, std::move(rules), deadline);
    if (!host) co_return fail(ErrorCode::unavailable, "The policy cannot be fetched", host.error().text());
    FetchSettings how = settings_.fetch;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.at - net::Clock::now());
    how.https.timeout = std::clamp(left, std::chrono::milliseconds(1), how.https.timeout);
    Result<Cached> result = co_await pool_.run([&]() -> Result<Cached> {
        Result<std::string> text = fetch_policy(how, domain, host->addresses);
        if (!text) return fail(text.error());
        Result<Policy> policy = parse_policy(*text);
        if (!policy) return fail(policy.error());
        Cached cached{domain, id, now, std::move(*text), std::move(*policy)};
        // What can't be kept holds at least for this message.
        if (Result<> stored = cache_.store(cached); !stored)
            log::warning("mta-sts: cannot keep a policy", {{"domain", domain}, {"reason", stored.error().message()}});
        return cached;
    });
    co_return result;
}

void Policies::remember_failure(const std::string& domain, const Error& error) {
    std::erase_if(failures_, [](const auto& entry) { return entry.second.until.passed(); });
    if (failures_.size() >= settings_.max_failures) return;
    failures_.insert_or_assign(domain, Failure{net::Deadline::in(settings_.retry_after), error});
}

}  // namespace posthouse::mta_sts
