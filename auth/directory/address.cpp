// Mail addresses as the directory compares them.
#include "auth/directory/address.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_domain = 253;
constexpr std::size_t max_label = 63;
constexpr std::size_t max_local = 64;

std::unexpected<Error> bad_domain(std::string_view domain, std::string_view why) {
    return fail(ErrorCode::invalid, "Invalid domain \"" + std::string(domain) + "\": " + std::string(why));
}
std::unexpected<Error> bad_address(std::string_view address, std::string_view why) {
    return fail(ErrorCode::invalid, "Invalid address \"" + std::string(address) + "\": " + std::string(why));
}

// atext of RFC 5322 §3.2.3, and what RFC 6532 §3.2 adds.
bool is_atext(char c) {
    return ascii::is_alnum(c) || ascii::is_8bit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
    if (text.empty()) return false;
    return std::ranges::all_of(ascii::split(text, '.'), [](std::string_view atom) {
        return !atom.empty() && std::ranges::all_of(atom, is_atext);
    });
}

// "joe" and joe are the same mailbox (RFC 5321 §4.1.2); quotes that are needed stay.
std::string without_needless_quotes(std::string_view local) {
    if (local.size() < 2 || !local.starts_with('"') || !local.ends_with('"')) return std::string(local);
    std::string content;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
        if (local[i] == '\\' && i + 2 < local.size()) ++i;
        content += local[i];
    }
    return is_dot_atom(content) ? content : std::string(local);
}

}  // namespace

Result<std::string> canonical_domain(std::string_view text) {
    std::string domain = ascii::lower(text);
    if (domain.size() > 4 * max_domain) return bad_domain(text.substr(0, max_domain), "too long");
    if (!ascii::is_utf8(domain)) return bad_domain(text, "not UTF-8");
    if (domain.ends_with('.')) domain.pop_back();
    if (std::ranges::any_of(domain, ascii::is_8bit)) {
        Result<std::string> converted = smtp::to_a_labels(domain);
        if (!converted) return bad_domain(text, "not an internationalised domain name");
        domain = std::move(*converted);
    }
    if (domain.empty()) return bad_domain(text, "empty");
    if (domain.size() > max_domain) return bad_domain(text, "longer than 253 characters");
    for (const std::string_view label : ascii::split(domain, '.')) {
        if (label.empty()) return bad_domain(text, "empty label");
        if (label.size() > max_label) return bad_domain(text, "label longer than 63 characters");
        if (label.starts_with('-') || label.ends_with('-'))
            return bad_domain(text, "label begins or ends with a hyphen");
        const bool fine = std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
        if (!fine) return bad_domain(text, "only letters, digits and hyphens may be in it");
    }
    return domain;
}

Result<MailAddress> parse_address(std::string_view text, LocalPart local_part) {
    if (text.size() > 1024) return bad_address(text.substr(0, 256), "too long");
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return bad_address(text, "no @ in it");
    if (!ascii::is_utf8(text)) return bad_address(text, "not UTF-8");
    std::string local = without_needless_quotes(text.substr(0, at));
    if (local_part == LocalPart::ignore_case) local = ascii::lower(local);
    if (local.empty()) return bad_address(text, "nothing before the @");
    if (local.size() > max_local) return bad_address(text, "more than 64 bytes before the @");
    if (std::ranges::any_of(local, ascii::is_control)) return bad_address(text, "control character");
    Result<std::string> domain = canonical_domain(text.substr(at + 1));
    if (!domain) return fail(domain.error());
    return MailAddress{std::move(local), std::move(*domain)};
}

Result<MailAddress> parse_user_address(std::string_view text, LocalPart local) {
    Result<MailAddress> address = parse_address(text, local);
    if (!address) return address;
    if (!is_dot_atom(address->local)) return bad_address(text, "not a plain name before the @");
    if (address->local.find('/') != std::string::npos) return bad_address(text, "a user's name cannot have a /");
    return address;
}

Result<MailAddress> parse_alias_source(std::string_view text, LocalPart local) {
    if (!text.starts_with('@')) {
        Result<MailAddress> address = parse_address(text, local);
        if (address && !is_dot_atom(address->local)) return bad_address(text, "not a plain name before the @");
        return address;
    }
    Result<std::string> domain = canonical_domain(text.substr(1));
    if (!domain) return fail(domain.error());
    return MailAddress{{}, std::move(*domain)};
}

Result<MailAddress> parse_alias_destination(std::string_view text, LocalPart local) {
    return parse_alias_source(text, local);
}

}  // namespace posthouse::auth
