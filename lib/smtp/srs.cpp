// SRS addresses: made, checked and undone.
#include "lib/smtp/srs.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

constexpr std::size_t tag_size = 4;  // "SRS0"
constexpr std::int64_t day = 86400;
/// Time stamps are days, of which two characters can tell 1024 apart.
constexpr std::int64_t time_slots = 1024;
constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

bool is_separator(char c) { return c == '=' || c == '+' || c == '-'; }

bool has_tag(std::string_view local_part, std::string_view tag) {
    return local_part.size() > tag_size && ascii::istarts_with(local_part, tag) && is_separator(local_part[tag_size]);
}

std::int64_t slot_of(std::int64_t now) { return ((now / day) % time_slots + time_slots) % time_slots; }

std::string time_stamp(std::int64_t now) {
    const auto slot = static_cast<std::size_t>(slot_of(now));
    return {base32[slot >> 5U], base32[slot & 31U]};
}

std::optional<std::int64_t> parse_time_stamp(std::string_view text) {
    if (text.size() != 2) return std::nullopt;
    const std::size_t high = base32.find(ascii::to_upper(text[0]));
    const std::size_t low = base32.find(ascii::to_upper(text[1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<std::int64_t>(high * 32 + low);
}

/// Takes what stands before the next "=" off the front, and the "="; nullopt when there is none, or nothing before it.
std::optional<std::string_view> take_field(std::string_view& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    const std::string_view field = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    return field;
}

std::unexpected<Error> malformed() { return fail(ErrorCode::invalid, "Malformed SRS address"); }

}  // namespace

bool is_srs(std::string_view local_part) { return has_tag(local_part, "SRS0") || has_tag(local_part, "SRS1"); }

Srs::Srs(std::vector<Secret> secrets, SrsOptions options) : secrets_(std::move(secrets)), options_(std::move(options)) {
    options_.domain = ascii::lower(options_.domain);
    options_.hash_length = std::clamp<std::size_t>(options_.hash_length, 4, 27);  // 20 octets of SHA-1
    options_.max_age_days = std::clamp(options_.max_age_days, 0, 999);
}

/// HMAC-SHA-1 of the text in lower case, since hosts on the way may change the case of addresses; its first characters
/// in base64.
std::string Srs::hash(const Secret& secret, std::string_view text) const {
    const std::string lower = ascii::lower(text);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha1(), secret.view().data(), static_cast<int>(secret.view().size()),
         reinterpret_cast<const unsigned char*>(lower.data()), lower.size(), digest.data(), &size);
    return base64::encode({reinterpret_cast<const char*>(digest.data()), size}).substr(0, options_.hash_length);
}

/// For the same reason the case of the hash doesn't count. Each secret is tried, whichever fits.
bool Srs::is_genuine(std::string_view given, std::string_view text) const {
    const std::string lower = ascii::lower(given);
    bool genuine = false;
    for (const Secret& secret : secrets_) {
        const bool fits = constant_time_equal(ascii::lower(hash(secret, text)), lower);
        genuine = fits || genuine;
    }
    return genuine;
}

std::string Srs::local_part_for(const Mailbox& sender, std::int64_t now) const {
    const Secret& secret = secrets_.front();
    if (has_tag(sender.local_part, "SRS0")) {
        const std::string rest = sender.local_part.substr(tag_size);
        return "SRS1=" + hash(secret, sender.domain + rest) + "=" + sender.domain + "=" + rest;
    }
    if (has_tag(sender.local_part, "SRS1")) {
        // The hop that made it is left out, and vouched for anew.
        std::string_view rest = std::string_view(sender.local_part).substr(tag_size + 1);
        const bool hashed = take_field(rest).has_value();
        const std::optional<std::string_view> first = take_field(rest);
        if (hashed && first && !rest.empty() && is_separator(rest.front())) {
            const std::string host(*first);
            return "SRS1=" + hash(secret, host + std::string(rest)) + "=" + host + "=" + std::string(rest);
        }
    }
    const std::string time = time_stamp(now);
    return "SRS0=" + hash(secret, time + sender.domain + sender.local_part) + "=" + time + "=" + sender.domain + "=" +
           sender.local_part;
}

Result<ReversePath> Srs::forward(const ReversePath& sender, std::int64_t now) const {
    if (!sender || sender->domain == options_.domain) return sender;
    if (secrets_.empty()) return fail(ErrorCode::unavailable, "SRS has no secret");
    Mailbox rewritten{local_part_for(*sender, now), options_.domain};
    const std::size_t size = rewritten.to_path().size();
    if (size > max_path || size - rewritten.domain.size() - 3 > max_srs_local_part) {
        return fail(ErrorCode::limit, "The sender is too long for SRS");
    }
    return ReversePath(std::move(rewritten));
}

Result<Mailbox> Srs::reverse_first(std::string_view rest, std::int64_t now) const {
    const auto given = take_field(rest);
    const auto time = take_field(rest);
    const auto domain = take_field(rest);
    if (!given || !time || !domain || rest.empty()) return malformed();
    const auto slot = parse_time_stamp(*time);
    if (!slot) return malformed();
    std::string text(*time);
    if (!is_genuine(*given, text.append(*domain).append(rest))) {
        return fail(ErrorCode::denied, "The SRS address was not made here");
    }
    // A clock that is behind the maker's by a moment may be in the day before.
    const std::int64_t age = (slot_of(now) - *slot + 1 + time_slots) % time_slots - 1;
    if (age > options_.max_age_days) return fail(ErrorCode::expired, "The SRS address has expired");
    Mailbox sender{std::string(rest), ascii::lower(*domain)};
    return sender;
}

Result<Mailbox> Srs::reverse_guarded(std::string_view rest) const {
    const auto given = take_field(rest);
    const auto domain = take_field(rest);
    if (!given || !domain || rest.size() < 2 || !is_separator(rest.front())) return malformed();
    std::string text(*domain);
    if (!is_genuine(*given, text.append(rest))) return fail(ErrorCode::denied, "The SRS address was not made here");
    return Mailbox{"SRS0" + std::string(rest), ascii::lower(*domain)};
}

Result<Mailbox> Srs::reverse(const Mailbox& recipient, std::int64_t now) const {
    if (!is_srs(recipient.local_part)) return fail(ErrorCode::not_found, "No address of SRS");
    const std::string_view rest = std::string_view(recipient.local_part).substr(tag_size + 1);
    auto reversed = has_tag(recipient.local_part, "SRS0") ? reverse_first(rest, now) : reverse_guarded(rest);
    if (!reversed) return reversed;
    // A hash vouches for it; but what leaves here has to be an address.
    auto checked = parse_mailbox(reversed->to_string(), Utf8::allowed);
    if (!checked) return malformed();
    return checked;
}

}  // namespace posthouse::smtp
