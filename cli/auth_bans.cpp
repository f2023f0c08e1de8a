// posthouse auth bans list|add|lift
#include "cli/auth_bans.h"

#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "auth/directory/address.h"
#include "cli/ask_guardd.h"
#include "cli/open_directory.h"
#include "cli/standing.h"
#include "cli/table.h"
#include "lib/config/value.h"
#include "lib/net/address.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string network;
    std::string account;
    std::string time;
    std::string reason;
    bool all = false;
};

std::int64_t seconds_of(guard::WallTime time) { return time.count() / 1000; }

nlohmann::json row_of(const guard::Ban& ban) {
    return {{"network", ban.subject.network},
            {"account", ban.subject.account},
            {"since", seconds_of(ban.since)},
            {"until", ban.until ? nlohmann::json(seconds_of(*ban.until)) : nlohmann::json()},
            {"by", ban.by_hand ? "hand" : "failures"},
            {"reason", ban.reason}};
}

std::string or_any(const std::string& text) { return text.empty() ? "any" : text; }

std::string name_of(const guard::BanSubject& subject) {
    if (subject.account.empty()) return subject.network;
    return subject.network.empty() ? subject.account : subject.account + " from " + subject.network;
}

/// The network and the account that were given; an address for an account stands for what the directory calls it.
Result<guard::BanSubject> subject_of(const Context& context, const Options& options) {
    std::string account = options.account;
    if (!account.empty()) {
        const Result<auth::MailAddress> address = auth::parse_address(account, local_part(context));
        if (!address) return fail(address.error());
        account = address->text();
    }
    return guard::ban_subject(options.network, account);
}

Result<std::vector<guard::Ban>> all_bans(guard::Administration& guardd, net::Loop& loop) {
    return loop.run_until_complete(guardd.bans());
}

Exit list(Context& context) {
    return with_guardd(context, [&](guard::Administration& guardd, net::Loop& loop) {
        const Result<std::vector<guard::Ban>> bans = all_bans(guardd, loop);
        if (!bans) return report(context, bans.error());
        nlohmann::json rows = nlohmann::json::array();
        Table table({"NETWORK", "ACCOUNT", "SINCE", "UNTIL", "BY", "REASON"});
        for (const guard::Ban& ban : *bans) {
            rows.push_back(row_of(ban));
            table.add({or_any(ban.subject.network), or_any(ban.subject.account), format_time(seconds_of(ban.since)),
                       ban.until ? format_time(seconds_of(*ban.until)) : "lifted", ban.by_hand ? "hand" : "failures",
                       ban.reason});
        }
        if (context.json)
            print_json(context, rows);
        else
            table.print_or("No bans.", context.out);
        return Exit::ok;
    });
}

bool is_within(const net::Network& inner, const net::Network& outer) {
    return outer.prefix() <= inner.prefix() && outer.contains(inner.base());
}

/// invalid: the whole network is one that is never banned. Of one that holds such networks it says which.
Result<> check_never_banned(Context& context, const config::Config::Guard& config, const std::string& text) {
    const Result<net::Network> network = net::Network::parse(text);
    if (!network) return {};  // a ban from anywhere
    for (const auto& [parameter, never] : {std::pair("guard.trusted_networks", &config.trusted_networks),
                                           std::pair("guard.allowed_networks", &config.allowed_networks)}) {
        for (const std::string& one : *never) {
            const Result<net::Network> exempt = net::Network::parse(one);
            if (exempt && is_within(*network, *exempt))
                return fail(ErrorCode::invalid, text + " is never banned: " + one + " stands in " + parameter);
            if (exempt && is_within(*exempt, *network))
                context.err << "Note: " << one << " in it is never banned: it stands in " << parameter << '\n';
        }
    }
    return {};
}

Exit add(Context& context, const Options& options) {
    const Result<guard::BanSubject> subject = subject_of(context, options);
    if (!subject) return report(context, subject.error());
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    if (Result<> checked = check_never_banned(context, (*config)->guard, subject->network); !checked)
        return report(context, checked.error());
    std::optional<std::chrono::seconds> time;
    if (!options.time.empty()) {
        const std::optional<config::Duration> parsed = config::parse_duration(options.time);
        if (!parsed || *parsed < std::chrono::seconds(1))
            return report(context, {ErrorCode::invalid, "--for takes a time such as 30m, 12h or 7d", {}});
        time = std::chrono::duration_cast<std::chrono::seconds>(*parsed);
    }
    if (options.reason.size() > guard::max_reason_octets)
        return report(context, {ErrorCode::invalid, "The reason is too long: 200 bytes are the most", {}});
    return with_guardd(context, [&](guard::Administration& guardd, net::Loop& loop) {
        const std::string reason = options.reason.empty() ? "by hand" : options.reason;
        const Result<> added = loop.run_until_complete(guardd.ban(*subject, time, reason));
        if (!added) return report(context, added.error());
        // A name that is tried out is banned like a user's.
        const auto account = storage::AccountName::parse(subject->account);
        const Standing standing = account ? Standings(context).of(*account) : Standing::unknown;
        if (standing == Standing::no_user || standing == Standing::no_domain)
            context.err << "Note: there is no user " << printable(subject->account) << '\n';
        return done(
            context,
            "Banned " + name_of(*subject) + (time ? " for " + options.time : std::string(" until it is lifted")) + ".",
            {{"network", subject->network},
             {"account", subject->account},
             {"seconds", time ? nlohmann::json(time->count()) : nlohmann::json()},
             {"reason", reason}});
    });
}

Exit lift(Context& context, const Options& options) {
    std::vector<guard::BanSubject> subjects;
    if (!options.all) {
        Result<guard::BanSubject> subject = subject_of(context, options);
        if (!subject) return report(context, subject.error());
        subjects.push_back(std::move(*subject));
    }
    return with_guardd(context, [&](guard::Administration& guardd, net::Loop& loop) {
        if (options.all) {
            const Result<std::vector<guard::Ban>> bans = all_bans(guardd, loop);
            if (!bans) return report(context, bans.error());
            for (const guard::Ban& ban : *bans) subjects.push_back(ban.subject);
        }
        std::size_t lifted = 0;
        for (const guard::BanSubject& subject : subjects) {
            const Result<std::size_t> count = loop.run_until_complete(guardd.lift(subject));
            if (!count) return report(context, count.error());
            lifted += *count;
        }
        if (lifted == 0 && !options.all)
            return report(context, {ErrorCode::not_found, name_of(subjects.front()) + " is not banned", {}});
        return done(context, "Lifted " + std::to_string(lifted) + (lifted == 1 ? " ban." : " bans."),
                    {{"lifted", lifted}});
    });
}

}  // namespace

void add_ban_commands(CLI::App& auth, Context& context) {
    CLI::App* group = add_group(auth, "bans", "Networks and accounts whose log-ins are refused");
    add_command(*group, context, "list", "List bans, those for failures and those by hand", "auth bans list",
                [&context] { return list(context); });

    auto options = std::make_shared<Options>();
    const auto with_subject = [options](CLI::App* command, const char* account) {
        command->add_option("network", options->network, "An address or a network: 192.0.2.7, 2001:db8::/48");
        command->add_option("--account", options->account, account)->type_name("ADDRESS");
    };
    CLI::App* command =
        add_command(*group, context, "add", "Ban a network or an account: its log-ins are refused",
                    "auth bans add 192.0.2.0/24 --for 7d", [&context, options] { return add(context, *options); });
    with_subject(command, "Only log-ins of this account; without a network: from anywhere");
    command->add_option("--for", options->time, "How long (30m, 12h, 7d); without it until the ban is lifted")
        ->type_name("TIME");
    command->add_option("--reason", options->reason, "Why, for the list and the log")->type_name("TEXT");

    command = add_command(*group, context, "lift",
                          "Lift bans, and forget the failures; a network's with those of accounts from there",
                          "auth bans lift 192.0.2.7", [&context, options] { return lift(context, *options); });
    with_subject(command, "Only the ban of this account from there; without a network: from anywhere");
    command->add_flag("--all", options->all, "All bans, also those by hand");
}

}  // namespace posthouse::cli
