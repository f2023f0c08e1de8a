// Directory: domains, users and aliases, behind one interface for every database engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of virtual_domains, with what belongs to it counted.
struct Domain {
    std::int64_t id = 0;
    std::string name;
    std::int64_t created_at = 0;  ///< seconds since 1970
    std::int64_t users = 0;
    std::int64_t aliases = 0;
};

/// A row of virtual_users, with its row of mailbox_usage.
struct User {
    std::int64_t id = 0;
    std::string email;
    std::string password;       ///< `{SCHEME}hash` (auth/passwords)
    std::int64_t quota_mb = 0;  ///< 0: no limit
    bool enabled = true;        ///< may log in
    bool admin = false;
    std::int64_t created_at = 0;
    std::optional<std::int64_t> usage_mb;
};

/// A row of virtual_aliases.
struct Alias {
    std::int64_t id = 0;
    std::string source;       ///< address, or @domain
    std::string destination;  ///< address, or @domain
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
};

/// One connection to the database; used by one thread at a time. Names and addresses are given in the form of
/// address.h. Errors of all operations: unavailable (database away, locked, damaged: never "no such user"), no_space,
/// internal; beyond those, each says its own.
class Directory {
  public:
    virtual ~Directory() = default;

    // Reading

    virtual Result<bool> has_domain(std::string_view name) = 0;
    virtual Result<std::optional<User>> find_user(std::string_view email) = 0;
    /// Where mail for `source` goes, in the order of making; at most `limit`.
    virtual Result<std::vector<std::string>> alias_destinations(std::string_view source, std::size_t limit) = 0;
    /// Who gets postmaster's mail where nobody has that name: the oldest administrator of the domain, else the oldest
    /// administrator anywhere, else the domain's oldest user.
    virtual Result<std::optional<std::string>> responsible_user(std::string_view domain) = 0;
    /// All of them, by name; users and aliases of one domain when `domain` is not empty.
    virtual Result<std::vector<Domain>> domains() = 0;
    virtual Result<std::vector<User>> users(std::string_view domain) = 0;
    virtual Result<std::vector<Alias>> aliases(std::string_view domain) = 0;
    /// The latest entries first, at most `limit`; of one subject when it is not empty.
    virtual Result<std::vector<AuditEntry>> audit(std::string_view subject, std::size_t limit) = 0;

    // Writing: durable when the call returns, or when its transaction is committed

    /// Errors: exists.
    virtual Result<> add_domain(std::string_view name) = 0;
    /// With its users and aliases. Errors: not_found.
    virtual Result<> remove_domain(std::string_view name) = 0;
    /// Errors: exists; not_found (the domain).
    virtual Result<> add_user(const NewUser& user) = 0;
    /// Errors: not_found.
    virtual Result<> remove_user(std::string_view email) = 0;
    virtual Result<> set_password(std::string_view email, std::string_view password) = 0;
    virtual Result<> set_enabled(std::string_view email, bool enabled) = 0;
    /// `source` must lie in a domain of the directory. Errors: exists; not_found (the domain).
    virtual Result<> add_alias(std::string_view source, std::string_view destination) = 0;
    /// One destination, or all of them when `destination` is empty. Errors: not_found.
    virtual Result<> remove_alias(std::string_view source, std::string_view destination) = 0;
    /// Errors: not_found.
    virtual Result<> set_usage(std::string_view email, std::int64_t usage_mb) = 0;
    /// Belongs into the transaction of what it tells; the time is set by this call.
    virtual Result<> add_audit(const AuditEntry& entry) = 0;

  private:
    friend class Transaction;
    virtual Result<> begin(bool write) = 0;
    virtual Result<> commit() = 0;
    virtual void rollback() = 0;
};

/// Several operations as one: all of them see one state of the database, and what they write is kept by commit() or
/// undone. Not nested.
class Transaction {
  public:
    static Result<Transaction> reading(Directory& directory) { return start(directory, false); }
    static Result<Transaction> writing(Directory& directory) { return start(directory, true); }
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
    static Result<Transaction> start(Directory& directory, bool write) {
        if (Result<> begun = directory.begin(write); !begun) return fail(begun.error());
        return Transaction(directory);
    }
    Directory* directory_;
};

}  // namespace posthouse::auth
