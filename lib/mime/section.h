// IMAP's sections of a message (RFC 9051 §6.4.5): from part numbers and a specifier to a range of its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/mime/range.h"
#include "lib/mime/structure.h"

namespace posthouse::mime {

/// What of the message or part.
enum class SectionPart {
    whole,   ///< without numbers the message, with numbers the part's body: BODY[], BODY[1.2]
    header,  ///< the header of the message, or of the one inside a message/rfc822 part: BODY[HEADER], BODY[3.HEADER]
    text,    ///< its body: BODY[TEXT], BODY[3.TEXT]
    mime     ///< the part's own header: BODY[1.MIME]; needs numbers
};

/// The part with these numbers: in a multipart its body parts from 1, in any other message 1 is its body; numbers
/// below a message/rfc822 part are those of the message inside. Without numbers the message itself. nullptr when there
/// is no such part.
const Part* find_part(const Structure& structure, std::span<const std::uint32_t> numbers);

/// The bytes of a section; nullopt when there is no such section (IMAP answers NIL).
std::optional<Range> find_section(const Structure& structure, std::span<const std::uint32_t> numbers, SectionPart part);

/// The fields of a header block whose names are (`exclude`: are not) in `names`, for HEADER.FIELDS and
/// HEADER.FIELDS.NOT: their whole ranges in order, neighbours joined. The empty line that IMAP wants after them is not
/// among them.
std::vector<Range> select_fields(std::string_view message, Range header, std::span<const std::string_view> names,
                                 bool exclude = false);

}  // namespace posthouse::mime
