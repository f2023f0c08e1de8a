// posthouse quota get|recalc
#include <CLI/Option.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/command.h"
#include "cli/mail_owner.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/user_quota.h"
#include "lib/config/check.h"
#include "storage/store_state.h"
#include "storage/usage_source.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string address;
    std::string domain;
    bool all = false;

    bool is_one() const { return !address.empty(); }
};

/// A user, and what is to be known for counting.
struct Counted {
    auth::User user;
    storage::AccountName account;
    storage::SharedLimits limits;
};

/// The users that the command names.
Result<std::vector<Counted>> users_of(const Context& context, const Options& options, auth::Directory& directory,
                                      const config::Config& config) {
    if (!options.is_one() && !options.all && options.domain.empty())
        return fail(ErrorCode::invalid, "Whose quota? Give an address, --domain or --all");
    std::vector<auth::User> users;
    if (!options.is_one()) {
        Result<std::string> domain = options.all ? Result<std::string>() : auth::canonical_domain(options.domain);
        if (!domain) return fail(domain.error());
        const Result<bool> is_known = options.all ? Result<bool>(true) : directory.has_domain(*domain);
        if (!is_known) return fail(is_known.error());
        if (!*is_known) return fail(ErrorCode::not_found, "Domain " + *domain + " does not exist");
        Result<std::vector<auth::User>> all = directory.users(*domain);
        if (!all) return fail(all.error());
        users = std::move(*all);
    } else {
        const Result<auth::MailAddress> address = auth::parse_user_address(options.address, local_part(context));
        if (!address) return fail(address.error());
        const Result<std::optional<auth::User>> user = directory.find_user(address->text());
        if (!user) return fail(user.error());
        if (!*user) return fail(ErrorCode::not_found, "User " + address->text() + " does not exist");
        users.push_back(**user);
    }
    std::vector<Counted> counted;
    for (auth::User& user : users) {
        Result<storage::AccountName> account = storage::AccountName::parse(user.email);
        if (!account) return fail(account.error());
        Result<storage::QuotaLimits> limits = quota_of(config, user);
        if (!limits) return fail(limits.error());
        counted.push_back(
            {std::move(user), std::move(*account), std::make_shared<const storage::QuotaLimits>(std::move(*limits))});
    }
    return counted;
}

nlohmann::json limit_of(std::uint64_t limit) { return limit == 0 ? nlohmann::json() : nlohmann::json(limit); }

/// The greater of what is used of the two limits, in per cent; 0: there is no limit.
std::uint64_t percent_used(const storage::Usage& usage, const storage::QuotaLimit& limit) {
    const auto percent = [](std::int64_t used, std::uint64_t of) {
        return of == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(used) * 100 / static_cast<double>(of));
    };
    return std::max(percent(usage.bytes, limit.bytes), percent(usage.messages, limit.messages));
}

/// Words of [quota] without sense, told as `config check` does.
Result<> check_quota_words(const Context& context) {
    const auto loaded = config::load_file(context.config_path, config::process_environment());
    if (!loaded) return {};  // told by who asked for the configuration
    std::string text;
    for (const config::Problem& problem : config::quota_problems(*loaded->config, loaded->origins))
        text += (text.empty() ? "" : "\n") + problem.message();
    return text.empty() ? Result<>{} : fail(ErrorCode::unsupported, text);
}

nlohmann::json to_json(const Counted& counted, const storage::Usage& usage) {
    const storage::QuotaLimit& limit = counted.limits->total();
    return {{"email", counted.user.email},
            {"bytes", usage.bytes},
            {"messages", usage.messages},
            {"limit_bytes", limit_of(limit.bytes)},
            {"limit_messages", limit_of(limit.messages)},
            {"percent", percent_used(usage, limit)}};
}

Exit get(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    if (const Result<> words = check_quota_words(context); !words) return report(context, words.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<Counted>> users = users_of(context, options, **directory, **config);
    if (!users) return report(context, users.error());
    storage::Store store(storage::settings_from(**config));
    storage::UsageSource source(store);
    std::vector<std::pair<const Counted*, storage::Usage>> counts;
    for (const Counted& counted : *users) {
        const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(**config, store.state().root_of(counted.account));
        if (!acting) return report(context, acting.error());
        const Result<storage::Usage> usage = source.usage(counted.account, counted.limits);
        if (!usage) return report(context, usage.error());
        counts.emplace_back(&counted, *usage);
    }
    std::ranges::sort(counts, [](const auto& one, const auto& other) {
        return one.second.bytes != other.second.bytes ? one.second.bytes > other.second.bytes
                                                      : one.first->account.text() < other.first->account.text();
    });
    nlohmann::json rows = nlohmann::json::array();
    Table table({"ADDRESS", "SIZE", "LIMIT", "MESSAGES", "LIMIT", "USED"});
    for (const auto& [counted, usage] : counts) {
        const storage::QuotaLimit& limit = counted->limits->total();
        rows.push_back(to_json(*counted, usage));
        const bool is_limited = limit.bytes != 0 || limit.messages != 0;
        table.add({counted->user.email, format_size(static_cast<std::uint64_t>(usage.bytes)),
                   limit.bytes == 0 ? "-" : format_size(limit.bytes),
                   with_commas(static_cast<std::uint64_t>(usage.messages)),
                   limit.messages == 0 ? "-" : with_commas(limit.messages),
                   is_limited ? std::to_string(percent_used(usage, limit)) + "%" : "-"});
    }
    if (context.json)
        print_json(context, options.is_one() ? rows.front() : rows);
    else
        table.print(context.out);
    return Exit::ok;
}

Exit recalc(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    if (const Result<> words = check_quota_words(context); !words) return report(context, words.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<Counted>> users = users_of(context, options, **directory, **config);
    if (!users) return report(context, users.error());
    storage::Store store(storage::settings_from(**config));
    storage::UsageSource source(store);
    nlohmann::json rows = nlohmann::json::array();
    Table table({"ADDRESS", "BYTES", "MESSAGES", "BYTES BEFORE", "MESSAGES BEFORE"});
    for (const Counted& counted : *users) {
        const auto recounted = [&]() -> Result<storage::Recounted> {
            const Result<ActingAsOwner> acting =
                ActingAsOwner::of_mail(**config, store.state().root_of(counted.account));
            if (!acting) return fail(acting.error());
            Result<storage::Recounted> done = source.recount(counted.account, counted.limits);
            source.flush(storage::UsageSource::Flush::last);  // maildirsize
            return done;
        }();
        if (!recounted) return report(context, recounted.error());
        const storage::Usage& now = recounted->now;
        const Result<> noted = (*directory)->set_usage(counted.user.email, now.bytes, now.messages);
        // Tables of another program are left alone.
        if (!noted && noted.error().code != ErrorCode::unsupported) return report(context, noted.error());
        nlohmann::json row = to_json(counted, now);
        row["bytes_before"] = recounted->before.bytes;
        row["messages_before"] = recounted->before.messages;
        rows.push_back(std::move(row));
        table.add({counted.user.email, std::to_string(now.bytes), std::to_string(now.messages),
                   std::to_string(recounted->before.bytes), std::to_string(recounted->before.messages)});
    }
    if (context.json)
        print_json(context, options.is_one() ? rows.front() : rows);
    else
        table.print(context.out);
    return Exit::ok;
}

}  // namespace

void add_quota_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "quota", "Quota: what mailboxes take, and what they may take");
    auto options = std::make_shared<Options>();
    const auto with_users = [options](CLI::App* command) {
        CLI::Option* address = command->add_option("address", options->address, "The user's mail address");
        CLI::Option* domain =
            command->add_option("--domain", options->domain, "All users of this domain")->type_name("DOMAIN");
        domain->excludes(address);
        command->add_flag("--all", options->all, "All users")->excludes(address)->excludes(domain);
    };
    with_users(add_command(*group, context, "get", "Show what mailboxes take now, who takes most first",
                           "quota get joe@example.org\n"
                           "quota get --domain example.org",
                           [&context, options] { return get(context, *options); }));
    with_users(add_command(*group, context, "recalc",
                           "Count the files anew; makes the index anew where it told something else",
                           "quota recalc --all", [&context, options] { return recalc(context, *options); }));
}

}  // namespace posthouse::cli
