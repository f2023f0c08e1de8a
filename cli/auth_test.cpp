// posthouse auth test: whether somebody may log in, and what that hangs on.
#include "cli/auth_test.h"

#include <CLI/Option.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "auth/client/auth_client.h"
#include "auth/directory/address.h"
#include "auth/passwords/password.h"
#include "auth/passwords/scram.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/password_input.h"
#include "cli/table.h"
#include "cli/user_quota.h"
#include "guardd/administration.h"
#include "guardd/client.h"

namespace posthouse::cli {
namespace {

constexpr auto patience = std::chrono::seconds(30);  // for authd: failures are answered on a tick, after a queue

struct Options {
    std::string user;
    bool password_from_stdin = false;
    std::string service = "imap";
    std::string from;
};

/// What is told: lines for people, a document for programs.
class Findings {
  public:
    void add(const std::string& label, const std::string& text, const std::string& key, nlohmann::json value) {
        lines_.emplace_back(label, text);
        document_[key] = std::move(value);
    }
    /// Why a log-in would fail. The first reason decides the exit code.
    void object(Exit exit, const std::string& reason) {
        if (exit_ == Exit::ok) exit_ = exit;
        objections_.push_back(reason);
    }
    Exit print(Context& context) {
        document_["objections"] = objections_;
        document_["may_log_in"] = objections_.empty();
        if (context.json) {
            print_json(context, document_);
            return exit_;
        }
        std::size_t width = 0;
        for (const auto& [label, text] : lines_) width = std::max(width, label.size());
        for (const auto& [label, text] : lines_)
            context.out << label << std::string(width + 2 - label.size(), ' ') << printable(text) << '\n';
        if (objections_.empty()) context.out << "Nothing speaks against a log-in.\n";
        for (const std::string& reason : objections_) context.out << "No: " << printable(reason) << '\n';
        return exit_;
    }

  private:
    std::vector<std::pair<std::string, std::string>> lines_;
    std::vector<std::string> objections_;
    nlohmann::json document_ = nlohmann::json::object();
    Exit exit_ = Exit::ok;
};

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

std::string listed(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

/// A log-in name: `user`, or `user*master` where there are master users.
struct Name {
    std::string user;    ///< in the form of the directory
    std::string master;  ///< who is to prove who they are; empty: the user
};

Result<Name> parse_name(const config::Config& config, const std::string& text) {
    const auth::LocalPart form = auth::local_part_setting(config);
    const std::string& separator = config.auth.master_user_separator;
    const auto cut =
        separator.empty() || config.auth.master_users.empty() ? std::string::npos : text.rfind(separator.front());
    const Result<auth::MailAddress> user = auth::parse_user_address(text.substr(0, cut), form);
    if (!user) return fail(user.error());
    if (cut == std::string::npos) return Name{user->text(), {}};
    const Result<auth::MailAddress> master = auth::parse_user_address(text.substr(cut + 1), form);
    if (!master) return fail(master.error());
    return Name{user->text(), master->text()};
}

/// How the user is looked up.
void add_look_up(const auth::DatabaseSettings& settings, const std::string& email, Findings& findings) {
    const config::LookupQuery& query = settings.directory.queries.user;
    const std::vector<std::string> values = query.values(email);
    findings.add("database", auth::describe(settings), "database", auth::describe(settings));
    findings.add("query", query.sql() + "  [" + listed(values) + "]", "query",
                 {{"sql", query.sql()}, {"values", values}});
}

/// The stored password, without a word of the hash.
void add_password(const config::Config& config, const auth::User& user, Findings& findings) {
    const auth::PasswordSettings settings = auth::password_settings(config);
    if (user.password.empty()) {
        findings.add("password", "none", "password", nullptr);
        return findings.object(Exit::failure, user.email + " has no password");
    }
    const Result<auth::PasswordKind> kind = auth::kind_of_password(user.password, settings.default_scheme);
    if (!kind) {
        findings.add("password", kind.error().text, "password", {{"problem", kind.error().text}});
        return findings.object(Exit::failure, kind.error().text);
    }
    const bool rehash = config.auth.rehash && auth::needs_rehash(user.password, settings);
    std::vector<std::string> mechanisms;
    for (const auto& [hash, name] :
         {std::pair{sasl::ScramHash::sha_1, "SCRAM-SHA-1"}, std::pair{sasl::ScramHash::sha_256, "SCRAM-SHA-256"}}) {
        if (auth::scram_secret(user.password, user.scram_keys, hash, settings.default_scheme))
            mechanisms.emplace_back(name);
    }
    findings.add("password", '{' + kind->scheme + '}' + (kind->cost.empty() ? "" : ", " + kind->cost), "password",
                 {{"scheme", kind->scheme}, {"cost", kind->cost}, {"rehash", rehash}, {"scram", mechanisms}});
    if (rehash)
        findings.add("rehash", "at the next log-in with the password, as {" + settings.scheme + '}', "rehash", true);
    findings.add("SCRAM", mechanisms.empty() ? "not possible: no keys are kept" : listed(mechanisms), "scram",
                 mechanisms);
}

std::string service_list(const auth::Services& services) {
    if (services.all()) return "all";
    std::string all;
    for (const std::string_view name : services.names()) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

bool is_webmail(const Options& options) { return auth::Services("http").allow(options.service); }

/// Services, and what the password serves for.
void add_services(const Options& options, const auth::User& user, const std::vector<auth::AppPassword>& apps,
                  Findings& findings) {
    findings.add("services", service_list(user.services), "services", user.services.names());
    if (!user.services.allow(options.service))
        findings.object(Exit::failure, user.email + " may not use " + options.service);
    findings.add("must change", yes_or_no(user.must_change_password), "must_change_password",
                 user.must_change_password);
    if (user.must_change_password && !is_webmail(options))
        findings.object(Exit::failure, "the password must be changed before it serves for " + options.service);
    if (user.app_passwords_only) findings.add("app passwords", "needed, but for webmail", "app_passwords_only", true);
    nlohmann::json rows = nlohmann::json::array();
    for (const auth::AppPassword& app : apps) {
        std::string text = app.name + ": " + service_list(app.scope);
        if (!app.networks.empty()) text += ", from " + app.networks;
        if (app.expires_at) text += ", until " + format_time(*app.expires_at);
        text += app.last_used_at ? ", last used " + format_time(*app.last_used_at) : ", never used";
        rows.push_back({{"name", app.name}, {"scope", app.scope.names()}, {"networks", app.networks}});
        findings.add("app password", text, "app_passwords", rows);
    }
}

void add_rights(const config::Config& config, const Name& name, const auth::User& user, Findings& findings) {
    findings.add("enabled", yes_or_no(user.enabled), "enabled", user.enabled);
    if (!user.enabled) findings.object(Exit::failure, user.email + " is disabled");
    findings.add("administrator", yes_or_no(user.admin), "admin", user.admin);
    const Result<storage::QuotaLimits> limits = quota_of(config, user);
    const std::uint64_t bytes = config.quota.enabled && limits ? limits->total().bytes : 0;
    std::string quota = bytes == 0 ? "none" : std::to_string(bytes >> 20) + " MB";
    if (user.usage) quota += ", used " + std::to_string(user.usage->mb()) + " MB";
    findings.add("quota", quota, "limit_bytes", bytes == 0 ? nlohmann::json() : nlohmann::json(bytes));
    findings.add("mechanisms", listed(config.auth.mechanisms), "mechanisms", config.auth.mechanisms);
    if (!config.auth.master_users.empty())
        findings.add("master users", listed(config.auth.master_users), "master_users", config.auth.master_users);
    if (name.master.empty()) return;
    findings.add("master", name.master, "master", name.master);
    if (std::ranges::find(config.auth.master_users, name.master) == config.auth.master_users.end())
        findings.object(Exit::failure, name.master + " is not in auth.master_users");
}

/// What guardd says of log-ins to this account from there.
void add_guard(const config::Config& config, const std::string& account, const net::Address& from, Findings& findings) {
    if (config.listen.guard.empty()) return;
    net::Loop loop;
    guard::Client guardd(loop, config.listen.guard);
    std::optional<guard::Penalty> penalty;
    loop.run_until_complete([](guard::Client& client, std::string ip, std::string user,
                               std::optional<guard::Penalty>& answer) -> net::Async<> {
        answer = co_await client.auth_penalty(ip, user);
        co_await client.stop();
    }(guardd, from.ip(), account, penalty));
    const std::string where = from.is_ip() ? " from " + from.ip() : "";
    if (!penalty) {
        findings.add("guardd", "does not answer", "penalty", nullptr);
        return;
    }
    const auto delay = penalty->delay.count();
    std::string text = delay == 0 ? "no delay" + where : "answers wait " + std::to_string(delay) + " ms" + where;
    if (penalty->refused) text = "log-ins are refused" + where + ": " + penalty->reason;
    findings.add("guardd", text, "penalty",
                 {{"delay_ms", delay}, {"refused", penalty->refused}, {"reason", penalty->reason}});
    if (penalty->refused) findings.object(Exit::failure, "guardd refuses log-ins" + where + ": " + penalty->reason);

    guard::Administration administration(loop, config.listen.guard);
    const Result<std::vector<guard::Ban>> bans = loop.run_until_complete(administration.bans());
    nlohmann::json rows = nlohmann::json::array();
    if (!bans) return;  // to administrators only; what holds now has been said
    for (const guard::Ban& ban : *bans) {
        const Result<net::Network> network = net::Network::parse(ban.subject.network);
        const bool is_there = !from.is_ip() || !network || network->contains(from);
        const bool concerns = ban.subject.account.empty() ? network && from.is_ip() && is_there
                                                          : ban.subject.account == account && is_there;
        if (!concerns) continue;
        const std::string network_text = ban.subject.network.empty() ? "anywhere" : ban.subject.network;
        const std::string until =
            ban.until ? "until " + format_time(ban.until->count() / 1000) : std::string("until it is lifted");
        findings.add("ban",
                     (ban.subject.account.empty() ? "" : ban.subject.account + " ") + "from " + network_text + ' ' +
                         until + ": " + ban.reason,
                     "ban", nullptr);
        rows.push_back({{"network", ban.subject.network}, {"account", ban.subject.account}, {"reason", ban.reason}});
    }
    findings.add("bans", std::to_string(rows.size()), "bans", rows);
}

/// What authd says to a log-in with the password. The failure counts for nobody.
Result<auth::Login> ask_authd(const config::Config& config, const Options& options, const net::Address& from,
                              Secret password) {
    if (config.listen.login.empty()) return fail(ErrorCode::unsupported, "listen.login is empty: there is no authd");
    net::Loop loop;
    auth::AuthClient authd(loop, config.listen.login);
    auth::LoginContext circumstances{options.service, from, {}, true, "posthouse auth test"};
    circumstances.no_penalty = true;
    return loop.run_until_complete([](auth::AuthClient& client, auth::LoginContext context, std::string user,
                                      Secret secret) -> net::Async<Result<auth::Login>> {
        Result<auth::Login> login =
            co_await client.log_in(std::move(context), std::move(user), std::move(secret), net::Deadline::in(patience));
        co_await client.close();
        co_return login;
    }(authd, std::move(circumstances), options.user, std::move(password)));
}

void add_verdict(const config::Config& config, const Options& options, const net::Address& from,
                 const auth::User& proving, const std::vector<auth::AppPassword>& apps, Secret password,
                 Findings& findings) {
    const auth::PasswordSettings settings = auth::password_settings(config);
    const Result<bool> right = auth::verify_password(proving.password, password.view(), settings.default_scheme);
    if (right) findings.add("this password", *right ? "is right" : "is wrong", "password_right", *right);
    bool fits = !right || *right;
    for (const auth::AppPassword& app : apps) {
        const Result<bool> is_app = auth::verify_password(app.password, password.view(), settings.default_scheme);
        if (!is_app || !*is_app) continue;
        findings.add("this password", "is the app password " + app.name, "app_password", app.name);
        fits = true;
    }
    if (!fits) findings.object(Exit::failure, "the password is wrong");
    const Result<auth::Login> login = ask_authd(config, options, from, std::move(password));
    const std::string said = login ? "lets " + login->user + " in" : "says: " + login.error().text;
    findings.add("authd", said, "verdict",
                 {{"accepted", login.has_value()}, {"text", login ? "" : login.error().text}});
    if (login) return;
    const bool away = login.error().code == ErrorCode::unavailable || login.error().code == ErrorCode::unsupported;
    findings.object(away ? Exit::unavailable : Exit::failure, "authd says: " + login.error().message());
}

Exit test(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<Name> name = parse_name(**config, options.user);
    if (!name) return report(context, name.error());
    net::Address from;
    if (!options.from.empty()) {
        const Result<net::Address> parsed = net::Address::from_ip(options.from, 0);
        if (!parsed) return report(context, parsed.error());
        from = *parsed;
    }
    Secret password;
    if (options.password_from_stdin) {
        Result<Secret> line = read_password_line(context);
        if (!line) return report(context, line.error());
        password = std::move(*line);
    }
    const Result<auth::DatabaseSettings> settings = database(context);
    if (!settings) return report(context, settings.error());
    Findings findings;
    findings.add("user", name->user, "user", name->user);
    add_look_up(*settings, name->user, findings);
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::optional<auth::User>> user = (*directory)->find_user(name->user);
    if (!user) return report(context, user.error());
    findings.add("found", yes_or_no(user->has_value()), "found", user->has_value());
    if (!*user) {
        findings.object(Exit::not_found, "there is no user " + name->user);
        return findings.print(context);
    }
    // A master user's own password counts.
    const std::string& proving = name->master.empty() ? name->user : name->master;
    const Result<std::optional<auth::User>> prover = (*directory)->find_user(proving);
    if (!prover) return report(context, prover.error());
    add_rights(**config, *name, **user, findings);
    if (*prover)
        add_password(**config, **prover, findings);
    else
        findings.object(Exit::not_found, "there is no user " + proving);
    const Result<std::vector<auth::AppPassword>> apps =
        (*directory)->find_app_passwords(proving, auth::max_app_passwords);
    if (!apps) return report(context, apps.error());
    add_services(options, **user, *apps, findings);
    add_guard(**config, proving, from, findings);
    if (options.password_from_stdin && *prover)
        add_verdict(**config, options, from, **prover, *apps, std::move(password), findings);
    return findings.print(context);
}

}  // namespace

void add_auth_test_command(CLI::App& auth, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(auth, context, "test", "Say whether a user may log in, and what that hangs on",
                                    "auth test joe@example.org --service imap --from 192.0.2.7 --password-stdin",
                                    [&context, options] { return test(context, *options); });
    command->add_option("address", options->user, "The log-in name, also user*master")->required();
    command->add_flag("--password-stdin", options->password_from_stdin,
                      "Try the password from standard input (one line) at authd; a wrong one counts for nobody");
    command->add_option("--service", options->service, "What to log in to: imap, pop3, submission")
        ->type_name("SERVICE")
        ->capture_default_str();
    command->add_option("--from", options->from, "The address that the log-in is to come from")->type_name("IP");
}

}  // namespace posthouse::cli
