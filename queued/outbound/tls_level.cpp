// TlsLevel: its words, and who has which.
#include "queued/outbound/tls_level.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/smtp/address.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::queued {
namespace {

constexpr std::array<std::pair<TlsLevel, std::string_view>, 6> words{{{TlsLevel::none, "none"},
                                                                      {TlsLevel::may, "may"},
                                                                      {TlsLevel::encrypt, "encrypt"},
                                                                      {TlsLevel::dane, "dane"},
                                                                      {TlsLevel::dane_only, "dane-only"},
                                                                      {TlsLevel::verify, "verify"}}};

/// "[mail.example.net]:587", "example.net".
std::string written(const Hop& hop) {
    return to_string(Route{.kind = Route::Kind::smtp, .hops = {hop}, .text = {}}).substr(5);
}

}  // namespace

std::optional<TlsLevel> parse_tls_level(std::string_view word) {
    const auto found = std::ranges::find(words, word, [](const auto& entry) { return entry.second; });
    if (found == words.end()) return std::nullopt;
    return found->first;
}

std::string_view to_string(TlsLevel level) {
    return std::ranges::find(words, level, [](const auto& entry) { return entry.first; })->second;
}

TlsLevel stricter(TlsLevel one, TlsLevel other) {
    constexpr std::array order{TlsLevel::none,    TlsLevel::may,    TlsLevel::dane,
                               TlsLevel::encrypt, TlsLevel::verify, TlsLevel::dane_only};
    return std::ranges::find(order, one) < std::ranges::find(order, other) ? other : one;
}

Result<> TlsPolicies::add(std::string_view entry) {
    const auto bad = [&](const std::string& why) {
        return fail(ErrorCode::invalid, "TLS policy \"" + std::string(entry) + "\": " + why);
    };
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) return bad("write destination=level");
    const auto level = parse_tls_level(entry.substr(equals + 1));
    if (!level) return bad("the levels are none, may, encrypt, dane, dane-only and verify");
    const std::string_view destination = entry.substr(0, equals);
    std::string name;
    if (destination.starts_with('.')) {
        const Result<std::string> domain = smtp::to_a_labels(destination.substr(1));
        if (!domain || !smtp::is_domain(*domain)) return bad("no domain");
        name = '.' + *domain;
    } else {
        const Result<Route> route = parse_route("smtp:" + std::string(destination), "");
        if (destination.empty() || !route || route->hops.size() != 1) return bad("no destination");
        name = written(route->hops.front());
    }
    if (!levels_.emplace(name, *level).second) return fail(ErrorCode::exists, "Two TLS policies of " + name);
    return {};
}

std::optional<TlsLevel> TlsPolicies::find(const Hop& hop) const {
    const auto found = levels_.find(written(hop));
    if (found != levels_.end()) return found->second;
    std::string name = hop.host;
    for (;;) {
        const auto level = levels_.find(name);
        if (level != levels_.end()) return level->second;
        const auto dot = name.find('.', 1);
        if (dot == std::string::npos) return std::nullopt;
        name.erase(0, dot);
    }
}

}  // namespace posthouse::queued
