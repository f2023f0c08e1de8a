// Mailboxes and paths of the envelope (RFC 5321 §4.1.2).
#include "lib/smtp/address.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"
#include "lib/smtp/srs.h"

namespace posthouse::smtp {
namespace {

/// atext (RFC 5322 §3.2.3) and, with SMTPUTF8, any byte above 0x7f (RFC 6531 §3.3).
bool is_atext(char c) {
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return ascii::is_alnum(c) || ascii::is_8bit(c) || others.contains(c);
}

bool is_dot_string(std::string_view text) {
    return std::ranges::all_of(ascii::split(text, '.'), [](std::string_view atom) {
        return !atom.empty() && std::ranges::all_of(atom, is_atext);
    });
}

/// The place of the quote that ends the Quoted-string at the start of `text`; npos when it never ends.
std::size_t closing_quote(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i;
        }
    }
    return std::string_view::npos;
}

/// What a Quoted-string (without its quotes) means; nullopt when it holds control bytes.
std::optional<std::string> unquote(std::string_view inside) {
    std::string out;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '\\') ++i;
        if (i == inside.size() || ascii::is_control(inside[i])) return std::nullopt;
        out += inside[i];
    }
    return out;
}

/// Where the local part of `text` ends; npos when it is a Quoted-string without end.
std::size_t local_part_length(std::string_view text) {
    if (!text.starts_with('"')) return std::min(text.find('@'), text.size());
    const std::size_t quote = closing_quote(text);
    return quote == std::string_view::npos ? quote : quote + 1;
}

Result<std::string> parse_local_part(std::string_view text) {
    if (text.empty()) return fail(ErrorCode::invalid, "The local part is empty");
    const bool srs = is_srs(text.substr(text.starts_with('"') ? 1 : 0));
    if (text.size() > (srs ? max_srs_local_part : max_local_part)) {
        return fail(ErrorCode::limit, "The local part is longer than 64 octets");
    }
    if (!text.starts_with('"')) {
        if (!is_dot_string(text)) return fail(ErrorCode::invalid, "The local part needs quoting");
        return std::string(text);
    }
    auto meaning = unquote(text.substr(1, text.size() - 2));
    if (!meaning) return fail(ErrorCode::invalid, "A quoted local part holds a control character");
    if (meaning->empty()) return fail(ErrorCode::invalid, "The local part is empty");
    return *std::move(meaning);
}

Result<std::string> parse_domain(std::string_view text, Utf8 utf8) {
    if (text.empty()) return fail(ErrorCode::invalid, "The domain is empty");
    if (text.size() > max_domain) return fail(ErrorCode::limit, "The domain is longer than 255 octets");
    if (text.starts_with('[')) {
        auto literal = parse_address_literal(text);
        if (!literal) return fail(ErrorCode::invalid, "The address literal is malformed");
        return *std::move(literal);
    }
    if (!is_domain(text, utf8)) return fail(ErrorCode::invalid, "The domain is malformed");
    return ascii::lower(text);
}

/// Where the path that starts with `<` ends (the place of its `>`), minding quoted local parts; npos: nowhere.
std::size_t closing_bracket(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '>') return i;
        if (text[i] != '"') continue;
        const std::size_t quote = closing_quote(text.substr(i));
        if (quote == std::string_view::npos) return quote;
        i += quote;
    }
    return std::string_view::npos;
}

/// Drops `@a,@b:` from the front. False when the route is malformed.
bool drop_source_route(std::string_view& inside) {
    if (!inside.starts_with('@')) return true;
    const std::size_t colon = inside.find(':');
    if (colon == std::string_view::npos) return false;
    for (const std::string_view hop : ascii::split(inside.substr(0, colon), ',')) {
        if (!hop.starts_with('@') || !is_domain(hop.substr(1), Utf8::allowed)) return false;
    }
    inside.remove_prefix(colon + 1);
    return true;
}

}  // namespace

std::string Mailbox::to_string() const {
    std::string out;
    if (is_dot_string(local_part)) {
        out = local_part;
    } else {
        out += '"';
        for (const char c : local_part) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    if (!domain.empty()) out.append("@").append(domain);
    return out;
}

std::string Mailbox::to_path() const { return "<" + to_string() + ">"; }

bool Mailbox::needs_utf8() const {
    return std::ranges::any_of(local_part, ascii::is_8bit) || std::ranges::any_of(domain, ascii::is_8bit);
}

std::string to_text(const ReversePath& path) { return path ? path->to_string() : std::string(); }

std::string to_path(const ReversePath& path) { return path ? path->to_path() : "<>"; }

Result<Mailbox> parse_mailbox(std::string_view text, Utf8 utf8, Domain domain) {
    if (text.size() > max_path - 2) return fail(ErrorCode::limit, "The address is longer than 254 octets");
    if (std::ranges::any_of(text, ascii::is_8bit)) {
        if (!ascii::is_utf8(text)) return fail(ErrorCode::invalid, "The address is not valid UTF-8");
        if (utf8 == Utf8::refused) {
            return fail(ErrorCode::unsupported, "The address holds UTF-8, which needs SMTPUTF8");
        }
    }
    const std::size_t length = local_part_length(text);
    if (length == std::string_view::npos) return fail(ErrorCode::invalid, "A quoted local part has no end");
    const bool is_bare = length == text.size() && domain == Domain::optional;
    if (!is_bare && (length == text.size() || text[length] != '@'))
        return fail(ErrorCode::invalid, "The address has no domain");
    auto local_part = parse_local_part(text.substr(0, length));
    if (!local_part) return fail(local_part.error());
    if (is_bare) return Mailbox{*std::move(local_part), {}};
    auto parsed = parse_domain(text.substr(length + 1), utf8);
    if (!parsed) return fail(parsed.error());
    return Mailbox{*std::move(local_part), *std::move(parsed)};
}

Result<ReversePath> parse_path(std::string_view text, std::size_t& length, Utf8 utf8, Domain domain) {
    if (!text.starts_with('<')) return fail(ErrorCode::invalid, "The address must stand in angle brackets");
    const std::size_t end = closing_bracket(text);
    if (end == std::string_view::npos) return fail(ErrorCode::invalid, "The address has no closing bracket");
    if (end + 1 > max_path) return fail(ErrorCode::limit, "The path is longer than 256 octets");
    length = end + 1;
    std::string_view inside = text.substr(1, end - 1);
    if (inside.empty()) return ReversePath();
    if (!drop_source_route(inside)) return fail(ErrorCode::invalid, "The source route is malformed");
    auto mailbox = parse_mailbox(inside, utf8, domain);
    if (!mailbox) return fail(mailbox.error());
    return ReversePath(*std::move(mailbox));
}

}  // namespace posthouse::smtp
