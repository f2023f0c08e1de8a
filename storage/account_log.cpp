// Comparing an account's tree with what its log knows, and noting what differs.
#include "storage/account_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/clock.h"
#include "storage/found_folders.h"
#include "storage/mailbox_edit.h"
#include "storage/mailbox_sync.h"
#include "storage/subscriptions.h"
#include "storage/uidlist.h"

namespace posthouse::storage {
namespace {

bool is_same(const TreeRow& before, const TreeRow& now) {
    return before.guid.empty() || now.guid.empty() || before.guid == now.guid;
}

/// One that takes another's old name comes after that one gave it up.
std::vector<AccountLogEntry> in_order(std::vector<AccountLogEntry> renames) {
    std::unordered_map<std::string, std::size_t> by_old_name;
    for (std::size_t i = 0; i < renames.size(); ++i) by_old_name.emplace(renames[i].old_name, i);
    std::vector<bool> is_seen(renames.size());
    std::vector<AccountLogEntry> ordered;
    for (std::size_t i = 0; i < renames.size(); ++i) {
        std::vector<std::size_t> chain;
        for (std::size_t at = i; !is_seen[at];) {
            is_seen[at] = true;
            chain.push_back(at);
            const auto next = by_old_name.find(renames[at].name);
            if (next != by_old_name.end()) at = next->second;
        }
        for (auto at = chain.rbegin(); at != chain.rend(); ++at) ordered.push_back(std::move(renames[*at]));
    }
    return ordered;
}

/// The GUID in a mailbox's dovecot-uidlist; empty: it has none yet.
std::string guid_in(int root, const std::string& folder) {
    const Result<UniqueFd> file =
        open_in(root, (folder.empty() ? "" : folder + "/") + "dovecot-uidlist", O_RDONLY | O_NONBLOCK);
    if (!file) return {};
    std::string head(512, '\0');
    const ssize_t n = ::pread(file->get(), head.data(), head.size(), 0);
    head.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    const std::size_t end = head.find('\n');
    if (end == std::string::npos) return {};
    const std::optional<UidListHeader> header = parse_uidlist_header(std::string_view(head).substr(0, end));
    return header ? header->guid : std::string();
}

AccountTree known_tree(const IndexReader& reader) {
    AccountTree tree;
    reader.each_tree([&](const FolderKey& folder, TreeRow row) { tree.mailboxes.emplace(folder, std::move(row)); });
    tree.subscriptions = reader.subscriptions();
    return tree;
}

}  // namespace

std::vector<AccountLogEntry> differences(const AccountTree& before, const AccountTree& now) {
    std::vector<AccountLogEntry> entries;
    std::vector<AccountLogEntry> renames;
    std::vector<AccountLogEntry> created;
    for (const auto& [folder, row] : before.mailboxes) {
        const auto place = now.mailboxes.find(folder);
        if (place == now.mailboxes.end() || !is_same(row, place->second))
            entries.push_back({AccountEvent::deleted, folder, row.guid, row.name, {}});
    }
    for (const auto& [folder, row] : now.mailboxes) {
        const auto place = before.mailboxes.find(folder);
        if (place == before.mailboxes.end() || !is_same(place->second, row))
            created.push_back({AccountEvent::created, folder, row.guid, row.name, {}});
        else if (place->second.name != row.name)
            renames.push_back({AccountEvent::renamed, folder, row.guid, row.name, place->second.name});
    }
    std::ranges::move(in_order(std::move(renames)), std::back_inserter(entries));
    std::ranges::move(created, std::back_inserter(entries));
    const auto subscriptions = [&](const auto& from, const auto& to, AccountEvent event) {
        std::vector<std::string> names;
        std::ranges::set_difference(from, to, std::back_inserter(names));
        for (std::string& name : names) entries.push_back({event, {}, {}, std::move(name), {}});
    };
    subscriptions(before.subscriptions, now.subscriptions, AccountEvent::unsubscribed);
    subscriptions(now.subscriptions, before.subscriptions, AccountEvent::subscribed);
    return entries;
}

Result<std::vector<MailboxName>> AccountLog::read_names(int root) const {
    Result<std::vector<MailboxName>> names = find_mailboxes(root, store_->settings().layout);
    if (names) std::ranges::sort(*names);
    return names;
}

std::map<FolderKey, TreeRow> AccountLog::folders_of(int root, const std::vector<MailboxName>& names) const {
    std::map<FolderKey, TreeRow> found;
    for (const MailboxName& name : names) {
        const Result<std::string> folder = store_->settings().layout.folder(name);
        const Result<struct stat> st = folder ? stat_in(root, folder->empty() ? "." : *folder) : fail(folder.error());
        // Gone since: whoever removed it changed the account's folder, or will be found the next time.
        if (!st) continue;
        found.emplace(FolderKey{st->st_dev, st->st_ino}, TreeRow{{}, name.text()});
    }
    return found;
}

Result<AccountLog::Disk> AccountLog::read_disk(int root) const {
    Disk disk;
    struct stat st{};
    if (::fstat(root, &st) != 0) return fail_errno("stat account's folder", errno);
    const Result<Stamp> subscriptions = stamp_in(root, subscriptions_file);
    if (!subscriptions) return fail(subscriptions.error());
    // The times first: what comes meanwhile is found the next time.
    disk.row.root.stamp = stamp_of(st);
    disk.row.root.at_ns = wall_clock_ns();
    disk.row.subscriptions = *subscriptions;
    const Result<std::vector<MailboxName>> names = read_names(root);
    if (!names) return fail(names.error());
    disk.row.mailboxes = names->size();
    disk.tree.mailboxes = folders_of(root, *names);
    const Result<Subscriptions> file = read_subscriptions(root, store_->settings().layout);
    if (!file) return fail(file.error());
    for (const MailboxName& name : file->names()) disk.tree.subscriptions.push_back(name.text());
    std::ranges::sort(disk.tree.subscriptions);
    disk.tree.subscriptions.erase(std::ranges::unique(disk.tree.subscriptions).begin(), disk.tree.subscriptions.end());
    return disk;
}

void AccountLog::forget_old(IndexWriter& writer, AccountRow& row) const {
    const std::uint64_t most = store_->settings().remembered_changes;
    if (row.entries <= most) return;
    const std::uint64_t keep = most - most / 4;
    row.floor = std::max(row.floor, writer.erase_account_changes(row.entries - keep));
    row.entries = keep;
}

void AccountLog::note_annotation(int folder, AccountEvent event, const std::string& entry) const {
    struct stat st{};
    Result<> noted = ::fstat(folder, &st) == 0 ? Result<>{} : fail_errno("stat a mailbox's folder", errno);
    if (noted) {
        const Result<IndexReader> reader = IndexReader::begin(place_);
        // Before the log begins nobody listens.
        if (reader && !reader->account()) return;
        noted = !reader ? fail(reader.error()) : write_to(reader->index(), [&](IndexWriter& writer) {
            std::optional<AccountRow> row = writer.account();
            if (!row) return;
            const bool of_mailbox = event == AccountEvent::annotated;
            const FolderKey key = of_mailbox ? FolderKey{st.st_dev, st.st_ino} : FolderKey{};
            writer.put_account_change(writer.next_modseq(), {event, key, {}, {}, entry});
            ++row->entries;
            forget_old(writer, *row);
            writer.put_account(*row);
        });
    }
    if (!noted)
        log::warning("the account's log misses an annotation",
                     {{"folder", path_of(folder)}, {"error", noted.error().message()}});
    const WakeKey key = store_->wake_key(root_);
    store_->watcher().tell({&key, 1});
}

Result<> AccountLog::catch_up(int root) const {
    Result<Disk> read = read_disk(root);
    if (!read) return fail(read.error());
    Disk disk = std::move(*read);
    Result<IndexReader> reader = IndexReader::begin(place_);
    if (!reader) return fail(reader.error());
    const std::optional<AccountRow> row = reader->account();
    const AccountTree before = known_tree(*reader);
    std::map<FolderKey, std::string> indexed;
    reader->each_mailbox(
        [&](const FolderKey& folder, const MailboxRow& mailbox) { indexed.emplace(folder, guid_of(mailbox.list)); });
    if (Result<> status = reader->status(); !status) return status;

    auto& mailboxes = disk.tree.mailboxes;
    const auto is_missing = [&](const auto& known) { return !mailboxes.contains(known.first); };
    if (std::ranges::any_of(before.mailboxes, is_missing) || std::ranges::any_of(indexed, is_missing)) {
        // One reading never proves that a folder is gone: a rename meanwhile hides it.
        const Result<std::vector<MailboxName>> again = read_names(root);
        if (!again) return fail(again.error());
        mailboxes.merge(folders_of(root, *again));
    }
    for (auto& [folder, mailbox] : mailboxes) {
        const auto known = before.mailboxes.find(folder);
        const auto in_index = indexed.find(folder);
        if (known == before.mailboxes.end() || known->second.name != mailbox.name) {
            const Result<MailboxName> name = MailboxName::parse(mailbox.name);
            const Result<std::string> place = name ? store_->settings().layout.folder(*name) : fail(name.error());
            if (place) mailbox.guid = guid_in(root, *place);
        } else {
            mailbox.guid =
                in_index != indexed.end() && !in_index->second.empty() ? in_index->second : known->second.guid;
        }
    }

    const std::vector<AccountLogEntry> entries = row ? differences(before, disk.tree) : std::vector<AccountLogEntry>{};
    // Where every question needs a comparison, most find nothing to write.
    const bool is_known = store_->settings().layout.is_nested() && row && row->root.stamp == disk.row.root.stamp &&
                          row->subscriptions == disk.row.subscriptions && row->mailboxes == disk.row.mailboxes;
    if (is_known && before == disk.tree && !std::ranges::any_of(indexed, is_missing)) return {};
    std::vector<std::uint32_t> leftovers;
    const Result<> written = write_to(reader->index(), [&](IndexWriter& writer) {
        AccountRow now = disk.row;
        // What is there when the log begins isn't told one by one.
        now.floor = row ? row->floor : writer.next_modseq();
        now.entries = (row ? row->entries : 0) + entries.size();
        leftovers.clear();
        for (const auto& [folder, guid] : indexed) {
            const std::optional<MailboxRow> gone = mailboxes.contains(folder) ? std::nullopt : writer.mailbox(folder);
            if (!gone) continue;
            leftovers.push_back(gone->number);
            writer.erase_account_change(gone->modseq);
            writer.erase_mailbox(folder);
        }
        if (!leftovers.empty()) writer.forget_given_uids();
        for (const auto& [folder, known] : before.mailboxes)
            if (!mailboxes.contains(folder)) writer.erase_tree(folder);
        for (const auto& [folder, mailbox] : mailboxes) {
            const auto known = before.mailboxes.find(folder);
            if (known == before.mailboxes.end() || known->second != mailbox) writer.put_tree(folder, mailbox);
        }
        if (before.subscriptions != disk.tree.subscriptions) writer.put_subscriptions(disk.tree.subscriptions);
        for (const AccountLogEntry& entry : entries) writer.put_account_change(writer.next_modseq(), entry);
        forget_old(writer, now);
        writer.put_account(now);
    });
    if (!written) return written;
    const WakeKey key = store_->wake_key(root_);
    if (!entries.empty()) store_->watcher().tell({&key, 1});
    for (const std::uint32_t mailbox : leftovers)
        if (Result<> erased = erase_leftovers(reader->index(), mailbox); !erased) return erased;
    return {};
}

}  // namespace posthouse::storage
