// Reading a message as it goes over the wire: every LF gets a CR before it unless it has one.
#include "storage/message.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace posthouse::storage {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;
/// From so many on a read of its own costs less than a pass through the buffer.
constexpr std::size_t least_direct_bytes = 1u << 12;

}  // namespace

MessageContent::MessageContent(UniqueFd file, std::uint64_t physical_size, std::uint64_t wire_size)
    : file_(std::move(file)), physical_size_(physical_size), wire_size_(wire_size) {}
MessageContent::MessageContent(MessageContent&&) noexcept = default;
MessageContent& MessageContent::operator=(MessageContent&&) noexcept = default;
MessageContent::~MessageContent() = default;

Result<bool> MessageContent::fill() {
    if (begin_ < end_) return true;
    // No more than the file holds: most messages are small.
    const auto size = static_cast<std::size_t>(std::clamp<std::uint64_t>(physical_size_, 1, buffer_bytes));
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(size);
    for (;;) {
        const ssize_t n = ::pread(file_.get(), buffer_.get(), size, static_cast<std::int64_t>(file_offset_));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        file_offset_ += static_cast<std::uint64_t>(n);
        begin_ = 0;
        end_ = static_cast<std::size_t>(n);
        return n > 0;
    }
}

/// The file's octets are those of the wire.
Result<std::size_t> MessageContent::read_directly(std::span<char> out) {
    for (;;) {
        const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<std::int64_t>(file_offset_));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        const auto size = static_cast<std::size_t>(n);
        file_offset_ += size;
        offset_ += size;
        if (size > 0) after_cr_ = out[size - 1] == '\r';
        return size;
    }
}

Result<std::size_t> MessageContent::read(std::span<char> out) {
    // Never more than was announced, whatever the file holds.
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), wire_size_ - offset_)));
    if (physical_size_ == wire_size_ && begin_ == end_ && out.size() >= least_direct_bytes) return read_directly(out);
    std::size_t done = 0;
    while (done < out.size()) {
        const Result<bool> more = fill();
        if (!more) return fail(more.error());
        if (!*more) break;
        const std::string_view stored(buffer_.get() + begin_, end_ - begin_);
        if (stored.front() == '\n') {
            if (!after_cr_) {
                out[done++] = '\r';
                after_cr_ = true;
                continue;
            }
            out[done++] = '\n';
            after_cr_ = false;
            ++begin_;
            continue;
        }
        const std::size_t size = std::min({stored.find('\n'), stored.size(), out.size() - done});
        std::memcpy(out.data() + done, stored.data(), size);
        after_cr_ = stored[size - 1] == '\r';
        done += size;
        begin_ += size;
    }
    offset_ += done;
    return done;
}

Result<> MessageContent::seek(std::uint64_t wire_offset) {
    if (wire_offset < offset_ || physical_size_ == wire_size_) {
        // Back to the front; or, when nothing is added on the way, straight there.
        offset_ = physical_size_ == wire_size_ ? std::min(wire_offset, wire_size_) : 0;
        file_offset_ = offset_;
        begin_ = end_ = 0;
        // Without additions every LF has its CR: whichever octet comes first, none is to be added.
        after_cr_ = physical_size_ == wire_size_;
    }
    char skipped[4096];
    while (offset_ < wire_offset) {
        const std::uint64_t left = wire_offset - offset_;
        const Result<std::size_t> n =
            read(std::span(skipped).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, sizeof skipped))));
        if (!n) return fail(n.error());
        if (*n == 0) break;
    }
    return {};
}

/// The whole message from its beginning: its file is read to the end of the text, and moved to the front line by line.
/// nullopt: the file is not what it was when it was measured.
Result<std::optional<std::string>> MessageContent::read_at_once() {
    std::string text;
    text.resize_and_overwrite(static_cast<std::size_t>(wire_size_), [](char*, std::size_t size) { return size; });
    const std::size_t begin = static_cast<std::size_t>(wire_size_ - physical_size_);
    std::size_t end = begin;
    while (end < text.size()) {
        const ssize_t n =
            ::pread(file_.get(), text.data() + end, text.size() - end, static_cast<std::int64_t>(end - begin));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        if (n == 0) return std::nullopt;
        end += static_cast<std::size_t>(n);
    }
    std::size_t done = 0;
    for (std::size_t next = begin; next < end;) {
        const std::size_t lf = std::min(text.find('\n', next), end);
        std::memmove(text.data() + done, text.data() + next, lf - next);
        done += lf - next;
        next = lf;
        if (lf == end) break;
        if (done == 0 || text[done - 1] != '\r') {
            if (done == next) return std::nullopt;  // no room: more is to be added than was announced
            text[done++] = '\r';
        }
        text[done++] = '\n';
        ++next;
    }
    if (done != text.size()) return std::nullopt;
    offset_ = wire_size_;
    file_offset_ = physical_size_;
    return text;
}

Result<std::string> MessageContent::read_string(std::size_t max_bytes) {
    if (offset_ == 0 && begin_ == end_ && max_bytes >= wire_size_ && physical_size_ < wire_size_) {
        Result<std::optional<std::string>> whole = read_at_once();
        if (!whole) return fail(whole.error());
        if (*whole) return **std::move(whole);
    }
    std::string text;
    const std::uint64_t left = wire_size_ > offset_ ? wire_size_ - offset_ : 0;
    text.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, max_bytes)));
    std::size_t done = 0;
    while (done < text.size()) {
        const Result<std::size_t> n = read(std::span(text).subspan(done));
        if (!n) return fail(n.error());
        if (*n == 0) break;
        done += *n;
    }
    text.resize(done);
    return text;
}

}  // namespace posthouse::storage
