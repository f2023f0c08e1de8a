// The text of dovecot-uidlist: parsing that leaves out what makes no sense, and writing.
#include "storage/uidlist.h"

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"
#include "storage/maildir_name.h"

namespace posthouse::storage {
namespace {

std::optional<std::uint32_t> parse_u32(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::optional<UidListHeader> parse_uidlist_header(std::string_view line) {
    const std::vector<std::string_view> words = ascii::split(line, ' ');
    UidListHeader header;
    if (words.front() == "1" && words.size() >= 3) {
        const auto validity = parse_u32(words[1]);
        const auto next = parse_u32(words[2]);
        if (!validity || !next || *validity == 0) return std::nullopt;
        header.uid_validity = *validity;
        header.next_uid = *next;
        header.version1 = true;
        return header;
    }
    if (words.front() != "3") return std::nullopt;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word.empty()) continue;
        const std::string_view value = word.substr(1);
        if (word.front() == 'V' || word.front() == 'N') {
            const auto number = parse_u32(value);
            if (!number) return std::nullopt;
            (word.front() == 'V' ? header.uid_validity : header.next_uid) = *number;
        } else if (word.front() == 'G') {
            header.guid = value;
        } else {
            header.others.append(" ").append(word);
        }
    }
    if (header.uid_validity == 0 || header.next_uid == 0) return std::nullopt;
    return header;
}

std::optional<UidListEntry> parse_uidlist_line(std::string_view line, bool version1) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto uid = parse_u32(line.substr(0, blank));
    if (!uid || *uid == 0) return std::nullopt;
    UidListEntry entry;
    entry.uid = *uid;
    std::string_view rest = line.substr(blank + 1);
    if (!version1) {
        // The name begins at the first word that begins with a colon.
        std::size_t colon = 0;
        if (!rest.starts_with(':')) {
            colon = rest.find(" :");
            if (colon == std::string_view::npos) return std::nullopt;
            entry.extras = ascii::trim(rest.substr(0, colon));
            if (std::ranges::any_of(rest.substr(0, colon), ascii::is_control)) return std::nullopt;
            ++colon;
        }
        rest.remove_prefix(colon + 1);
    }
    entry.base = base_of(rest);
    if (entry.base.empty() || entry.base.find('/') != std::string::npos || entry.base.find('\0') != std::string::npos)
        return std::nullopt;
    return entry;
}

std::string to_line(const UidListHeader& header) {
    std::string line = "3 V" + std::to_string(header.uid_validity) + " N" + std::to_string(header.next_uid);
    if (!header.guid.empty()) line += " G" + header.guid;
    return line + header.others + "\n";
}

std::string to_line(const UidListEntry& entry) {
    std::string line = std::to_string(entry.uid);
    if (!entry.extras.empty()) line.append(" ").append(entry.extras);
    return line + " :" + entry.base + "\n";
}

std::optional<std::string_view> extra_in(std::string_view extras, char key) {
    if (extras.empty()) return std::nullopt;
    for (const std::string_view field : ascii::split(extras, ' '))
        if (!field.empty() && field.front() == key) return field.substr(1);
    return std::nullopt;
}

void add_extra(std::string& extras, char key, std::string_view value) {
    if (!extras.empty()) extras += ' ';
    extras += key;
    extras += value;
}

UidListLines parse_uidlist_lines(std::string_view text, bool version1, std::uint32_t last_uid) {
    UidListLines lines;
    for (;;) {
        const auto end = text.find('\n', lines.bytes);
        if (end == std::string_view::npos) return lines;
        std::optional<UidListEntry> entry = parse_uidlist_line(text.substr(lines.bytes, end - lines.bytes), version1);
        lines.bytes = end + 1;
        if (!entry || entry->uid <= last_uid) {
            lines.damaged = true;
            continue;
        }
        last_uid = entry->uid;
        lines.entries.push_back(std::move(*entry));
    }
}

}  // namespace posthouse::storage
