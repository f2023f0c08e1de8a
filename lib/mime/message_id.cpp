// Message-IDs and the lists of them.
#include "lib/mime/message_id.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/limits.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

std::string without_space(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return !is_space(c); });
    return out;
}

/// The next text between angle brackets from `position` on, which is moved behind it; empty at the end. Of "<a<b>" it
/// is b.
std::string_view next_bracketed(std::string_view value, std::size_t& position) {
    std::size_t open = std::string_view::npos;
    for (; position < value.size(); ++position) {
        const char c = value[position];
        if (c == '<') open = position;
        if (c != '>' || open == std::string_view::npos) continue;
        const std::string_view inside = value.substr(open + 1, position - open - 1);
        open = std::string_view::npos;
        if (ascii::trim(inside).empty()) continue;
        ++position;
        return inside;
    }
    return {};
}

}  // namespace

std::vector<std::string> parse_message_ids(std::string_view value) {
    std::vector<std::string_view> found;
    std::size_t position = 0;
    for (auto id = next_bracketed(value, position); !id.empty(); id = next_bracketed(value, position)) {
        found.push_back(id);
    }
    if (found.size() > max_message_ids) {
        const auto surplus = static_cast<std::ptrdiff_t>(found.size() - max_message_ids);
        const auto middle = found.begin() + static_cast<std::ptrdiff_t>(max_message_ids / 2);
        found.erase(middle, middle + surplus);
    }
    std::vector<std::string> ids;
    ids.reserve(found.size());
    for (const auto id : found) ids.push_back(without_space(id));
    return ids;
}

std::optional<std::string> parse_message_id(std::string_view value) {
    std::size_t position = 0;
    const std::string_view bracketed = next_bracketed(value, position);
    if (!bracketed.empty()) return without_space(bracketed);
    std::string_view bare = ascii::trim(value);
    if (bare.starts_with('<')) bare.remove_prefix(1);
    std::string id(bare.substr(0, std::min(bare.find_first_of(" \t\r\n<>"), bare.size())));
    if (id.empty()) return std::nullopt;
    return id;
}

}  // namespace posthouse::mime
