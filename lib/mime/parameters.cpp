// Parameters of Content-Type and Content-Disposition.
#include "lib/mime/parameters.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/charset.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/limits.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

/// A parameter as it stands in the field: `name` may end in "*0", "*0*" or "*".
struct RawParameter {
    std::string name;
    std::string value;
};

/// Without quotes a value ends at white space or ";". A file name with spaces has none of them before the next ";":
/// then they belong to it.
std::string bare_value(Scanner& in) {
    std::string value(in.word(";"));
    const std::size_t end = in.rest().find_first_of(";=\"(");
    const bool more = end == std::string_view::npos || in.rest()[end] == ';';
    if (!more) return value;
    const std::string_view tail = in.rest().substr(0, end);
    for (const char c : tail) {
        if (c != '\r' && c != '\n') value += c;
    }
    in.move_to(in.position() + tail.size());
    while (!value.empty() && ascii::is_wsp(value.back())) value.pop_back();
    return value;
}

std::vector<RawParameter> read_raw(std::string_view text, std::size_t position) {
    std::vector<RawParameter> found;
    Scanner in(text, position);
    while (found.size() < max_parameters) {
        in.skip_cfws();
        if (in.at_end()) break;
        const std::string_view name = in.word("=;\"(");
        in.skip_cfws();
        if (!in.take('=')) {
            if (name.empty()) {
                std::string ignored;
                if (in.at('"')) {
                    in.quoted_string(ignored);
                } else if (!in.at_end()) {
                    in.advance();
                }
            }
            continue;
        }
        in.skip_cfws();
        RawParameter parameter{std::string(name), {}};
        if (in.at('"')) {
            in.quoted_string(parameter.value);
        } else {
            parameter.value = bare_value(in);
        }
        if (!name.empty()) found.push_back(std::move(parameter));
    }
    return found;
}

/// The pieces of a name: base, section ("*0"), extended (a last "*").
struct SplitName {
    std::string_view base;
    std::optional<std::uint64_t> section;
    bool extended = false;
};

SplitName split_name(std::string_view name) {
    SplitName split{name, std::nullopt, false};
    if (split.base.ends_with('*')) {
        split.extended = true;
        split.base.remove_suffix(1);
    }
    const auto star = split.base.rfind('*');
    if (star != std::string_view::npos) {
        split.section = ascii::parse_number(split.base.substr(star + 1));
        if (split.section) split.base = split.base.substr(0, star);
    }
    if (split.base.empty()) return {name, std::nullopt, false};
    return split;
}

/// attribute-char of RFC 2231 §7.
bool is_attribute_char(char c) {
    return c > ' ' && c < 0x7f && std::string_view("*'%()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_attribute_char(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// One section of a continued parameter.
struct Section {
    std::string value;
    bool extended = false;
};
using Sections = std::map<std::uint64_t, Section>;

/// Joins sections 0, 1, 2 … up to the first that is missing (RFC 2231 §3).
Parameter join(std::string_view name, const Sections& sections) {
    Parameter joined{std::string(name), {}, false};
    joined.extended = std::ranges::any_of(sections, [](const auto& entry) { return entry.second.extended; });
    std::uint64_t expected = 0;
    for (const auto& [number, section] : sections) {
        if (number != expected++) break;
        if (joined.extended && number == 0 && !section.extended) joined.value = "''";
        joined.value += joined.extended && !section.extended ? percent_encode(section.value) : section.value;
    }
    return joined;
}

/// charset'language'text to UTF-8.
std::string decode_extended(std::string_view value) {
    const auto first = value.find('\'');
    const auto second = first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) return guess_utf8(percent_decode(value));
    const std::string bytes = percent_decode(value.substr(second + 1));
    return to_utf8(bytes, value.substr(0, first)).value_or(guess_utf8(bytes));
}

}  // namespace

Parameters parse_parameters(std::string_view text, std::size_t position) {
    std::vector<RawParameter> raw = read_raw(text, position);
    std::map<std::string, Sections, ascii::ILess> continued;
    for (const RawParameter& parameter : raw) {
        const SplitName split = split_name(parameter.name);
        if (!split.section) continue;
        continued[std::string(split.base)].try_emplace(*split.section, Section{parameter.value, split.extended});
    }
    Parameters parameters;
    for (RawParameter& parameter : raw) {
        const SplitName split = split_name(parameter.name);
        if (!split.section) {
            parameters.push_back({std::string(split.base), std::move(parameter.value), split.extended});
            continue;
        }
        const auto entry = continued.find(split.base);
        if (entry == continued.end()) continue;  // was joined at its first section
        if (entry->second.contains(0)) {
            parameters.push_back(join(split.base, entry->second));
            continued.erase(entry);
        } else {
            parameters.push_back({parameter.name, std::move(parameter.value), false});
        }
    }
    return parameters;
}

const Parameter* find_parameter(const Parameters& parameters, std::string_view name) {
    const auto found =
        std::ranges::find_if(parameters, [name](const Parameter& p) { return ascii::iequals(p.name, name); });
    return found == parameters.end() ? nullptr : &*found;
}

std::optional<std::string> parameter_text(const Parameters& parameters, std::string_view name) {
    const auto extended = std::ranges::find_if(
        parameters, [name](const Parameter& p) { return p.extended && ascii::iequals(p.name, name); });
    if (extended != parameters.end()) return decode_extended(extended->value);
    const Parameter* plain = find_parameter(parameters, name);
    if (plain == nullptr) return std::nullopt;
    return decode_encoded_words(plain->value);
}

}  // namespace posthouse::mime
