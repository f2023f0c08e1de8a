// Courier's small files.
#include "storage/courier.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <unordered_set>

#include "lib/base/ascii.h"
#include "storage/flags.h"
#include "storage/maildir_name.h"

namespace posthouse::storage {
namespace {

/// Courier itself bounds neither; nobody has that many in one mailbox.
constexpr std::size_t max_keywords_listed = 10'000;
constexpr std::size_t max_keywords_of_message = 1'000;

bool is_base_name(std::string_view base) {
    return !base.empty() && base.find('/') == std::string_view::npos && std::ranges::none_of(base, ascii::is_control);
}

std::optional<std::uint32_t> parse_u32(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

/// Of two lines of one message the later counts, as in dovecot-uidlist.
void drop_superseded(std::vector<UidListEntry>& entries) {
    std::unordered_set<std::string> known;
    std::vector<UidListEntry> kept;
    for (UidListEntry& entry : std::views::reverse(entries))
        if (known.insert(entry.base).second) kept.push_back(std::move(entry));
    std::ranges::reverse(kept);
    entries = std::move(kept);
}

/// "UID<number>-<uidvalidity>", and without the second for those that an older Courier had numbered.
std::optional<std::string> unique_id_of(std::string_view field) {
    const std::vector<std::string_view> parts = ascii::split(field, ':');
    if (parts.size() < 2) return std::nullopt;
    const auto number = parse_u32(parts[0]);
    const auto validity = parse_u32(parts[1]);
    if (!number || !validity) return std::nullopt;
    const std::string id = "UID" + std::to_string(*number);
    return *validity == 0 ? id : id + "-" + std::to_string(*validity);
}

}  // namespace

std::uint32_t CourierUids::next_uid() const {
    const std::uint32_t last = lines.entries.empty() ? 0 : lines.entries.back().uid;
    return std::max({header.next_uid, last, last + 1});  // there is none above the highest
}

std::optional<CourierUids> parse_courier_uids(std::string_view text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::optional<UidListHeader> header = parse_uidlist_header(text.substr(0, end));
    if (!header || !header->version1) return std::nullopt;
    CourierUids uids{std::move(*header), parse_uidlist_lines(text.substr(end + 1), true, 0)};
    if (end + 1 + uids.lines.bytes != text.size()) uids.lines.damaged = true;
    drop_superseded(uids.lines.entries);
    return uids;
}

CourierKeywords parse_courier_keywords(std::string_view text) {
    CourierKeywords messages;
    std::vector<std::string> names;
    bool in_messages = false;
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (!in_messages) {
            in_messages = line.empty();
            if (!in_messages && names.size() < max_keywords_listed) names.emplace_back(line);
            continue;
        }
        // The base name may hold colons.
        const auto colon = line.rfind(':');
        if (colon == std::string_view::npos || !is_base_name(line.substr(0, colon))) continue;
        std::vector<std::string> of_message;
        for (const std::string_view word : ascii::split(line.substr(colon + 1), ' ')) {
            const auto number = parse_u32(word);
            if (number && *number < names.size() && of_message.size() < max_keywords_of_message &&
                Keywords::make({names[*number]}))
                of_message.push_back(names[*number]);
        }
        if (!of_message.empty()) messages.insert_or_assign(std::string(line.substr(0, colon)), std::move(of_message));
    }
    return messages;
}

std::vector<std::string> parse_courier_keyword_lines(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string_view line : ascii::split(text, '\n'))
        if (names.size() < max_keywords_of_message && Keywords::make({std::string(line)})) names.emplace_back(line);
    return names;
}

std::unordered_map<std::string, std::string> parse_courier_unique_ids(std::string_view text) {
    std::unordered_map<std::string, std::string> ids;
    const std::vector<std::string_view> lines = ascii::split(text, '\n');
    const std::vector<std::string_view> header = ascii::split(lines.front(), ' ');
    const auto version = header.front().starts_with('/') ? parse_u32(header.front().substr(1)) : std::nullopt;
    std::unordered_set<std::string> told;
    constexpr std::uint32_t first_with_ids = 2;
    if (!version || *version < first_with_ids) return ids;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        // The file's name may hold blanks.
        const auto last = lines[i].rfind(' ');
        if (last == std::string_view::npos) continue;
        const auto before = lines[i].substr(0, last).rfind(' ');
        if (before == std::string_view::npos) continue;
        const std::string_view base = base_of(lines[i].substr(0, before));
        std::optional<std::string> id = unique_id_of(lines[i].substr(last + 1));
        if (id && is_base_name(base) && told.insert(*id).second) ids.try_emplace(std::string(base), std::move(*id));
    }
    return ids;
}

std::vector<std::string> parse_courier_subscriptions(std::string_view text) {
    constexpr std::string_view prefix = "INBOX.";
    std::vector<std::string> lines;
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (ascii::iequals(line, prefix.substr(0, prefix.size() - 1))) lines.emplace_back("INBOX");
        if (!ascii::istarts_with(line, prefix) || line.size() == prefix.size()) continue;
        std::string name(line.substr(prefix.size()));
        std::ranges::replace(name, '.', '\t');
        lines.push_back(std::move(name));
    }
    return lines;
}

}  // namespace posthouse::storage
