// A queue file written: pieces as they fill, then what closes it; synced, named, its folder synced.
#include "queued/spool/writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/log.h"
#include "queued/spool/file_bytes.h"

namespace posthouse::spool {
namespace {

std::string proc_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

/// -1 with errno when it can't be.
int open_unnamed(const OpenFolder& folder) {
    for (;;) {
        const int fd = ::openat(folder.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode);
        if (fd >= 0 || errno != EINTR) return fd;
    }
}

int open_named(const OpenFolder& folder, const std::string& name) {
    for (;;) {
        const int fd =
            ::openat(folder.fd(), name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, file_mode);
        if (fd >= 0 || errno != EINTR) return fd;
    }
}

/// Rights for queued, whatever the umask, and the lock, which keeps queued away until the message is accepted.
Result<> prepare(int fd) {
    if (::fchmod(fd, file_mode) != 0) return fail_errno("fchmod a queue file", errno);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return fail_errno("flock a queue file", errno);
    return {};
}

}  // namespace

Result<Incoming> Incoming::open(const std::string& root) {
    Result<OpenFolder> folder = OpenFolder::open(root, Folder::incoming);
    if (!folder) return fail(folder.error());
    const bool has_proc = ::access("/proc/self/fd", X_OK) == 0;
    return Incoming(std::make_shared<const OpenFolder>(*std::move(folder)), has_proc);
}

Result<bool> Incoming::has_room(std::uint64_t bytes, std::uint64_t keep_free) const {
    const Result<std::uint64_t> free = free_bytes();
    if (!free) return fail(free.error());
    return *free >= keep_free && *free - keep_free >= bytes;
}

Result<Writer> Writer::begin(const Incoming& incoming) {
    const OpenFolder& folder = *incoming.folder_;
    std::string name;
    UniqueFd file(incoming.has_proc_ ? open_unnamed(folder) : -1);
    if (!file) {
        const bool has_none = !incoming.has_proc_ || errno == EOPNOTSUPP || errno == EISDIR;
        if (!has_none) return fail_errno("create a queue file", errno);
        name = make_temporary_name();
        file.reset(open_named(folder, name));
        if (!file) return fail_errno("create a queue file", errno);
    }
    const int fd = file.get();
    Writer writer(incoming.folder_, std::move(file), std::move(name));
    if (Result<> prepared = prepare(fd); !prepared) return fail(prepared.error());
    return writer;
}

Writer::Writer(std::shared_ptr<const OpenFolder> folder, UniqueFd file, std::string temporary_name)
    : folder_(std::move(folder)), file_(std::move(file)), temporary_name_(std::move(temporary_name)) {
    buffer_.assign(Layout::head_bytes, '\0');
    piece_start_ = buffer_.size();
    buffer_.append(record_head_bytes, '\0');
}

Writer::Writer(Writer&& other) noexcept = default;

Writer& Writer::operator=(Writer&& other) noexcept {
    if (this == &other) return *this;
    drop();
    folder_ = std::move(other.folder_);
    file_ = std::move(other.file_);
    temporary_name_ = std::exchange(other.temporary_name_, {});
    layout_ = other.layout_;
    buffer_ = std::move(other.buffer_);
    piece_start_ = other.piece_start_;
    written_ = other.written_;
    reserved_ = other.reserved_;
    failed_ = other.failed_;
    return *this;
}

Writer::~Writer() { drop(); }

void Writer::drop() {
    if (file_ && !temporary_name_.empty()) ::unlinkat(folder_->fd(), temporary_name_.c_str(), 0);
    file_.reset();
}

Result<> Writer::reserve(std::uint64_t bytes) {
    Layout wanted;
    wanted.content_bytes = std::min(bytes, max_content_bytes);
    const std::uint64_t size = wanted.front_at();
    if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0) {
        if (errno == EOPNOTSUPP) return {};
        failed_ = true;
        return fail_errno("reserve room for a queue file", errno);
    }
    reserved_ = std::max(reserved_, size);
    return {};
}

Result<> Writer::flush() {
    if (Result<> done = write_at(file_.get(), buffer_, written_); !done) {
        failed_ = true;
        return done;
    }
    written_ += buffer_.size();
    buffer_.clear();
    piece_start_ = 0;
    return {};
}

Result<> Writer::write(std::string_view octets) {
    if (failed_) return fail(ErrorCode::io, "Input/output error", "a queue file that failed before");
    if (octets.size() > max_content_bytes - layout_.content_bytes) {
        failed_ = true;
        return fail(ErrorCode::limit, "Message too large", "more content than a queue file takes");
    }
    while (!octets.empty()) {
        const std::size_t in_piece = buffer_.size() - piece_start_ - record_head_bytes;
        if (in_piece == piece_bytes) {
            finish_record(buffer_, piece_start_, RecordKind::content);
            if (Result<> flushed = flush(); !flushed) return flushed;
            buffer_.append(record_head_bytes, '\0');
            continue;
        }
        const std::string_view part = octets.substr(0, piece_bytes - in_piece);
        buffer_.append(part);
        layout_.content_bytes += part.size();
        octets.remove_prefix(part.size());
    }
    return {};
}

Result<std::size_t> Writer::read(std::uint64_t offset, std::span<char> out) {
    if (failed_) return fail(ErrorCode::io, "Input/output error", "a queue file that failed before");
    // What lies in the file is whole pieces; the rest is in memory.
    const std::string_view in_memory = std::string_view(buffer_).substr(piece_start_ + record_head_bytes);
    Layout in_file;
    in_file.content_bytes = layout_.content_bytes - in_memory.size();
    Result<std::size_t> got = ContentReader(file_.get(), in_file).read(offset, out);
    if (!got) return got;
    const std::uint64_t from = offset + *got;
    if (from < in_file.content_bytes || from >= layout_.content_bytes) return got;
    const std::string_view rest =
        in_memory.substr(static_cast<std::size_t>(from - in_file.content_bytes)).substr(0, out.size() - *got);
    std::ranges::copy(rest, out.begin() + static_cast<std::ptrdiff_t>(*got));
    return *got + rest.size();
}

Result<> Writer::close_content(const Envelope& envelope, std::string_view front, std::string_view journal) {
    const std::string text = to_text(envelope);
    const Result<Envelope> again = parse_envelope(text);
    if (!again) return fail(again.error());
    // What is read later is what was meant now.
    if (*again != envelope) return fail(ErrorCode::invalid, "Internal error", "an envelope that its text doesn't say");
    if (front.size() > max_front_bytes) return fail(ErrorCode::limit, "Message too large", "added header fields");

    if (buffer_.size() - piece_start_ > record_head_bytes)
        finish_record(buffer_, piece_start_, RecordKind::content);
    else
        buffer_.resize(piece_start_);
    layout_.front_bytes = static_cast<std::uint32_t>(front.size());
    layout_.envelope_bytes = static_cast<std::uint32_t>(text.size());
    if (!front.empty()) append_record(buffer_, RecordKind::front, front);
    append_record(buffer_, RecordKind::envelope, text);
    buffer_ += to_record(layout_, RecordKind::closing);
    buffer_ += journal;
    const std::string head = to_record(layout_, RecordKind::head);
    const bool is_all = written_ == 0;
    if (is_all) buffer_.replace(0, head.size(), head);
    if (Result<> flushed = flush(); !flushed) return flushed;
    if (!is_all)
        if (Result<> done = write_at(file_.get(), head, 0); !done) return done;
    // What was reserved and not needed is given back.
    if (reserved_ > written_ && ::ftruncate(file_.get(), static_cast<off_t>(written_)) != 0)
        return fail_errno("truncate a queue file", errno);
    return {};
}

Result<> Writer::name(const OpenFolder& folder, const std::string& file_name) {
    if (temporary_name_.empty()) {
        if (::linkat(AT_FDCWD, proc_path(file_.get()).c_str(), folder.fd(), file_name.c_str(), AT_SYMLINK_FOLLOW) != 0)
            return fail_errno("name a queue file", errno);
        return {};
    }
    // Not by renaming: that could replace another's.
    if (::linkat(folder_->fd(), temporary_name_.c_str(), folder.fd(), file_name.c_str(), 0) != 0)
        return fail_errno("name a queue file", errno);
    if (::unlinkat(folder_->fd(), temporary_name_.c_str(), 0) == 0) temporary_name_.clear();
    return {};
}

Result<> Writer::finish(const Envelope& envelope, std::string_view front) {
    return finish_in(*folder_, envelope, front, {});
}

Result<> Writer::finish_held(const Folders& folders, const Envelope& envelope, const Event& held) {
    std::string journal;
    append_record(journal, RecordKind::event, to_text(held));
    return finish_in(folders[Folder::hold], envelope, {}, journal);
}

Result<> Writer::finish_in(const OpenFolder& folder, const Envelope& envelope, std::string_view front,
                           std::string_view journal) {
    if (failed_) return fail(ErrorCode::io, "Input/output error", "a queue file that failed before");
    failed_ = true;  // once
    if (Result<> closed = close_content(envelope, front, journal); !closed) return closed;
    if (::fsync(file_.get()) != 0) return fail_errno("fsync a queue file", errno);
    const std::string file_name = to_file_name({envelope.id, envelope.hold_until.value_or(0)});
    if (Result<> named = name(folder, file_name); !named) return named;
    if (Result<> synced = folder.sync(); !synced) {
        // It is locked, so nobody has begun with it.
        if (::unlinkat(folder.fd(), file_name.c_str(), 0) != 0)
            log::error("a message that was not accepted stays in the queue", {{"file", file_name}});
        return synced;
    }
    drop();
    return {};
}

}  // namespace posthouse::spool
