// A header block: where it ends, and its fields one by one (RFC 5322 §2.2). Tolerates what real mail contains.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mime/range.h"

namespace posthouse::mime {

/// One field. The views point into the message.
struct HeaderField {
    std::string_view name;   ///< as sent; empty when the line is no field: no colon, or bytes no name may have
                             ///< (an mbox "From " line)
    std::string_view value;  ///< raw, still folded, from after the colon to before the last line end
    Range whole;             ///< the field with name, folds and last line end

    /// Has this name, without regard to case.
    bool is(std::string_view other) const;
    /// The value unfolded, without white space around it.
    std::string text() const;
};

/// `value` with each line end before white space removed (RFC 5322 §2.2.3) and without white space around it. Other
/// bytes stay, NUL and 8-bit included.
std::string unfold(std::string_view value);

/// The header block that starts at `begin`: up to and with the first empty line, or the end of the message.
Range find_header(std::string_view message, std::size_t begin = 0);

/// Reads the fields of a header block in order, at most max_header_fields within max_header_size bytes.
class HeaderReader {
  public:
    HeaderReader(std::string_view message, Range header);
    /// A header block that stands alone.
    explicit HeaderReader(std::string_view header) : HeaderReader(header, {0, header.size()}) {}

    /// The next field, malformed lines included; nullopt at the end.
    std::optional<HeaderField> next();

  private:
    std::string_view message_;
    std::size_t position_;
    std::size_t end_;
    std::size_t fields_left_;
};

/// The first field of that name.
std::optional<HeaderField> first_field(std::string_view message, Range header, std::string_view name);
/// All fields of that name, in order.
std::vector<HeaderField> all_fields(std::string_view message, Range header, std::string_view name);

}  // namespace posthouse::mime
