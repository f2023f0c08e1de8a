// posthouse address explain
#include <CLI/Option.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "auth/directory/resolve.h"
#include "cli/address_steps.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/user_quota.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string address;
};

/// A final recipient, and what is to be known of it.
struct Explained {
    auth::Recipient recipient;
    std::optional<auth::User> user;  ///< a local one
    std::uint64_t limit_bytes = 0;   ///< 0: none
    std::string transport;           ///< what map `transport` tells; empty: nothing
};

bool is_local(const Explained& one) { return one.recipient.transport == auth::Recipient::Transport::local; }

/// In the order in which Postfix asks: the address, its domain, the domains above with a dot.
Result<std::string> transport_of(auth::Lookups& directory, const std::string& address) {
    std::vector<std::string> keys{address};
    std::string domain = address.substr(address.rfind('@') + 1);
    keys.push_back(domain);
    for (auto dot = domain.find('.'); dot != std::string::npos; dot = domain.find('.', dot + 1))
        keys.push_back(domain.substr(dot));
    for (const std::string& key : keys) {
        Result<std::optional<std::string>> found = directory.transport(key);
        if (!found) return fail(found.error());
        if (*found) return std::move(**found);
    }
    return std::string();
}

Result<Explained> explain(auth::Lookups& directory, const config::Config& config, const auth::Recipient& recipient) {
    Explained explained{recipient, {}, 0, {}};
    Result<std::string> transport = transport_of(directory, recipient.address);
    if (!transport) return fail(transport.error());
    explained.transport = std::move(*transport);
    if (!is_local(explained)) return explained;
    Result<std::optional<auth::User>> user = directory.find_user(recipient.address);
    if (!user) return fail(user.error());
    explained.user = std::move(*user);
    if (!explained.user || !config.quota.enabled) return explained;
    const Result<storage::QuotaLimits> limits = quota_of(config, *explained.user);
    if (!limits) return fail(limits.error());
    explained.limit_bytes = limits->total().bytes;
    return explained;
}

/// MB, rounded up.
std::string megabytes(std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MB"; }

std::string described(const Explained& one) {
    std::string text = one.recipient.address;
    if (!is_local(one)) text += ": on another server";
    if (is_local(one)) text += ": a mailbox here";
    if (!one.recipient.detail.empty()) text += ", detail \"" + one.recipient.detail + '"';
    if (one.user && !one.user->enabled) text += ", of a disabled user (who still gets mail)";
    if (one.user && one.user->usage) {
        const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, one.user->usage->bytes));
        text += ", with " + megabytes(bytes);
        if (one.limit_bytes > 0)
            text += " of " + megabytes(one.limit_bytes) + (bytes >= one.limit_bytes ? ": full" : "");
    }
    if (!one.transport.empty()) text += "; handed to " + one.transport;
    return text;
}

nlohmann::json to_json(const Explained& one) {
    nlohmann::json row = {{"address", one.recipient.address}, {"local", is_local(one)}};
    if (!one.recipient.detail.empty()) row["detail"] = one.recipient.detail;
    if (!one.transport.empty()) row["transport"] = one.transport;
    if (!one.user) return row;
    row["enabled"] = one.user->enabled;
    row["usage_bytes"] = one.user->usage ? nlohmann::json(one.user->usage->bytes) : nlohmann::json();
    row["limit_bytes"] = one.limit_bytes > 0 ? nlohmann::json(one.limit_bytes) : nlohmann::json();
    return row;
}

Exit print(Context& context, const std::string& address, const std::vector<auth::ResolveStep>& steps,
           const std::vector<Explained>& recipients, const std::optional<Error>& error) {
    if (context.json) {
        nlohmann::json document = {
            {"address", address}, {"steps", nlohmann::json::array()}, {"recipients", nlohmann::json::array()}};
        for (const auth::ResolveStep& step : steps) document["steps"].push_back(cli::to_json(step));
        for (const Explained& one : recipients) document["recipients"].push_back(to_json(one));
        if (error) document["error"] = {{"code", to_string(error->code)}, {"message", error->message()}};
        print_json(context, document);
        return error ? exit_code(*error) : Exit::ok;
    }
    context.out << printable(address) << '\n';
    for (const auth::ResolveStep& step : steps)
        context.out << std::string(2 * (step.depth + 1), ' ') << printable(sentence(step)) << '\n';
    if (error) return report(context, *error);
    context.out << (recipients.size() == 1 ? "Recipient:\n" : "Recipients:\n");
    for (const Explained& one : recipients) context.out << "  " << printable(described(one)) << '\n';
    return Exit::ok;
}

Exit explain(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    std::vector<auth::ResolveStep> steps;
    const Result<auth::Resolution> resolution =
        auth::resolve(**directory, options.address, auth::resolve_settings(**config),
                      [&](const auth::ResolveStep& step) { steps.push_back(step); });
    if (!resolution) {
        Error error = resolution.error();
        if (error.code == ErrorCode::not_found) error.text = "Nobody gets mail for " + options.address;
        if (steps.empty()) return report(context, error);
        return print(context, options.address, steps, {}, error);
    }
    std::vector<Explained> recipients;
    for (const auth::Recipient& recipient : resolution->recipients) {
        Result<Explained> one = explain(**directory, **config, recipient);
        if (!one) return report(context, one.error());
        recipients.push_back(std::move(*one));
    }
    return print(context, options.address, steps, recipients, {});
}

}  // namespace

void add_address_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "address", "Where mail goes");
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(*group, context, "explain", "Say step by step where mail for an address goes",
                                    "address explain info+shop@example.org",
                                    [&context, options] { return explain(context, *options); });
    command->add_option("address", options->address, "Any address")->required();
}

}  // namespace posthouse::cli
