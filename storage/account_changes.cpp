// What changed in an account since a modseq: the log is brought up to date where few stats tell that it isn't, then
// read.
#include <fcntl.h>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/account_log.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/subscriptions.h"

namespace posthouse::storage {

Result<bool> AccountLog::is_stale(const std::optional<AccountRow>& row, int root) const {
    // In the fs layout folders come and go where no time of the account's folder tells.
    if (!row || store_->settings().layout.is_nested()) return true;
    const Result<Stamp> folder = stamp_of(root);
    const Result<Stamp> subscriptions = stamp_in(root, subscriptions_file);
    if (!folder) return fail(folder.error());
    if (!subscriptions) return fail(subscriptions.error());
    return *folder != row->root.stamp || *subscriptions != row->subscriptions ||
           row->root.at_ns - folder->changed_ns < young_ns;
}

Result<> AccountLog::catch_up_if_stale() const {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    {
        const Result<IndexReader> reader = IndexReader::begin(place_);
        if (!reader) return fail(reader.error());
        const Result<bool> stale = is_stale(reader->account(), root->get());
        if (!stale) return fail(stale.error());
        if (!*stale) return {};
    }
    return try_catch_up(root->get());
}

void AccountLog::catch_up_if_obvious(int root, std::size_t mailboxes) const {
    const auto is_obvious = [&] {
        const Result<IndexReader> reader = IndexReader::begin(place_);
        const std::optional<AccountRow> row = reader ? reader->account() : std::nullopt;
        const Result<Stamp> subscriptions = stamp_in(root, subscriptions_file);
        return reader && subscriptions && (!row || row->mailboxes != mailboxes || row->subscriptions != *subscriptions);
    };
    if (!is_obvious()) return;
    if (Result<> caught_up = try_catch_up(root); !caught_up)
        log::warning("the account's log is behind", {{"folder", root_}, {"error", caught_up.error().message()}});
}

Result<> AccountLog::try_catch_up(int root) const {
    // Whoever has the lock changes the tree, and notes it himself when he has done so.
    const Result<FileLock> lock = FileLock::take(root, std::chrono::milliseconds(0));
    if (!lock) return lock.error().code == ErrorCode::busy ? Result<>{} : fail(lock.error());
    return catch_up(root);
}

Result<> AccountLog::look_at_mailboxes() const {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    std::vector<std::string> changed;
    {
        const Result<IndexReader> reader = IndexReader::begin(place_);
        if (!reader) return fail(reader.error());
        reader->each_tree([&](const FolderKey& key, const TreeRow& row) {
            const std::optional<MailboxRow> mailbox = reader->mailbox(key);
            const Result<MailboxName> name = MailboxName::parse(row.name);
            const Result<std::string> folder = name ? store_->settings().layout.folder(*name) : fail(name.error());
            // Nobody was told of what is in a mailbox that isn't in the index.
            if (!mailbox || !folder) return;
            const std::string place = folder->empty() ? "" : *folder + "/";
            const Result<Stamp> fresh = stamp_in(root->get(), place + "new");
            const Result<Stamp> cur = stamp_in(root->get(), place + "cur");
            if (!fresh || !cur || doubt_about_fresh(mailbox->fresh_look, *fresh) != Doubt::none ||
                doubt_about_cur(mailbox->cur, *cur) != Doubt::none)
                changed.push_back(*folder);
        });
        if (Result<> read = reader->status(); !read) return read;
    }
    for (const std::string& folder : changed) {
        const Result<std::shared_ptr<MailboxState>> mailbox = StoreState::mailbox(store_, root_, folder);
        const Result<Snapshot> looked = mailbox ? (*mailbox)->look() : fail(mailbox.error());
        if (!looked && looked.error().code != ErrorCode::not_found) return fail(looked.error());
    }
    return {};
}

Result<AccountChanges> AccountLog::changes_since(ModSeq since) const {
    if (Result<> caught_up = catch_up_if_stale(); !caught_up) return fail(caught_up.error());
    if (Result<> looked = look_at_mailboxes(); !looked) return fail(looked.error());
    const Result<IndexReader> reader = IndexReader::begin(place_);
    if (!reader) return fail(reader.error());
    const std::optional<AccountRow> row = reader->account();
    AccountChanges changes;
    changes.now = ModSeq(reader->modseq());
    changes.whole = !row || since.value() < row->floor || since > changes.now;
    if (!changes.whole)
        reader->each_account_change(since.value(), [&](std::uint64_t modseq, const AccountLogEntry& entry) {
            AccountChange change{ModSeq(modseq), entry.event, entry.guid, {}, {}, {}};
            if (entry.event == AccountEvent::annotated || entry.event == AccountEvent::annotated_account)
                change.entry = entry.old_name;
            std::string name = entry.name;
            if (entry.event == AccountEvent::messages || entry.event == AccountEvent::annotated) {
                const std::optional<TreeRow> known = reader->tree(entry.folder);
                if (!known) return;  // made this moment: its creation will be told; or gone
                name = known->name;
                change.guid = known->guid;
            }
            if (const Result<MailboxName> parsed = MailboxName::parse(name)) change.name = *parsed;
            if (const Result<MailboxName> parsed = MailboxName::parse(entry.old_name)) change.old_name = *parsed;
            // It may have got its GUID later.
            const bool is_nameless = change.guid.empty() && entry.folder != FolderKey();
            if (const auto mailbox = is_nameless ? reader->mailbox(entry.folder) : std::nullopt) {
                UidListFile list;
                list.resume(mailbox->list);
                change.guid = list.guid();
            }
            changes.changes.push_back(std::move(change));
        });
    if (Result<> read = reader->status(); !read) return fail(read.error());
    return changes;
}

}  // namespace posthouse::storage
