// Records: read in pieces with a bound, appended with one write, rewritten where lines are damaged.
#include "storage/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "lib/base/crc32c.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t checksum_digits = 8;
/// Two million messages with keywords of some words; what lies beyond isn't read.
constexpr std::int64_t max_file_bytes = 1 << 28;

/// The record of a line, empty: the line is damaged.
std::string_view record_in(std::string_view line, std::size_t max_record) {
    constexpr std::size_t before = checksum_digits + 1;
    if (line.size() <= before || line.size() - before > max_record || line[checksum_digits] != ' ') return {};
    std::uint32_t checksum = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + checksum_digits, checksum, 16);
    const std::string_view record = line.substr(checksum_digits + 1);
    const bool is_right = error == std::errc() && end == line.data() + checksum_digits && checksum == crc32c(record);
    return is_right ? record : std::string_view();
}

/// Reads from `offset` to the end.
Result<RecordLines> read_lines(int file, std::int64_t offset, const RecordVisitor& visit, std::size_t max_record) {
    constexpr std::size_t piece = 1u << 18;
    const std::size_t max_line = checksum_digits + 1 + max_record;
    RecordLines all;
    std::string text;
    std::size_t had = 0;      // what is left of a line that isn't whole yet
    std::size_t skipped = 0;  // of a line too long to be one
    for (std::int64_t at = offset; at < max_file_bytes;) {
        text.resize(had + piece);
        const ssize_t n = ::pread(file, text.data() + had, piece, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read records", errno);
        if (n == 0) return all;
        at += n;
        text.resize(had + static_cast<std::size_t>(n));
        const RecordLines found = parse_record_lines(text, visit, max_record);
        if (found.bytes > 0) all.bytes += found.bytes + std::exchange(skipped, 0);
        all.records += found.records;
        all.damaged += found.damaged;
        text.erase(0, found.bytes);
        had = std::min(text.size(), max_line + 1);
        skipped += text.size() - had;
    }
    ++all.damaged;  // so that the next writer makes it a file that is read to its end
    return all;
}

}  // namespace

std::string to_record_line(std::string_view record) {
    std::string line(checksum_digits, '0');
    std::uint32_t checksum = crc32c(record);
    for (std::size_t i = checksum_digits; i > 0; checksum >>= 4) line[--i] = "0123456789abcdef"[checksum & 15];
    line.append(" ").append(record).append("\n");
    return line;
}

RecordLines parse_record_lines(std::string_view text, const RecordVisitor& visit, std::size_t max_record) {
    RecordLines lines;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', lines.bytes)) {
        const std::string_view record = record_in(text.substr(lines.bytes, end - lines.bytes), max_record);
        lines.bytes = end + 1;
        if (record.empty()) {
            ++lines.damaged;
            continue;
        }
        ++lines.records;
        visit(record);
    }
    return lines;
}

Result<Stamp> RecordFile::stamp(const Folder& folder) const {
    const Result<struct stat> st = stat_in(folder.root(), name_);
    if (st) return S_ISREG(st->st_mode) ? stamp_of(*st) : Stamp{};
    return st.error().code == ErrorCode::not_found ? Result<Stamp>(Stamp{}) : fail(st.error());
}

Result<bool> RecordFile::changed(const Folder& folder) const {
    const Result<Stamp> now = stamp(folder);
    if (!now) return fail(now.error());
    return *now != at_.stamp;
}

Result<RecordNews> RecordFile::reload(const Folder& folder, const RecordVisitor& visit) {
    const Result<Stamp> now = stamp(folder);
    if (!now) return fail(now.error());
    if (*now == at_.stamp) return RecordNews::none;
    // It goes with its mailbox, of whose messages it told all that there was.
    if (*now == Stamp{} && folder.deleted()) return RecordNews::none;
    const bool grew = at_.parsed > 0 && now->inode == at_.stamp.inode && now->size > at_.stamp.size;
    if (!grew) return reload_whole(folder, visit);
    const Result<UniqueFd> file = open_in(folder.root(), name_, O_RDONLY);
    if (!file) return fail(file.error());
    char before = '\0';
    const bool follows = ::pread(file->get(), &before, 1, at_.parsed - 1) == 1 && before == '\n';
    if (!follows) return reload_whole(folder, visit);
    // Not what was appended: somebody wrote over it. Then what comes here isn't all there is, so it is kept back.
    std::vector<std::string> records;
    const Result<RecordLines> lines = read_lines(
        file->get(), at_.parsed, [&](std::string_view record) { records.emplace_back(record); }, max_record_);
    if (!lines) return fail(lines.error());
    if (lines->damaged > 0) return reload_whole(folder, visit);
    for (const std::string& record : records) visit(record);
    at_.stamp = *now;
    at_.parsed += static_cast<std::int64_t>(lines->bytes);
    at_.records += lines->records;
    return RecordNews::more;
}

Result<RecordNews> RecordFile::reload_whole(const Folder& folder, const RecordVisitor& visit) {
    at_ = RecordPosition();
    const Result<Stamp> there = stamp(folder);
    if (!there) return fail(there.error());
    if (*there == Stamp{}) return RecordNews::whole;
    const Result<UniqueFd> file = open_in(folder.root(), name_, O_RDONLY);
    if (!file) return fail(file.error());
    const Result<Stamp> now = stamp_of(file->get());
    if (!now) return fail(now.error());
    const Result<RecordLines> lines = read_lines(file->get(), 0, visit, max_record_);
    if (!lines) return fail(lines.error());
    at_.stamp = *now;
    at_.parsed = static_cast<std::int64_t>(lines->bytes);
    at_.records = lines->records;
    at_.damaged = lines->damaged;
    if (at_.damaged > 0)
        log::warning("damaged records are left out",
                     {{"folder", path_of(folder.root())}, {"file", name_}, {"records", at_.damaged}});
    return RecordNews::whole;
}

Result<> RecordFile::visit_all(const Folder& folder, const RecordVisitor& visit) const {
    const Result<UniqueFd> file = open_in(folder.root(), name_, O_RDONLY);
    if (!file) return file.error().code == ErrorCode::not_found ? Result<>{} : fail(file.error());
    const Result<RecordLines> lines = read_lines(file->get(), 0, visit, max_record_);
    return lines ? Result<>{} : fail(lines.error());
}

Result<> RecordFile::append(const Folder& folder, std::span<const std::string> records, Durable durable) {
    if (records.empty()) return {};
    if (at_.parsed == 0 || at_.damaged > 0 || at_.parsed != at_.stamp.size) {
        // A torn line would swallow what is appended.
        std::vector<std::string> all;
        const bool is_there = at_.stamp.inode != 0;
        Result<> read =
            is_there ? visit_all(folder, [&](std::string_view record) { all.emplace_back(record); }) : Result<>{};
        if (!read) return read;
        all.insert(all.end(), records.begin(), records.end());
        return rewrite(folder, all);
    }
    const Result<UniqueFd> file = open_in(folder.root(), name_, O_WRONLY | O_APPEND);
    if (!file) return fail(file.error());
    std::string text;
    for (const std::string& record : records) text += to_record_line(record);
    Result<> written = write_all(file->get(), text);
    if (written && durable == Durable::at_once && ::fdatasync(file->get()) != 0)
        written = fail_errno(std::string("fdatasync ") + name_, errno);
    if (!written) {
        // If this fails too, the next writer finds the torn line and rewrites.
        if (::ftruncate(file->get(), at_.stamp.size) != 0)
            log::error("records that were not promised are left behind",
                       {{"folder", path_of(folder.root())}, {"file", name_}});
        return written;
    }
    const Result<Stamp> now = stamp_of(file->get());
    if (!now) return fail(now.error());
    at_.stamp = *now;
    at_.parsed += static_cast<std::int64_t>(text.size());
    at_.records += static_cast<std::uint32_t>(records.size());
    return {};
}

Result<> RecordFile::rewrite(const Folder& folder, std::span<const std::string> records) {
    std::string text;
    for (const std::string& record : records) text += to_record_line(record);
    if (Result<> written = replace_file(folder.root(), name_, text); !written) return written;
    const Result<Stamp> now = stamp(folder);
    if (!now) return fail(now.error());
    at_ = {*now, static_cast<std::int64_t>(text.size()), static_cast<std::uint32_t>(records.size()), 0};
    return {};
}

}  // namespace posthouse::storage
