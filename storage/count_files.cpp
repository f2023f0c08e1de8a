// Counts messages by reading new/ and cur/ of every mailbox.
#include "storage/count_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <vector>

#include "lib/base/file.h"
#include "storage/folder.h"
#include "storage/found_folders.h"
#include "storage/maildir_name.h"

namespace posthouse::storage {
namespace {

/// A mailbox in which others keep working is read so often at most.
constexpr int readings = 5;

/// Adds new/ or cur/.
Result<> add_folder(int folder, Usage& usage) {
    const Result<std::vector<std::string>> names = message_names_in(folder);
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        if (!is_message_name(name)) continue;
        if (const auto bytes = bytes_of(folder, name)) usage += {static_cast<std::int64_t>(*bytes), 1};
    }
    return {};
}

}  // namespace

std::optional<std::uint64_t> bytes_of(int folder, const std::string& name) {
    if (const auto told = size_in_name(base_of(name), 'S'); told && *told < max_told_size) return told;
    struct stat st{};
    if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(st.st_size);
}

Result<FileCount> count_mailbox_files(int root, const std::string& place) {
    FileCount count;
    for (int reading = 0; reading < readings; ++reading) {
        const Result<UniqueFd> fresh = open_in(root, place + "new", O_RDONLY | O_DIRECTORY);
        const Result<UniqueFd> cur = open_in(root, place + "cur", O_RDONLY | O_DIRECTORY);
        if (!fresh || !cur) {
            const Error& error = fresh ? cur.error() : fresh.error();
            // Deleted meanwhile, or only half of a mailbox.
            if (error.code == ErrorCode::not_found) return FileCount{};
            return fail(error);
        }
        const Result<Stamp> fresh_before = stamp_of(fresh->get());
        const Result<Stamp> cur_before = stamp_of(cur->get());
        count = {};
        for (const int folder : {fresh->get(), cur->get()})
            if (const Result<> added = add_folder(folder, count.usage); !added) return fail(added.error());
        const Result<Stamp> fresh_after = stamp_of(fresh->get());
        const Result<Stamp> cur_after = stamp_of(cur->get());
        if (!fresh_before || !cur_before || !fresh_after || !cur_after)
            return fail(ErrorCode::io, "Mailbox cannot be looked at", place);
        count.disturbed = *fresh_before != *fresh_after || *cur_before != *cur_after;
        if (!count.disturbed) break;
    }
    return count;
}

Result<FileCount> count_files(const std::string& root, const Layout& layout, const QuotaLimits& limits) {
    const Result<UniqueFd> folder = open_file(root, O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().code == ErrorCode::not_found) return FileCount{};
    if (!folder) return fail(folder.error());
    const Result<std::vector<MailboxName>> names = find_mailboxes(folder->get(), layout);
    if (!names) return fail(names.error());
    FileCount sum;
    for (const MailboxName& name : *names) {
        if (!limits.counts(name)) continue;
        const Result<std::string> place = layout.folder(name);
        if (!place) return fail(place.error());
        const Result<FileCount> count = count_mailbox_files(folder->get(), place->empty() ? "" : *place + "/");
        if (!count) return fail(count.error());
        sum.usage += count->usage;
        sum.disturbed = sum.disturbed || count->disturbed;
    }
    return sum;
}

}  // namespace posthouse::storage
