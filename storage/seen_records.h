// What a reader of another user's mailbox has seen, as the records of a file tell it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/types.h"

namespace posthouse::storage {

/// The record "V <uidvalidity> <address>": the messages that what follows is about, and whose file it is.
struct SeenHeader {
    UidValidity uid_validity;
    std::string viewer;
    bool operator==(const SeenHeader&) const = default;
};

/// The records "S <uids>" and "U <uids>": these became seen, or unseen.
struct SeenChange {
    bool is_seen = true;
    UidSet uids;
    bool operator==(const SeenChange&) const = default;
};

std::string to_record(const SeenHeader& header);
/// As many records as it takes.
std::vector<std::string> to_records(const SeenChange& change);
std::optional<SeenHeader> parse_seen_header(std::string_view record);
std::optional<SeenChange> parse_seen_change(std::string_view record);

}  // namespace posthouse::storage
