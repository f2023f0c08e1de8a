// Keeps a literal8, and writes it as text.
#include "imapd/binary_literal.h"

#include "lib/mime/binary.h"
#include "lib/mime/wire.h"

namespace posthouse::imapd {

void BinaryLiteral::add(std::string_view octets) {
    for (const char c : octets) {
        binary_ = binary_ || c == '\0' || after_cr_ != (c == '\n');
        after_cr_ = c == '\r';
    }
    if (too_large_) return;
    too_large_ = octets_.size() + octets.size() > kMaxKept || kept_by_all_ + octets.size() > kMaxKeptByAll;
    if (too_large_) return forget();
    octets_ += octets;
    kept_by_all_ += octets.size();
}

void BinaryLiteral::forget() {
    kept_by_all_ -= octets_.size();
    octets_ = {};
}

Result<> BinaryLiteral::write(storage::MessageWriter& writer) const {
    if (too_large_) return fail(ErrorCode::invalid, "Message with binary octets is too large to be encoded");
    mime::CrlfEncoder encoder;
    std::string lines;
    return mime::encode_binary(octets_, [&](std::string_view piece) {
        lines.clear();
        encoder.encode(piece, lines);
        return writer.write(lines);
    });
}

}  // namespace posthouse::imapd
