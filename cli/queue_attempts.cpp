// queued asked on its control socket.
#include "cli/queue_attempts.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/output.h"
#include "cli/table.h"
#include "lib/daemon/control_client.h"

namespace posthouse::cli {
namespace {

constexpr std::chrono::seconds patience{2};

Result<http::Response> ask_queued(const config::Config& config, http::Request request) {
    net::Loop loop;
    const std::string path = config.general.run_folder + "/control/queued-1.sock";
    return loop.run_until_complete(daemon::ask_control(loop, path, std::move(request), net::Deadline::in(patience)));
}

Attempt attempt_of(const nlohmann::json& one) {
    Attempt attempt{.since = one.value("since", std::int64_t{0}),
                    .route = one.value("route", ""),
                    .host = one.value("host", ""),
                    .stage = one.value("stage", "")};
    for (const auto& number : one.value("recipients", nlohmann::json::array()))
        if (number.is_number_unsigned()) attempt.recipients.push_back(number.get<std::uint32_t>());
    return attempt;
}

}  // namespace

std::string to_words(const Attempt& attempt) {
    return "since " + format_time(attempt.since) + " at " + (attempt.host.empty() ? attempt.route : attempt.host) +
           (attempt.stage.empty() ? "" : " (" + attempt.stage + ")");
}

Attempts Attempts::parse(const std::string& document) {
    Attempts attempts;
    const nlohmann::json list = nlohmann::json::parse(document, nullptr, false);
    if (!list.is_array()) return attempts;
    for (const nlohmann::json& one : list)
        if (one.is_object()) attempts.by_id_[one.value("id", "")].push_back(attempt_of(one));
    return attempts;
}

Attempts Attempts::ask(Context& context, const config::Config& config) {
    http::Request request;
    request.target = "/attempts";
    const Result<http::Response> response = ask_queued(config, std::move(request));
    if (response && response->status == 200) return parse(response->body);
    if (!response && response.error().code != ErrorCode::unavailable)
        context.err << "Note: queued does not answer (" << printable(response.error().message())
                    << "): what it is trying now is not known\n";
    return {};
}

std::span<const Attempt> Attempts::of(const std::string& id) const& {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return {};
    return found->second;
}

Result<std::vector<Attempt>> leave_order(const config::Config& config, const std::string& id,
                                         const spool::Order& order) {
    http::Request request;
    request.method = "POST";
    request.target = "/orders";
    const nlohmann::json document{{"id", id}, {"order", to_string(order.kind)}, {"reason", order.reason}};
    request.body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const Result<http::Response> response = ask_queued(config, std::move(request));
    if (!response) return fail(response.error());
    if (response->status != 200) return fail(ErrorCode::not_found, "It is not being tried");
    const Attempts all = Attempts::parse(response->body);
    const std::span<const Attempt> attempts = all.of(id);
    return std::vector<Attempt>(attempts.begin(), attempts.end());
}

}  // namespace posthouse::cli
