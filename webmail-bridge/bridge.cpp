// bridged: routes, and what stands behind each.
#include "webmail-bridge/bridge.h"

#include <array>
#include <utility>
#include <vector>

#include "lib/base/ascii.h"
#include "webmail-bridge/metrics_merge.h"
#include "webmail-bridge/readiness.h"

namespace posthouse::bridge {
namespace {

constexpr std::string_view text_type = "text/plain; charset=utf-8";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// The path of a request; a target in absolute form (RFC 9112 §3.2.2) names scheme and host before it.
std::string_view path_of(const http::Request& request) {
    std::string_view path = request.path();
    if (!ascii::istarts_with(path, "http://")) return path;
    path.remove_prefix(7);
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? "/" : path.substr(slash);
}

/// Why a part is not ready; empty: it is.
std::string reason_of(const PartAnswer& answer) {
    if (!answer.answer) return answer.answer.error().text;
    if (answer.answer->status == 200) return {};
    const std::string_view said = ascii::trim(answer.answer->body);
    return said.empty() ? "answered " + std::to_string(answer.answer->status) : std::string(said);
}

/// Whether each part answered, as a metric.
std::string parts_up(const std::vector<PartAnswer>& answers) {
    std::string text =
        "# HELP posthouse_part_up Whether a part of the server answered\n# TYPE posthouse_part_up gauge\n";
    for (const PartAnswer& answer : answers)
        text += "posthouse_part_up{daemon=\"" + log::escape(answer.part.name) + "\",worker=\"" +
                std::to_string(answer.part.worker) +
                (answer.answer && answer.answer->status == 200 ? "\"} 1\n" : "\"} 0\n");
    return text;
}

}  // namespace

struct Bridge::Route {
    std::string_view path;
    net::Async<http::Response> (Bridge::*answer)();
};

const Bridge::Route* Bridge::route_of(std::string_view path) {
    static constexpr std::array<Route, 3> routes{{
        {"/health", &Bridge::health_page},
        {"/ready", &Bridge::ready_page},
        {"/metrics", &Bridge::metrics_page},
    }};
    for (const Route& route : routes)
        if (route.path == path) return &route;
    return nullptr;
}

Bridge::Bridge(daemon::Daemon& daemon)
    : daemon_(daemon),
      pool_(daemon.loop(), 1),
      readiness_(daemon, pool_, "/ready"),
      metrics_(daemon, pool_, "/metrics") {}

net::Async<> Bridge::serve(daemon::Connection& connection) {
    co_await serve_http(connection.stream, daemon_.config()->bridge.timeout, *this);
}

std::string Bridge::overloaded_reply(std::string_view) const {
    http::Response response = http::response(503, text_type, "Too many connections\n");
    response.headers.add("Retry-After", "1");
    response.keep_alive = false;
    return http::to_wire(response);
}

net::Async<http::Response> Bridge::handle(const http::Request& request) {
    const Route* route = route_of(path_of(request));
    http::Response response;
    if (route == nullptr) {
        response = http::response(404, text_type, "Not found\n");
    } else if (request.method != "GET" && request.method != "HEAD") {
        response = http::response(405, text_type, "GET or HEAD\n");
        response.headers.add("Allow", "GET, HEAD");
    } else {
        response = co_await (this->*route->answer)();
    }
    count(route == nullptr ? "other" : route->path, response.status);
    co_return response;
}

void Bridge::malformed(int status) { count("other", status); }

net::Async<http::Response> Bridge::health_page() { co_return http::response(200, text_type, "ok\n"); }

net::Async<http::Response> Bridge::ready_page() {
    const std::shared_ptr<const Answered> answered = co_await readiness_.ask();
    if (!*answered) co_return unknown_readiness(answered->error().message());
    std::vector<PartReadiness> parts;
    for (const PartAnswer& answer : **answered) parts.push_back({answer.part, reason_of(answer)});
    co_return readiness_page(parts);
}

net::Async<http::Response> Bridge::metrics_page() {
    const std::shared_ptr<const Answered> answered = co_await metrics_.ask();
    std::vector<MetricsText> texts;
    texts.push_back({1, daemon_.metrics().text()});
    if (*answered) {
        texts.push_back({1, parts_up(**answered)});
        for (const PartAnswer& answer : **answered)
            if (answer.answer && answer.answer->status == 200)
                texts.push_back({answer.part.worker, answer.answer->body});
    }
    co_return http::response(200, metrics_type, merge_metrics(texts));
}

void Bridge::count(std::string_view path, int status) {
    daemon_.metrics()
        .counter("posthouse_http_requests_total", "Requests answered",
                 {{"path", std::string(path)}, {"status", std::to_string(status)}})
        .add();
}

int run_bridged(int argc, char** argv) {
    daemon::Spec spec;
    spec.name = "bridged";
    spec.services = {{"http", daemon::Transport::plain}};
    spec.connections = [](const config::Config& config) { return static_cast<std::size_t>(config.bridge.connections); };
    spec.create = [](daemon::Daemon& daemon) { return std::make_unique<Bridge>(daemon); };
    return daemon::run_daemon(argc, argv, spec);
}

}  // namespace posthouse::bridge
