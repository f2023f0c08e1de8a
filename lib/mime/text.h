// The text of a message as a reader sees it, in UTF-8: what SEARCH looks through.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "lib/mime/range.h"
#include "lib/mime/structure.h"

namespace posthouse::mime {

/// Takes the next piece of a part's text, whole characters; `last`: the text ends with it. Returns false to stop.
using VisitText = std::function<bool(const Part& part, std::string_view piece, bool last)>;

/// Bytes of a body that are decoded at a time: most texts are shorter.
inline constexpr std::size_t text_piece = 16U << 10U;

/// Visits the content of each text part, and of each message that is not looked into (message/delivery-status), decoded
/// to valid UTF-8 (HTML with its tags; an unknown charset is guessed), in order, those of messages inside included. Of
/// what is decoded it holds a few times `piece` bytes, whatever the message. False when `visit` stopped.
bool visit_text(std::string_view message, const Structure& structure, const VisitText& visit,
                std::size_t piece = text_piece);

/// Visits the fields of a header block with their values unfolded and their encoded words decoded.
bool visit_header_text(std::string_view message, Range header,
                       const std::function<bool(std::string_view name, std::string_view text)>& visit);

}  // namespace posthouse::mime
