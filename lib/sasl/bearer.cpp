// OAUTHBEARER and XOAUTH2.
#include "lib/sasl/bearer.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/sasl/gs2.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::sasl {
namespace {

constexpr char separator = '\1';
constexpr std::size_t max_pairs = 16;

std::unexpected<Error> malformed() { return fail(ErrorCode::invalid, "Malformed OAuth message"); }

// *(VCHAR / SP / HTAB / CR / LF); a name may be UTF-8 in XOAUTH2.
bool is_value(std::string_view text) {
    return ascii::is_utf8(text) && std::ranges::all_of(text, [](char c) {
               return static_cast<unsigned char>(c) >= ' ' ? c != 127 : c == '\t' || c == '\r' || c == '\n';
           });
}

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
bool is_token(std::string_view text) {
    const std::string_view body = text.substr(0, text.find_last_not_of('=') + 1);
    return !body.empty() && std::ranges::all_of(body, [](char c) {
        return ascii::is_alnum(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
    });
}

std::optional<std::string_view> token_of(std::string_view authorization) {
    const std::size_t space = authorization.find(' ');
    if (space == std::string_view::npos || !ascii::iequals(authorization.substr(0, space), "Bearer"))
        return std::nullopt;
    const std::string_view token = ascii::trim(authorization.substr(space));
    return is_token(token) ? std::optional(token) : std::nullopt;
}

}  // namespace

std::optional<BearerMechanism> parse_bearer_mechanism(std::string_view name) {
    if (name == "OAUTHBEARER") return BearerMechanism::oauthbearer;
    if (name == "XOAUTH2") return BearerMechanism::xoauth2;
    return std::nullopt;
}

Result<BearerMessage> parse_bearer(BearerMechanism mechanism, std::string_view message) {
    if (message.size() > max_response) return fail(ErrorCode::limit, "SASL response too long");
    BearerMessage parsed;
    if (mechanism == BearerMechanism::oauthbearer) {
        Result<Gs2Header> header = parse_gs2_header(message);
        if (!header) return fail(header.error());
        if (header->flag == BindingFlag::used) return malformed();
        parsed.user = std::move(header->authorization_id);
        message.remove_prefix(header->length);
        if (!message.starts_with(separator)) return malformed();
        message.remove_prefix(1);
    }
    // *kvpair kvsep, each pair with a kvsep of its own
    if (!message.ends_with(separator)) return malformed();
    message.remove_suffix(1);
    bool has_user = false;
    bool has_token = false;
    for (std::size_t pairs = 0; !message.empty(); ++pairs) {
        const std::size_t end = message.find(separator);
        if (end == std::string_view::npos || pairs == max_pairs) return malformed();
        const std::string_view pair = message.substr(0, end);
        message.remove_prefix(end + 1);
        const std::size_t equals = pair.find('=');
        if (equals == 0 || equals == std::string_view::npos ||
            !std::ranges::all_of(pair.substr(0, equals), ascii::is_alpha))
            return malformed();
        const std::string_view value = pair.substr(equals + 1);
        if (!is_value(value)) return malformed();
        if (ascii::iequals(pair.substr(0, equals), "auth")) {
            const std::optional<std::string_view> token = token_of(value);
            if (!token || std::exchange(has_token, true)) return malformed();
            parsed.token = Secret(std::string(*token));
        } else if (mechanism == BearerMechanism::xoauth2 && ascii::iequals(pair.substr(0, equals), "user")) {
            if (std::exchange(has_user, true)) return malformed();
            parsed.user = value;
        }
    }
    if (!has_token || (mechanism == BearerMechanism::xoauth2 && parsed.user.empty())) return malformed();
    return parsed;
}

}  // namespace posthouse::sasl
