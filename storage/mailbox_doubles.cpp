// Several files with one base name: which of them is the message that had it, and names of their own for the others.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "lib/base/log.h"
#include "storage/clock.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

/// In a mailbox of so many messages the rows are searched for the name of every new file; in a larger one only for
/// names that weren't made just now (a restored backup, a copy). What that misses is found when cur/ is read the next
/// time.
constexpr std::uint32_t few_messages = 1000;
constexpr std::int64_t just_now_seconds = 60;
constexpr std::size_t max_name_bytes = 255;

Result<> remove_name(int folder, const std::string& name) {
    if (::unlinkat(folder, name.c_str(), 0) != 0) return fail_errno("unlink a second name", errno);
    return {};
}

}  // namespace

void MailboxSync::find_namesakes() {
    const bool all = edit_.row().messages <= few_messages;
    const std::int64_t now = wall_clock_seconds();
    std::set<std::string_view> bases;
    for (const Found& found : pending_)
        if (const std::string_view base = base_of(found.file); all || now - time_in_name(base) > just_now_seconds)
            bases.insert(base);
    if (bases.empty()) return;
    for (const std::uint32_t uid : edit_.named(bases)) {
        const Record* record = edit_.find(uid);
        if (record == nullptr) continue;
        std::vector<Found>& same = doubles_[record->file.base];
        same.push_back({record->name(), record->fresh()});
        std::ranges::copy_if(pending_, std::back_inserter(same),
                             [&](const Found& found) { return base_of(found.file) == record->file.base; });
    }
}

// With dovecot-uidlist.lock held, so that of all who rename files only those are at work that know no lock.
Result<> MailboxSync::part_doubles() {
    if (doubles_.empty()) return {};
    const auto doubles = std::exchange(doubles_, {});
    std::set<std::string_view> bases;
    for (const auto& [base, same] : doubles) bases.insert(base);
    std::map<std::string, std::vector<Record>> rows;
    for (const std::uint32_t uid : edit_.named(bases))
        if (const Record* record = edit_.find(uid)) rows[record->file.base].push_back(*record);
    // What is found now is not what was read: the folders are read once more the next time.
    edit_.row().cur.at_ns = 0;
    edit_.row().fresh_look.at_ns = 0;
    Parted parted;
    for (const auto& [base, same] : doubles) {
        part(base, same, rows[base], parted);
        if (parted.files >= piece_size) break;
    }
    // Their new names are durable before a UID is told of them.
    if (parted.touched_cur)
        if (Result<> synced = sync_fd(m_.folder_->cur(), "cur/"); !synced) return synced;
    if (parted.touched_fresh)
        if (Result<> synced = sync_fd(m_.folder_->fresh(), "new/"); !synced) return synced;
    if (parted.dead_lines.empty()) return {};
    return m_.list_.compact(*m_.folder_,
                            [&](const UidListEntry& entry) { return !parted.dead_lines.contains(entry.uid); });
}

void MailboxSync::part(const std::string& base, const std::vector<Found>& same, const std::vector<Record>& rows,
                       Parted& parted) {
    std::erase_if(pending_, [&](const Found& found) { return base_of(found.file) == base; });
    std::vector<Found> files;
    struct stat st{};
    for (const Found& found : same) {
        const bool is_known = std::ranges::any_of(
            files, [&](const Found& file) { return file.fresh == found.fresh && file.file == found.file; });
        if (!is_known && ::fstatat(m_.folder_of(found.fresh), found.file.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
            files.push_back(found);
    }
    if (files.empty()) return;
    const auto row_of = [&](const Found& file) {
        return std::ranges::find_if(rows, [&](const Record& row) { return file.is(row); });
    };
    // The message that had the name before keeps it; else one in cur/, which somebody has seen already.
    const auto keeper = std::ranges::min_element(files, {}, [&](const Found& file) {
        return std::tuple(row_of(file) - rows.begin(), file.fresh, std::string_view(file.file));
    });
    const Found kept = *keeper;
    files.erase(keeper);
    if (rows.empty())
        pending_.push_back(kept);
    else if (row_of(kept) == rows.end())
        edit_.rename(rows.front().uid, kept.file, kept.fresh);
    for (Found& file : files) {
        const auto row = row_of(file);
        const bool is_kept = is_same_file(kept, file);
        const Result<> parted_now = is_kept ? remove_name(m_.folder_of(file.fresh), file.file) : rename_to_own(file);
        if (!parted_now) {
            log::warning("a second message of the same name stays hidden", {{"folder", path_of(m_.folder_->root())},
                                                                            {"file", file.file},
                                                                            {"error", parted_now.error().message()}});
            continue;
        }
        log::warning(is_kept ? "a second name of the same message was removed" : "a second message got its own name",
                     {{"folder", path_of(m_.folder_->root())}, {"name", base}, {"file", file.file}});
        ++parted.files;
        (file.fresh ? parted.touched_fresh : parted.touched_cur) = true;
        if (!is_kept) pending_.push_back(file);
        if (row == rows.end()) continue;
        edit_.drop(row->uid);
        edit_.erase_absent(base);
        parted.dead_lines.insert(row->uid);
    }
}

Result<> MailboxSync::rename_to_own(Found& file) const {
    Result<std::string> name = give_own_name(m_.folder_of(file.fresh), file.file, m_.store_->host());
    if (!name) return fail(name.error());
    file.file = std::move(*name);
    return {};
}

bool MailboxSync::is_same_file(const Found& one, const Found& other) const {
    struct stat first{};
    struct stat second{};
    struct stat again{};
    const auto look = [&](const Found& found, struct stat& st) {
        return ::fstatat(m_.folder_of(found.fresh), found.file.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
    };
    // Both names are there at the same time, so neither is what the other was called a moment ago.
    return look(one, first) && look(other, second) && look(one, again) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino && again.st_ino == first.st_ino && again.st_nlink > 1;
}

Result<std::string> new_base_for(int folder, const std::string& file, const std::string& host) {
    const Result<MessageFile> opened = open_message_file(folder, file);
    struct stat st{};
    if (::fstatat(folder, file.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("stat message", errno);
    const Result<std::uint64_t> added = opened ? count_bare_lf(opened->fd.get()) : fail(opened.error());
    const auto size = static_cast<std::uint64_t>(st.st_size);
    std::string base = make_base_name(host, {}, size, size + added.value_or(0));
    if (!added) base.resize(base.rfind(",W="));
    return base;
}

Result<std::string> give_own_name(int folder, const std::string& file, const std::string& host) {
    const Result<std::string> base = new_base_for(folder, file, host);
    if (!base) return base;
    std::string name = *base + file.substr(base_of(file).size());
    if (name.size() > max_name_bytes || !is_message_name(name)) {
        NameFlags flags = flags_of(file);
        flags.other.clear();
        name = name_with_flags(*base, flags);
    }
    if (::renameat2(folder, file.c_str(), folder, name.c_str(), RENAME_NOREPLACE) != 0)
        return fail_errno("rename message", errno);
    return name;
}

}  // namespace posthouse::storage
