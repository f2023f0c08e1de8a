// Quota in a daemon: limits out of words, and what is told in the background.
#include "quota/service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "lib/net/scope.h"
#include "storage/configure.h"

namespace posthouse::quota {
namespace {

constexpr std::chrono::seconds interval{2};       // between looks for what is to be told
constexpr std::chrono::seconds report_time{10};   // for authd to take a report
constexpr std::size_t max_limits = 1000;          // different quotas of users that are remembered
constexpr std::size_t max_not_reported = 10'000;  // accounts, while authd is away
constexpr std::chrono::milliseconds budget{40};   // for looking at accounts: a fiftieth of the time
constexpr std::chrono::milliseconds last_budget{3000};

}  // namespace

std::vector<std::string> rules_in(const sasl::Parameters& user_fields) {
    std::vector<std::string> rules;
    for (const sasl::Parameter& field : user_fields) {
        std::string_view key = field.key;
        if (!key.starts_with("quota_rule")) continue;
        key.remove_prefix(std::string_view("quota_rule").size());
        if (key.empty() || ascii::parse_number(key)) rules.push_back(field.value);
    }
    return rules;
}

Service::Service(net::Loop& loop, storage::Store& store, net::Pool& disk, config::Snapshot config)
    : loop_(loop),
      disk_(disk),
      config_(std::move(config)),
      source_(store),
      keeper_(store, source_),
      authd_(loop, config_->listen.usage) {}

void Service::reloaded(config::Snapshot config) {
    config_ = std::move(config);
    limits_.clear();
}

storage::SharedLimits Service::limits(const sasl::Parameters& user_fields) {
    if (!config_->quota.enabled) return nullptr;
    const std::vector<std::string> rules = rules_in(user_fields);
    std::string key;
    for (const std::string& rule : rules) key += rule + '\n';
    if (const auto found = limits_.find(key); found != limits_.end()) return found->second;
    Result<storage::QuotaLimits> limits = storage::QuotaLimits::parse(storage::quota_words_from(*config_, rules));
    if (!limits) {
        // The configuration was checked: it is the directory that doesn't make sense.
        log::error("a user's quota makes no sense, only the configured one holds",
                   {{"error", limits.error().message()}});
        limits = storage::QuotaLimits::parse(storage::quota_words_from(*config_, {}));
    }
    if (limits_.size() >= max_limits) limits_.clear();
    auto shared = std::make_shared<const storage::QuotaLimits>(limits.value_or(storage::QuotaLimits()));
    limits_.emplace(std::move(key), shared);
    return shared;
}

storage::AccountQuota Service::of(const storage::AccountName& account, const sasl::Parameters& user_fields) {
    storage::SharedLimits own = limits(user_fields);
    return own ? storage::AccountQuota(keeper_, account, std::move(own)) : storage::AccountQuota();
}

net::Async<> Service::run(Service* service, net::Event* stopping_event) {
    bool stopping = false;
    while (!stopping) {
        const Result<> stop = co_await stopping_event->wait(net::Deadline::in(interval));
        stopping = stop || stop.error().code != ErrorCode::timeout;
        using Flush = storage::UsageSource::Flush;
        co_await service->tell(stopping ? Flush::last : Flush::now_and_then);
    }
}

net::Async<> Service::tell(storage::UsageSource::Flush flush) {
    const auto time = flush == storage::UsageSource::Flush::last ? last_budget : budget;
    std::vector<storage::AccountUsage> news = co_await disk_.run([&] { return source_.flush(flush, time); });
    for (auto& [name, usage] : std::exchange(not_reported_, {})) {
        const auto is_same = [&](const storage::AccountUsage& item) { return item.account == usage.account; };
        if (std::ranges::none_of(news, is_same)) news.push_back(std::move(usage));
    }
    if (config_->listen.usage.empty()) co_return;
    net::Scope reports(loop_);
    for (storage::AccountUsage& usage : news) reports.spawn(&Service::report, this, std::move(usage));
    co_await reports.join();
}

net::Async<> Service::report(Service* service, storage::AccountUsage usage) {
    policy::Request request;
    request.add("request", "mailbox_usage");
    request.add("recipient", usage.account.text());
    request.add("size", std::to_string(usage.usage.bytes));
    request.add("messages", std::to_string(usage.usage.messages));
    const Result<std::string> action = co_await service->authd_.ask(std::move(request), net::Deadline::in(report_time));
    if (action) co_return;
    log::debug("authd is not told what a mailbox takes",
               {{"account", usage.account.text()}, {"reason", action.error().message()}});
    if (service->not_reported_.size() < max_not_reported)
        service->not_reported_.emplace(usage.account.text(), std::move(usage));
}

net::Async<> Service::stop() { co_await authd_.close(); }

}  // namespace posthouse::quota
