// The file dovecot-uidlist: reading its tail, appending, rewriting.
#include "storage/uidlist_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-uidlist";

}  // namespace

std::uint32_t next_uid_of(const UidListPosition& position) {
    const std::uint32_t last = position.last_uid;
    return std::max(position.next_uid, last == std::numeric_limits<std::uint32_t>::max() ? last : last + 1);
}

std::string guid_of(const UidListPosition& position) {
    return position.guid[0] == '\0' ? std::string() : std::string(position.guid.data(), position.guid.size());
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
    Result<UidListTail> tail = read_uidlist_tail(file_.get(), at_.parsed, false, at_.last_uid);
    if (!tail) return fail(tail.error());
    UidListLines& lines = tail->lines;
    if (lines.damaged) return reload_whole(folder);  // not what was appended: somebody wrote over it
    at_.stamp = *now;
    at_.stamp.size = at_.parsed + tail->bytes;
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
    const Result<std::optional<UidListStart>> start = read_uidlist_start(file_.get());
    if (!start) return fail(start.error());
    at_.stamp = *now;
    if (!*start) {
        log::error("dovecot-uidlist has no usable header, messages get new UIDs", {{"folder", path_of(folder.root())}});
        return News{true, {}};
    }
    Result<UidListTail> tail = read_uidlist_tail(file_.get(), (*start)->end, (*start)->header.version1, 0);
    if (!tail) return fail(tail.error());
    take((*start)->header);
    UidListLines& lines = tail->lines;
    at_.stamp.size = (*start)->end + tail->bytes;
    at_.parsed = (*start)->end + static_cast<std::int64_t>(lines.bytes);
    at_.damaged = lines.damaged;
    if (at_.damaged)
        log::warning("dovecot-uidlist has damaged lines, their messages get new UIDs",
                     {{"folder", path_of(folder.root())}});
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
    Result<std::optional<UidListStart>> start = read_uidlist_start(file_.get());
    if (!start) return fail(start.error());
    if (!*start) return fail(ErrorCode::io, "Mailbox can't be read", "dovecot-uidlist lost its header");
    Result<UidListTail> tail = read_uidlist_tail(file_.get(), (*start)->end, (*start)->header.version1, 0);
    if (!tail) return fail(tail.error());
    return Content{std::move((*start)->header), std::move(tail->lines.entries)};
}

Result<> UidListFile::create(const Folder& folder, const UidListHeader& header, std::vector<UidListEntry> entries) {
    *this = UidListFile();
    Content content{header, std::move(entries)};
    return rewrite(folder, content);
}

Result<> UidListFile::give_guid(const Folder& folder, const std::string& guid) {
    Result<Content> content = read_content(folder);
    if (!content) return fail(content.error());
    content->header.guid = guid;
    return rewrite(folder, *content);
}

Result<> UidListFile::raise_next_uid(const Folder& folder, std::uint32_t next_uid) {
    Result<Content> content = read_content(folder);
    if (!content) return fail(content.error());
    content->header.next_uid = std::max(content->header.next_uid, next_uid);
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
        if (::ftruncate(file_.get(), at_.stamp.size) != 0)
            log::error("dovecot-uidlist: torn line left behind", {{"folder", path_of(folder.root())}});
        return written;
    }
    const Result<Stamp> now = stamp_of(file_.get());
    if (!now) return fail(now.error());
    at_.stamp = *now;
    at_.parsed += static_cast<std::int64_t>(text.size());
    at_.last_uid = entries.back().uid;
    return {};
}

Result<> UidListFile::change_bases(const Folder& folder, const BaseChanges& changes) {
    Result<Content> content = read_content(folder);
    if (!content) return fail(content.error());
    // A line that has the new name already is another message's, that is gone.
    std::set<std::string> taken;
    for (const UidListEntry& entry : content->entries)
        if (const auto change = changes.find(entry.base); change != changes.end()) taken.insert(change->second);
    std::erase_if(content->entries, [&](const UidListEntry& entry) { return taken.contains(entry.base); });
    for (UidListEntry& entry : content->entries) {
        const auto change = changes.find(entry.base);
        if (change == changes.end()) continue;
        std::string extras;
        if (!extra_in(entry.extras, 'G') && entry.base.find(' ') == std::string::npos)
            add_extra(extras, 'G', entry.base);
        for (const std::string_view field : ascii::split(entry.extras, ' '))
            if (!field.empty() && field.front() != 'S' && field.front() != 'W')
                add_extra(extras, field.front(), field.substr(1));
        entry.extras = std::move(extras);
        entry.base = change->second;
    }
    return rewrite(folder, *content);
}

Result<> UidListFile::renew(const Folder& folder, UidValidity validity, const std::string& guid, Content& content) {
    std::uint32_t uid = 0;
    for (UidListEntry& entry : content.entries) entry.uid = ++uid;
    content.header.uid_validity = validity.value();
    content.header.next_uid = uid + 1;
    content.header.guid = guid;
    *this = UidListFile();  // its UIDs were another mailbox's
    return rewrite(folder, content);
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
