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

Bytef* bytes_of(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // zlib doesn't write there
}

}  // namespace

struct Compression::Streams {
    z_stream out{};
    z_stream in{};
};

Compression::Compression() : streams_(std::make_unique<Streams>()) {
    if (::deflateInit2(&streams_->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, deflate_window, memory_level,
                       Z_DEFAULT_STRATEGY) != Z_OK ||
        ::inflateInit2(&streams_->in, inflate_window) != Z_OK)
        throw std::bad_alloc();
}

Compression::~Compression() {
    ::deflateEnd(&streams_->out);
    ::inflateEnd(&streams_->in);
}

std::string Compression::deflate(std::string_view bytes) {
    z_stream& stream = streams_->out;
    stream.next_in = bytes_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string compressed;
    std::array<char, 16384> piece{};
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        ::deflate(&stream, Z_SYNC_FLUSH);
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
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    received_.erase(0, received_.size() - stream.avail_in);
    if (received_.empty()) std::string().swap(received_);
    const std::size_t count = out.size() - stream.avail_out;
    if (count > 0) return count;
    if (result == Z_STREAM_END) return fail(ErrorCode::closed, "Connection closed");
    if (result != Z_OK && result != Z_BUF_ERROR)
        return fail(ErrorCode::io, "Compressed data is damaged", stream.msg != nullptr ? stream.msg : "");
    return count;
}

}  // namespace posthouse::net
