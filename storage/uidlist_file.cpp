// The file dovecot-uidlist: reading its tail, appending, rewriting.
#include "storage/uidlist_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-uidlist";
/// Ten million messages; more memory than that isn't spent on one file.
constexpr std::size_t max_bytes = 1u << 30;

}  // namespace

std::uint32_t UidListFile::next_uid() const {
    const std::uint32_t after_last = last_uid_ == std::numeric_limits<std::uint32_t>::max() ? last_uid_ : last_uid_ + 1;
    return std::max(header_.next_uid, after_last);
}

Result<bool> UidListFile::changed(const Folder& folder) const {
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    return *now != stamp_;
}

Result<std::string> UidListFile::read_from(std::int64_t offset) const {
    std::string text;
    for (;;) {
        constexpr std::size_t piece = 1u << 16;
        const std::size_t had = text.size();
        if (had > max_bytes) return fail(ErrorCode::limit, "Mailbox is too large", "dovecot-uidlist over 1 GiB");
        text.resize(had + piece);
        const ssize_t n = ::pread(file_.get(), text.data() + had, piece, offset + static_cast<std::int64_t>(had));
        text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read dovecot-uidlist", errno);
        if (n == 0) return text;
    }
}

Result<UidListFile::News> UidListFile::reload(const Folder& folder) {
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    if (*now == stamp_) return News{};
    const bool grew = exists() && now->inode == stamp_.inode && now->size > stamp_.size && !header_.version1;
    if (!grew) return reload_whole(folder);
    Result<std::string> text = read_from(parsed_);
    if (!text) return fail(text.error());
    UidListLines lines = parse_uidlist_lines(*text, false, last_uid_);
    stamp_ = *now;
    stamp_.size = parsed_ + static_cast<std::int64_t>(text->size());
    parsed_ += static_cast<std::int64_t>(lines.bytes);
    damaged_ = damaged_ || lines.damaged;
    if (!lines.entries.empty()) last_uid_ = lines.entries.back().uid;
    return News{false, std::move(lines.entries)};
}

Result<UidListFile::News> UidListFile::reload_whole(const Folder& folder) {
    *this = UidListFile();
    Result<UniqueFd> fd = open_in(folder.root(), file_name, O_RDWR | O_APPEND);
    if (!fd && fd.error().code == ErrorCode::not_found) return News{true, {}};
    if (!fd) return fail(fd.error());
    file_ = std::move(*fd);
    Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    const Result<std::string> text = read_from(0);
    if (!text) return fail(text.error());
    stamp_ = *now;
    stamp_.size = static_cast<std::int64_t>(text->size());
    const auto end = text->find('\n');
    const std::string_view first = std::string_view(*text).substr(0, end);
    std::optional<UidListHeader> header = parse_uidlist_header(first);
    if (!header || end == std::string::npos) {
        log::error("dovecot-uidlist has no usable header, messages get new UIDs");
        return News{true, {}};
    }
    header_ = std::move(*header);
    UidListLines lines = parse_uidlist_lines(std::string_view(*text).substr(end + 1), header_.version1, 0);
    parsed_ = static_cast<std::int64_t>(end + 1 + lines.bytes);
    damaged_ = lines.damaged;
    if (damaged_) log::warning("dovecot-uidlist has damaged lines, their messages get new UIDs");
    if (!lines.entries.empty()) last_uid_ = lines.entries.back().uid;
    return News{true, std::move(lines.entries)};
}

Result<std::vector<UidListEntry>> UidListFile::read_entries() const {
    const Result<std::string> text = read_from(0);
    if (!text) return fail(text.error());
    const auto end = text->find('\n');
    if (end == std::string::npos) return std::vector<UidListEntry>{};
    return parse_uidlist_lines(std::string_view(*text).substr(end + 1), header_.version1, 0).entries;
}

Result<> UidListFile::create(const Folder& folder, const UidListHeader& header) {
    *this = UidListFile();
    header_ = header;
    Result<> written = rewrite(folder, {});
    if (!written) header_ = UidListHeader();
    return written;
}

Result<> UidListFile::give_guid(const Folder& folder, const std::string& guid) {
    Result<std::vector<UidListEntry>> entries = read_entries();
    if (!entries) return fail(entries.error());
    header_.guid = guid;
    return rewrite(folder, *entries);
}

Result<> UidListFile::append(const Folder& folder, std::span<const UidListEntry> entries) {
    if (entries.empty()) return {};
    if (damaged_ || header_.version1 || parsed_ != stamp_.size) {
        // A torn or senseless line would swallow or spoil what is appended.
        Result<std::vector<UidListEntry>> all = read_entries();
        if (!all) return fail(all.error());
        all->insert(all->end(), entries.begin(), entries.end());
        return rewrite(folder, *all);
    }
    std::string text;
    for (const UidListEntry& entry : entries) text += to_line(entry);
    Result<> written = write_all(file_.get(), text);
    if (written && ::fdatasync(file_.get()) != 0) written = fail_errno("fdatasync dovecot-uidlist", errno);
    if (!written) {
        // Nobody has seen these UIDs. If this fails too, the next writer finds the torn line and rewrites.
        if (::ftruncate(file_.get(), stamp_.size) != 0) log::error("dovecot-uidlist: torn line left behind");
        return written;
    }
    const Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    stamp_ = *now;
    parsed_ += static_cast<std::int64_t>(text.size());
    last_uid_ = entries.back().uid;
    return {};
}

Result<> UidListFile::rewrite(const Folder& folder, std::span<const UidListEntry> entries) {
    UidListHeader header = header_;
    header.version1 = false;
    header.next_uid = next_uid();
    if (!entries.empty()) header.next_uid = std::max(header.next_uid, entries.back().uid + 1);
    std::string text = to_line(header);
    for (const UidListEntry& entry : entries) text += to_line(entry);
    Result<> written = replace_file(folder.root(), file_name, text);
    if (!written) return written;
    Result<UniqueFd> fd = open_in(folder.root(), file_name, O_RDWR | O_APPEND);
    if (!fd) return fail(fd.error());
    const Result<Stamp> now = stamp_of(fd->get());
    if (!now) return fail(now.error());
    file_ = std::move(*fd);
    header_ = header;
    stamp_ = *now;
    parsed_ = static_cast<std::int64_t>(text.size());
    last_uid_ = entries.empty() ? 0 : entries.back().uid;
    damaged_ = false;
    return {};
}

}  // namespace posthouse::storage
