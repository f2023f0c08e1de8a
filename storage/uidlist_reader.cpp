// Reading dovecot-uidlist in pieces.
#include "storage/uidlist_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

namespace posthouse::storage {
namespace {

/// Ten million messages; more than that isn't read.
constexpr std::int64_t max_bytes = 1 << 30;
/// No line is longer: names have 255 bytes, fields are short.
constexpr std::size_t max_line_bytes = 1u << 16;

/// Reads up to `size` bytes at `offset` and appends them; gives how many there were.
Result<std::size_t> read_piece(int fd, std::int64_t offset, std::size_t size, std::string& text) {
    const std::size_t had = text.size();
    text.resize(had + size);
    ssize_t n = -1;
    do n = ::pread(fd, text.data() + had, size, offset);
    while (n < 0 && errno == EINTR);
    if (n < 0) return fail_errno("read dovecot-uidlist", errno);
    text.resize(had + static_cast<std::size_t>(n));
    return static_cast<std::size_t>(n);
}

}  // namespace

Result<std::optional<UidListStart>> read_uidlist_start(int file) {
    std::string text;
    const Result<std::size_t> read = read_piece(file, 0, max_line_bytes, text);
    if (!read) return fail(read.error());
    const auto end = text.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::optional<UidListHeader> header = parse_uidlist_header(std::string_view(text).substr(0, end));
    if (!header) return std::nullopt;
    return UidListStart{std::move(*header), static_cast<std::int64_t>(end + 1)};
}

Result<UidListTail> read_uidlist_tail(int file, std::int64_t offset, bool version1, std::uint32_t last_uid) {
    constexpr std::size_t piece = 1u << 18;
    UidListTail tail;
    std::string text;         // behind the last whole line
    std::size_t skipped = 0;  // before `text`: of a line that is too long to be one
    for (;;) {
        const Result<std::size_t> read = read_piece(file, offset + tail.bytes, piece, text);
        if (!read) return fail(read.error());
        if (*read == 0) return tail;
        tail.bytes += static_cast<std::int64_t>(*read);
        if (tail.bytes > max_bytes) return fail(ErrorCode::limit, "Mailbox is too large", "dovecot-uidlist over 1 GiB");
        if (skipped > 0) {
            const auto end = text.find('\n');
            const std::size_t more = end == std::string::npos ? text.size() : end + 1;
            skipped += more;
            text.erase(0, more);
            if (end == std::string::npos) continue;
            tail.lines.bytes += std::exchange(skipped, 0);
        }
        UidListLines lines = parse_uidlist_lines(text, version1, last_uid);
        if (!lines.entries.empty()) last_uid = lines.entries.back().uid;
        std::ranges::move(lines.entries, std::back_inserter(tail.lines.entries));
        tail.lines.bytes += lines.bytes;
        tail.lines.damaged = tail.lines.damaged || lines.damaged;
        text.erase(0, lines.bytes);
        if (text.size() <= max_line_bytes) continue;
        tail.lines.damaged = true;
        skipped = text.size();
        text.clear();
    }
}

}  // namespace posthouse::storage
