// The tree of a message's MIME parts (RFC 2046), as ranges of its bytes. Read in one pass, in linear time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mime/content.h"
#include "lib/mime/limits.h"
#include "lib/mime/range.h"
#include "lib/mime/wire.h"

namespace posthouse::mime {

/// A body part, or a whole message: the outermost, or the one inside a message/rfc822 part.
struct Part {
    /// No part.
    static constexpr std::uint32_t none = UINT32_MAX;
    enum class Kind : std::uint8_t {
        leaf,
        multipart,  ///< its children are its body parts; there may be none, without a boundary or when it never comes
        message     ///< message/rfc822 or message/global: its one child is the message inside, with the body's range
    };

    Kind kind = Kind::leaf;
    /// A multipart or message that is kept as a leaf: over a bound, or a message in an encoding.
    bool opaque = false;
    TransferEncoding encoding = TransferEncoding::identity;
    std::uint32_t parent = none;
    std::uint32_t first_child = none;
    std::uint32_t next_sibling = none;
    std::uint32_t depth = 0;  ///< 0: the outermost message
    Range header;             ///< with the empty line that ends it
    Range body;               ///< starts where the header ends
    WireSize header_size;
    WireSize body_size;
    MediaType type;  ///< of the field, each name cut to max_media_type; or the default: text/plain, message/rfc822 in a
                     ///< multipart/digest. The other parameters are in the header only: there may be very many.
    std::string charset = "us-ascii";  ///< of the field; one of more than max_charset_name bytes is cut, and unknown

    /// Header and body.
    Range whole() const { return {header.begin, body.end}; }
};

/// The parts in the order in which they begin; the first is the whole message.
struct Structure {
    std::vector<Part> parts;

    const Part& root() const { return parts.front(); }
    /// The part at an index that is not Part::none.
    const Part& at(std::uint32_t index) const { return parts[index]; }
    /// Child number `number`, from 1; nullptr when there is none.
    const Part* child(const Part& part, std::uint32_t number) const;
};

/// The bounds of a parse; tests lower them.
struct StructureLimits {
    std::size_t depth = max_depth;
    std::size_t parts = max_parts;
    std::size_t boundary = max_boundary;
};

/// Parses a whole message. There is always a root; each part lies inside its parent's body.
Structure parse_structure(std::string_view message, const StructureLimits& limits = {});

}  // namespace posthouse::mime
