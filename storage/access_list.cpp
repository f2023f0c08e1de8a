// dovecot-acl: lines "<identifier> <letters> :<names>", the identifier quoted where it holds a blank.
#include "storage/access_list.h"

#include <algorithm>
#include <map>
#include <optional>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

using Kind = Identifier::Kind;

constexpr std::size_t max_name_bytes = 255;

struct KindName {
    Kind kind;
    std::string_view text;
    bool has_name;
};

constexpr KindName kinds[] = {{Kind::anyone, "anyone", false},   {Kind::authenticated, "authenticated", false},
                              {Kind::group, "group=", true},     {Kind::owner, "owner", false},
                              {Kind::user, "user=", true},       {Kind::group_override, "group-override=", true},
                              {Kind::anyone, "anonymous", false}};

/// The names by which Dovecot calls what has a letter; a file may use either.
constexpr std::pair<std::string_view, Right> right_names[] = {{"lookup", Right::lookup},
                                                              {"read", Right::read},
                                                              {"write", Right::write},
                                                              {"write-seen", Right::seen},
                                                              {"write-deleted", Right::delete_message},
                                                              {"insert", Right::insert},
                                                              {"post", Right::post},
                                                              {"expunge", Right::expunge},
                                                              {"create", Right::create},
                                                              {"delete", Right::delete_mailbox},
                                                              {"admin", Right::administer},
                                                              {"annotate", Right::annotate}};
/// Dovecot knows no letter for them, and refuses a file with others than its own; names may be any.
constexpr Rights without_letter{Right::annotate};

/// As a file may hold it: whatever the name is.
std::optional<Identifier> find_identifier(std::string_view text) {
    for (const auto& [kind, word, has_name] : kinds) {
        if (has_name ? !text.starts_with(word) : text != word) continue;
        return Identifier{kind, std::string(text.substr(word.size()))};
    }
    return std::nullopt;
}

/// A quoted identifier without its quotes, and the line after it; nothing: no such thing.
std::optional<std::string> take_quoted(std::string_view& line) {
    std::string identifier;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '"') {
            line.remove_prefix(i + 1);
            if (!line.empty() && line.front() != ' ') return std::nullopt;
            return identifier;
        }
        if (line[i] == '\\' && ++i == line.size()) return std::nullopt;
        identifier += line[i];
    }
    return std::nullopt;
}

std::string_view take_word(std::string_view& line, std::string_view ends) {
    const std::size_t end = std::min(line.find_first_of(ends), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

void skip(std::string_view& line, std::string_view characters) {
    line.remove_prefix(std::min(line.find_first_not_of(characters), line.size()));
}

/// "lrs :name other" into the entry; false: not rights.
bool take_rights(std::string_view line, AccessEntry& entry) {
    skip(line, " \t");
    const std::string_view letters = take_word(line, " \t:");
    // The obsolete letters, and those that Dovecot doesn't know, are for IMAP only.
    const Result<Rights> rights = Rights::parse(letters);
    if (!rights || letters.find_first_of("cdn") != std::string_view::npos) return false;
    entry.rights = *rights;
    skip(line, " \t");
    if (line.empty()) return true;
    if (line.front() != ':') return false;
    line.remove_prefix(1);
    for (;;) {
        skip(line, ", \t");
        if (line.empty()) return true;
        const std::string_view name = take_word(line, ", \t");
        const auto* const known = std::ranges::find(right_names, name, &std::pair<std::string_view, Right>::first);
        if (known != std::end(right_names))
            entry.rights = entry.rights | Rights{known->second};
        else if (std::ranges::find(entry.named, name) == entry.named.end())
            entry.named.emplace_back(name);
    }
}

std::optional<AccessEntry> parse_line(std::string_view line) {
    if (std::ranges::any_of(line, [](char c) { return ascii::is_control(c) && c != '\t'; })) return std::nullopt;
    std::optional<std::string> identifier;
    if (line.starts_with('"'))
        identifier = take_quoted(line);
    else
        identifier = std::string(take_word(line, " "));
    if (!identifier) return std::nullopt;
    AccessEntry entry;
    entry.negative = identifier->starts_with('-');
    const std::optional<Identifier> who = find_identifier(std::string_view(*identifier).substr(entry.negative ? 1 : 0));
    if (!who || !take_rights(line, entry)) return std::nullopt;
    entry.who = *who;
    return entry;
}

std::string to_line(const AccessEntry& entry) {
    std::string line = (entry.negative ? "-" : "") + entry.who.text();
    if (line.find(' ') != std::string::npos) {
        std::string quoted = "\"";
        for (const char c : line) {
            if (c == '"' || c == '\\' || c == '\'') quoted += '\\';
            quoted += c;
        }
        line = quoted + '"';
    }
    line += " " + (entry.rights - without_letter).letters();
    std::vector<std::string> names = entry.named;
    if (entry.rights.has(Right::annotate)) names.emplace_back("annotate");
    for (std::size_t i = 0; i < names.size(); ++i) line += (i == 0 ? " :" : " ") + names[i];
    return line;
}

void merge(AccessEntry& into, const AccessEntry& other) {
    into.rights = into.rights | other.rights;
    for (const std::string& name : other.named)
        if (std::ranges::find(into.named, name) == into.named.end()) into.named.push_back(name);
}

bool is_senseless(std::string_view line) { return !line.empty() && line != "\r" && line.front() != '#'; }

bool matches(const Identifier& who, const Viewer& viewer, bool is_owner) {
    switch (who.kind) {
        case Kind::anyone: return true;
        case Kind::authenticated: return !viewer.user.empty();
        case Kind::owner: return is_owner;
        case Kind::user: return !viewer.user.empty() && who.name == viewer.user;
        case Kind::group:
        case Kind::group_override: return std::ranges::find(viewer.groups, who.name) != viewer.groups.end();
    }
    return false;
}

}  // namespace

Result<Identifier> Identifier::parse(std::string_view text) {
    std::optional<Identifier> identifier = find_identifier(text);
    if (!identifier) return fail(ErrorCode::invalid, "Unknown identifier");
    const bool needs_name =
        identifier->kind == Kind::user || identifier->kind == Kind::group || identifier->kind == Kind::group_override;
    if (identifier->name.size() > max_name_bytes) return fail(ErrorCode::limit, "Identifier is too long");
    if ((needs_name && identifier->name.empty()) || !ascii::is_utf8(identifier->name) ||
        std::ranges::any_of(identifier->name, ascii::is_control))
        return fail(ErrorCode::invalid, "Invalid identifier");
    return *identifier;
}

std::string Identifier::text() const {
    const auto* const found = std::ranges::find(kinds, kind, &KindName::kind);
    return std::string(found->text) + name;
}

AccessList AccessList::parse(std::string_view text) {
    AccessList list;
    while (!text.empty()) {
        const std::string_view line = take_word(text, "\n");
        if (!text.empty()) text.remove_prefix(1);
        std::optional<AccessEntry> entry = parse_line(line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0)));
        if (entry)
            list.lines_.emplace_back(std::move(*entry));
        else
            list.lines_.emplace_back(std::string(line));
    }
    return list;
}

std::string AccessList::text() const {
    std::string text;
    for (const Line& line : lines_) {
        const auto* const entry = std::get_if<AccessEntry>(&line);
        text += entry != nullptr ? to_line(*entry) : std::get<std::string>(line);
        text += '\n';
    }
    return text;
}

std::vector<AccessEntry> AccessList::entries() const {
    std::map<std::pair<Identifier, bool>, AccessEntry> merged;
    for (const Line& line : lines_) {
        const auto* const entry = std::get_if<AccessEntry>(&line);
        if (entry == nullptr) continue;
        const auto [place, is_new] = merged.try_emplace({entry->who, entry->negative}, *entry);
        if (!is_new) merge(place->second, *entry);
    }
    std::vector<AccessEntry> entries;
    entries.reserve(merged.size());
    for (auto& [key, entry] : merged) entries.push_back(std::move(entry));
    return entries;
}

std::vector<std::string> AccessList::senseless() const {
    std::vector<std::string> found;
    for (const Line& line : lines_)
        if (const auto* const text = std::get_if<std::string>(&line); text != nullptr && is_senseless(*text))
            found.push_back(*text);
    return found;
}

Result<bool> AccessList::change(const Identifier& who, bool negative, const AccessChange& change) {
    const auto is_meant = [&](const Line& line) {
        const auto* const entry = std::get_if<AccessEntry>(&line);
        return entry != nullptr && entry->who == who && entry->negative == negative;
    };
    const std::vector<Line> before = lines_;
    const auto place = std::ranges::find_if(lines_, is_meant);
    if (place == lines_.end()) {
        if (change.action == AccessChange::Action::forget || change.action == AccessChange::Action::remove)
            return false;
        if (lines_.size() >= max_entries) return fail(ErrorCode::limit, "Too many entries in the access control list");
        lines_.emplace_back(AccessEntry{who, negative, change.rights});
        return true;
    }
    // Lines of the same identifier become one, and where there were several the other list is there, too, if only
    // empty: it makes a difference (effective()), and Dovecot writes it so.
    const auto is_other = [&](const Line& line) {
        const auto* const entry = std::get_if<AccessEntry>(&line);
        return entry != nullptr && entry->who == who && entry->negative != negative;
    };
    const bool needs_other = change.action != AccessChange::Action::forget &&
                             std::ranges::count_if(lines_, is_meant) > 1 && std::ranges::none_of(lines_, is_other);
    auto& entry = std::get<AccessEntry>(*place);
    for (auto other = place + 1; other != lines_.end(); ++other)
        if (is_meant(*other)) merge(entry, std::get<AccessEntry>(*other));
    switch (change.action) {
        case AccessChange::Action::replace:
            entry.rights = change.rights;
            entry.named.clear();
            break;
        case AccessChange::Action::add: entry.rights = entry.rights | change.rights; break;
        case AccessChange::Action::remove: entry.rights = entry.rights - change.rights; break;
        case AccessChange::Action::forget: break;
    }
    const auto rest = change.action == AccessChange::Action::forget ? place : place + 1;
    lines_.erase(std::remove_if(rest, lines_.end(), is_meant), lines_.end());
    if (needs_other) lines_.emplace_back(AccessEntry{who, !negative, {}});
    return lines_ != before;
}

Rights AccessList::effective(const Viewer& viewer, bool is_owner) const {
    if (!is_owner && !senseless().empty()) return {};
    struct Lists {
        std::optional<Rights> given;
        std::optional<Rights> taken;
    };
    std::map<Identifier, Lists> all;
    for (const Line& line : lines_) {
        const auto* const entry = std::get_if<AccessEntry>(&line);
        if (entry == nullptr) continue;
        const auto [place, is_first] = all.try_emplace(entry->who);
        auto& [given, taken] = place->second;
        // Several lines of an identifier: Dovecot has an empty list then where it has none otherwise, which replaces
        // what was before it.
        if (!is_first) {
            given = given.value_or(Rights());
            taken = taken.value_or(Rights());
        }
        std::optional<Rights>& side = entry->negative ? taken : given;
        side = side.value_or(Rights()) | entry->rights;
    }
    Rights given = is_owner ? Rights::all() : Rights();
    Rights taken;
    bool owner_applied = !is_owner;
    std::optional<Kind> kind;
    for (const auto& [who, lists] : all) {
        if (!owner_applied && who.kind >= Kind::owner) {
            owner_applied = true;
            given = Rights::all();
            taken = {};
        }
        if (!matches(who, viewer, is_owner)) continue;
        const bool adds = kind == who.kind;
        kind = who.kind;
        if (lists.given) given = adds ? given | *lists.given : *lists.given;
        if (lists.taken) taken = adds ? taken | *lists.taken : *lists.taken;
    }
    return owner_applied ? given - taken : Rights::all();
}

}  // namespace posthouse::storage
