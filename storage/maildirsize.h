// The file `maildirsize` of Maildir++ (FORMAT.md): a quota's definition, and lines whose sum is what the mail takes.
// Written for others (Dovecot, Courier); nothing here counts by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/quota.h"

namespace posthouse::storage {

/// What the file says.
struct MaildirSize {
    QuotaLimit limit;  ///< its definition
    Usage usage;       ///< the sum of its lines
    bool operator==(const MaildirSize&) const = default;
};

/// Nothing: damaged (a line that is none, a torn one, no line but the definition, a sum below zero or out of range).
std::optional<MaildirSize> parse_maildirsize(std::string_view text);
/// The whole file: the definition (no limit: "0S", as Dovecot writes it) and one line.
std::string to_text(const MaildirSize& content);

/// Reads the file of the account at `root`. Nothing: there is none, or it is damaged.
Result<std::optional<MaildirSize>> read_maildirsize(const std::string& root);
/// Replaces it, whole at once. Not synced: what power loss takes away is counted again by whoever needs it. Run by
/// root, it gets the folder's owner. not_found: there is no account.
Result<> write_maildirsize(const std::string& root, const MaildirSize& content);
/// Removes it, so that the next who needs it counts. None: success.
Result<> remove_maildirsize(const std::string& root);

}  // namespace posthouse::storage
