// The tree of a message's MIME parts.
#include "lib/mime/structure.h"

#include <utility>

#include "lib/mime/structure_reader.h"

namespace posthouse::mime {

const Part* Structure::child(const Part& part, std::uint32_t number) const {
    if (number == 0) return nullptr;
    std::uint32_t index = part.first_child;
    while (index != Part::none && --number > 0) index = parts[index].next_sibling;
    return index == Part::none ? nullptr : &parts[index];
}

Structure parse_structure(std::string_view message, const StructureLimits& limits) {
    StructureReader reader(limits, {.headers = 0});
    reader.feed(message);
    return std::move(reader).structure();
}

}  // namespace posthouse::mime
