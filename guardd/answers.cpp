// guardd's answer to each question.
#include "guardd/answers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "guardd/client_network.h"
#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

constexpr std::string_view too_many = "Too many connections from your address";
constexpr std::size_t max_service_octets = 64;  // names of listeners are short

policy::Reply dunno() { return {"DUNNO"}; }

}  // namespace

Answers::Answers(Rules rules, Clock clock) : rules_(std::move(rules)), penalties_(rules_.penalties, std::move(clock)) {}

void Answers::set(Rules rules) {
    rules_ = std::move(rules);
    penalties_.set(rules_.penalties);
}

std::string Answers::network_of(const policy::Request& request) const {
    const std::string_view ip = request.get("client_address");
    const Result<net::Address> address = net::Address::from_ip(ip, 0);
    if (!address) return {};
    const auto holds = [&](const net::Network& network) { return network.contains(*address); };
    return std::ranges::any_of(rules_.trusted_networks, holds) ? std::string() : client_network(ip);
}

policy::Reply Answers::connect(ConnectionCounts::Owner owner, std::string_view service, const std::string& network) {
    if (network.empty()) return {"OK"};
    if (connections_.open(owner, service, network, rules_.connections_per_address)) return {"OK"};
    return {"REJECT " + std::string(too_many)};
}

// Postfix does not tell when a connection ends: its clients are held against the connections to smtpd beside it.
policy::Reply Answers::postfix(const std::string& network) const {
    if (network.empty() || connections_.count("smtp", network) < rules_.connections_per_address) return dunno();
    return {"DEFER 4.7.0 " + std::string(too_many)};
}

policy::Reply Answers::answer(ConnectionCounts::Owner owner, const policy::Request& request) {
    const std::optional<Question> question = question_named(request.get("request"));
    if (!question) return dunno();
    const std::string network = network_of(request);
    const std::string_view service = request.get("service").substr(0, max_service_octets);
    const std::string_view user = request.get("sasl_username");
    switch (*question) {
        case Question::postfix: return postfix(network);
        case Question::connect: return connect(owner, service, network);
        case Question::disconnect:
            // Also for a network that a reload has made a trusted one.
            connections_.close(owner, service, client_network(request.get("client_address")));
            return dunno();
        case Question::restore:
            if (!network.empty())
                connections_.restore(owner, service, network, ascii::parse_number(request.get("count")).value_or(0));
            return dunno();
        case Question::penalty: return {delay_action(penalties_.delay(network, user))};
        case Question::failure: penalties_.failure(network, user); return dunno();
        case Question::success: penalties_.success(network, user); return dunno();
    }
    std::unreachable();
}

}  // namespace posthouse::guard
