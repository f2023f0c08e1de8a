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
    const std::uint32_t after_last =
        at_.last_uid == std::numeric_limits<std::uint32_t>::max() ? at_.last_uid : at_.last_uid + 1;
    return std::max(at_.next_uid, after_last);
}

std::string UidListFile::guid() const {
    return at_.guid[0] == '\0' ? std::string() : std::string(at_.guid.data(), at_.guid.size());
}

void UidListFile::resume(const UidListPosition& position) {
    if (position == at_) return;
    if (position.stamp.inode != at_.stamp.inode) file_.reset();
    at_ = position;
}

Result<bool> UidListFile::changed(const Folder& folder) const {
    const Result<Stamp> now = stamp_in(folder.root(), file_name);
    if (!now) return fail(now.error());
    return *now != at_.stamp;
}

Result<> UidListFile::open(const Folder& folder) {
    if (file_) return {};
    Result<UniqueFd> fd = open_in(folder.root(), file_name, O_RDWR | O_APPEND);
    if (!fd) return fail(fd.error());
    file_ = std::move(*fd);
    return {};
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
    if (*now == at_.stamp) return News{};
    const bool grew = exists() && now->inode == at_.stamp.inode && now->size > at_.stamp.size && !at_.version1;
    if (!grew) return reload_whole(folder);
    if (Result<> opened = open(folder); !opened) return fail(opened.error());
    const Result<Stamp> mine = stamp_of(file_.get());
    if (!mine) return fail(mine.error());
    // Replaced between the two looks, or somebody wrote over it.
    if (mine->inode != at_.stamp.inode || !has_same_header()) return reload_whole(folder);
    const Result<std::string> text = read_from(at_.parsed);
    if (!text) return fail(text.error());
    UidListLines lines = parse_uidlist_lines(*text, false, at_.last_uid);
    if (lines.damaged) return reload_whole(folder);  // not what was appended: somebody wrote over it
    at_.stamp = *now;
    at_.stamp.size = at_.parsed + static_cast<std::int64_t>(text->size());
    at_.parsed += static_cast<std::int64_t>(lines.bytes);
    if (!lines.entries.empty()) at_.last_uid = lines.entries.back().uid;
    return News{false, std::move(lines.entries)};
}

bool UidListFile::has_same_header() const {
    const std::string begin = "3 V" + std::to_string(at_.uid_validity) + " ";
    std::string there(begin.size(), '\0');
    return ::pread(file_.get(), there.data(), there.size(), 0) == static_cast<ssize_t>(there.size()) && there == begin;
}

Result<UidListFile::News> UidListFile::reload_whole(const Folder& folder) {
    *this = UidListFile();
    Result<> opened = open(folder);
    if (!opened && opened.error().code == ErrorCode::not_found) return News{true, {}};
    if (!opened) return fail(opened.error());
    const Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    const Result<std::string> text = read_from(0);
    if (!text) return fail(text.error());
    at_.stamp = *now;
    at_.stamp.size = static_cast<std::int64_t>(text->size());
    const auto end = text->find('\n');
    const std::optional<UidListHeader> header = parse_uidlist_header(std::string_view(*text).substr(0, end));
    if (!header || end == std::string::npos) {
        log::error("dovecot-uidlist has no usable header, messages get new UIDs");
        return News{true, {}};
    }
    take(*header);
    UidListLines lines = parse_uidlist_lines(std::string_view(*text).substr(end + 1), header->version1, 0);
    at_.parsed = static_cast<std::int64_t>(end + 1 + lines.bytes);
    at_.damaged = lines.damaged;
    if (at_.damaged) log::warning("dovecot-uidlist has damaged lines, their messages get new UIDs");
    if (!lines.entries.empty()) at_.last_uid = lines.entries.back().uid;
    return News{true, std::move(lines.entries)};
}

void UidListFile::take(const UidListHeader& header) {
    at_.uid_validity = header.uid_validity;
    at_.next_uid = header.next_uid;
    at_.version1 = header.version1;
    at_.guid = {};
    if (header.guid.size() == at_.guid.size()) std::ranges::copy(header.guid, at_.guid.begin());
}

Result<UidListFile::Content> UidListFile::read_content(const Folder& folder) {
    if (Result<> opened = open(folder); !opened) return fail(opened.error());
    const Result<std::string> text = read_from(0);
    if (!text) return fail(text.error());
    const auto end = text->find('\n');
    std::optional<UidListHeader> header = parse_uidlist_header(std::string_view(*text).substr(0, end));
    if (!header || end == std::string::npos)
        return fail(ErrorCode::io, "Mailbox can't be read", "dovecot-uidlist lost its header");
    Content content{std::move(*header), {}};
    content.entries = parse_uidlist_lines(std::string_view(*text).substr(end + 1), content.header.version1, 0).entries;
    return content;
}

Result<> UidListFile::create(const Folder& folder, const UidListHeader& header) {
    *this = UidListFile();
    Content content{header, {}};
    return rewrite(folder, content);
}

Result<> UidListFile::give_guid(const Folder& folder, const std::string& guid) {
    Result<Content> content = read_content(folder);
    if (!content) return fail(content.error());
    content->header.guid = guid;
    return rewrite(folder, *content);
}

Result<> UidListFile::append(const Folder& folder, std::span<const UidListEntry> entries) {
    if (entries.empty()) return {};
    if (at_.damaged || at_.version1 || at_.parsed != at_.stamp.size) {
        // A torn or senseless line would swallow or spoil what is appended.
        Result<Content> content = read_content(folder);
        if (!content) return fail(content.error());
        content->entries.insert(content->entries.end(), entries.begin(), entries.end());
        return rewrite(folder, *content);
    }
    if (Result<> opened = open(folder); !opened) return opened;
    std::string text;
    for (const UidListEntry& entry : entries) text += to_line(entry);
    Result<> written = write_all(file_.get(), text);
    if (written && ::fdatasync(file_.get()) != 0) written = fail_errno("fdatasync dovecot-uidlist", errno);
    if (!written) {
        // Nobody has seen these UIDs. If this fails too, the next writer finds the torn line and rewrites.
        if (::ftruncate(file_.get(), at_.stamp.size) != 0) log::error("dovecot-uidlist: torn line left behind");
        return written;
    }
    const Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    at_.stamp = *now;
    at_.parsed += static_cast<std::int64_t>(text.size());
    at_.last_uid = entries.back().uid;
    return {};
}

Result<> UidListFile::rewrite(const Folder& folder, Content& content) {
    content.header.version1 = false;
    content.header.next_uid = std::max(content.header.next_uid, next_uid());
    if (!content.entries.empty())
        content.header.next_uid = std::max(content.header.next_uid, content.entries.back().uid + 1);
    std::string text = to_line(content.header);
    for (const UidListEntry& entry : content.entries) text += to_line(entry);
    if (Result<> written = replace_file(folder.root(), file_name, text); !written) return written;
    file_.reset();
    if (Result<> opened = open(folder); !opened) return opened;
    const Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    take(content.header);
    at_.stamp = *now;
    at_.parsed = static_cast<std::int64_t>(text.size());
    at_.last_uid = content.entries.empty() ? 0 : content.entries.back().uid;
    at_.damaged = false;
    return {};
}

}  // namespace posthouse::storage
