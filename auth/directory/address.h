// Mail addresses as the directory compares them: lower case, domains in ASCII (A-labels).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

/// Whether local parts that differ in case only are the same (directory.local_part).
enum class LocalPart { ignore_case, keep_case };

/// local-part@domain in the form that is stored and compared.
struct MailAddress {
    std::string local;   ///< lower case, unless kept; without quotes where they aren't needed
    std::string domain;  ///< as canonical_domain gives it
    std::string text() const { return local + '@' + domain; }
    friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

/// A domain name in lower case, without a final dot; labels beyond ASCII become A-labels (IDNA, UTS #46). At least one
/// label, each of 1 to 63 letters, digits, hyphens and underscores, at most 253 in all (RFC 1035 §2.3.4). Errors:
/// invalid.
Result<std::string> canonical_domain(std::string_view text);
/// Any address, cut at its last `@`. The local part has 1 to 64 bytes (RFC 5321 §4.5.3.1.1), in UTF-8, without control
/// characters; ASCII letters become lower case, unless `local` says that case counts. Errors: invalid.
Result<MailAddress> parse_address(std::string_view text, LocalPart local = LocalPart::ignore_case);
/// An address that may be a user's: its local part is a dot-atom (RFC 5322 §3.2.3; UTF-8 allowed), and without `/`, as
/// it names a folder. Errors: invalid.
Result<MailAddress> parse_user_address(std::string_view text, LocalPart local = LocalPart::ignore_case);
/// What an alias may be for: an address, or `@domain` for every other address of a domain (local is empty then).
Result<MailAddress> parse_alias_source(std::string_view text, LocalPart local = LocalPart::ignore_case);
/// What an alias may lead to: an address, or `@domain` for the same local part there.
Result<MailAddress> parse_alias_destination(std::string_view text, LocalPart local = LocalPart::ignore_case);

}  // namespace posthouse::auth
