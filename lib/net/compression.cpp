// Compression with zlib.
#include "lib/net/compression.h"

#include <zlib.h>

#include <array>
#include <new>

namespace posthouse::net {
namespace {

// Negative: without zlib's header. A window of 8 KiB finds what repeats in IMAP's lines, at a quarter of the memory;
// the peer may use the whole 32 KiB.
constexpr int deflate_window = -13;
constexpr int inflate_window = -15;
constexpr int memory_level = 6;
constexpr int level = 4;  // docs/decisions/0090-compression-level.md

Bytef* bytes_of(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // zlib doesn't write there
}

}  // namespace

struct Compression::Streams {
    z_stream out{};
    z_stream in{};
    std::size_t in_block = 0;  ///< octets that the present block gave
    bool is_flushed = true;    ///< what came ends with a sync flush: an empty block, up to a whole byte
    bool has_ended = false;

    /// Inflates up to the end of a block at most: what follows a flush may be in clear.
    int inflate_block() {
        const uInt room = in.avail_out;
        const int result = ::inflate(&in, Z_BLOCK);
        if (result == Z_BUF_ERROR) return result;
        constexpr int end_of_block = 128;
        constexpr int unused_bits = 63;
        in_block += room - in.avail_out;
        const bool is_end = (in.data_type & end_of_block) != 0;
        is_flushed = is_end && in_block == 0 && (in.data_type & unused_bits) == 0;
        has_ended = result == Z_STREAM_END;
        if (is_end) in_block = 0;
        return result;
    }
};

Compression::Compression() : streams_(std::make_unique<Streams>()) {
    if (::deflateInit2(&streams_->out, level, Z_DEFLATED, deflate_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK ||
        ::inflateInit2(&streams_->in, inflate_window) != Z_OK)
        throw std::bad_alloc();
}

Compression::~Compression() {
    ::deflateEnd(&streams_->out);
    ::inflateEnd(&streams_->in);
}

std::string Compression::deflate(std::string_view bytes, Flush flush) {
    z_stream& stream = streams_->out;
    stream.next_in = bytes_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string compressed;
    std::array<char, 16384> piece{};
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        ::deflate(&stream, flush == Flush::sync ? Z_SYNC_FLUSH : Z_NO_FLUSH);
        compressed.append(piece.data(), piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    return compressed;
}

Result<std::size_t> Compression::inflate(std::span<char> out) {
    z_stream& stream = streams_->in;
    stream.next_in = bytes_of(received_);
    stream.avail_in = static_cast<uInt>(received_.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int result = Z_OK;
    bool goes_on = true;
    while (goes_on) {
        result = streams_->inflate_block();
        const bool is_found = streams_->is_flushed && stream.avail_out < out.size();
        goes_on = result == Z_OK && stream.avail_in > 0 && stream.avail_out > 0 && !is_found;
    }
    received_.erase(0, received_.size() - stream.avail_in);
    if (received_.empty()) std::string().swap(received_);
    const std::size_t count = out.size() - stream.avail_out;
    if (count > 0) return count;
    if (result == Z_STREAM_END) return fail(ErrorCode::closed, "Connection closed");
    if (result != Z_OK && result != Z_BUF_ERROR)
        return fail(ErrorCode::io, "Compressed data is damaged", stream.msg != nullptr ? stream.msg : "");
    return count;
}

Result<std::optional<std::string>> Compression::end() {
    z_stream& stream = streams_->in;
    std::array<char, 1> none{};
    stream.next_in = bytes_of(received_);
    stream.avail_in = static_cast<uInt>(received_.size());
    stream.next_out = reinterpret_cast<Bytef*>(none.data());
    stream.avail_out = static_cast<uInt>(none.size());
    int result = Z_OK;
    while (!streams_->is_flushed && !streams_->has_ended && result == Z_OK && stream.avail_in > 0)
        result = streams_->inflate_block();
    received_.erase(0, received_.size() - stream.avail_in);
    if (stream.avail_out < none.size()) return fail(ErrorCode::io, "Compressed data goes on behind its end");
    if (streams_->is_flushed || streams_->has_ended) return std::move(received_);
    if (result != Z_OK && result != Z_BUF_ERROR) return fail(ErrorCode::io, "Compressed data is damaged");
    return std::nullopt;
}

}  // namespace posthouse::net
