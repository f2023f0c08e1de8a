// posthouse limits list|reset
#include <CLI/Option.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "auth/directory/address.h"
#include "cli/ask_guardd.h"
#include "cli/open_directory.h"
#include "cli/sending_limit.h"
#include "cli/table.h"
#include "guardd/rate_limits.h"
#include "lib/base/ascii.h"
#include "lib/net/address.h"

namespace posthouse::cli {
namespace {

using guard::Measure;
using guard::Period;
using guard::Rate;
using guard::RateKind;
using guard::RateLimits;

struct Options {
    std::string name;
    bool all = false;
};

std::string kind_in_words(RateKind kind) {
    switch (kind) {
        case RateKind::client: return "client";
        case RateKind::user: return "user";
        case RateKind::sender_domain: return "senders of";
        case RateKind::user_domain: return "users of";
    }
    return {};
}

/// How much of the limit that is nearest is used; 1 is all.
double fullness(const Rate& rate, const RateLimits& limits) {
    double most = 0;
    for (std::size_t period = 0; period < limits.size(); ++period)
        for (std::size_t i = 0; i < limits[period].size(); ++i)
            if (limits[period][i] > 0)
                most =
                    std::max(most, static_cast<double>(rate.used[period][i]) / static_cast<double>(limits[period][i]));
    return most;
}

/// "12 of 1000", "12" without a limit.
std::string cell(const Rate& rate, const RateLimits& limits, Period period, Measure measure) {
    const std::uint64_t used = rate.used[index(period)][index(measure)];
    const std::uint64_t limit = limits[index(period)][index(measure)];
    return std::to_string(used) + (limit > 0 ? " of " + std::to_string(limit) : "");
}

nlohmann::json row_of(const Rate& rate, const RateLimits& limits) {
    nlohmann::json row = {{"kind", name_of(rate.subject.kind)}, {"name", rate.subject.name}};
    for (const auto& facts : guard::periods)
        for (const Measure measure : guard::measures) {
            const std::uint64_t limit = limits[index(facts.period)][index(measure)];
            row[std::string(facts.name)][std::string(name_of(measure))] = {
                {"used", rate.used[index(facts.period)][index(measure)]},
                {"limit", limit > 0 ? nlohmann::json(limit) : nlohmann::json()}};
        }
    return row;
}

/// What is limited most, first.
constexpr std::array columns{Measure::messages, Measure::recipients, Measure::connections};

/// OF, WHO, MESSAGES/HOUR, /DAY, …
std::vector<std::string> heading() {
    std::vector<std::string> heading{"OF", "WHO"};
    for (const Measure measure : columns)
        for (const auto& facts : guard::periods)
            heading.push_back((&facts == guard::periods.data() ? ascii::upper(name_of(measure)) : std::string()) + '/' +
                              ascii::upper(facts.name));
    return heading;
}

/// A rate and the limits that hold for it.
struct Line {
    Rate rate;
    RateLimits limits;
};

/// What the directory says of a user, or of the users of a domain.
const auth::SendingLimit* own_limit(const SendingLimitMap& own, const guard::RateSubject& subject) {
    if (subject.kind != RateKind::user && subject.kind != RateKind::user_domain) return nullptr;
    const auto found = own.find(subject.kind == RateKind::user ? subject.name : '@' + subject.name);
    return found == own.end() ? nullptr : &found->second;
}

/// Whose limits are in the directory, as far as nothing was counted of them yet.
void add_unused(std::vector<Rate>& rates, const SendingLimitMap& own) {
    std::set<guard::RateSubject> known;
    for (const Rate& rate : rates) known.insert(rate.subject);
    for (const auto& [address, limit] : own) {
        const bool domain = address.starts_with('@');
        guard::RateSubject subject{domain ? RateKind::user_domain : RateKind::user, address.substr(domain ? 1 : 0)};
        if (!known.contains(subject)) rates.push_back({std::move(subject), {}});
    }
}

Result<SendingLimitMap> limits_in_directory(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return fail(directory.error());
    return sending_limits(**directory);
}

Exit list(Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const guard::KindLimits settings = guard::rate_limits_of((*config)->smtpd);
    const Result<SendingLimitMap> own = limits_in_directory(context);
    if (!own) return report(context, own.error());
    return with_guardd(context, [&](guard::Administration& guardd, net::Loop& loop) {
        Result<std::vector<Rate>> rates = loop.run_until_complete(guardd.rates());
        if (!rates) return report(context, rates.error());
        add_unused(*rates, *own);
        std::vector<Line> lines;
        for (Rate& rate : *rates) {
            RateLimits limits = settings[index(rate.subject.kind)];
            if (const auth::SendingLimit* limit = own_limit(*own, rate.subject))
                limits = guard::with_own(limits, *limit);
            lines.push_back({std::move(rate), limits});
        }
        std::ranges::sort(lines, [](const Line& one, const Line& other) {
            const double difference = fullness(one.rate, one.limits) - fullness(other.rate, other.limits);
            return difference != 0 ? difference > 0 : one.rate.subject < other.rate.subject;
        });
        nlohmann::json rows = nlohmann::json::array();
        Table table(heading());
        for (const auto& [rate, limits] : lines) {
            rows.push_back(row_of(rate, limits));
            std::vector<std::string> cells{kind_in_words(rate.subject.kind), rate.subject.name};
            for (const Measure measure : columns)
                for (const auto& facts : guard::periods) cells.push_back(cell(rate, limits, facts.period, measure));
            table.add(std::move(cells));
        }
        if (context.json)
            print_json(context, rows);
        else
            table.print_or("Nothing is counted.", context.out);
        return Exit::ok;
    });
}

/// An address is a user, an IP address or a network a client, anything else a domain.
Result<std::vector<guard::RateSubject>> subjects_of(const Context& context, const std::string& name) {
    if (name.find('@') != std::string::npos) {
        const Result<auth::MailAddress> address = auth::parse_address(name, local_part(context));
        if (!address) return fail(address.error());
        return std::vector<guard::RateSubject>{{RateKind::user, address->text()}};
    }
    if (const Result<net::Network> network = net::Network::parse(name))
        return std::vector<guard::RateSubject>{{RateKind::client, network->to_string()}};
    const Result<std::string> domain = auth::canonical_domain(name);
    if (!domain) return fail(domain.error());
    return std::vector<guard::RateSubject>{{RateKind::sender_domain, *domain}, {RateKind::user_domain, *domain}};
}

Exit reset(Context& context, const Options& options) {
    if (options.all == !options.name.empty())
        return report(context, {ErrorCode::invalid, "Name a user, a client or a domain, or give --all", {}});
    std::vector<guard::RateSubject> subjects;
    if (!options.all) {
        Result<std::vector<guard::RateSubject>> found = subjects_of(context, options.name);
        if (!found) return report(context, found.error());
        subjects = std::move(*found);
    }
    return with_guardd(context, [&](guard::Administration& guardd, net::Loop& loop) {
        if (options.all) {
            const Result<std::vector<Rate>> rates = loop.run_until_complete(guardd.rates());
            if (!rates) return report(context, rates.error());
            for (const Rate& rate : *rates) subjects.push_back(rate.subject);
        }
        std::size_t sum = 0;
        for (const guard::RateSubject& subject : subjects) {
            const Result<std::size_t> count = loop.run_until_complete(guardd.reset(subject));
            if (!count) return report(context, count.error());
            sum += *count;
        }
        if (sum == 0 && !options.all)
            return report(context, {ErrorCode::not_found, "Nothing is counted of " + options.name, {}});
        return done(context, "Forgotten what " + std::to_string(sum) + (sum == 1 ? " has" : " have") + " sent.",
                    {{"reset", sum}});
    });
}

}  // namespace

void add_limits_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "limits", "How much clients, users and domains have sent, and may send");
    add_command(*group, context, "list",
                "Show what was counted in the last hour and day, and who has limits of his own; who is nearest to a "
                "limit first",
                "limits list", [&context] { return list(context); });
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(*group, context, "reset", "Forget what was counted, so that more may be sent at once",
                    "limits reset joe@example.org", [&context, options] { return reset(context, *options); });
    command->add_option("name", options->name, "A user's address, a client's IP address or network, a domain");
    command->add_flag("--all", options->all, "Of all");
}

}  // namespace posthouse::cli
