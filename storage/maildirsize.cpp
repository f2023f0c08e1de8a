// maildirsize: read, appended to under a flock, replaced by rename.
#include "storage/maildirsize.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>

#include "lib/base/ascii.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/random.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view file_name = "/maildirsize";
/// Beyond, it is no maildirsize: somebody else's lines, at most what is written between two looks.
constexpr std::size_t max_readable_bytes = 1u << 20;
constexpr std::chrono::milliseconds lock_wait{5000};

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<std::int64_t> take_number(std::string_view& line) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return number;
}

std::optional<QuotaLimit> parse_definition(std::string_view line) {
    QuotaLimit limit;
    if (ascii::trim(line).empty()) return limit;
    for (const std::string_view part : ascii::split(ascii::trim(line), ',')) {
        if (part.empty()) return std::nullopt;
        const auto number = ascii::parse_number(part.substr(0, part.size() - 1));
        if (!number) return std::nullopt;
        // Other letters are for definitions to come.
        if (part.back() == 'S') limit.bytes = *number;
        if (part.back() == 'C') limit.messages = *number;
    }
    return limit;
}

bool add_in_range(std::int64_t& sum, std::int64_t number) { return !__builtin_add_overflow(sum, number, &sum); }

Result<MaildirSizeStamp> stamp_of_path(int folder, const char* path, int flags) {
    struct statx st{};
    if (::statx(folder, path, flags, STATX_INO | STATX_BTIME | STATX_SIZE | STATX_MTIME, &st) != 0) {
        if (errno == ENOENT) return MaildirSizeStamp{};
        return fail_errno("stat maildirsize", errno);
    }
    const auto nanoseconds = [](const statx_timestamp& time) {
        return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
    };
    return MaildirSizeStamp{{st.stx_ino, (st.stx_mask & STATX_BTIME) != 0 ? nanoseconds(st.stx_btime) : 0},
                            static_cast<std::int64_t>(st.stx_size),
                            nanoseconds(st.stx_mtime)};
}

/// Reads an open file from its start.
Result<std::optional<MaildirSizeFile>> read_open(int fd) {
    const Result<MaildirSizeStamp> stamp = stamp_of_path(fd, "", AT_EMPTY_PATH);
    if (!stamp) return fail(stamp.error());
    std::string text;
    char buffer[max_maildirsize_bytes + 512];
    for (;;) {
        const ::ssize_t got = ::pread(fd, buffer, sizeof buffer, static_cast<::off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read maildirsize", errno);
        text.append(buffer, static_cast<std::size_t>(got));
        if (got == 0 || text.size() > max_readable_bytes) break;
    }
    const std::optional<MaildirSize> content =
        text.size() > max_readable_bytes ? std::nullopt : parse_maildirsize(text);
    if (!content) return std::nullopt;
    return MaildirSizeFile{*content, stamp->identity, static_cast<std::int64_t>(text.size()), stamp->changed_ns};
}

Result<UniqueFd> open_maildirsize(const std::string& root, int flags) {
    return open_file(root + std::string(file_name), flags | O_NOFOLLOW);
}

/// The file that is there, open and locked against others who add to it or replace it; an empty one: there is none.
struct Locked {
    UniqueFd file;
    std::optional<FileLock> lock;
};
Result<Locked> lock_maildirsize(const std::string& root) {
    constexpr int rounds = 100;
    for (int round = 0; round < rounds; ++round) {
        Locked locked;
        Result<UniqueFd> file = open_maildirsize(root, O_RDWR | O_APPEND);
        if (!file && file.error().code == ErrorCode::not_found) return locked;
        if (!file) return fail(file.error());
        Result<FileLock> lock = FileLock::take(file->get(), lock_wait);
        if (!lock) return fail(lock.error());
        const Result<MaildirSizeStamp> mine = stamp_of_path(file->get(), "", AT_EMPTY_PATH);
        const Result<MaildirSizeStamp> there = look_at_maildirsize(root);
        if (!mine) return fail(mine.error());
        if (!there) return fail(there.error());
        if (mine->identity != there->identity) continue;  // replaced while we waited
        locked.file = std::move(*file);
        locked.lock.emplace(std::move(*lock));
        return locked;
    }
    return fail(ErrorCode::busy, "Quota is busy", "maildirsize keeps being replaced");
}

Result<MaildirSizeFile> replace(const std::string& root, const MaildirSize& content) {
    const std::string path = root + std::string(file_name);
    // Below tmp/: a file of an unknown name in the account's folder would stay for ever after a crash.
    const std::string temporary = root + "/tmp/maildirsize." + random_hex(16);
    Result<UniqueFd> file = open_file(temporary, O_RDWR | O_CREAT | O_EXCL);
    if (!file) return fail(file.error());
    const auto give_up = [&](Error error) {
        ::unlink(temporary.c_str());
        return fail(std::move(error));
    };
    struct stat folder{};
    if (::geteuid() == 0 && ::stat(root.c_str(), &folder) == 0 &&
        ::fchown(file->get(), folder.st_uid, folder.st_gid) != 0)
        return give_up(fail_errno("chown maildirsize", errno).error());
    if (const Result<> written = write_all(file->get(), to_text(content)); !written) return give_up(written.error());
    const Result<std::optional<MaildirSizeFile>> read = read_open(file->get());
    if (!read) return give_up(read.error());
    if (!*read) return give_up({ErrorCode::internal, "maildirsize cannot be read back", path});
    if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(fail_errno("rename maildirsize", errno).error());
    return **read;
}

}  // namespace

std::optional<MaildirSize> parse_maildirsize(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    const std::optional<QuotaLimit> limit = parse_definition(take_line(text));
    if (!limit || text.empty()) return std::nullopt;
    MaildirSize content{*limit, {}};
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const std::optional<std::int64_t> bytes = take_number(line);
        if (!bytes || line.empty() || !ascii::is_wsp(line.front())) return std::nullopt;
        const std::optional<std::int64_t> messages = take_number(line);
        if (!messages || !ascii::trim(line).empty()) return std::nullopt;
        if (!add_in_range(content.usage.bytes, *bytes) || !add_in_range(content.usage.messages, *messages))
            return std::nullopt;
    }
    if (content.usage.bytes < 0 || content.usage.messages < 0) return std::nullopt;
    return content;
}

std::string to_line(const Usage& usage) {
    return std::to_string(usage.bytes) + ' ' + std::to_string(usage.messages) + '\n';
}

std::string to_text(const MaildirSize& content) {
    std::string text;
    if (content.limit.bytes > 0 || content.limit.messages == 0) text = std::to_string(content.limit.bytes) + 'S';
    if (content.limit.messages > 0) text += (text.empty() ? "" : ",") + std::to_string(content.limit.messages) + 'C';
    return text + '\n' + to_line(content.usage);
}

Result<MaildirSizeStamp> look_at_maildirsize(const std::string& root) {
    const std::string path = root + std::string(file_name);
    return stamp_of_path(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
}

Result<std::optional<MaildirSizeFile>> read_maildirsize(const std::string& root) {
    const Result<UniqueFd> file = open_maildirsize(root, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return std::nullopt;
    if (!file) return fail(file.error());
    return read_open(file->get());
}

Result<MaildirSizeFile> write_maildirsize(const std::string& root, const MaildirSize& content) {
    const Result<Locked> locked = lock_maildirsize(root);
    if (!locked) return fail(locked.error());
    return replace(root, content);
}

Result<std::optional<MaildirSizeFile>> add_to_maildirsize(const std::string& root, const FileIdentity& identity,
                                                          const Usage& change, const QuotaLimit& limit) {
    const Result<Locked> locked = lock_maildirsize(root);
    if (!locked) return fail(locked.error());
    if (!locked->lock) return std::nullopt;
    Result<std::optional<MaildirSizeFile>> present = read_open(locked->file.get());
    if (!present || !*present) return present;
    MaildirSizeFile& file = **present;
    if (file.identity != identity) return std::nullopt;
    MaildirSize sum = file.content;
    if (!add_in_range(sum.usage.bytes, change.bytes) || !add_in_range(sum.usage.messages, change.messages) ||
        sum.usage.bytes < 0 || sum.usage.messages < 0)
        return std::nullopt;
    const std::string line = to_line(change);
    sum.limit = limit;
    if (sum.limit != file.content.limit || static_cast<std::size_t>(file.size) + line.size() > max_maildirsize_bytes) {
        Result<MaildirSizeFile> replaced = replace(root, sum);
        if (!replaced) return fail(replaced.error());
        return *replaced;
    }
    if (change == Usage{}) return present;
    if (const Result<> written = write_all(locked->file.get(), line); !written) return fail(written.error());
    return read_open(locked->file.get());
}

Result<> remove_maildirsize(const std::string& root) {
    const std::string path = root + std::string(file_name);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("unlink maildirsize", errno);
    return {};
}

}  // namespace posthouse::storage
