// Postfix socketmap: look-ups as netstrings, `<map> <key>` one way, `OK <data>`, `NOTFOUND `, `TEMP <reason>`,
// `TIMEOUT <reason>` or `PERM <reason>` the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::sasl {

/// The longest payload, as Postfix bounds it (socketmap_max_reply_size).
inline constexpr std::size_t max_socketmap_payload = 100000;

/// Cuts netstrings (`<length>:<bytes>,`) out of a stream that arrives in pieces. After an error the stream is
/// out of step and must be closed.
class NetstringReader {
  public:
    explicit NetstringReader(std::size_t max_payload = max_socketmap_payload) : max_payload_(max_payload) {}
    /// Adds received bytes. What is buffered never exceeds what was fed and not yet taken.
    void feed(std::string_view bytes) { buffer_ += bytes; }
    /// The next whole payload; nullopt: more bytes are needed. limit: the length is over the bound (seen before the
    /// payload arrives). invalid: no netstring.
    Result<std::optional<std::string>> next();
    std::size_t buffered() const { return buffer_.size() - start_; }

  private:
    std::size_t max_payload_;
    std::string buffer_;
    std::size_t start_ = 0;  ///< bytes before it are taken
};

std::string encode_netstring(std::string_view payload);

struct SocketmapRequest {
    std::string map;
    std::string key;
};
/// The payload of a request: map name, one space, key (which may hold spaces).
Result<SocketmapRequest> parse_socketmap_request(std::string_view payload);
/// As a netstring.
std::string encode(const SocketmapRequest& request);

struct SocketmapReply {
    enum class Status { ok, not_found, temporary, permanent };
    Status status = Status::ok;
    std::string text;  ///< the data, or the reason
};
/// The payload of a reply. TIMEOUT counts as temporary.
Result<SocketmapReply> parse_socketmap_reply(std::string_view payload);
/// As a netstring.
std::string encode(const SocketmapReply& reply);

}  // namespace posthouse::sasl
