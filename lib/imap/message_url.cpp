// Parses imessagepart and its relative forms (RFC 5092 §11).
#include "lib/imap/message_url.h"

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"
#include "lib/base/hex.h"

namespace posthouse::imap {
namespace {

std::unexpected<Error> malformed() { return fail(ErrorCode::invalid, "Not the URL of a message"); }

/// Percent-encoded text (RFC 3986 §2.1); nullopt: it is none, or holds what no name or section can.
std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const std::optional<std::string> byte = hex::decode(text.substr(i + 1, 2));
            if (!byte || byte->size() != 1) return std::nullopt;
            c = byte->front();
            i += 2;
        }
        if (ascii::is_control(c)) return std::nullopt;
        out += c;
    }
    if (!ascii::is_utf8(out)) return std::nullopt;
    return out;
}

/// The number that begins `rest`, which it leaves behind; nz-number up to 2^32 - 1 of UIDs.
std::optional<std::uint32_t> take_nz_number(std::string_view& rest) {
    const auto end = std::ranges::find_if_not(rest, ascii::is_digit);
    const auto length = static_cast<std::size_t>(end - rest.begin());
    const auto number = ascii::parse_number(rest.substr(0, length));
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    rest.remove_prefix(length);
    return static_cast<std::uint32_t>(*number);
}

/// Takes `word` from the front of `rest`, without regard to case.
bool take(std::string_view& rest, std::string_view word) {
    if (!ascii::istarts_with(rest, word)) return false;
    rest.remove_prefix(word.size());
    return true;
}

/// "imap://" [user [";AUTH=" mechanism] "@"] host [":" port], in front of the path.
bool take_server(std::string_view& rest, MessageUrl& url) {
    if (!take(rest, "imap://")) return true;
    std::string_view server = rest.substr(0, rest.find('/'));
    rest.remove_prefix(server.size());
    if (const auto at = server.rfind('@'); at != std::string_view::npos) {
        std::string_view user = server.substr(0, at);
        user = user.substr(0, user.find(';'));
        std::optional<std::string> name = decoded(user);
        if (!name) return false;
        url.user = std::move(*name);
        server.remove_prefix(at + 1);
    }
    // The colons of an IPv6 address lie in brackets (RFC 3986 §3.2.2).
    const auto port = server.find(':', server.starts_with('[') ? std::min(server.find(']'), server.size()) : 0);
    std::optional<std::string> host = decoded(server.substr(0, port));
    if (!host || host->empty()) return false;
    url.host = ascii::lower(*host);
    return true;
}

/// ["/" mailbox] [";UIDVALIDITY=" number], up to "/;UID=".
bool take_mailbox(std::string_view& rest, MessageUrl& url) {
    if (rest.starts_with('/') && !ascii::istarts_with(rest, "/;UID=")) {
        rest.remove_prefix(1);
        const auto semicolon = std::min(rest.find(';'), rest.size());
        std::string_view name = rest.substr(0, semicolon);
        // Without UIDVALIDITY the slash in front of ";UID=" ends it.
        if (name.ends_with('/')) name.remove_suffix(1);
        std::optional<std::string> mailbox = decoded(name);
        if (!mailbox || mailbox->empty()) return false;
        url.mailbox = std::move(*mailbox);
        rest.remove_prefix(name.size());
    }
    if (take(rest, ";UIDVALIDITY=")) {
        url.uid_validity = take_nz_number(rest);
        if (!url.uid_validity) return false;
    }
    return true;
}

/// ";PARTIAL=" offset ["." length].
bool read_partial(std::string_view text, MessageUrl& url) {
    const auto dot = text.find('.');
    const auto offset = ascii::parse_number(text.substr(0, dot));
    if (!offset) return false;
    url.offset = *offset;
    if (dot == std::string_view::npos) return true;
    url.count = ascii::parse_number(text.substr(dot + 1));
    return url.count.value_or(0) > 0;
}

}  // namespace

Result<MessageUrl> parse_message_url(std::string_view text) {
    if (text.size() > kMaxUrl) return fail(ErrorCode::invalid, "URL is too long");
    MessageUrl url;
    std::string_view rest = text;
    if (!take_server(rest, url) || !take_mailbox(rest, url)) return malformed();
    if (!url.host.empty() && url.mailbox.empty()) return malformed();
    if (!take(rest, "/;UID=") && !(url.mailbox.empty() && !url.uid_validity && take(rest, ";UID="))) return malformed();
    const auto uid = take_nz_number(rest);
    if (!uid) return malformed();
    url.uid = *uid;
    // The slash between them was left out by the first edition (RFC 2192 §11).
    if (take(rest, "/;SECTION=") || take(rest, ";SECTION=")) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        std::string_view section = rest.substr(0, end);
        if (end < rest.size() && section.ends_with('/')) section.remove_suffix(1);
        rest.remove_prefix(section.size());
        const std::optional<std::string> plain = decoded(section);
        if (!plain || plain->empty()) return malformed();
        Result<Section> parsed = parse_section(*plain);
        if (!parsed) return malformed();
        url.section = std::move(*parsed);
    }
    if (take(rest, "/;PARTIAL=") || take(rest, ";PARTIAL=")) {
        const std::string_view partial = rest.substr(0, rest.find(';'));
        if (!read_partial(partial, url)) return malformed();
        rest.remove_prefix(partial.size());
    }
    if (ascii::istarts_with(rest, ";EXPIRE=") || ascii::istarts_with(rest, ";URLAUTH="))
        return fail(ErrorCode::invalid, "URLs with URLAUTH are not supported");
    if (!rest.empty()) return malformed();
    return url;
}

}  // namespace posthouse::imap
