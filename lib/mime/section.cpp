// IMAP's sections of a message.
#include "lib/mime/section.h"

#include <algorithm>

#include "lib/mime/header.h"

namespace posthouse::mime {
namespace {

/// Part `number` of a message, the outermost or an embedded one.
const Part* part_of_message(const Structure& structure, const Part& message, std::uint32_t number) {
    if (message.kind == Part::Kind::multipart) return structure.child(message, number);
    return number == 1 ? &message : nullptr;
}

/// Part 1 of a multipart that has none: BODYSTRUCTURE shows one, for there must be one (RFC 9051 §9).
std::optional<Range> empty_part(const Structure& structure, std::span<const std::uint32_t> numbers) {
    if (numbers.empty() || numbers.back() != 1) return std::nullopt;
    const Part* around = find_part(structure, numbers.first(numbers.size() - 1));
    if (around != nullptr && around->kind == Part::Kind::message) around = &structure.at(around->first_child);
    const bool lacks_it =
        around != nullptr && around->kind == Part::Kind::multipart && around->first_child == Part::none;
    return lacks_it ? std::optional(Range{around->body.end, around->body.end}) : std::nullopt;
}

}  // namespace

const Part* find_part(const Structure& structure, std::span<const std::uint32_t> numbers) {
    if (numbers.empty()) return &structure.root();
    const Part* part = part_of_message(structure, structure.root(), numbers.front());
    for (const std::uint32_t number : numbers.subspan(1)) {
        if (part == nullptr) return nullptr;
        switch (part->kind) {
            case Part::Kind::leaf: return nullptr;
            case Part::Kind::multipart: part = structure.child(*part, number); break;
            case Part::Kind::message: part = part_of_message(structure, structure.at(part->first_child), number); break;
        }
    }
    return part;
}

std::optional<Range> find_section(const Structure& structure, std::span<const std::uint32_t> numbers,
                                  SectionPart wanted) {
    const Part* part = find_part(structure, numbers);
    if (part == nullptr) {
        const bool is_of_all = wanted == SectionPart::whole || wanted == SectionPart::mime;
        return is_of_all ? empty_part(structure, numbers) : std::nullopt;
    }
    const bool numbered = !numbers.empty();
    if (wanted == SectionPart::mime) {
        if (!numbered) return std::nullopt;
        return part->header;
    }
    if (wanted == SectionPart::whole) return numbered ? part->body : part->whole();
    const Part* message = part;
    if (numbered) {
        if (part->kind != Part::Kind::message) return std::nullopt;
        message = &structure.at(part->first_child);
    }
    return wanted == SectionPart::header ? message->header : message->body;
}

std::vector<Range> select_fields(std::string_view message, Range header, std::span<const std::string_view> names,
                                 bool exclude) {
    std::vector<Range> ranges;
    HeaderReader reader(message, header);
    while (const auto field = reader.next()) {
        const bool named = std::ranges::any_of(names, [&](std::string_view name) { return field->is(name); });
        if (named == exclude) continue;
        if (!ranges.empty() && ranges.back().end == field->whole.begin) {
            ranges.back().end = field->whole.end;
        } else {
            ranges.push_back(field->whole);
        }
    }
    return ranges;
}

}  // namespace posthouse::mime
