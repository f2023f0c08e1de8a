// Durations, sizes, and values as TOML text.
#include "lib/config/value.h"

#include <array>
#include <limits>

#include "lib/base/ascii.h"

namespace posthouse::config {
namespace {

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};

// Largest first, so that format finds the largest that divides.
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 5> size_units{{{"T", 1024 * GiB}, {"G", GiB}, {"M", MiB}, {"K", KiB}, {"", 1}}};

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
    std::size_t digits = 0;
    while (digits < text.size() && ascii::is_digit(text[digits])) ++digits;
    const auto number = ascii::parse_number(text.substr(0, digits));
    if (!number) return std::nullopt;
    const std::string_view suffix = text.substr(digits);
    for (const Unit& unit : units) {
        if (unit.suffix != suffix) continue;
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (*number > most / unit.factor) return std::nullopt;
        return *number * unit.factor;
    }
    return std::nullopt;
}

template <std::size_t N>
std::string format_with_unit(std::uint64_t value, const std::array<Unit, N>& units) {
    for (const Unit& unit : units) {
        if (value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.suffix);
    }
    return std::to_string(value);
}

std::string format_strings(const std::vector<std::string>& strings) {
    std::string out = "[";
    for (const std::string& text : strings) {
        if (out.size() > 1) out += ", ";
        out += quote(text);
    }
    return out + "]";
}

std::string format_certificates(const std::vector<CertificateFiles>& certificates) {
    std::string out = "[";
    for (const CertificateFiles& one : certificates) {
        if (out.size() > 1) out += ", ";
        out += "{certificate = " + quote(one.certificate) + ", key = " + quote(one.key) + "}";
    }
    return out + "]";
}

struct Formatter {
    std::string operator()(const std::string* text) const { return quote(*text); }
    std::string operator()(const bool* flag) const { return *flag ? "true" : "false"; }
    std::string operator()(const std::int64_t* number) const { return std::to_string(*number); }
    std::string operator()(const Duration* duration) const { return quote(format_duration(*duration)); }
    std::string operator()(const std::uint64_t* bytes) const { return quote(format_size(*bytes)); }
    std::string operator()(const std::vector<std::string>* list) const { return format_strings(*list); }
    std::string operator()(const std::vector<CertificateFiles>* list) const { return format_certificates(*list); }
};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration(0);
    const auto milliseconds = parse_with_unit(text, duration_units);
    if (!milliseconds) return std::nullopt;
    return Duration(static_cast<std::int64_t>(*milliseconds));
}

std::string format_duration(Duration duration) {
    if (duration.count() <= 0) return "0";
    return format_with_unit(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::optional<std::uint64_t> parse_size(std::string_view text) { return parse_with_unit(text, size_units); }

std::string format_size(std::uint64_t bytes) { return bytes == 0 ? "0" : format_with_unit(bytes, size_units); }

std::string quote(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (ascii::is_control(c)) {
            const auto byte = static_cast<unsigned char>(c);
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string format_value(const Member& value) { return std::visit(Formatter{}, value); }

Member value_of(const Parameter& parameter, const Config& config) {
    // The table's accessor serves readers and writers; nobody writes through what this returns.
    return parameter.member(const_cast<Config&>(config));
}

}  // namespace posthouse::config
