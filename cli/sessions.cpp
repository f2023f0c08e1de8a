// posthouse who, posthouse kick
#include "cli/sessions.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <utility>

#include "auth/directory/address.h"
#include "cli/listening.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/standing.h"
#include "cli/table.h"
#include "lib/base/ascii.h"
#include "lib/daemon/control_client.h"

namespace posthouse::cli {
namespace {

using Json = nlohmann::json;

constexpr auto patience = std::chrono::seconds(5);  // for one worker to answer
constexpr std::size_t max_users = 2000;             // in one request, which may have 1 MiB

/// The daemons whose clients log in.
bool has_sessions(std::string_view socket) {
    return socket.ends_with(".sock") &&
           std::ranges::any_of(std::array{"imapd-", "pop3d-", "smtpd-"},
                               [&](std::string_view prefix) { return socket.starts_with(prefix); });
}

/// The control sockets of their workers.
std::vector<std::string> control_sockets(const config::Config& config) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(config.general.run_folder + "/control", error)) {
        if (has_sessions(entry.path().filename().string())) paths.push_back(entry.path().string());
    }
    std::ranges::sort(paths);
    return paths;
}

struct Answers {
    std::vector<std::string> bodies;
    std::set<std::string> silent;  ///< the sockets of those that did not answer
};

/// What each worker that runs answers; one that does not answer is pointed out on err.
Answers ask_all(Context& context, const config::Config& config, const http::Request& request) {
    Answers answers;
    for (const std::string& path : control_sockets(config)) {
        net::Loop loop;
        const Result<http::Response> response =
            loop.run_until_complete(daemon::ask_control(loop, path, request, net::Deadline::in(patience)));
        if (response && response->status == 200) {
            answers.bodies.push_back(response->body);
            continue;
        }
        const Error error =
            response ? Error{ErrorCode::internal, "status " + std::to_string(response->status), {}} : response.error();
        if (error.code == ErrorCode::unavailable && nobody_listens(path)) continue;
        answers.silent.insert(path);
        context.err << "Note: " << printable(path) << " does not answer (" << printable(error.message()) << ").\n";
    }
    return answers;
}

/// A user, or `@domain`, as sessions have it.
Result<std::string> subject(const Context& context, const std::string& text) {
    if (text.starts_with('@')) {
        const Result<std::string> domain = auth::canonical_domain(text.substr(1));
        if (!domain) return fail(domain.error());
        return '@' + *domain;
    }
    const Result<auth::MailAddress> address = auth::parse_user_address(text, local_part(context));
    if (!address) return fail(address.error());
    return address->text();
}

bool is_meant(const std::string& user, const std::string& whom) {
    return whom.empty() || user == whom || (whom.starts_with('@') && user.ends_with(whom));
}

struct Options {
    std::string whom;
    bool all = false;
    std::vector<std::string> users;
};

Exit who(Context& context, const Options& options) {
    std::string whom;
    if (!options.whom.empty()) {
        Result<std::string> parsed = subject(context, options.whom);
        if (!parsed) return report(context, parsed.error());
        whom = std::move(*parsed);
    }
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    http::Request request;
    request.target = "/sessions";
    std::vector<Json> sessions;
    for (const std::string& answer : ask_all(context, **config, request).bodies) {
        const Json document = Json::parse(answer, nullptr, false);
        if (!document.is_array()) continue;
        for (const Json& session : document) {
            if (!session.is_object()) continue;
            const std::string user = session.value("user", "");
            if ((options.all || !user.empty()) && is_meant(user, whom)) sessions.push_back(session);
        }
    }
    std::ranges::sort(sessions, {}, [](const Json& session) {
        return std::pair(session.value("user", ""), session.value("session", ""));
    });
    if (context.json) {
        print_json(context, sessions);
        return Exit::ok;
    }
    Table table({"USER", "LISTENER", "CLIENT", "SINCE", "SESSION"});
    for (const Json& session : sessions) {
        const std::string user = session.value("user", "");
        table.add({user.empty() ? "-" : user, session.value("listener", ""), session.value("client", ""),
                   format_time(session.value("since", std::int64_t{0})), session.value("session", "")});
    }
    table.print_or("No sessions.", context.out);
    return Exit::ok;
}

/// not_found: the directory knows no such user, or domain. One that can't be asked knows all.
Result<> check_known(const Context& context, const std::string& user) {
    if (user.starts_with('@')) {
        const auto directory = open_directory(context);
        const Result<bool> known = directory ? (*directory)->has_domain(user.substr(1)) : Result<bool>(true);
        return !known || *known ? Result<>{}
                                : fail(ErrorCode::not_found, "Domain " + user.substr(1) + " does not exist");
    }
    const auto account = storage::AccountName::parse(user);
    const Standing standing = account ? Standings(context).of(*account) : Standing::unknown;
    if (standing == Standing::no_domain || standing == Standing::no_user) return fail(no_mail(user, {}, standing));
    return {};
}

Exit kick(Context& context, const Options& options) {
    std::vector<std::string> users;
    for (const std::string& text : options.users) {
        Result<std::string> user = subject(context, text);
        if (!user) return report(context, user.error());
        users.push_back(std::move(*user));
    }
    if (const Result<config::Snapshot> config = context.config(); !config) return report(context, config.error());
    const EndedSessions ended = end_sessions(context, users);
    // Whoever has left the directory may have had sessions all the same.
    if (ended.count == 0)
        for (const std::string& user : users)
            if (const Result<> known = check_known(context, user); !known) return report(context, known.error());
    const Exit exit =
        done(context, "Ended " + std::to_string(ended.count) + (ended.count == 1 ? " session." : " sessions."),
             {{"users", users}, {"sessions", ended.count}, {"not_asked", ended.not_asked}});
    return ended.not_asked.empty() ? exit : Exit::unavailable;
}

}  // namespace

EndedSessions end_sessions(Context& context, const std::vector<std::string>& users) {
    const Result<config::Snapshot> config = context.config();
    EndedSessions ended;
    if (!config) return ended;
    for (std::size_t first = 0; first < users.size(); first += max_users) {
        http::Request request;
        request.method = "POST";
        request.target = "/kick";
        for (std::size_t i = first; i < users.size() && i < first + max_users; ++i) request.body += users[i] + '\n';
        Answers answers = ask_all(context, **config, request);
        for (const std::string& body : answers.bodies)
            ended.count += ascii::parse_number(ascii::trim(body)).value_or(0);
        ended.not_asked.merge(answers.silent);
    }
    return ended;
}

void add_session_commands(CLI::App& app, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(app, context, "who", "Show who is logged in, from where", "who joe@example.org",
                                    [&context, options] { return who(context, *options); });
    command->add_option("address", options->whom, "Only this user, or @domain");
    command->add_flag("--all", options->all, "Also sessions in which nobody has logged in");

    command = add_command(app, context, "kick", "End the sessions of users; they may log in again",
                          "kick joe@example.org @example.net", [&context, options] { return kick(context, *options); });
    command->add_option("address", options->users, "Users, and @domain for everybody in it")->required();
}

}  // namespace posthouse::cli
