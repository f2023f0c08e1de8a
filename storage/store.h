// Store: all mail below one mail_root. Where everything in storage begins; thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/layout.h"

namespace posthouse::storage {

class Account;
class Watcher;
class StoreState;

/// A folder that a new account gets.
struct DefaultFolder {
    std::string name;         ///< UTF-8, e.g. "Sent"
    std::string special_use;  ///< its attribute, e.g. "\Sent" (RFC 6154 §2); may be empty
};

/// Those that general.special_use_folders has when nobody sets it.
std::vector<DefaultFolder> usual_folders();

/// What a Store is told once.
struct Settings {
    std::string mail_root;  ///< accounts lie in mail_root/<domain>/<local part>/
    /// Their indexes lie in index_root/<domain>/<local part>/: a cache, on a disk of this machine. Empty: beside
    /// mail_root, with ".index" at the end of its name.
    std::string index_root;
    Layout layout;                                ///< of every account
    std::uint64_t index_map_bytes = 16ull << 30;  ///< of an account; it takes only as much disk as it is filled
    /// Made and subscribed when an account is made; whichever mailbox has one of these names shows its attribute.
    std::vector<DefaultFolder> default_folders = usual_folders();
    std::size_t cached_mailboxes = 256;  ///< folders kept open beyond those in use: four descriptors each
    /// Expunged messages remembered in each mailbox, and changes of an account's tree; who is further behind compares
    /// all.
    std::uint32_t remembered_changes = 50'000;
    std::chrono::milliseconds lock_wait{10'000};  ///< for another process's locks; then busy
    std::string host_name;                        ///< in file names and lock files; empty: the machine's
};

/// Whose mail: a domain and a local part that are safe as names of folders. Spelled as the directory of users spells
/// it; the domain in lower case.
class AccountName {
  public:
    /// Each part 1 to 255 bytes, without "/", NUL and control characters, not "." nor "..". Otherwise invalid.
    static Result<AccountName> make(std::string_view local_part, std::string_view domain);
    /// "user@example.org", split at the last "@".
    static Result<AccountName> parse(std::string_view address);
    const std::string& local_part() const { return local_part_; }
    const std::string& domain() const { return domain_; }
    /// "user@example.org", for logs.
    std::string text() const { return local_part_ + "@" + domain_; }
    bool operator==(const AccountName&) const = default;

  private:
    AccountName(std::string local_part, std::string domain);
    std::string local_part_;
    std::string domain_;
};

/// What open does when the account has no folders yet.
enum class IfMissing { create, fail };

/// All mail of this system. One per process; shared by its threads; outlives what it gave out (which keeps its inner
/// state alive). Makes no thread and keeps no lock between calls.
class Store {
  public:
    explicit Store(Settings settings);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    const Settings& settings() const;
    /// The account's tree. Missing: made with its default folders, or not_found.
    Result<std::shared_ptr<Account>> open(const AccountName& name, IfMissing missing = IfMissing::create);
    /// Deletes all mail of the account, for good. not_found when there is none.
    Result<> remove(const AccountName& name);
    /// Moves all mail of an account, and its index, to another name, in one step for whoever looks. Sessions that have
    /// it open must begin anew. Until forget_move() (moved.h) nobody can make an account of the old name. What it
    /// gives, exists, unsupported: as move_away().
    Result<bool> rename(const AccountName& from, const AccountName& to);
    /// The same for all accounts of a domain; names as AccountName has them.
    Result<bool> rename_domain(const std::string& from, const std::string& to);
    /// Tells which watched mailboxes changed (watch.h).
    Watcher& watcher();
    /// For storage's own parts.
    StoreState& state() const { return *state_; }
    const std::shared_ptr<StoreState>& shared_state() const { return state_; }

  private:
    void move_index(const std::string& from, const std::string& to) const;

    std::shared_ptr<StoreState> state_;
};

}  // namespace posthouse::storage
