// Signed tokens.
#include "auth/tokens/jwt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/tokens/json.h"
#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::array<std::pair<std::string_view, JwtAlgorithm>, 4> algorithms{{{"RS256", JwtAlgorithm::rs256},
                                                                               {"ES256", JwtAlgorithm::es256},
                                                                               {"EdDSA", JwtAlgorithm::eddsa},
                                                                               {"HS256", JwtAlgorithm::hs256}}};

/// RFC 7519 §5.1, RFC 9068 §2.1; "application/" may be left out.
constexpr std::array<std::string_view, 3> types{"JWT", "at+jwt", "application/at+jwt"};

std::unexpected<Error> malformed(const std::string& what) { return fail(ErrorCode::invalid, "token: " + what); }

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
};

std::optional<Parts> split(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

std::optional<nlohmann::json> read_header(const Parts& parts) {
    const std::optional<std::string> text = decode_base64url(parts.header);
    return text ? parse_json_object(*text) : std::nullopt;
}

}  // namespace

std::optional<JwtAlgorithm> parse_jwt_algorithm(std::string_view name) {
    for (const auto& [known, algorithm] : algorithms)
        if (known == name) return algorithm;
    return std::nullopt;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string standard;
    standard.reserve(text.size() + 3);  // growing would leave what may be a secret in freed memory
    standard = text;
    std::ranges::replace(standard, '-', '+');
    std::ranges::replace(standard, '_', '/');
    standard.append((4 - standard.size() % 4) % 4, '=');
    std::optional<std::string> bytes = base64::decode(standard);
    wipe(standard);
    return bytes;
}

bool looks_like_jwt(std::string_view token) {
    const std::optional<Parts> parts = split(token);
    return parts && read_header(*parts);
}

Result<Jwt> parse_jwt(std::string_view token) {
    const std::optional<Parts> parts = split(token);
    const std::optional<nlohmann::json> header = parts ? read_header(*parts) : std::nullopt;
    if (!header) return malformed("no signed JWT");
    const std::optional<JwtAlgorithm> algorithm = parse_jwt_algorithm(text_of(*header, "alg"));
    if (!algorithm) return malformed("signed with an algorithm that is not accepted");
    if (header->contains("crit")) return malformed("with a critical extension");
    const std::string type = text_of(*header, "typ");
    const bool known_type = std::ranges::any_of(types, [&](std::string_view one) { return ascii::iequals(type, one); });
    if (header->contains("typ") && !known_type) return malformed("of another type than JWT");
    std::optional<std::string> payload = decode_base64url(parts->payload);
    std::optional<std::string> signature = decode_base64url(parts->signature);
    if (!payload || !signature || signature->empty()) return malformed("malformed JWT");
    return Jwt{*algorithm, text_of(*header, "kid"), token.substr(0, token.rfind('.')), std::move(*signature),
               std::move(*payload)};
}

}  // namespace posthouse::auth
