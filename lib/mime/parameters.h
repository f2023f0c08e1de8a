// Parameters of Content-Type and Content-Disposition (RFC 2045 §5.1), with continuations and charsets (RFC 2231).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// One parameter, its continuations joined.
struct Parameter {
    std::string name;       ///< as sent, without RFC 2231's "*0" and "*"
    std::string value;      ///< without quotes; when `extended`, still charset'language'%XX-text
    bool extended = false;  ///< written as name*= (RFC 2231 §4)

    friend bool operator==(const Parameter&, const Parameter&) = default;
};
using Parameters = std::vector<Parameter>;

/// Reads "; name=value; …" from `position` of `text` to its end. Lenient: missing semicolons, 8-bit bytes, spaces
/// around
/// "=", unclosed quotes. At most max_parameters.
Parameters parse_parameters(std::string_view text, std::size_t position);

/// The first parameter of that name, as sent; nullptr when there is none.
const Parameter* find_parameter(const Parameters& parameters, std::string_view name);
/// The value in UTF-8: an extended form is preferred and decoded, so are encoded words (RFC 2047 forbids them here, but
/// many senders write them) and bare 8-bit bytes.
std::optional<std::string> parameter_text(const Parameters& parameters, std::string_view name);

}  // namespace posthouse::mime
