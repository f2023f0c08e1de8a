// ListRules: their words.
#include "auth/directory/list_rules.h"

#include <array>
#include <utility>

namespace posthouse::auth {
namespace {

constexpr std::array<std::pair<ListPosters, std::string_view>, 5> words{{
    {ListPosters::anyone, "anyone"},
    {ListPosters::authenticated, "authenticated"},
    {ListPosters::domain, "domain"},
    {ListPosters::members, "members"},
    {ListPosters::listed, "listed"},
}};
constexpr std::string_view owner_suffix = "-owner";

}  // namespace

std::string_view to_string(ListPosters posters) { return words[static_cast<std::size_t>(posters)].second; }

Result<ListPosters> parse_list_posters(std::string_view word) {
    for (const auto& [posters, known] : words)
        if (known == word) return posters;
    return fail(ErrorCode::invalid, "Who may post is one of anyone, authenticated, domain, members, listed");
}

std::string owner_address(std::string_view list) {
    std::string address(list);
    return address.insert(address.rfind('@'), owner_suffix);
}

std::optional<std::string> list_of_owner_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || !address.substr(0, at).ends_with(owner_suffix)) return std::nullopt;
    const std::string_view local = address.substr(0, at - owner_suffix.size());
    if (local.empty()) return std::nullopt;
    return std::string(local) + std::string(address.substr(at));
}

}  // namespace posthouse::auth
