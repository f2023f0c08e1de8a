// ENVELOPE of a message as IMAP sends it.
#include "lib/imap/envelope.h"

#include <array>
#include <optional>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/imap/strings.h"
#include "lib/mime/address.h"
#include "lib/mime/header.h"
#include "lib/mime/limits.h"

namespace posthouse::imap {
namespace {

/// The fields of an envelope, in its order.
enum Slot { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id };
constexpr std::array<std::string_view, 10> slot_names = {"Date", "Subject", "From", "Sender",      "Reply-To",
                                                         "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};
constexpr bool holds_addresses(std::size_t slot) { return slot >= from && slot <= bcc; }

/// Text for people: unfolded, and each run of white space one space.
std::string for_people(std::string_view value) {
    std::string out;
    for (const char c : ascii::trim(value)) {
        const bool space = ascii::is_wsp(c) || c == '\r' || c == '\n';
        if (!space) {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

void append_unless_empty(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += "NIL";
    } else {
        append_string(out, text);
    }
}

void append_address(std::string& out, const mime::Address& address) {
    using Kind = mime::Address::Kind;
    out += '(';
    if (address.kind == Kind::group_start) {
        out += "NIL NIL ";
        append_string(out, for_people(address.name));
        out += " NIL)";
        return;
    }
    if (address.kind == Kind::group_end) {
        out += "NIL NIL NIL NIL)";
        return;
    }
    append_unless_empty(out, for_people(address.name));
    out += ' ';
    append_unless_empty(out, address.route);
    out += ' ';
    // NIL here would make it the start or end of a group; these are Dovecot's words.
    append_string(out, address.local.empty() ? "MISSING_MAILBOX" : address.local);
    out += ' ';
    append_string(out, address.domain.empty() ? "MISSING_DOMAIN" : address.domain);
    out += ')';
}

void append_addresses(std::string& out, const std::vector<mime::Address>& addresses) {
    if (addresses.empty()) {
        out += "NIL";
        return;
    }
    out += '(';
    for (const mime::Address& address : addresses) append_address(out, address);
    out += ')';
}

}  // namespace

void append_envelope(std::string_view message, mime::Range header, std::string& out) {
    std::array<std::optional<std::string_view>, slot_names.size()> texts;
    std::array<std::vector<mime::Address>, slot_names.size()> lists;
    mime::HeaderReader reader(message, header);
    while (const auto field = reader.next()) {
        for (std::size_t slot = 0; slot < slot_names.size(); ++slot) {
            if (!field->is(slot_names.at(slot))) continue;
            if (!holds_addresses(slot)) {
                texts.at(slot) = field->value;
            } else {
                auto& list = lists.at(slot);
                if (list.size() >= mime::max_addresses) break;
                auto more = mime::parse_addresses(field->value);
                list.insert(list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
            }
            break;
        }
    }
    for (const Slot slot : {sender, reply_to}) {
        if (lists.at(slot).empty()) lists.at(slot) = lists[from];
    }
    for (std::size_t slot = 0; slot < slot_names.size(); ++slot) {
        out += slot == 0 ? '(' : ' ';
        if (holds_addresses(slot)) {
            append_addresses(out, lists.at(slot));
        } else if (texts.at(slot)) {
            append_string(out, slot == subject ? for_people(*texts.at(slot)) : mime::unfold(*texts.at(slot)));
        } else {
            out += "NIL";
        }
    }
    out += ')';
}

std::string envelope(std::string_view message) {
    std::string out;
    append_envelope(message, mime::find_header(message), out);
    return out;
}

}  // namespace posthouse::imap
