// Arguments of FETCH.
#include "lib/imap/fetch_command.h"

#include <algorithm>

#include "lib/imap/limits.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

using Kind = FetchItem::Kind;
using Text = Section::Text;

void read_fields(Arguments& arguments, Section& section) {
    arguments.space();
    arguments.expect('(');
    do {
        if (section.fields.size() >= kMaxHeaderFields) {
            return arguments.fail("Too many header field names", ErrorCode::limit);
        }
        section.fields.push_back(arguments.astring());
    } while (arguments.accept(' '));
    arguments.expect(')');
}

/// The numbers of section-part; true: a "." follows them, or something else than "]" stands in their place.
bool read_part(Arguments& arguments, Section& section) {
    bool expects_more = arguments.peek() != ']';
    while (arguments.peek() >= '0' && arguments.peek() <= '9') {
        if (section.part.size() >= kMaxPartDepth) {
            arguments.fail("Section too deep", ErrorCode::limit);
            return false;
        }
        section.part.push_back(arguments.nz_number());
        expects_more = arguments.accept('.');
        if (!expects_more) break;
    }
    return expects_more;
}

void end_section(Arguments& arguments) {
    if (!arguments.failed() && !arguments.accept(']')) arguments.fail("Invalid section");
}

/// What follows "[" in BINARY: section-binary and "]".
Section read_binary_section(Arguments& arguments) {
    Section section;
    if (read_part(arguments, section)) arguments.fail("Invalid section");
    end_section(arguments);
    return section;
}

/// What follows "[": section-spec and "]".
Section read_section(Arguments& arguments) {
    Section section;
    if (read_part(arguments, section)) {
        // The longer names first: each is a prefix of the one before.
        if (arguments.accept_text("HEADER.FIELDS.NOT")) {
            section.text = Text::header_fields_not;
            read_fields(arguments, section);
        } else if (arguments.accept_text("HEADER.FIELDS")) {
            section.text = Text::header_fields;
            read_fields(arguments, section);
        } else if (arguments.accept_text("HEADER")) {
            section.text = Text::header;
        } else if (arguments.accept_text("TEXT")) {
            section.text = Text::text;
        } else if (!section.part.empty() && arguments.accept_text("MIME")) {
            section.text = Text::mime;
        } else {
            arguments.fail("Invalid section");
        }
    }
    end_section(arguments);
    return section;
}

std::optional<Partial> read_partial(Arguments& arguments) {
    if (!arguments.accept('<')) return std::nullopt;
    Partial partial;
    partial.offset = arguments.number64();
    arguments.expect('.');
    partial.count = arguments.number64();
    if (partial.count == 0) arguments.fail("Number must not be zero");
    arguments.expect('>');
    return partial;
}

FetchItem read_item(Arguments& arguments) {
    FetchItem item;
    // "[" is an ATOM-CHAR; item names end before it.
    std::string name;
    while (is_atom_char(arguments.peek()) && arguments.peek() != '[' && name.size() < 32) {
        const char c = arguments.peek();
        name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        arguments.accept(c);
    }
    if (name == "BODY" || name == "BODY.PEEK") {
        item.peek = name == "BODY.PEEK";
        if (arguments.accept('[')) {
            item.kind = Kind::body_section;
            item.section = read_section(arguments);
            item.partial = read_partial(arguments);
            return item;
        }
        if (item.peek) arguments.fail("BODY.PEEK needs a section");
        item.kind = Kind::body;
        item.peek = true;
        return item;
    }
    if (name == "BINARY" || name == "BINARY.PEEK" || name == "BINARY.SIZE") {
        const bool is_size = name == "BINARY.SIZE";
        item.kind = is_size ? Kind::binary_size : Kind::binary;
        item.peek = name != "BINARY";
        arguments.expect('[');
        item.section = read_binary_section(arguments);
        if (!is_size) item.partial = read_partial(arguments);
        return item;
    }
    item.peek = true;
    if (name == "BODYSTRUCTURE") {
        item.kind = Kind::body_structure;
    } else if (name == "ENVELOPE") {
        item.kind = Kind::envelope;
    } else if (name == "FLAGS") {
        item.kind = Kind::flags;
    } else if (name == "ANNOTATION") {
        item.kind = Kind::annotation;
        arguments.space();
        item.annotation = read_annotation_query(arguments);
    } else if (name == "INTERNALDATE") {
        item.kind = Kind::internal_date;
    } else if (name == "MODSEQ") {
        item.kind = Kind::modseq;
    } else if (name == "EMAILID") {
        item.kind = Kind::email_id;
    } else if (name == "THREADID") {
        item.kind = Kind::thread_id;
    } else if (name == "SAVEDATE") {
        item.kind = Kind::save_date;
    } else if (name == "PREVIEW") {
        item.kind = Kind::preview;
        if (arguments.rest().starts_with(" (")) {
            arguments.space();
            arguments.expect('(');
            if (!arguments.accept_word("LAZY")) arguments.fail("Unknown PREVIEW modifier");
            arguments.expect(')');
        }
    } else if (name == "RFC822") {
        item.kind = Kind::rfc822;
        item.peek = false;
    } else if (name == "RFC822.HEADER") {
        item.kind = Kind::rfc822_header;
        item.section.text = Text::header;
    } else if (name == "RFC822.SIZE") {
        item.kind = Kind::rfc822_size;
    } else if (name == "RFC822.TEXT") {
        item.kind = Kind::rfc822_text;
        item.section.text = Text::text;
        item.peek = false;
    } else if (name == "UID") {
        item.kind = Kind::uid;
    } else if (!arguments.failed()) {
        arguments.fail(name.empty() ? "Missing FETCH item" : "Unknown FETCH item " + name);
    }
    return item;
}

FetchItem plain(Kind kind) {
    FetchItem item;
    item.kind = kind;
    item.peek = true;
    return item;
}

/// ALL, FAST and FULL stand alone.
bool read_macro(Arguments& arguments, std::vector<FetchItem>& items) {
    const bool all = arguments.accept_word("ALL");
    const bool full = !all && arguments.accept_word("FULL");
    if (!all && !full && !arguments.accept_word("FAST")) return false;
    for (const Kind kind : {Kind::flags, Kind::internal_date, Kind::rfc822_size}) items.push_back(plain(kind));
    if (all || full) items.push_back(plain(Kind::envelope));
    if (full) items.push_back(plain(Kind::body));
    return true;
}

/// "(CHANGEDSINCE n [VANISHED])", "(PARTIAL 1:500)" (RFC 4466 §2.4).
void read_modifiers(Arguments& arguments, Fetch& command) {
    arguments.expect('(');
    do {
        const std::string name = arguments.keyword();
        if (name == "CHANGEDSINCE") {
            arguments.space();
            command.changed_since = arguments.number64();
        } else if (name == "VANISHED") {
            command.vanished = true;
        } else if (name == "PARTIAL") {
            arguments.space();
            command.partial = read_partial_range(arguments);
        } else {
            return arguments.fail("Unknown FETCH modifier");
        }
    } while (arguments.accept(' '));
    arguments.expect(')');
    if (command.vanished && (!command.changed_since || !command.by_uid))
        arguments.fail("VANISHED needs UID FETCH and CHANGEDSINCE");
}

}  // namespace

std::vector<FetchItem> read_fetch_items(Arguments& arguments) {
    std::vector<FetchItem> items;
    arguments.expect('(');
    do {
        if (items.size() >= kMaxFetchItems) {
            arguments.fail("Too many FETCH items", ErrorCode::limit);
            return items;
        }
        items.push_back(read_item(arguments));
    } while (arguments.accept(' '));
    arguments.expect(')');
    if (std::ranges::count(items, Kind::annotation, &FetchItem::kind) > 1)
        arguments.fail("Ask for all annotations at once");
    return items;
}

void read(Arguments& arguments, Fetch& command) {
    arguments.space();
    command.messages = read_sequence_set(arguments);
    arguments.space();
    if (arguments.peek() == '(') {
        command.items = read_fetch_items(arguments);
    } else if (!read_macro(arguments, command.items)) {
        command.items.push_back(read_item(arguments));
    }
    if (arguments.accept(' ')) read_modifiers(arguments, command);
    if (command.by_uid && !has_item(command.items, Kind::uid))
        command.items.insert(command.items.begin(), plain(Kind::uid));
    if (command.changed_since && !has_item(command.items, Kind::modseq)) command.items.push_back(plain(Kind::modseq));
}

bool has_item(const std::vector<FetchItem>& items, Kind kind) {
    return std::ranges::find(items, kind, &FetchItem::kind) != items.end();
}

void append_section(std::string& out, const Section& section) {
    bool first = true;
    for (const std::uint32_t number : section.part) {
        if (!first) out += '.';
        first = false;
        out += std::to_string(number);
    }
    if (section.text == Text::whole) return;
    if (!first) out += '.';
    switch (section.text) {
        case Text::whole: return;
        case Text::header: out += "HEADER"; return;
        case Text::text: out += "TEXT"; return;
        case Text::mime: out += "MIME"; return;
        case Text::header_fields: out += "HEADER.FIELDS ("; break;
        case Text::header_fields_not: out += "HEADER.FIELDS.NOT ("; break;
    }
    for (const std::string& field : section.fields) {
        if (out.back() != '(') out += ' ';
        append_astring(out, field);
    }
    out += ')';
}

Result<Section> parse_section(std::string_view text) {
    const std::string closed = std::string(text) + ']';
    Arguments arguments(closed);
    Section section = read_section(arguments);
    arguments.end();
    if (arguments.failed()) return fail(*arguments.error());
    return section;
}

void append_item_name(std::string& out, const FetchItem& item) {
    switch (item.kind) {
        case Kind::annotation: out += "ANNOTATION"; return;
        case Kind::body: out += "BODY"; return;
        case Kind::body_structure: out += "BODYSTRUCTURE"; return;
        case Kind::envelope: out += "ENVELOPE"; return;
        case Kind::flags: out += "FLAGS"; return;
        case Kind::internal_date: out += "INTERNALDATE"; return;
        case Kind::modseq: out += "MODSEQ"; return;
        case Kind::email_id: out += "EMAILID"; return;
        case Kind::thread_id: out += "THREADID"; return;
        case Kind::save_date: out += "SAVEDATE"; return;
        case Kind::preview: out += "PREVIEW"; return;
        case Kind::rfc822: out += "RFC822"; return;
        case Kind::rfc822_header: out += "RFC822.HEADER"; return;
        case Kind::rfc822_size: out += "RFC822.SIZE"; return;
        case Kind::rfc822_text: out += "RFC822.TEXT"; return;
        case Kind::uid: out += "UID"; return;
        case Kind::binary: out += "BINARY["; break;
        case Kind::binary_size: out += "BINARY.SIZE["; break;
        case Kind::body_section: out += "BODY["; break;
    }
    append_section(out, item.section);
    out += ']';
    if (item.partial) out += "<" + std::to_string(item.partial->offset) + ">";
}

}  // namespace posthouse::imap
