// Special-use attributes of mailboxes (RFC 6154): which there are, and which mailbox shows which. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/annotations.h"

namespace posthouse::storage {

/// The entry that holds a mailbox's special use: the owner's (RFC 6154 §4).
const EntryName& special_use_entry();

/// The attribute as it is spelled in LIST: "\Archive", "\Drafts", "\Junk", "\Sent" or "\Trash", given in any case.
/// Empty: none. unsupported: \All, \Flagged (no mailbox here is made of others' messages), or two at once; invalid:
/// anything else.
Result<std::string> parse_special_use(std::string_view text);

/// What decides on one mailbox's attribute.
struct SpecialUse {
    std::optional<std::string> kept;  ///< the entry's value; empty: expressly none
    std::string usual;                ///< what its name stands for among the default folders; may be empty
};
/// The attribute each mailbox shows, in the order given. What is kept goes before what is usual; the first of two that
/// want the same has it, so that clients find one mailbox for each use.
std::vector<std::string> shown_special_uses(const std::vector<SpecialUse>& mailboxes);

}  // namespace posthouse::storage
