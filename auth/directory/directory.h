// Directory: domains, users and aliases, behind one interface for every database engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/directory/app_password.h"
#include "auth/directory/distribution_lists.h"
#include "auth/directory/list_rules.h"
#include "auth/directory/relay_domains.h"
#include "auth/directory/rename.h"
#include "auth/directory/send_as_grants.h"
#include "auth/directory/sending_limits.h"
#include "auth/directory/services.h"
#include "auth/directory/transports.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of virtual_domains of type `local`, with what belongs to it counted.
struct Domain {
    std::int64_t id = 0;
    std::string name;
    std::int64_t created_at = 0;  ///< seconds since 1970
    std::int64_t users = 0;
    std::int64_t aliases = 0;
};

/// What mail takes, as it was last reported.
struct MailboxUsage {
    std::int64_t bytes = 0;
    std::int64_t messages = 0;
    std::int64_t last_updated = 0;  ///< seconds since 1970

    /// In MB, rounded up: column usage_mb.
    std::int64_t mb() const { return (bytes + (1 << 20) - 1) >> 20; }
};

/// A row of virtual_users, with its row of mailbox_usage.
struct User {
    std::int64_t id = 0;
    std::string email;
    std::string password;       ///< `{SCHEME}hash` (auth/passwords)
    std::string scram_keys;     ///< of the same password (auth/passwords/scram_beside.h); empty: none
    std::int64_t quota_mb = 0;  ///< 0: none of its own, [quota] holds
    bool enabled = true;        ///< may log in
    bool admin = false;
    Services services;                  ///< that the user may log in to
    bool app_passwords_only = false;    ///< the password itself serves for webmail only
    bool must_change_password = false;  ///< before it serves for mail
    std::int64_t created_at = 0;
    std::optional<MailboxUsage> usage;  ///< none was reported yet

    /// The user's mailbox has a limit of its own.
    bool has_quota() const { return quota_mb > 0; }
};

/// A row of virtual_aliases, unless of a list.
struct Alias {
    std::int64_t id = 0;
    std::string source;       ///< address, or @domain
    std::string destination;  ///< address, or @domain
    std::int64_t created_at = 0;
};

/// A row of domain_aliases: another name of a domain.
struct DomainAlias {
    std::string name;
    std::string domain;
    std::int64_t created_at = 0;
};

/// A row of audit_log: who did what when.
struct AuditEntry {
    std::int64_t at = 0;
    std::string actor;
    std::string action;   ///< "user.add"
    std::string subject;  ///< an address or a domain
    std::string details;
};

struct NewUser {
    std::string email;
    std::string password;
    std::int64_t quota_mb = 0;
    bool enabled = true;
    bool admin = false;
    Services services{};
    bool must_change_password = false;
};

/// What daemons ask. Names and addresses are given in the form of address.h. Errors of all operations: unavailable
/// (database away, locked, damaged: never "no such user"), internal (a query that the database does not take).
class Lookups {
  public:
    virtual ~Lookups() = default;
    /// Whether mail for this domain is ours; domain aliases and relay domains are not.
    virtual Result<bool> has_domain(std::string_view name) = 0;
    /// Whether mail for this domain is passed on to another server, and for which addresses of it.
    virtual Result<std::optional<RelayRecipients>> relay_domain(std::string_view name) = 0;
    /// Whether an address is listed as one of a relay domain.
    virtual Result<bool> has_relay_recipient(std::string_view address) = 0;
    /// The domain that `name` is another name of.
    virtual Result<std::optional<std::string>> domain_alias(std::string_view name) = 0;
    virtual Result<std::optional<User>> find_user(std::string_view email) = 0;
    /// A user's, in the order of making; at most `limit`.
    virtual Result<std::vector<AppPassword>> find_app_passwords(std::string_view email, std::size_t limit) = 0;
    /// Where mail for `source` goes, in the order of making; at most `limit`.
    virtual Result<std::vector<std::string>> alias_destinations(std::string_view source, std::size_t limit) = 0;
    /// Who gets postmaster's mail where nobody has that name: the oldest administrator of the domain, else the oldest
    /// administrator anywhere, else the domain's oldest user.
    virtual Result<std::optional<std::string>> responsible_user(std::string_view domain) = 0;
    /// Who was granted to send as `address`, or as any address of its domain; at most `limit`.
    virtual Result<std::vector<std::string>> senders(std::string_view address, std::size_t limit) = 0;
    /// The distribution list of that address, with members or without.
    virtual Result<std::optional<ListRules>> find_list(std::string_view address) = 0;
    /// Addresses, or @domain, that a list names as posters; at most `limit`.
    virtual Result<std::vector<std::string>> list_posters(std::string_view address, std::size_t limit) = 0;
    /// Where mail for `source` (user@domain, domain, .domain) is handed to, as `transport:nexthop`.
    virtual Result<std::optional<std::string>> transport(std::string_view source) = 0;
    /// How much `name`, a user's address or @domain, may send, where that is not left to the settings.
    virtual Result<std::optional<SendingLimit>> sending_limit(std::string_view name) = 0;

  private:
    friend class Snapshot;
    virtual Result<> begin_snapshot() = 0;
    virtual void end_snapshot() = 0;
};

/// While it lives, all look-ups see one state of the database. Not nested, and not within a Transaction.
class Snapshot {
  public:
    static Result<Snapshot> of(Lookups& lookups) {
        if (Result<> begun = lookups.begin_snapshot(); !begun) return fail(begun.error());
        return Snapshot(lookups);
    }
    Snapshot(Snapshot&& other) noexcept : lookups_(std::exchange(other.lookups_, nullptr)) {}
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot() {
        if (lookups_ != nullptr) lookups_->end_snapshot();
    }

  private:
    explicit Snapshot(Lookups& lookups) : lookups_(&lookups) {}
    Lookups* lookups_;
};

/// One connection to the database; used by one thread at a time. Errors of all operations: as of Lookups, no_space,
/// unsupported (the tables belong to another program: directory.tables); beyond those, each says its own.
class Directory : public Lookups {
  public:
    /// All of them, by name (relay domains are told by relay_domains()); users and aliases of one domain when `domain`
    /// is not empty.
    virtual Result<std::vector<Domain>> domains() = 0;
    virtual Result<std::vector<DomainAlias>> domain_aliases() = 0;
    virtual Result<std::vector<User>> users(std::string_view domain) = 0;
    virtual Result<std::vector<Alias>> aliases(std::string_view domain) = 0;
    /// The latest entries first, at most `limit`; of one subject when it is not empty.
    virtual Result<std::vector<AuditEntry>> audit(std::string_view subject, std::size_t limit) = 0;
    virtual AppPasswords& app_passwords() = 0;
    virtual DistributionLists& distribution_lists() = 0;
    virtual SendAsGrants& send_as_grants() = 0;
    virtual SendingLimits& sending_limits() = 0;
    virtual Transports& transports() = 0;
    virtual RelayDomains& relay_domains() = 0;

    // Writing: durable when the call returns, or when its transaction is committed

    /// Errors: exists.
    virtual Result<> add_domain(std::string_view name) = 0;
    /// With its users and aliases, and their sending limits. Errors: not_found.
    virtual Result<> remove_domain(std::string_view name) = 0;
    /// Makes `name` another name of `domain`. Errors: exists (as an alias, or as a domain); not_found (the domain).
    virtual Result<> add_domain_alias(std::string_view name, std::string_view domain) = 0;
    /// Errors: not_found.
    virtual Result<> remove_domain_alias(std::string_view name) = 0;
    /// Errors: exists; not_found (the domain).
    virtual Result<> add_user(const NewUser& user) = 0;
    /// With the sending limit, which isn't the next one's who gets that address. Errors: not_found.
    virtual Result<> remove_user(std::string_view email) = 0;
    /// Drops the SCRAM keys of the one before.
    virtual Result<> set_password(std::string_view email, std::string_view password, bool must_change = false) = 0;
    /// Puts another hash of the same password in the place of `old`, and drops SCRAM keys, which were made beside that.
    /// Errors: not_found, also when the password has changed meanwhile.
    virtual Result<> replace_hash(std::string_view email, std::string_view old, std::string_view fresh) = 0;
    /// Keeps SCRAM keys (auth/passwords/scram_beside.h) beside the hash `password`. Errors: not_found, also when
    /// another one is stored.
    virtual Result<> set_scram_keys(std::string_view email, std::string_view password, std::string_view keys) = 0;
    virtual Result<> set_enabled(std::string_view email, bool enabled) = 0;
    virtual Result<> set_services(std::string_view email, const Services& services) = 0;
    virtual Result<> set_app_passwords_only(std::string_view email, bool only) = 0;
    virtual Result<> set_admin(std::string_view email, bool admin) = 0;
    virtual Result<> set_quota(std::string_view email, std::int64_t quota_mb) = 0;
    /// Other names, as rename.h says.
    virtual Result<RenameCounts> rename_user(std::string_view from, std::string_view to) = 0;
    virtual Result<RenameCounts> rename_domain(std::string_view from, std::string_view to) = 0;
    /// `source` must lie in a domain of the directory. Errors: exists; not_found (the domain).
    virtual Result<> add_alias(std::string_view source, std::string_view destination) = 0;
    /// One destination, or all of them when `destination` is empty. Errors: not_found.
    virtual Result<> remove_alias(std::string_view source, std::string_view destination) = 0;
    /// Errors: not_found.
    virtual Result<> set_usage(std::string_view email, std::int64_t bytes, std::int64_t messages) = 0;
    /// Belongs into the transaction of what it tells; the time is set by this call.
    virtual Result<> add_audit(const AuditEntry& entry) = 0;

    /// The connection has ended and will answer nothing any more.
    virtual bool is_lost() const = 0;

  private:
    friend class Transaction;
    virtual Result<> begin() = 0;
    virtual Result<> commit() = 0;
    virtual void rollback() = 0;
};

/// Several changes as one: what they write is kept by commit() or undone. One at a time on a database; others wait, for
/// directory.busy_timeout. Not nested. When commit() fails with `unavailable` the changes may have been kept: all of
/// them or none.
class Transaction {
  public:
    static Result<Transaction> writing(Directory& directory) {
        if (Result<> begun = directory.begin(); !begun) return fail(begun.error());
        return Transaction(directory);
    }
    Transaction(Transaction&& other) noexcept : directory_(std::exchange(other.directory_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() {
        if (directory_ != nullptr) directory_->rollback();
    }
    Result<> commit() {
        Result<> committed = directory_->commit();
        if (committed) directory_ = nullptr;
        return committed;
    }

  private:
    explicit Transaction(Directory& directory) : directory_(&directory) {}
    Directory* directory_;
};

}  // namespace posthouse::auth
