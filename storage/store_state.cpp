// The mailboxes in memory: found by their folder's inode, the last ones kept for the next session.
#include "storage/store_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "storage/mailbox_state.h"
#include "storage/maildir_name.h"
#include "storage/moved.h"

namespace posthouse::storage {
namespace {

/// The names by which lock files call this machine: the configured one, which ours say, and the system's, by which
/// Dovecot calls it. A system that has no name of its own says nothing about whose a process is.
std::vector<std::string> host_names(const Settings& settings) {
    std::array<char, 256> name{};
    const bool is_known = ::gethostname(name.data(), name.size() - 1) == 0;
    const std::string system = is_known ? name.data() : "";
    if (settings.host_name.empty()) return {host_for_names(system.empty() ? "localhost" : system)};
    std::vector<std::string> names{host_for_names(settings.host_name)};
    if (!system.empty() && system != "(none)" && !ascii::iequals(system.substr(0, system.find('.')), "localhost"))
        names.push_back(system);
    return names;
}

Settings completed(Settings settings) {
    if (settings.index_root.empty()) settings.index_root = settings.mail_root + ".index";
    return settings;
}

}  // namespace

StoreState::StoreState(Settings settings)
    : settings_(completed(std::move(settings))), locks_(host_names(settings_)), watcher_(settings_.index_root) {}

StoreState::~StoreState() = default;

std::string StoreState::root_of(const AccountName& name) const {
    return settings_.mail_root + "/" + name.domain() + "/" + name.local_part();
}

IndexPlace StoreState::index_place(const std::string& account_root) const {
    return {settings_.index_root + account_root.substr(settings_.mail_root.size()), account_root,
            settings_.index_map_bytes};
}

WakeKey StoreState::wake_key(const std::string& account_root) const {
    return WakeKey::of_account(std::string_view(account_root).substr(settings_.mail_root.size()));
}

Result<std::shared_ptr<MailboxState>> StoreState::mailbox(const std::shared_ptr<StoreState>& store,
                                                          const std::string& account_root, const std::string& place) {
    const Result<UniqueFd> root = open_file(account_root, O_PATH | O_DIRECTORY);
    const Result<struct stat> st = root ? stat_in(root->get(), place.empty() ? "." : place) : fail(root.error());
    if (!st && st.error().code != ErrorCode::not_found) return fail(st.error());
    if (!st || !S_ISDIR(st->st_mode)) return fail(ErrorCode::not_found, "Mailbox doesn't exist", place);
    std::shared_ptr<MailboxState> mailbox = store->known({st->st_dev, st->st_ino});
    if (mailbox && (mailbox->folder()->deleted() || mailbox->account_root() != account_root)) {
        // The folder lives on: as a parent of others, as another mailbox, with parts from a backup, in an account that
        // has got another name.
        store->forget(*mailbox);
        mailbox.reset();
    }
    if (!mailbox) {
        const Result<bool> is_gone = has_moved(account_root);
        if (!is_gone) return fail(is_gone.error());
        if (*is_gone) return fail(ErrorCode::not_found, "Mailbox has moved", account_root);
        Result<std::shared_ptr<MailboxState>> opened = MailboxState::open(store, account_root, place);
        if (!opened) return opened;
        (*opened)->folder()->clean_tmp();
        mailbox = store->adopt(std::move(*opened));
    }
    store->keep(mailbox);
    return mailbox;
}

std::shared_ptr<MailboxState> StoreState::known(const Key& key) {
    const std::scoped_lock guard(mutex_);
    const auto place = mailboxes_.find(key);
    return place == mailboxes_.end() ? nullptr : place->second.lock();
}

// In these, whatever may be a mailbox's last owner is declared before the lock: its end calls forget().

std::shared_ptr<MailboxState> StoreState::adopt(std::shared_ptr<MailboxState> mailbox) {
    std::shared_ptr<MailboxState> other;
    const std::scoped_lock guard(mutex_);
    std::weak_ptr<MailboxState>& place = mailboxes_[{mailbox->folder()->device(), mailbox->folder()->inode()}];
    // Another thread may have been faster: then its is the one.
    other = place.lock();
    if (other) {
        mailbox.swap(other);
        return mailbox;
    }
    place = mailbox;
    return mailbox;
}

void StoreState::keep(const std::shared_ptr<MailboxState>& mailbox) {
    std::list<std::shared_ptr<MailboxState>> dropped;
    const std::scoped_lock guard(mutex_);
    if (closed_) return;
    const auto place = std::ranges::find(recent_, mailbox);
    if (place != recent_.end())
        recent_.splice(recent_.begin(), recent_, place);
    else
        recent_.push_front(mailbox);
    if (recent_.size() <= settings_.cached_mailboxes) return;
    dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
}

void StoreState::forget(const MailboxState& mailbox) {
    std::list<std::shared_ptr<MailboxState>> dropped;
    std::shared_ptr<MailboxState> known;
    const std::scoped_lock guard(mutex_);
    const auto place = mailboxes_.find({mailbox.folder()->device(), mailbox.folder()->inode()});
    if (place != mailboxes_.end()) {
        known = place->second.lock();
        if (!known || known.get() == &mailbox) mailboxes_.erase(place);
    }
    const auto kept = std::ranges::find(recent_, &mailbox, &std::shared_ptr<MailboxState>::get);
    if (kept != recent_.end()) dropped.splice(dropped.begin(), recent_, kept);
}

void StoreState::close() {
    std::list<std::shared_ptr<MailboxState>> dropped;
    const std::scoped_lock guard(mutex_);
    closed_ = true;
    dropped.swap(recent_);
}

}  // namespace posthouse::storage
