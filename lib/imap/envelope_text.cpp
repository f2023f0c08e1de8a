// Reads a text out of an ENVELOPE.
#include "lib/imap/envelope_text.h"

#include <array>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/imap/arguments.h"
#include "lib/mime/encoded_word.h"

namespace posthouse::imap {
namespace {

enum class Shape : std::uint8_t { text, addresses };
struct Item {
    Shape shape;
    std::optional<EnvelopeText> text;
};
/// In the order of RFC 9051 §7.5.2.
constexpr std::array<Item, 10> items = {{{Shape::text, std::nullopt},  // date
                                         {Shape::text, EnvelopeText::subject},
                                         {Shape::addresses, EnvelopeText::from},
                                         {Shape::addresses, std::nullopt},  // sender
                                         {Shape::addresses, std::nullopt},  // reply-to
                                         {Shape::addresses, EnvelopeText::to},
                                         {Shape::addresses, EnvelopeText::cc},
                                         {Shape::addresses, EnvelopeText::bcc},
                                         {Shape::text, EnvelopeText::in_reply_to},
                                         {Shape::text, EnvelopeText::message_id}}};

constexpr std::array<std::pair<std::string_view, EnvelopeText>, 7> names = {{{"Subject", EnvelopeText::subject},
                                                                             {"From", EnvelopeText::from},
                                                                             {"To", EnvelopeText::to},
                                                                             {"Cc", EnvelopeText::cc},
                                                                             {"Bcc", EnvelopeText::bcc},
                                                                             {"In-Reply-To", EnvelopeText::in_reply_to},
                                                                             {"Message-ID", EnvelopeText::message_id}}};

/// One address (RFC 9051 §7.5.2): a name and an address, or the start or end of a group.
void read_address(Arguments& arguments, std::string& out) {
    arguments.expect('(');
    const std::optional<std::string> name = arguments.nstring();
    arguments.space();
    arguments.nstring();  // the route
    arguments.space();
    const std::optional<std::string> local = arguments.nstring();
    arguments.space();
    const std::optional<std::string> domain = arguments.nstring();
    arguments.expect(')');
    if (!local) return;  // the end of a group
    if (!out.empty()) out += ", ";
    if (!domain) {
        out += *local + ":";
    } else if (name) {
        out += *name + " <" + *local + "@" + *domain + ">";
    } else {
        out += *local + "@" + *domain;
    }
}

std::optional<std::string> read_item(Arguments& arguments, Shape shape) {
    if (shape == Shape::text || arguments.peek() != '(') return arguments.nstring();
    std::string addresses;
    arguments.expect('(');
    while (arguments.peek() == '(') read_address(arguments, addresses);
    arguments.expect(')');
    return addresses;
}

}  // namespace

std::optional<EnvelopeText> envelope_text_named(std::string_view field) {
    for (const auto& [name, text] : names)
        if (ascii::iequals(name, field)) return text;
    return std::nullopt;
}

Result<std::optional<std::string>> envelope_text(std::string_view envelope, EnvelopeText wanted) {
    Arguments arguments(envelope);
    arguments.expect('(');
    for (const Item& item : items) {
        std::optional<std::string> found = read_item(arguments, item.shape);
        if (arguments.failed()) return fail(*arguments.error());
        if (item.text == wanted) {
            if (found) *found = mime::decode_encoded_words(*found);
            return found;
        }
        arguments.space();
    }
    return fail(ErrorCode::invalid, "Not an ENVELOPE");
}

}  // namespace posthouse::imap
