// The text of a message as a reader sees it.
#include "lib/mime/text.h"

#include <string>

#include "lib/mime/charset.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/header.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {

bool visit_text(std::string_view message, const Structure& structure,
                const std::function<bool(const Part& part, std::string_view text)>& visit) {
    for (const Part& part : structure.parts) {
        if (part.kind != Part::Kind::leaf || !(part.type.is("text") || part.type.is("message"))) continue;
        const std::string bytes = decode_transfer(part.encoding, part.body.of(message));
        const auto text = to_utf8(bytes, part.charset);
        if (!visit(part, text ? *text : guess_utf8(bytes))) return false;
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
