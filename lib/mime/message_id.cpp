// Message-IDs and the lists of them.
#include "lib/mime/message_id.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

std::string without_space(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return !is_space(c); });
    return out;
}

}  // namespace

std::string_view MessageIdReader::next() {
    std::size_t open = std::string_view::npos;
    for (; position_ < value_.size(); ++position_) {
        const char c = value_[position_];
        if (c == '<') open = position_;
        if (c != '>' || open == std::string_view::npos) continue;
        const std::string_view inside = value_.substr(open + 1, position_ - open - 1);
        open = std::string_view::npos;
        if (ascii::trim(inside).empty()) continue;
        ++position_;
        return inside;
    }
    return {};
}

std::optional<std::string> parse_message_id(std::string_view value) {
    const std::string_view bracketed = MessageIdReader(value).next();
    if (!bracketed.empty()) return without_space(bracketed);
    std::string_view bare = ascii::trim(value);
    if (bare.starts_with('<')) bare.remove_prefix(1);
    std::string id(bare.substr(0, std::min(bare.find_first_of(" \t\r\n<>"), bare.size())));
    if (id.empty()) return std::nullopt;
    return id;
}

std::string normal_message_id(std::string_view id) {
    std::string out;
    out.reserve(id.size());
    bool quoted = false;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (id[i] == '"') {
            quoted = !quoted;
        } else if (quoted && id[i] == '\\' && i + 1 < id.size()) {
            out += id[++i];
        } else if (!is_space(id[i])) {
            out += id[i];
        }
    }
    return out;
}

}  // namespace posthouse::mime
