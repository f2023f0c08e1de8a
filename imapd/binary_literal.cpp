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
    if (too_large_ || no_room_) return;
    const auto kept = kept_by_.find(user_);
    const std::size_t of_user = kept == kept_by_.end() ? 0 : kept->second;
    too_large_ = octets_.size() + octets.size() > kMaxKept;
    no_room_ = of_user + octets.size() > kMaxKeptByUser || kept_by_all_ + octets.size() > kMaxKeptByAll;
    if (too_large_ || no_room_) return forget();
    if (octets.empty()) return;
    octets_ += octets;
    kept_by_all_ += octets.size();
    kept_by_[user_] += octets.size();
}

void BinaryLiteral::forget() {
    if (octets_.empty()) return;
    kept_by_all_ -= octets_.size();
    const auto kept = kept_by_.find(user_);
    kept->second -= octets_.size();
    if (kept->second == 0) kept_by_.erase(kept);
    octets_ = {};
}

Result<> BinaryLiteral::kept() const {
    if (too_large_) return fail(ErrorCode::invalid, "Message with binary octets is too large to be encoded");
    if (no_room_) return fail(ErrorCode::unavailable, "No room now for a message with binary octets, try again later");
    return {};
}

Result<> BinaryLiteral::write(storage::MessageWriter& writer) const {
    if (Result<> there = kept(); !there) return there;
    mime::CrlfEncoder encoder;
    std::string lines;
    return mime::encode_binary(octets_, [&](std::string_view piece) {
        lines.clear();
        encoder.encode(piece, lines);
        return writer.write(lines);
    });
}

}  // namespace posthouse::imapd
