// What Courier keeps beside the messages of a Maildir, as far as it is taken over. Pure parsers: what makes no sense is
// left out, the rest counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/uidlist.h"

namespace posthouse::storage {

/// courierimapuiddb: `1 <uidvalidity> <next uid>`, then `<uid> <base name>`: version 1 of dovecot-uidlist.
struct CourierUids {
    UidListHeader header;
    UidListLines lines;  ///< of two lines of one base name the later
    /// Above all that were given, as far as there is a number.
    std::uint32_t next_uid() const;
};
/// Nothing: there is no usable header. A last line without LF counts as damaged.
std::optional<CourierUids> parse_courier_uids(std::string_view text);

/// By base name of the message's file.
using CourierKeywords = std::unordered_map<std::string, std::vector<std::string>>;
/// courierimapkeywords/:list: a line per keyword, an empty line, then `<base name>:<number> <number> …`, which count
/// the keywords from 0.
CourierKeywords parse_courier_keywords(std::string_view text);
/// A file of courierimapkeywords/ that is called like a message: the message's keywords, a line each; newer than :list.
std::vector<std::string> parse_courier_keyword_lines(std::string_view text);

/// courierpop3dsizelist: `/<version> <next number> <uidvalidity>`, then
/// `<file name> <size> <number>:<uidvalidity>[:<retrieved>]`. Gives the unique-ids (RFC 1939 §7) that Courier's POP3
/// server showed, by base name; of two messages with the same the first one's. It has none of its own in versions
/// below 2.
std::unordered_map<std::string, std::string> parse_courier_unique_ids(std::string_view text);

/// courierimapsubscribed: a name per line, `INBOX` or `INBOX.` and what the folder is called after its dot. Gives the
/// lines as version 2 of `subscriptions` has them, tabs between the levels. Names that others share are left out.
std::vector<std::string> parse_courier_subscriptions(std::string_view text);

}  // namespace posthouse::storage
