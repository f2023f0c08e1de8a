// One look at an account: a snapshot of all rows, each compared with its folder; what is out of date is synchronised,
// and the look begins anew.
#include "storage/usage_look.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <limits>
#include <utility>

#include "lib/base/file.h"
#include "storage/count_files.h"
#include "storage/folder.h"
#include "storage/found_folders.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"

namespace posthouse::storage {
namespace {

/// Mailboxes that others work on all the time are synchronised so often; then what is there is taken.
constexpr int rounds = 5;

/// The rows can be taken for true but for what is new in new/: as MailboxState::look() decides.
bool is_true(const MailboxRow& row, const Stamp& list, const Stamp& cur) {
    const Doubt doubt = doubt_about_cur(row.cur, cur);
    return list == row.list.stamp && doubt != Doubt::certain && (doubt == Doubt::none || row.cur.cost_ns > cheap_ns);
}

}  // namespace

Result<Usage> UsageLook::usage(const QuotaLimits& limits) {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root && root.error().code == ErrorCode::not_found) return Usage{};
    if (!root) return fail(root.error());
    for (int round = 1;; ++round) {
        const Result<std::vector<MailboxPlace>> mailboxes = places(root->get(), limits);
        if (!mailboxes) return fail(mailboxes.error());
        if (mailboxes->empty()) return Usage{};
        std::vector<const MailboxPlace*> outdated;
        Usage sum;
        {
            const Result<IndexReader> reader = IndexReader::begin(store_->index_place(root_));
            if (!reader) return fail(reader.error());
            const Effort effort = round < rounds ? Effort::exact : Effort::best_possible;
            for (const MailboxPlace& place : *mailboxes) {
                const Result<std::optional<Usage>> counted = count(root->get(), *reader, place, effort);
                if (!counted) return fail(counted.error());
                if (*counted)
                    sum += **counted;
                else
                    outdated.push_back(&place);
            }
            if (Result<> read = reader->status(); !read) return fail(read.error());
        }
        if (outdated.empty()) return sum;
        for (const MailboxPlace* place : outdated) {
            const Result<std::shared_ptr<MailboxState>> mailbox =
                StoreState::mailbox(store_, root_, place->below.substr(0, place->below.rfind('/')));
            if (!mailbox && mailbox.error().code == ErrorCode::not_found) continue;  // deleted meanwhile
            if (!mailbox) return fail(mailbox.error());
            const Result<Snapshot> looked = (*mailbox)->look();
            if (!looked && looked.error().code != ErrorCode::not_found) return fail(looked.error());
        }
    }
}

Result<std::vector<UsageLook::MailboxPlace>> UsageLook::places(int root, const QuotaLimits& limits) const {
    std::vector<MailboxPlace> found;
    const Layout& layout = store_->settings().layout;
    const Result<std::vector<MailboxName>> names = find_mailboxes(root, layout);
    if (!names) return fail(names.error());
    for (const MailboxName& name : *names) {
        if (!limits.counts(name)) continue;
        const Result<std::string> place = layout.folder(name);
        if (!place) return fail(place.error());
        const Result<struct stat> st = stat_in(root, place->empty() ? "." : *place);
        if (!st && st.error().code == ErrorCode::not_found) continue;
        if (!st) return fail(st.error());
        found.push_back({place->empty() ? "" : *place + "/", {st->st_dev, st->st_ino}});
    }
    return found;
}

Result<std::optional<Usage>> UsageLook::count(int root, const IndexReader& reader, const MailboxPlace& place,
                                              Effort effort) {
    const std::optional<MailboxRow> row = reader.mailbox(place.folder);
    if (!row) {
        if (effort == Effort::exact) return std::nullopt;
        // Others make it anew all the time.
        const Result<FileCount> counted = count_mailbox_files(root, place.below);
        return counted ? Result<std::optional<Usage>>(counted->usage) : fail(counted.error());
    }
    const Result<Stamp> list = stamp_in(root, place.below + "dovecot-uidlist");
    const Result<Stamp> cur = stamp_in(root, place.below + "cur");
    const Result<Stamp> fresh = stamp_in(root, place.below + "new");
    for (const Result<Stamp>* stamp : {&list, &cur, &fresh})
        if (!*stamp) return fail(stamp->error());
    if (effort == Effort::exact && !is_true(*row, *list, *cur)) return std::nullopt;
    if (doubt_about_fresh(row->fresh_look, *fresh) == Doubt::none)
        return Usage{static_cast<std::int64_t>(row->bytes), row->messages};
    Result<std::optional<Usage>> counted = count_unnumbered(root, reader, place, *row, effort);
    if (!counted || !*counted || effort != Effort::exact) return counted;
    // What left new/ while it was read is in cur/ now.
    const Result<Stamp> cur_after = stamp_in(root, place.below + "cur");
    if (!cur_after) return fail(cur_after.error());
    if (*cur_after != *cur) return std::nullopt;
    return counted;
}

/// The rows, and those files in new/ that they don't tell of.
Result<std::optional<Usage>> UsageLook::count_unnumbered(int root, const IndexReader& reader, const MailboxPlace& place,
                                                         const MailboxRow& row, Effort effort) {
    const Result<UniqueFd> folder = open_in(root, place.below + "new", O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().code == ErrorCode::not_found)
        return effort == Effort::exact ? std::nullopt : std::optional(Usage{});  // deleted meanwhile
    if (!folder) return fail(folder.error());
    const Result<std::vector<std::string>> names = message_names_in(folder->get());
    if (!names) return fail(names.error());
    const std::unordered_set<std::string>& known = known_fresh(reader, place.folder, row);
    Usage usage{static_cast<std::int64_t>(row.bytes), row.messages};
    std::size_t still_there = 0;
    std::size_t unnumbered = 0;
    for (const std::string& name : *names) {
        if (!is_message_name(name)) continue;
        if (known.contains(std::string(base_of(name)))) {
            ++still_there;
            continue;
        }
        if (effort == Effort::exact && ++unnumbered > most_unnumbered) return std::nullopt;
        if (const auto bytes = bytes_of(folder->get(), name)) usage += {static_cast<std::int64_t>(*bytes), 1};
    }
    if (effort == Effort::exact && still_there != known.size()) return std::nullopt;
    return usage;
}

const std::unordered_set<std::string>& UsageLook::known_fresh(const IndexReader& reader, const FolderKey& folder,
                                                              const MailboxRow& row) {
    if (row.fresh == 0) {
        static const std::unordered_set<std::string> none;
        known_.erase({folder.device, folder.inode});
        return none;
    }
    Known& known = known_[{folder.device, folder.inode}];
    if (known.row == row) return known.bases;
    known.row = row;
    known.bases.clear();
    reader.each_flags(row.number, row.first_fresh, std::numeric_limits<std::uint32_t>::max(),
                      [&](std::uint32_t uid, const FlagRow& flags) {
                          if (flags.place == Place::fresh)
                              if (auto file = reader.file(row.number, uid)) known.bases.insert(std::move(file->base));
                          return true;
                      });
    return known.bases;
}

}  // namespace posthouse::storage
