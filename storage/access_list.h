// dovecot-acl, a mailbox's access control list as Dovecot's acl plugin keeps it: parsed, changed, applied, written.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "storage/rights.h"

namespace posthouse::storage {

/// Whom an entry is about, in the order in which the kinds are applied: each kind that matches replaces what the kinds
/// before it gave.
struct Identifier {
    enum class Kind { anyone, authenticated, group, owner, user, group_override };
    Kind kind = Kind::anyone;
    std::string name;  ///< of the user (an address) or group, else empty

    /// "anyone" (also "anonymous"), "authenticated", "owner", "user=joe@example.org", "group=…", "group-override=…".
    /// invalid: none of these, or a name that is empty, holds control characters or isn't UTF-8; limit: a name of more
    /// than 255 bytes.
    static Result<Identifier> parse(std::string_view text);
    std::string text() const;
    auto operator<=>(const Identifier&) const = default;
};

/// Who wants to do something with a mailbox.
struct Viewer {
    std::string user;  ///< an address; empty: nobody logged in
    std::vector<std::string> groups = {};
};

/// An entry: rights given, or taken away after all (negative rights, RFC 4314 §2: "-" before the identifier).
struct AccessEntry {
    Identifier who;
    bool negative = false;
    Rights rights;
    /// Rights that Dovecot's plugins know by a name instead of a letter: kept, not interpreted.
    std::vector<std::string> named = {};
    bool operator==(const AccessEntry&) const = default;
};

/// How SETACL combines (RFC 4314 §3.1): rights, "+" rights, "-" rights; `forget` is DELETEACL (§3.2). An entry that has
/// lost all its rights stays: it keeps what "anyone" has from its user.
struct AccessChange {
    enum class Action { replace, add, remove, forget };
    Action action = Action::replace;
    Rights rights = {};
};

/// The list of one mailbox, line by line. Lines without sense stay where they are when it is written.
class AccessList {
  public:
    /// Most entries that a list is given.
    static constexpr std::size_t max_entries = 1000;

    static AccessList parse(std::string_view text);
    /// The file's text; empty: no file is needed.
    std::string text() const;

    /// In the order of their kinds and names, lines of the same identifier put together.
    std::vector<AccessEntry> entries() const;
    /// Lines that can't be understood, as they stand there.
    std::vector<std::string> senseless() const;

    /// Changes the entry of `who`, or makes it. Named rights stay but for `replace`. False: nothing to change. limit:
    /// too many entries.
    Result<bool> change(const Identifier& who, bool negative, const AccessChange& change);

    /// What `viewer` may do by Dovecot's rules (docs/decisions/0054-acl-and-metadata.md). The owner has all rights
    /// unless "owner" or his own entry says otherwise. A list with a senseless line gives others nothing: the line may
    /// have been a restriction.
    Rights effective(const Viewer& viewer, bool is_owner) const;

  private:
    /// An entry, or a line that is none: empty, a comment, senseless.
    using Line = std::variant<AccessEntry, std::string>;
    std::vector<Line> lines_;
};

}  // namespace posthouse::storage
