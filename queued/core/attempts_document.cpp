// Deliveries and orders as JSON.
#include "queued/core/attempts_document.h"

#include <nlohmann/json.hpp>

namespace posthouse::queued {

std::string attempts_document(const Active& active) {
    nlohmann::json list = nlohmann::json::array();
    for (const Active::Attempting& one : active.attempts())
        list.push_back({{"id", one.id},
                        {"since", one.since},
                        {"route", one.route},
                        {"host", one.standing.host},
                        {"stage", one.standing.stage},
                        {"recipients", one.recipients}});
    return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::pair<std::string, spool::Order>> parse_order(std::string_view document) {
    const nlohmann::json parsed = nlohmann::json::parse(document, nullptr, false);
    if (!parsed.is_object()) return std::nullopt;
    const auto text = [&](const char* key) {
        const auto value = parsed.find(key);
        return value != parsed.end() && value->is_string() ? value->get<std::string>() : std::string();
    };
    const auto kind = spool::parse_order_kind(text("order"));
    if (!kind) return std::nullopt;
    return std::pair(text("id"), spool::Order{.kind = *kind, .reason = text("reason")});
}

}  // namespace posthouse::queued
