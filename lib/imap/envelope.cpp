// ENVELOPE of a message as IMAP sends it.
#include "lib/imap/envelope.h"

#include <array>
#include <iterator>

#include "lib/base/ascii.h"
#include "lib/imap/strings.h"
#include "lib/mime/address.h"
#include "lib/mime/header.h"
#include "lib/mime/limits.h"

namespace posthouse::imap {
namespace {

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

void append_text(std::string& out, std::optional<std::string_view> value) {
    if (value) {
        append_string(out, mime::unfold(*value));
    } else {
        out += "NIL";
    }
}

void add_addresses(std::vector<mime::Address>& list, std::string_view value) {
    if (list.empty()) {
        list = mime::parse_addresses(value);
    } else if (list.size() < mime::max_addresses) {
        auto more = mime::parse_addresses(value);
        list.insert(list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
}

struct TextField {
    std::string_view name;
    std::optional<std::string_view> EnvelopeFields::* value;
};
constexpr std::array<TextField, 5> text_fields = {{{"Date", &EnvelopeFields::date},
                                                   {"Subject", &EnvelopeFields::subject},
                                                   {"In-Reply-To", &EnvelopeFields::in_reply_to},
                                                   {"Message-ID", &EnvelopeFields::message_id},
                                                   {"References", &EnvelopeFields::references}}};
struct AddressField {
    std::string_view name;
    std::vector<mime::Address> EnvelopeFields::* list;
};
constexpr std::array<AddressField, 6> address_fields = {{{"From", &EnvelopeFields::from},
                                                         {"Sender", &EnvelopeFields::sender},
                                                         {"Reply-To", &EnvelopeFields::reply_to},
                                                         {"To", &EnvelopeFields::to},
                                                         {"Cc", &EnvelopeFields::cc},
                                                         {"Bcc", &EnvelopeFields::bcc}}};

}  // namespace

EnvelopeFields read_envelope(std::string_view message, mime::Range header) {
    EnvelopeFields fields;
    mime::HeaderReader reader(message, header);
    while (const auto field = reader.next()) {
        for (const TextField& text : text_fields) {
            if (field->is(text.name)) fields.*text.value = field->value;
        }
        for (const AddressField& addresses : address_fields) {
            if (field->is(addresses.name)) add_addresses(fields.*addresses.list, field->value);
        }
    }
    return fields;
}

void append_envelope(const EnvelopeFields& fields, std::string& out) {
    out += '(';
    append_text(out, fields.date);
    out += ' ';
    append_nstring(out, fields.subject.transform(for_people));
    for (const auto* list :
         {&fields.from, fields.sender.empty() ? &fields.from : &fields.sender,
          fields.reply_to.empty() ? &fields.from : &fields.reply_to, &fields.to, &fields.cc, &fields.bcc}) {
        out += ' ';
        append_addresses(out, *list);
    }
    out += ' ';
    append_text(out, fields.in_reply_to);
    out += ' ';
    append_text(out, fields.message_id);
    out += ')';
}

void append_envelope(std::string_view message, mime::Range header, std::string& out) {
    append_envelope(read_envelope(message, header), out);
}

std::string envelope(std::string_view message) {
    std::string out;
    append_envelope(message, mime::find_header(message), out);
    return out;
}

}  // namespace posthouse::imap
