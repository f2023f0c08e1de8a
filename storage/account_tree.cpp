// An account's folders: made in tmp/ and moved into place, and moved to tmp/ to be removed.
#include "storage/account_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/found_folders.h"
#include "storage/moved.h"
#include "storage/subscriptions.h"
#include "storage/trees.h"
#include "storage/uid_validity.h"
#include "storage/uidlist_file.h"

namespace posthouse::storage {
namespace {

/// An empty file that Maildir++ wants in every mailbox's folder.
Result<> make_mark(int root, const Layout& layout, const std::string& place) {
    if (layout.is_nested()) return {};
    const Result<UniqueFd> mark = open_in(root, place + "/maildirfolder", O_WRONLY | O_CREAT);
    return mark ? Result<>{} : fail(mark.error());
}

/// A mailbox's content: folders, maildirfolder, dovecot-uidlist, and what `fill` adds; all synced.
Result<> fill_mailbox(int root, const std::string& place, const Layout& layout, const FillFolder& fill) {
    const Result<Folder> folder = Folder::open(root, place, MissingParts::make);
    if (!folder) return fail(folder.error());
    if (Result<> marked = make_mark(root, layout, place); !marked) return marked;
    if (Result<> filled = fill(folder->root()); !filled) return filled;
    const Result<UidValidity> validity = next_uid_validity(root);
    if (!validity) return fail(validity.error());
    UidListHeader header;
    header.uid_validity = validity->value();
    header.guid = random_hex(16);
    UidListFile list;
    return list.create(*folder, header);  // syncs the folder, and with it what was made before
}

/// cur/ first, or else last: without it there is no mailbox.
FolderMoves moves_of(std::vector<std::string> entries, const std::string& from, const std::string& to, bool cur_first) {
    std::ranges::sort(entries, {}, [&](const std::string& entry) { return (entry == "cur") != cur_first; });
    FolderMoves moves;
    for (const std::string& entry : entries) moves.emplace_back(from + "/" + entry, to + "/" + entry);
    return moves;
}

/// A mailbox that was built apart, durably, moves into a folder that is there already. What another program left of one
/// there goes away, but for messages in new/, which are the new one's.
Result<FolderMoves> moves_into_parent(int root, const std::string& building, const std::string& place,
                                      const std::string& trash) {
    Result<std::vector<std::string>> leftovers = own_entries(root, place);
    if (!leftovers) return fail(leftovers.error());
    Result<std::vector<std::string>> parts = own_entries(root, building);
    if (!parts) return fail(parts.error());
    const Result<bool> has_mail = holds_new_mail(root, place);
    if (!has_mail) return fail(has_mail.error());
    if (*has_mail)
        for (std::vector<std::string>* entries : {&*leftovers, &*parts}) std::erase(*entries, "new");
    FolderMoves moves = moves_of(std::move(*leftovers), place, trash, true);
    for (auto& move : moves_of(std::move(*parts), building, place, false)) moves.push_back(std::move(move));
    return moves;
}

/// Who is about to store something is to try again: by then the new name is known.
std::unexpected<Error> fail_moved(const std::string& root) { return fail(ErrorCode::busy, "Mailbox has moved", root); }

}  // namespace

Result<AccountLock> AccountLock::take(const std::string& root, const Settings& settings) {
    Result<UniqueFd> folder = open_file(root, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    Result<FileLock> lock = FileLock::take(folder->get(), settings.lock_wait);
    if (!lock) return fail(lock.error());
    const Result<bool> is_gone = has_moved(root);
    if (!is_gone) return fail(is_gone.error());
    if (*is_gone) return fail_moved(root);
    return AccountLock(std::move(*folder), std::move(*lock));
}

Result<bool> is_account(const std::string& root) {
    const Result<UniqueFd> folder = open_file(root, O_PATH | O_DIRECTORY);
    const Result<struct stat> cur = folder ? stat_in(folder->get(), "cur") : fail(folder.error());
    if (cur) return S_ISDIR(cur->st_mode);
    return cur.error().code == ErrorCode::not_found ? Result<bool>(false) : fail(cur.error());
}

Result<> make_account(const std::string& root, const Settings& settings) {
    const Result<bool> is_gone = has_moved(root);
    if (!is_gone) return fail(is_gone.error());
    if (*is_gone) return fail_moved(root);
    if (Result<> made = make_folders(root, 0700); !made) return made;
    const Result<AccountLock> lock = AccountLock::take(root, settings);
    if (!lock) return fail(lock.error());
    const Result<bool> there = is_account(root);
    if (!there) return fail(there.error());
    if (*there) return {};
    for (const char* part : {"tmp", "new"})
        if (Result<> made = make_folder_in(lock->root(), part); !made) return made;
    Result<Subscriptions> subscriptions = read_subscriptions(lock->root(), settings.layout);
    if (!subscriptions) return fail(subscriptions.error());
    for (const DefaultFolder& folder : settings.default_folders) {
        const Result<MailboxName> name = MailboxName::parse(folder.name);
        if (!name) return fail(name.error());
        const Result<std::string> place = settings.layout.folder(*name);
        if (!place) return fail(place.error());
        // Without dovecot-uidlist, which the first look makes: nobody knows this mailbox yet, one sync serves for all.
        if (Result<> made = make_parents(lock->root(), *place + "/"); !made) return made;
        if (Result<> marked = make_mark(lock->root(), settings.layout, *place); !marked) return marked;
        for (const char* part : {"/tmp", "/new", "/cur"})
            if (Result<> inner = make_folder_in(lock->root(), *place + part); !inner) return inner;
        // In the fs layout it is none without cur/, and nobody would make that later.
        if (settings.layout.is_nested())
            for (std::string at = *place; !at.empty(); at = parent_of(at))
                if (Result<> synced = sync_below(lock->root(), at); !synced) return synced;
        if (const Result<bool> added = subscriptions->add(*name); !added) return fail(added.error());
    }
    if (!settings.default_folders.empty())
        if (Result<> written = write_subscriptions(lock->root(), *subscriptions); !written) return written;
    if (Result<> made = make_folder_in(lock->root(), "cur"); !made) return made;
    return sync_fd(lock->root(), "account's folder");
}

Result<> make_mailbox(int root, const Layout& layout, const std::string& place, const FillFolder& fill) {
    const Result<Stamp> folder = stamp_in(root, place);
    if (!folder) return fail(folder.error());
    const bool is_parent = layout.is_nested() && *folder != Stamp();
    const Result<Stamp> cur = is_parent ? stamp_in(root, place + "/cur") : *folder;
    if (!cur) return fail(cur.error());
    if (*cur != Stamp()) return fail(ErrorCode::exists, "Mailbox exists already");
    if (Result<> made = make_folder_in(root, "tmp"); !made) return made;
    const std::string building = "tmp/create." + random_hex(8);
    if (Result<> made = make_folder_in(root, building); !made) return made;
    const std::string trash = new_trash();
    Result<> made = fill_mailbox(root, building, layout, fill);
    // What an intent tells of must survive as long as the intent.
    if (made && is_parent) made = sync_below(root, "tmp");
    if (made) {
        const Result<FolderMoves> moves =
            is_parent ? moves_into_parent(root, building, place, trash) : FolderMoves{{building, place}};
        made = moves ? move_folders(root, *moves) : fail(moves.error());
    }
    // What failed, and what was in the new one's way.
    if (!made || is_parent) empty_trash(root, building);
    if (is_parent) empty_trash(root, trash);
    return made;
}

Result<FolderMoves> moves_to_trash(int root, const Layout& layout, const std::string& place, const std::string& trash) {
    if (!layout.is_nested()) return FolderMoves{{place, trash}};
    const Result<std::vector<std::string>> children = child_folders(root, place);
    if (!children) return fail(children.error());
    if (children->empty()) return FolderMoves{{place, trash}};
    Result<std::vector<std::string>> own = own_entries(root, place);
    if (!own) return fail(own.error());
    return moves_of(std::move(*own), place, trash, true);
}

Result<bool> holds_new_mail(int root, const std::string& place) {
    const Result<UniqueFd> fresh = open_in(root, place + "/new", O_RDONLY | O_DIRECTORY);
    if (!fresh) return fresh.error().code == ErrorCode::not_found ? Result<bool>(false) : fail(fresh.error());
    const Result<std::vector<std::string>> names = message_names_in(fresh->get());
    return names ? Result<bool>(!names->empty()) : fail(names.error());
}

std::string new_trash() { return "tmp/deleted." + random_hex(8); }

void empty_trash(int root, const std::string& trash) {
    if (Result<> removed = remove_tree_in(root, trash); !removed)
        log::warning("deleted mailbox can't be removed",
                     {{"folder", path_of(root)}, {"error", removed.error().message()}});
}

}  // namespace posthouse::storage
