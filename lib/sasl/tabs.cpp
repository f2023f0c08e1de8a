// Lines of Dovecot's auth protocols: fields between tabs.
#include "lib/sasl/tabs.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::sasl {

const std::string* find_parameter(const Parameters& parameters, std::string_view key) {
    const auto found = std::ranges::find(parameters, key, &Parameter::key);
    return found == parameters.end() ? nullptr : &found->value;
}

std::string tab_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '\0':
                out +=
                    "\001"
                    "0";
                break;
            case '\001':
                out +=
                    "\001"
                    "1";
                break;
            case '\t':
                out += "\001t";
                break;
            case '\r':
                out += "\001r";
                break;
            case '\n':
                out += "\001n";
                break;
            default:
                out += c;
        }
    }
    return out;
}

Result<std::string> tab_unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001') {
            out += text[i];
            continue;
        }
        if (++i == text.size()) return fail(ErrorCode::invalid, "Escape at the end of a field");
        switch (text[i]) {
            case '0':
                out += '\0';
                break;
            case '1':
                out += '\001';
                break;
            case 't':
                out += '\t';
                break;
            case 'r':
                out += '\r';
                break;
            case 'n':
                out += '\n';
                break;
            default:
                return fail(ErrorCode::invalid, "Unknown escape in a field");
        }
    }
    return out;
}

Result<std::vector<std::string_view>> split_line(std::string_view line) {
    if (line.size() > max_auth_line) return fail(ErrorCode::limit, "Line too long");
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return fail(ErrorCode::invalid, "Empty line");
    if (line.find('\0') != std::string_view::npos || line.find('\n') != std::string_view::npos)
        return fail(ErrorCode::invalid, "NUL or LF in a line");
    if (static_cast<std::size_t>(std::ranges::count(line, '\t')) >= max_fields)
        return fail(ErrorCode::limit, "Too many fields in a line");
    return ascii::split(line, '\t');
}

Result<Parameter> parse_parameter(std::string_view field) {
    const auto equals = field.find('=');
    Result<std::string> key = tab_unescape(field.substr(0, equals));
    if (!key) return fail(key.error());
    if (key->empty()) return fail(ErrorCode::invalid, "Parameter without a name");
    if (equals == std::string_view::npos) return Parameter{std::move(*key), {}};
    Result<std::string> value = tab_unescape(field.substr(equals + 1));
    if (!value) return fail(value.error());
    return Parameter{std::move(*key), std::move(*value)};
}

Result<Parameters> parse_parameters(const std::vector<std::string_view>& fields, std::size_t first) {
    Parameters parameters;
    for (std::size_t i = first; i < fields.size(); ++i) {
        if (fields[i].empty()) continue;
        Result<Parameter> parameter = parse_parameter(fields[i]);
        if (!parameter) return fail(parameter.error());
        parameters.push_back(std::move(*parameter));
    }
    return parameters;
}

void append_parameter(std::string& line, std::string_view key, std::string_view value) {
    line += '\t';
    line += tab_escape(key);
    if (value.empty()) return;
    line += '=';
    line += tab_escape(value);
}

void append_parameters(std::string& line, const Parameters& parameters) {
    for (const Parameter& parameter : parameters) append_parameter(line, parameter.key, parameter.value);
}

std::optional<std::uint32_t> parse_u32(std::string_view text) {
    const std::optional<std::uint64_t> number = ascii::parse_number(text);
    if (!number || *number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace posthouse::sasl
