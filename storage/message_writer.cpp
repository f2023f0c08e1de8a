// A message on its way in: CRLF becomes LF while it streams; at the first bare CR what was written gets its CRs back.
#include "storage/message_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "lib/base/file.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;

Result<> pwrite_all(int fd, std::string_view bytes, std::int64_t offset) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write message", errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += n;
    }
    return {};
}

Result<> pread_exactly(int fd, std::span<char> out, std::int64_t offset) {
    while (!out.empty()) {
        const ssize_t n = ::pread(fd, out.data(), out.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        if (n == 0) return fail(ErrorCode::io, "Input/output error", "message file is shorter than was written");
        out = out.subspan(static_cast<std::size_t>(n));
        offset += n;
    }
    return {};
}

}  // namespace

MessageWriter::MessageWriter(std::unique_ptr<WriterState> state) : state_(std::move(state)) {}
MessageWriter::MessageWriter(MessageWriter&&) noexcept = default;
MessageWriter& MessageWriter::operator=(MessageWriter&&) noexcept = default;
MessageWriter::~MessageWriter() = default;
Result<> MessageWriter::write(std::string_view octets) { return state_->write(octets); }
std::uint64_t MessageWriter::wire_size() const { return state_->wire_size(); }
std::uint64_t MessageWriter::stored_size() const { return state_->stored_size(); }

Result<std::unique_ptr<WriterState>> WriterState::create(std::shared_ptr<const Folder> folder, std::string name) {
    Result<UniqueFd> file = open_in(folder->tmp(), name, O_RDWR | O_CREAT | O_EXCL);
    if (!file) return fail(file.error());
    return std::make_unique<WriterState>(std::move(folder), std::move(name), std::move(*file));
}

WriterState::WriterState(std::shared_ptr<const Folder> folder, std::string name, UniqueFd file)
    : folder_(std::move(folder)), name_(std::move(name)), file_(std::move(file)) {}

WriterState::~WriterState() {
    if (!name_.empty()) ::unlinkat(folder_->tmp(), name_.c_str(), 0);
}

Result<> WriterState::write(std::string_view octets) {
    if (failed_) return fail(ErrorCode::io, "Input/output error", "message could not be written before");
    if (octets.empty()) return {};
    Result<> written = keeps_crlf_ ? put_raw(octets) : put_lines(octets);
    failed_ = !written;
    return written;
}

Result<> WriterState::put_lines(std::string_view octets) {
    if (held_cr_) {
        if (octets.front() != '\n') {
            Result<> kept = keep_crlf();
            return kept ? put_raw(octets) : kept;
        }
        held_cr_ = false;
    }
    while (!octets.empty()) {
        const auto cr = octets.find('\r');
        const std::string_view plain = octets.substr(0, cr);
        expanded_ += static_cast<std::uint64_t>(std::ranges::count(plain, '\n'));
        if (Result<> added = add(plain); !added) return added;
        if (cr == std::string_view::npos) return {};
        octets.remove_prefix(cr + 1);
        if (octets.empty()) {
            held_cr_ = true;
            return {};
        }
        if (octets.front() != '\n') {
            held_cr_ = true;
            Result<> kept = keep_crlf();
            return kept ? put_raw(octets) : kept;
        }
    }
    return {};
}

Result<> WriterState::put_raw(std::string_view octets) {
    for (std::size_t at = octets.find('\n'); at != std::string_view::npos; at = octets.find('\n', at + 1)) {
        const bool after_cr = at == 0 ? last_was_cr_ : octets[at - 1] == '\r';
        if (!after_cr) ++expanded_;
    }
    last_was_cr_ = octets.back() == '\r';
    return add(octets);
}

Result<> WriterState::add(std::string_view stored) {
    if (buffer_.capacity() == 0) buffer_.reserve(buffer_bytes);
    while (!stored.empty()) {
        const std::size_t part = std::min(stored.size(), buffer_bytes - buffer_.size());
        buffer_.append(stored.substr(0, part));
        stored.remove_prefix(part);
        if (buffer_.size() < buffer_bytes) continue;
        if (Result<> flushed = flush(); !flushed) return flushed;
    }
    return {};
}

Result<> WriterState::flush() {
    Result<> written = pwrite_all(file_.get(), buffer_, static_cast<std::int64_t>(physical_));
    if (written) physical_ += buffer_.size();
    buffer_.clear();
    return written;
}

Result<> WriterState::keep_crlf() {
    if (Result<> flushed = flush(); !flushed) return flushed;
    // From the end to the front, in place: what is written always lies behind what is still to be read.
    std::uint64_t from = physical_;
    std::uint64_t to = physical_ + expanded_;
    physical_ = to;
    expanded_ = 0;
    while (from > 0 && from < to) {
        const std::uint64_t size = std::min<std::uint64_t>(from, buffer_bytes);
        from -= size;
        std::string piece(size, '\0');
        if (Result<> read = pread_exactly(file_.get(), piece, static_cast<std::int64_t>(from)); !read) return read;
        std::string lines;
        lines.reserve(2 * size);
        for (const char c : piece) {
            if (c == '\n') lines += '\r';
            lines += c;
        }
        to -= lines.size();
        if (Result<> put = pwrite_all(file_.get(), lines, static_cast<std::int64_t>(to)); !put) return put;
    }
    keeps_crlf_ = true;
    held_cr_ = false;
    return put_raw("\r");
}

Result<> WriterState::finish() {
    if (failed_) return fail(ErrorCode::io, "Input/output error", "message could not be written before");
    Result<> done = held_cr_ ? keep_crlf() : Result<>{};
    if (done) done = flush();
    failed_ = !done;
    return done;
}

Result<> WriterState::sync() { return sync_fd(file_.get(), "message"); }

Result<std::uint64_t> count_bare_lf(int file) {
    std::string piece(buffer_bytes, '\0');
    std::uint64_t count = 0;
    char last = '\0';
    for (std::int64_t offset = 0;;) {
        const ssize_t n = ::pread(file, piece.data(), piece.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        if (n == 0) return count;
        const std::string_view text(piece.data(), static_cast<std::size_t>(n));
        for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
            if ((at == 0 ? last : text[at - 1]) != '\r') ++count;
        last = text.back();
        offset += n;
    }
}

}  // namespace posthouse::storage
