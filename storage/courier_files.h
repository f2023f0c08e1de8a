// Reading Courier's small files out of a mailbox's open folder. Links are not followed; what isn't a regular file
// counts as missing, and so does (with an error in the log) one that is too large.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "storage/courier.h"

namespace posthouse::storage {

/// UIDs of a mailbox, in the form of version 1 of dovecot-uidlist.
constexpr const char* courier_uid_file = "courierimapuiddb";
/// Unique-ids of Courier's POP3 server.
constexpr const char* courier_unique_id_file = "courierpop3dsizelist";
/// Subscribed names, in the account's folder.
constexpr const char* courier_subscription_file = "courierimapsubscribed";
/// Largest of these files that is read.
constexpr std::size_t max_courier_bytes = 256u << 20;

/// The file's text; nothing: there is none. Errors are the system's alone: what was there may be there the next time.
Result<std::optional<std::string>> read_courier_file(int folder, const std::string& name,
                                                     std::size_t max_bytes = max_courier_bytes);
/// All keywords of a mailbox: those of courierimapkeywords/:list, and what changed since in a file per message.
Result<CourierKeywords> read_courier_keywords(int root);

}  // namespace posthouse::storage
