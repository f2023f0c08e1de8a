// The text of a message as a reader sees it, in UTF-8: what SEARCH looks through.
#pragma once

#include <functional>
#include <string_view>

#include "lib/mime/range.h"
#include "lib/mime/structure.h"

namespace posthouse::mime {

/// Visits the content of each text part, and of each message that is not looked into (message/delivery-status), decoded
/// to valid UTF-8 (HTML with its tags; an unknown charset is guessed), in order, those of messages inside included.
/// `visit` returns false to stop; then so does this.
bool visit_text(std::string_view message, const Structure& structure,
                const std::function<bool(const Part& part, std::string_view text)>& visit);

/// Visits the fields of a header block with their values unfolded and their encoded words decoded.
bool visit_header_text(std::string_view message, Range header,
                       const std::function<bool(std::string_view name, std::string_view text)>& visit);

}  // namespace posthouse::mime
