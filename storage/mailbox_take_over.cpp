// The first opening of a mailbox that Courier kept: its UIDs, UIDVALIDITY, keywords and POP3's unique-ids go on.
#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/courier_files.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"
#include "storage/subscriptions.h"

namespace posthouse::storage {
namespace {

/// What becomes of courierimapuiddb: neither Courier nor a later opening may go on from numbers that are out of date.
constexpr const char* used_courier_uid_file = "courierimapuiddb.old";

}  // namespace

Result<> MailboxSync::name_keywords(const CourierKeywords& keywords) {
    // What was named by a take-over that died keeps its letter or number.
    if (Result<> read = read_further(); !read) return read;
    std::map<std::string, std::size_t, ascii::ILess> uses;
    std::uint32_t carried = 0;
    for (const Found& found : pending_) {
        carried |= flags_of(found.file).keywords;
        if (const auto place = keywords.find(std::string(base_of(found.file))); place != keywords.end())
            for (const std::string& name : place->second) ++uses[name];
    }
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& [name, count] : uses)
        if (!m_.letters_.find(name) && !m_.names_->find(name)) ranked.emplace_back(count, name);
    // What most messages have gets the letters, which cost no file but the message's name.
    std::ranges::sort(ranked, std::greater());
    std::vector<std::string> names;
    names.reserve(ranked.size());
    for (auto& [count, name] : ranked) names.push_back(std::move(name));
    const std::size_t letters = std::min(names.size(), m_.letters_.room(carried));
    const std::size_t room = letters + m_.further_.room();
    if (names.size() > room) {
        log::warning("Courier had more keywords than a mailbox can hold, the rarest are left out",
                     {{"folder", path_of(m_.folder_->root())}, {"keywords", uses.size()}});
        names.resize(room);
    }
    if (Result<> named = m_.name_letters(std::span(names).first(letters), carried); !named) return named;
    return m_.name_further(edit_, std::span(names).subspan(letters));
}

Result<> MailboxSync::take_keywords(const CourierKeywords& keywords) {
    if (Result<> named = name_keywords(keywords); !named) return named;
    std::vector<std::pair<const Found*, std::uint32_t>> lettered;
    std::vector<KeywordAssignment> further;
    for (const Found& found : pending_) {
        const std::string base(base_of(found.file));
        const auto place = keywords.find(base);
        if (place == keywords.end()) continue;
        KeywordNumbers numbers = m_.numbers_of(Keywords::make(place->second).value_or(Keywords()));
        if (numbers.letters != 0) lettered.emplace_back(&found, numbers.letters);
        if (!numbers.further.empty()) further.push_back({base, std::move(numbers.further)});
    }
    if (Result<> assigned = m_.further_.assign(*m_.folder_, further, Durable::at_once); !assigned) return assigned;
    for (const auto& [found, letters] : lettered) {
        NameFlags flags = flags_of(found->file);
        flags.keywords |= letters;
        const std::string name = name_with_flags(base_of(found->file), flags);
        const int folder = m_.folder_of(found->fresh);
        if (name == found->file ||
            ::renameat2(folder, found->file.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0)
            continue;
        // Another program works on this mailbox at this moment, or two files have this base name.
        if (errno != ENOENT && errno != EEXIST) return fail_errno("rename message", errno);
        log::warning("a message's keywords can't be taken over from Courier",
                     {{"folder", path_of(m_.folder_->root())}, {"file", found->file}});
    }
    if (lettered.empty()) return {};
    if (Result<> synced = sync_fd(m_.folder_->cur(), "cur/"); !synced) return synced;
    return sync_fd(m_.folder_->fresh(), "new/");
}

Result<> MailboxSync::take_subscriptions() const {
    const Result<UniqueFd> account = open_file(m_.account_root_, O_RDONLY | O_DIRECTORY);
    if (!account) return fail(account.error());
    const Result<Stamp> stamp = stamp_of(account->get());
    if (!stamp) return fail(stamp.error());
    if (stamp->inode != m_.folder_->inode()) return {};
    return take_over_subscriptions(account->get(), m_.store_->settings().layout);
}

Result<std::optional<MailboxSync::CourierMailbox>> MailboxSync::read_courier() const {
    const int root = m_.folder_->root();
    const Result<std::optional<std::string>> uids = read_courier_file(root, courier_uid_file);
    if (!uids) return fail(uids.error());
    const Result<std::optional<std::string>> ids = read_courier_file(root, courier_unique_id_file);
    if (!ids) return fail(ids.error());
    CourierMailbox courier;
    courier.unique_ids = parse_courier_unique_ids(ids->value_or(""));
    courier.uids = *uids ? parse_courier_uids(**uids) : std::nullopt;
    if (*uids && !courier.uids)
        log::error("courierimapuiddb has no usable header, messages get new UIDs", {{"folder", path_of(root)}});
    if (!courier.uids && courier.unique_ids.empty()) return std::nullopt;
    if (courier.uids && courier.uids->lines.damaged)
        log::warning("courierimapuiddb has damaged lines, their messages get new UIDs", {{"folder", path_of(root)}});
    return courier;
}

Result<bool> MailboxSync::take_over() {
    // The account's own part goes with INBOX, so that Dovecot finds it too.
    if (Result<> taken = take_subscriptions(); !taken) return fail(taken.error());
    // One that lost its header isn't a first opening: what Courier wrote is out of date.
    const Result<Stamp> there = stamp_in(m_.folder_->root(), "dovecot-uidlist");
    if (!there) return fail(there.error());
    if (there->inode != 0) return false;
    Result<std::optional<CourierMailbox>> courier = read_courier();
    if (!courier) return fail(courier.error());
    if (!*courier) return false;
    const auto& [uids, unique_ids] = **courier;

    const Result<CourierKeywords> keywords = read_courier_keywords(m_.folder_->root());
    if (!keywords) return fail(keywords.error());
    if (Result<> taken = take_keywords(*keywords); !taken) return fail(taken.error());
    const Result<UidValidity> validity = uids ? noted_validity(uids->header.uid_validity) : next_validity();
    if (!validity) return fail(validity.error());
    UidListHeader header;
    header.uid_validity = validity->value();
    header.guid = random_hex(16);
    header.next_uid = uids ? uids->next_uid() : 1;
    std::vector<UidListEntry> entries = uids ? uids->lines.entries : std::vector<UidListEntry>();
    std::unordered_set<std::string> known;
    for (const UidListEntry& entry : entries) known.insert(entry.base);
    std::erase_if(pending_, [&](const Found& found) { return known.contains(std::string(base_of(found.file))); });
    // Where no UIDs are left, all begin anew afterwards.
    if (std::numeric_limits<std::uint32_t>::max() - header.next_uid > pending_.size())
        std::ranges::move(entries_for_pending(header.next_uid), std::back_inserter(entries));
    for (UidListEntry& entry : entries)
        if (const auto id = unique_ids.find(entry.base); id != unique_ids.end())
            add_extra(entry.extras, 'P', id->second);
    // From here on it is Posthouse's and Dovecot's mailbox.
    if (Result<> made = m_.list_.create(*m_.folder_, header, entries); !made) return fail(made.error());
    const int root = m_.folder_->root();
    if (uids && ::renameat(root, courier_uid_file, root, used_courier_uid_file) != 0)
        log::warning("courierimapuiddb can't be put aside",
                     {{"errno", errno}, {"folder", path_of(m_.folder_->root())}});
    log::info(
        "mailbox of Courier's is taken over",
        {{"folder", path_of(m_.folder_->root())}, {"uidvalidity", validity->value()}, {"messages", entries.size()}});
    for (UidListEntry& entry : entries) edit_.put_absent(entry.base, {entry.uid, std::move(entry.extras)});
    if (Result<> scanned = scan(true); !scanned) return fail(scanned.error());
    return true;
}

}  // namespace posthouse::storage
