// Replies (RFC 5321 §4.2) with enhanced status codes (RFC 2034, RFC 3463): written by a server, parsed by a client.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::smtp {

/// One reply: a three-digit code, perhaps an enhanced status ("5.1.1"; empty: none), one or more lines of text.
struct Reply {
    int code = 0;
    std::string status;
    std::vector<std::string> lines;

    Reply() = default;
    Reply(int reply_code, std::string enhanced_status, std::string text)
        : code(reply_code), status(std::move(enhanced_status)), lines{std::move(text)} {}

    /// Done (2yz); 3yz is neither this nor a failure.
    bool positive() const { return code >= 200 && code < 300; }
    bool transient() const { return code >= 400 && code < 500; }
    bool permanent() const { return code >= 500; }
    /// The lines joined by a space: for logs and for passing on.
    std::string text() const;
    /// Appends the reply as it goes over the wire. CR, LF and other control bytes in the text become "?"; a line that
    /// would be longer than RFC 5321 §4.5.3.1.5 allows is broken.
    void append_to(std::string& out) const;
    std::string to_wire() const;
    /// Code, status and text in one line, as logs and stories have it: "550 5.1.1 No such user".
    std::string to_line() const;

    bool operator==(const Reply&) const = default;
};

/// A parsed value, or the reply that the RFC wants for what was wrong with the input.
template <typename T>
using Parsed = std::expected<T, Reply>;

/// `return refuse(501, "5.5.4", "Syntax: …");` in a function that returns Parsed<T>.
inline std::unexpected<Reply> refuse(int code, std::string status, std::string text) {
    return std::unexpected(Reply(code, std::move(status), std::move(text)));
}

/// Puts a remote server's reply together from its lines. Bounded: 128 lines and 64 KiB, so that a hostile server can
/// neither fill the memory nor keep a client busy.
class ReplyParser {
  public:
    static constexpr std::size_t max_lines = 128;
    static constexpr std::size_t max_bytes = 64u << 10;

    /// Adds a line without its CRLF. True when it was the reply's last line: `take` it then. Errors: `invalid` (no
    /// code, or the code changes between lines), `limit`.
    Result<bool> add_line(std::string_view line);
    /// The finished reply; the parser is empty again.
    Reply take();

  private:
    Reply reply_;
    std::size_t bytes_ = 0;
};

/// `text` begins with an enhanced status code that fits `code` ("4.2.1 text" for 4xx): its length, else 0.
std::size_t enhanced_status_length(int code, std::string_view text);

}  // namespace posthouse::smtp
