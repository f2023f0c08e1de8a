// The TXT record of MTA-STS.
#include "lib/mta-sts/record.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::string_view version = "v=STSv1";
constexpr std::size_t max_id = 32;
constexpr std::size_t max_name = 32;

std::string_view without_wsp(std::string_view text) {
    while (!text.empty() && ascii::is_wsp(text.front())) text.remove_prefix(1);
    while (!text.empty() && ascii::is_wsp(text.back())) text.remove_suffix(1);
    return text;
}

bool is_extension_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name && ascii::is_alnum(name.front()) &&
           std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

bool is_extension_value(std::string_view value) {
    return !value.empty() &&
           std::ranges::all_of(value, [](char c) { return c > ' ' && c < 127 && c != ';' && c != '='; });
}

bool is_id(std::string_view value) {
    return !value.empty() && value.size() <= max_id && std::ranges::all_of(value, ascii::is_alnum);
}

}  // namespace

std::optional<std::string> parse_record(std::string_view text) {
    std::vector<std::string_view> fields = ascii::split(text, ';');
    // The version stands first, with nothing before it.
    std::string_view first = fields.front();
    while (!first.empty() && ascii::is_wsp(first.back())) first.remove_suffix(1);
    if (first != version || fields.size() < 2) return std::nullopt;
    if (without_wsp(fields.back()).empty()) fields.pop_back();
    std::optional<std::string> id;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const std::string_view field = without_wsp(fields[i]);
        const std::size_t equals = field.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view name = field.substr(0, equals);
        const std::string_view value = field.substr(equals + 1);
        if (name == "id" ? !is_id(value) : !is_extension_name(name) || !is_extension_value(value)) return std::nullopt;
        if (name == "id" && !id) id = value;
    }
    return id;
}

std::optional<std::string> find_id(const std::vector<std::string>& records) {
    const std::string* only = nullptr;
    for (const std::string& record : records) {
        if (!record.starts_with("v=STSv1;")) continue;
        if (only != nullptr) return std::nullopt;
        only = &record;
    }
    return only == nullptr ? std::nullopt : parse_record(*only);
}

}  // namespace posthouse::mta_sts
