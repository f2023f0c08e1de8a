// Fuzzes a whole message: its tree and the ranges in it, every section, all decoders, ENVELOPE and BODYSTRUCTURE.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/binary.h"
#include "lib/mime/header.h"
#include "lib/mime/preview.h"
#include "lib/mime/section.h"
#include "lib/mime/structure.h"
#include "lib/mime/structure_reader.h"
#include "lib/mime/text.h"
#include "lib/mime/transfer.h"
#include "lib/mime/wire.h"

namespace {

using namespace posthouse;
using mime::Part;

/// Stops the fuzzer when something that always holds doesn't.
void require(bool holds) {
    if (!holds) std::abort();
}

void check_ranges(std::string_view message, const mime::Structure& structure) {
    require(!structure.parts.empty() && structure.root().whole() == mime::Range{0, message.size()});
    for (const Part& part : structure.parts) {
        require(part.header.begin <= part.header.end && part.header.end == part.body.begin);
        require(part.body.begin <= part.body.end && part.body.end <= message.size());
        require(part.body_size == mime::wire_size(part.body.of(message)));
        require(part.header_size == mime::wire_size(part.header.of(message)));
        require(part.body_size.octets >= part.body.size());
        if (part.parent == Part::none) continue;
        const Part& parent = structure.at(part.parent);
        require(parent.kind != Part::Kind::leaf && part.depth == parent.depth + 1);
        require(part.header.begin >= parent.body.begin && part.body.end <= parent.body.end);
        if (parent.kind == Part::Kind::message) require(part.whole() == parent.body);
        if (part.next_sibling != Part::none) {
            require(structure.at(part.next_sibling).header.begin >= part.body.end);
        }
    }
}

void check_sections(std::string_view message, const mime::Structure& structure) {
    for (const std::vector<std::uint32_t>& numbers : std::initializer_list<std::vector<std::uint32_t>>{
             {}, {1}, {2}, {1, 1}, {2, 1}, {1, 1, 1}, {2, 2, 2}, {0}, {UINT32_MAX}}) {
        for (const auto wanted :
             {mime::SectionPart::whole, mime::SectionPart::header, mime::SectionPart::text, mime::SectionPart::mime}) {
            const auto range = mime::find_section(structure, numbers, wanted);
            if (range) require(range->begin <= range->end && range->end <= message.size());
        }
    }
}

void check_fields(std::string_view message, mime::Range header) {
    mime::HeaderReader reader(message, header);
    std::size_t position = header.begin;
    while (const auto field = reader.next()) {
        require(field->whole.begin == position && field->whole.end > position);
        position = field->whole.end;
        require(field->value.size() <= field->whole.size() && field->text().size() <= field->value.size());
    }
    require(position <= header.end);
    std::size_t selected = 0;
    const std::vector<std::string_view> names = {"Subject", "to", "X-None"};
    for (const bool exclude : {false, true}) {
        for (const mime::Range range : mime::select_fields(message, header, names, exclude)) selected += range.size();
    }
    require(selected == position - header.begin);
}

/// What is made of parts in binary is text with as many parts.
void check_binary(std::string_view message) {
    std::string text;
    const auto done = mime::encode_binary(message, [&](std::string_view piece) {
        text += piece;
        return Result<>{};
    });
    if (!done) return;
    require(text.find('\0') == std::string::npos);
    std::string again;
    require(mime::encode_binary(text, [&](std::string_view piece) {
                again += piece;
                return Result<>{};
            }).has_value());
    require(again.find('\0') == std::string::npos);
}

void check_wire(std::string_view message) {
    const std::string wire = mime::to_wire(message);
    require(wire.size() == mime::wire_size(message).octets);
    require(mime::to_wire(wire) == wire);
    require(mime::wire_slice(message, wire.size() / 2, wire.size()) == wire.substr(wire.size() / 2));
    require(mime::wire_slice(message, 1, 7) == (wire.empty() ? "" : wire.substr(1, 7)));
}

/// Parentheses balance outside of strings, and nothing follows the last one.
void check_balance(std::string_view list) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        switch (list[i]) {
            case '(': ++depth; break;
            case ')':
                require(depth > 0);
                require(--depth > 0 || i + 1 == list.size());
                break;
            case '"':
                for (++i; i < list.size() && list[i] != '"'; ++i) i += list[i] == '\\' ? 1U : 0U;
                require(i < list.size());
                break;
            case '{': {
                const auto close = list.find('}', i);
                require(close != std::string_view::npos);
                const auto size = ascii::parse_number(list.substr(i + 1, close - i - 1));
                require(size && close + 2 + *size < list.size());
                i = close + 2 + *size;
                break;
            }
            default: require(!ascii::is_8bit(list[i]) && !ascii::is_control(list[i]));
        }
    }
    require(depth == 0);
}

/// Read in pieces it is the same, and its outline is enough.
void check_pieces(std::string_view message, const mime::StructureLimits& limits, const std::string& shown) {
    mime::StructureReader reader(limits, {.texts = 2, .bytes = 50});
    for (std::size_t i = 0, size = 1; i < message.size(); i += size, size = size % 11 + 1) {
        reader.feed(message.substr(i, size));
    }
    const mime::Outline outline = std::move(reader).outline();
    require(outline.samples.size() <= 2);
    for (const mime::TextSample& sample : outline.samples) require(sample.bytes.size() <= 50);
    require(imap::bodystructure(outline.headers, outline.structure) == shown);
}

void check(std::string_view message, const mime::StructureLimits& limits) {
    const mime::Structure structure = mime::parse_structure(message, limits);
    require(structure.parts.size() <= limits.parts);
    check_ranges(message, structure);
    check_sections(message, structure);
    const std::string basic = imap::body(message, structure);
    check_balance(basic);
    const std::string shown = imap::bodystructure(message, structure);
    check_balance(shown);
    require(imap::body_of(shown) == basic);
    check_pieces(message, limits, shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    check(message, {});
    check(message, {.depth = 2, .parts = 3, .boundary = 4});
    check_fields(message, mime::find_header(message));
    check_wire(message);
    check_binary(message);
    check_balance(imap::envelope(message));
    const mime::Structure structure = mime::parse_structure(message);
    mime::visit_text(message, structure, [](const Part&, std::string_view text, bool) {
        require(ascii::is_utf8(text));
        return true;
    });
    for (const Part& part : structure.parts) {
        const std::string text = mime::preview(part, part.body.of(message));
        require(ascii::is_utf8(text) && text.size() <= 4 * mime::max_preview);
    }
    mime::visit_header_text(message, structure.root().header, [](std::string_view, std::string_view text) {
        require(ascii::is_utf8(text));
        return true;
    });
    require(mime::decode_base64(message).size() <= size);
    require(mime::decode_quoted_printable(message).size() <= size);
    return 0;
}
