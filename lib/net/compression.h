// Compression: raw DEFLATE (RFC 1951) both ways over a connection (RFC 4978), what is sent readable at once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::net {

/// The state of both directions; about 110 KiB while it lives, whatever the peer sends. Either direction may be used by
/// a thread of its own.
class Compression {
  public:
    /// What is done with what the compressor would keep back, to compress it with what follows.
    enum class Flush {
        sync,  ///< it goes out, so that the peer can read every byte
        none,  ///< it is kept: more follows at once
    };

    Compression();
    Compression(const Compression&) = delete;
    Compression& operator=(const Compression&) = delete;
    ~Compression();

    /// All of `bytes`, compressed, and what was kept before: at most 64 KiB more than they are.
    std::string deflate(std::string_view bytes, Flush flush = Flush::sync);

    /// Takes compressed bytes that have come.
    void feed(std::string_view bytes) { received_ += bytes; }
    /// Fills `out` with what has come, as far as it goes; gives the number of bytes, 0: more must come. closed: the
    /// peer has ended its stream; io: what came is no DEFLATE.
    Result<std::size_t> inflate(std::span<char> out);
    /// The peer compresses no more behind what was inflated last (RFC 8437 §3.1): takes what is left of its flush, and
    /// gives what came behind that, in clear. Nothing: more must come. io: it goes on compressed.
    Result<std::optional<std::string>> end();
    /// Compressed bytes that wait to be inflated.
    bool has_received() const { return !received_.empty(); }

  private:
    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::string received_;
};

}  // namespace posthouse::net
