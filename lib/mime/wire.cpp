// A stored message as it is on the wire.
#include "lib/mime/wire.h"

#include <algorithm>
#include <cstring>

namespace posthouse::mime {
namespace {

/// Bytes whose counts fit into 8 bits, so that the compiler keeps them in vector registers.
constexpr std::size_t count_block = 255;

}  // namespace

WireSize wire_size(std::string_view raw, bool after_cr) {
    if (raw.empty()) return {};
    std::uint64_t lines = raw[0] == '\n';
    std::uint64_t bare = raw[0] == '\n' && !after_cr;
    const char* const bytes = raw.data();
    for (std::size_t i = 1; i < raw.size();) {
        const std::size_t end = std::min(i + count_block, raw.size());
        std::uint8_t block_lines = 0;
        std::uint8_t block_bare = 0;
        for (; i < end; ++i) {
            const auto is_lf = static_cast<std::uint8_t>(bytes[i] == '\n');
            const auto lacks_cr = static_cast<std::uint8_t>(bytes[i - 1] != '\r');
            block_lines = static_cast<std::uint8_t>(block_lines + is_lf);
            block_bare = static_cast<std::uint8_t>(block_bare + (is_lf & lacks_cr));
        }
        lines += block_lines;
        bare += block_bare;
    }
    return {raw.size() + bare, lines};
}

void CrlfEncoder::encode(std::string_view raw, std::string& out) {
    if (raw.empty()) return;
    std::size_t copied = 0;
    std::size_t position = 0;
    while (position < raw.size()) {
        const auto lf = raw.find('\n', position);
        if (lf == std::string_view::npos) break;
        const bool has_cr = lf == 0 ? after_cr_ : raw[lf - 1] == '\r';
        if (!has_cr) {
            out.append(raw, copied, lf - copied);
            out += '\r';
            copied = lf;
        }
        position = lf + 1;
    }
    out.append(raw, copied);
    after_cr_ = raw.back() == '\r';
}

std::uint64_t WireReader::skip(std::uint64_t octets) { return advance(octets, nullptr); }

std::uint64_t WireReader::read(std::uint64_t octets, std::string& out) { return advance(octets, &out); }

std::uint64_t WireReader::advance(std::uint64_t octets, std::string* out) {
    std::uint64_t left = octets;
    while (left > 0 && !at_end()) {
        const bool lacks_cr = raw_[position_] == '\n' && (position_ == 0 || raw_[position_ - 1] != '\r');
        if (lacks_cr && !cr_sent_) {
            if (out != nullptr) *out += '\r';
            cr_sent_ = true;
            --left;
            continue;
        }
        // A run up to the next LF that lacks its CR.
        const std::size_t start = position_;
        const std::size_t end = start + static_cast<std::size_t>(std::min<std::uint64_t>(left, raw_.size() - start));
        std::size_t stop = start + 1;
        while (stop < end) {
            const void* lf = std::memchr(raw_.data() + stop, '\n', end - stop);
            stop = lf == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(lf) - raw_.data());
            if (stop == end || raw_[stop - 1] != '\r') break;
            ++stop;
        }
        if (out != nullptr) out->append(raw_, start, stop - start);
        left -= stop - start;
        position_ = stop;
        cr_sent_ = false;
    }
    return octets - left;
}

std::string wire_slice(std::string_view raw, std::uint64_t offset, std::uint64_t count) {
    std::string out;
    WireReader reader(raw);
    if (reader.skip(offset) == offset) reader.read(count, out);
    return out;
}

std::string to_wire(std::string_view raw) {
    std::string out;
    out.reserve(static_cast<std::size_t>(wire_size(raw).octets));
    CrlfEncoder().encode(raw, out);
    return out;
}

}  // namespace posthouse::mime
