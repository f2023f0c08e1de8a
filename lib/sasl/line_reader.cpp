// LineReader: cuts lines out of a stream.
#include "lib/sasl/line_reader.h"

#include <algorithm>

#include "lib/base/secret.h"

namespace posthouse::sasl {

LineReader::~LineReader() { wipe(buffer_); }

void LineReader::feed(std::string_view bytes) {
    // Growing moves the bytes and leaves the old ones behind: a fresh buffer takes over, the old one is wiped.
    if (buffer_.size() + bytes.size() > buffer_.capacity()) {
        std::string larger;
        larger.reserve(std::max(2 * (buffer_.size() - start_), buffer_.size() - start_ + bytes.size()));
        larger.assign(buffer_, start_);
        wipe(buffer_);
        buffer_.swap(larger);
        scanned_ -= start_;
        start_ = 0;
    }
    buffer_ += bytes;
}

Result<std::optional<std::string>> LineReader::next() {
    const auto end = buffer_.find('\n', scanned_);
    const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - start_;
    if (length > max_line_) return fail(ErrorCode::limit, "Line too long");
    if (end == std::string::npos) {
        scanned_ = buffer_.size();
        if (start_ == buffer_.size()) {
            wipe(buffer_);
            start_ = scanned_ = 0;
        }
        return std::nullopt;
    }
    std::string line = buffer_.substr(start_, length);
    std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), length, '\0');
    start_ = scanned_ = end + 1;
    return line;
}

}  // namespace posthouse::sasl
