// LineReader: cuts lines out of a stream that arrives in pieces.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sasl/tabs.h"

namespace posthouse::sasl {

/// Lines of the auth protocols may hold passwords: what was taken is wiped.
class LineReader {
  public:
    explicit LineReader(std::size_t max_line = max_auth_line) : max_line_(max_line) {}
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;
    ~LineReader();

    /// Adds received bytes.
    void feed(std::string_view bytes);
    /// The next line without its LF; nullopt: more bytes are needed. limit: the line is too long; the stream must be
    /// closed.
    Result<std::optional<std::string>> next();

  private:
    std::size_t max_line_;
    std::string buffer_;
    std::size_t start_ = 0;    ///< bytes before it are taken
    std::size_t scanned_ = 0;  ///< no LF between start_ and here
};

}  // namespace posthouse::sasl
