// Annotations as text: "posthouse-metadata 1", a line per value with tabs between name, user and value, "end <count>".
#include "storage/annotations.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view first_line = "posthouse-metadata 1";
constexpr std::string_view last_line = "end ";
constexpr std::size_t max_name_bytes = 255;
constexpr std::string_view hex_digits = "0123456789abcdef";

/// Control characters and the backslash as \xNN, so that each value has one spelling.
void append_escaped(std::string& text, std::string_view value) {
    for (const char c : value) {
        if (!ascii::is_control(c) && c != '\\') {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text.append("\\x").append(1, hex_digits[byte >> 4]).append(1, hex_digits[byte & 15]);
    }
}

/// Nothing: it isn't what append_escaped writes.
std::optional<std::string> unescape(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (ascii::is_control(text[i])) return std::nullopt;
        if (text[i] != '\\') {
            value += text[i];
            continue;
        }
        if (text.size() - i < 4 || text[i + 1] != 'x') return std::nullopt;
        const std::size_t high = hex_digits.find(text[i + 2]);
        const std::size_t low = hex_digits.find(text[i + 3]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        value += static_cast<char>(high * 16 + low);
        if (!ascii::is_control(value.back()) && value.back() != '\\') return std::nullopt;
        i += 3;
    }
    return value;
}

bool is_user(std::string_view user) {
    return !user.empty() && user.size() <= Annotations::max_user_bytes && ascii::is_utf8(user) &&
           std::ranges::none_of(user, ascii::is_control);
}

}  // namespace

Result<EntryName> EntryName::parse(std::string_view text) {
    if (text.size() > max_name_bytes) return fail(ErrorCode::limit, "Entry name is too long");
    std::string name = ascii::lower(text);
    const bool has_scope = name.starts_with("/private/") || name.starts_with("/shared/");
    const bool has_bad_character = std::ranges::any_of(
        name, [](char c) { return ascii::is_control(c) || ascii::is_8bit(c) || c == '*' || c == '%'; });
    if (!has_scope || has_bad_character || name.ends_with('/') || name.find("//") != std::string::npos)
        return fail(ErrorCode::invalid, "Invalid entry name");
    return EntryName(std::move(name));
}

bool EntryName::is_private() const { return text_.starts_with("/private/"); }

Annotations::Key Annotations::key_of(const EntryName& name, const AnnotationUser& user) {
    return {name, name.is_private() ? user : std::nullopt};
}

std::size_t Annotations::bytes_of(const Key& key, const std::string& value) {
    return key.first.text().size() + (key.second ? key.second->size() : 0) + value.size();
}

Annotations::Use Annotations::use_beside(const Key& key, bool of_user_only) const {
    Use use;
    for (const auto& [other, value] : values_) {
        const bool counts =
            of_user_only ? other.second == key.second : other.second.has_value() == key.second.has_value();
        if (!counts || other == key) continue;
        ++use.entries;
        use.bytes += bytes_of(other, value);
    }
    return use;
}

Result<> Annotations::check_room(const Key& key, const std::string& value) const {
    const auto with = [&](Use use) { return Use{use.entries + 1, use.bytes + bytes_of(key, value)}; };
    const bool fits = with(use_beside(key, false)).fits(max_entries, max_total_bytes) &&
                      (!key.second || with(use_beside(key, true)).fits(max_reader_entries, max_reader_bytes));
    return fits ? Result<>{} : fail(ErrorCode::limit, "Too many annotations");
}

bool Annotations::take_line(std::string_view line) {
    const std::vector<std::string_view> fields = ascii::split(line, '\t');
    if (fields.size() != 3) return false;
    const Result<EntryName> name = EntryName::parse(fields[0]);
    std::optional<std::string> value = unescape(fields[2]);
    if (!name || name->text() != fields[0] || !value) return false;
    if (!fields[1].empty() && (!name->is_private() || !is_user(fields[1]))) return false;
    Key key{*name, fields[1].empty() ? AnnotationUser() : AnnotationUser(fields[1])};
    return values_.size() < 2 * max_entries && value->size() <= max_value_bytes &&
           values_.try_emplace(std::move(key), std::move(*value)).second;
}

Annotations Annotations::parse(std::string_view text) {
    Annotations annotations;
    std::vector<std::string_view> lines = ascii::split(text, '\n');
    // What follows the last line end was cut off in its middle: nobody knows what it said.
    const bool is_cut = !lines.back().empty();
    lines.pop_back();
    std::size_t senseless = 0;
    for (const std::string_view line : lines)
        if (!annotations.take_line(line)) ++senseless;
    const bool has_frame = lines.size() >= 2 && lines.front() == first_line &&
                           lines.back() == std::string(last_line) + std::to_string(annotations.values_.size());
    annotations.damaged_ = is_cut || !has_frame || senseless != 2;
    return annotations;
}

std::string Annotations::text() const {
    std::string text(first_line);
    text += '\n';
    for (const auto& [key, value] : values_) {
        text.append(key.first.text()).append("\t").append(key.second.value_or("")).append("\t");
        append_escaped(text, value);
        text += '\n';
    }
    return text.append(last_line).append(std::to_string(values_.size())).append("\n");
}

std::optional<std::string> Annotations::find(const EntryName& name, const AnnotationUser& user) const {
    const auto place = values_.find(key_of(name, user));
    return place == values_.end() ? std::nullopt : std::optional(place->second);
}

Result<bool> Annotations::set(const EntryName& name, const AnnotationUser& user, std::optional<std::string> value) {
    Key key = key_of(name, user);
    if (key.second && !is_user(*key.second)) return fail(ErrorCode::invalid, "Invalid user");
    const auto place = values_.find(key);
    if (!value) {
        if (place == values_.end()) return false;
        values_.erase(place);
        return true;
    }
    if (value->size() > max_value_bytes) return fail(ErrorCode::limit, "Value is too long");
    if (place != values_.end() && place->second == *value) return false;
    const bool grows = place == values_.end() || value->size() > place->second.size();
    if (grows)
        if (Result<> room = check_room(key, *value); !room) return fail(room.error());
    values_.insert_or_assign(std::move(key), std::move(*value));
    return true;
}

std::vector<Annotation> Annotations::visible_to(const AnnotationUser& user) const {
    std::vector<Annotation> found;
    for (const auto& [key, value] : values_)
        if (!key.first.is_private() || key.second == user) found.push_back({key.first, key.second, value});
    return found;
}

std::vector<Annotation> Annotations::all() const {
    std::vector<Annotation> found;
    for (const auto& [key, value] : values_) found.push_back({key.first, key.second, value});
    return found;
}

}  // namespace posthouse::storage
