// The text of a message as a reader sees it.
#include "lib/mime/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/charset.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/header.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {

namespace {

/// A body without its transfer encoding, piece by piece.
class DecodedBody {
  public:
    DecodedBody(TransferEncoding encoding, std::string_view body, std::size_t piece)
        : decoder_(encoding), rest_(body), piece_(piece) {}

    /// Appends what the next bytes decode to; false: they were the last.
    bool next(std::string& out) {
        decoder_.feed(rest_.substr(0, piece_), out);
        rest_.remove_prefix(std::min(piece_, rest_.size()));
        if (!rest_.empty()) return true;
        decoder_.finish(out);
        return false;
    }

  private:
    TransferDecoder decoder_;
    std::string_view rest_;
    std::size_t piece_;
};

bool all_utf8(DecodedBody body) {
    std::string bytes;
    for (bool more = true; more;) {
        more = body.next(bytes);
        const std::size_t whole = bytes.size() - (more ? cut_character(bytes) : 0);
        if (!ascii::is_utf8(std::string_view(bytes).substr(0, whole))) return false;
        bytes.erase(0, whole);
    }
    return true;
}

Utf8Converter converter_for(const Part& part, bool is_utf8) {
    std::optional<Utf8Converter> known = Utf8Converter::of(part.charset, is_utf8);
    return known ? *std::move(known) : Utf8Converter::guess(is_utf8);
}

/// What the charset is may show at the end only, so a body of several pieces is decoded twice.
bool visit_body(const Part& part, std::string_view body, const VisitText& visit, std::size_t piece) {
    DecodedBody decoded(part.encoding, body, piece);
    std::string bytes;
    std::string text;
    if (body.size() <= piece) {
        decoded.next(bytes);
        converter_for(part, ascii::is_utf8(bytes)).feed(bytes, true, text);
        return visit(part, text, true);
    }
    Utf8Converter converter = converter_for(part, all_utf8(decoded));
    for (bool more = true; more;) {
        bytes.clear();
        text.clear();
        more = decoded.next(bytes);
        converter.feed(bytes, !more, text);
        if (!visit(part, text, !more)) return false;
    }
    return true;
}

}  // namespace

bool visit_text(std::string_view message, const Structure& structure, const VisitText& visit, std::size_t piece) {
    for (const Part& part : structure.parts) {
        if (part.kind != Part::Kind::leaf || !(part.type.is("text") || part.type.is("message"))) continue;
        if (!visit_body(part, part.body.of(message), visit, piece)) return false;
    }
    return true;
}

bool visit_header_text(std::string_view message, Range header,
                       const std::function<bool(std::string_view name, std::string_view text)>& visit) {
    HeaderReader reader(message, header);
    while (const auto field = reader.next()) {
        if (!visit(field->name, decode_encoded_words(field->text()))) return false;
    }
    return true;
}

}  // namespace posthouse::mime
