// Annotations of messages (RFC 5257): those of one mailbox that all see, or that one user has, and the records in which
// a file keeps them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/imap/annotations.h"
#include "storage/annotations.h"
#include "storage/types.h"

namespace posthouse::storage {

/// Largest value, in octets: what ANNOTATIONS tells at SELECT (RFC 5257 §4.1: 1,024 at least).
constexpr std::size_t max_message_annotation_bytes = 32u << 10;
/// Entries of one message (RFC 5257 §4.1: ten at least), for all and for each user.
constexpr std::size_t max_message_annotations = 64;
/// Names and values of one mailbox together, for all and for each user, each entry with an overhead.
constexpr std::size_t max_annotation_table_bytes = 16u << 20;

/// One message's values by their entries.
using AnnotationEntries = std::map<std::string, std::string, std::less<>>;

/// Changes of one message's entries, and whose they are.
struct MessageAnnotations {
    AnnotationEntries shared;
    AnnotationEntries own;
    AnnotationUser user;  ///< who has `own`
    bool empty() const { return shared.empty() && own.empty(); }
};

/// The messages of a mailbox that have values. A copy shares them.
class AnnotationTable {
  public:
    using Messages = std::map<std::uint32_t, std::shared_ptr<const AnnotationEntries>>;

    /// By UID; messages may be among them that are gone.
    const Messages& messages() const { return messages_; }
    /// A message's values.
    const AnnotationEntries& of(Uid uid) const;
    std::optional<std::string_view> find(Uid uid, std::string_view entry) const;
    /// How many values there are.
    std::size_t size() const { return size_; }
    /// Of names and values, with each entry's overhead.
    std::size_t bytes() const { return bytes_; }

    /// Sets a value, or removes it (NIL). False: nothing changed. limit: more than one of the bounds above.
    Result<bool> set(Uid uid, const std::string& entry, const std::optional<std::string>& value);
    void drop(Uid uid);

  private:
    Messages messages_;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

/// Both that a user sees.
struct AnnotationTables {
    std::shared_ptr<const AnnotationTable> shared;
    std::shared_ptr<const AnnotationTable> own;
    std::shared_ptr<const AnnotationTable>& in(imap::AnnotationScope scope) {
        return scope == imap::AnnotationScope::shared ? shared : own;
    }
    const AnnotationTable& operator[](imap::AnnotationScope scope) const {
        return scope == imap::AnnotationScope::shared ? *shared : *own;
    }
};

/// The entries that differ between two tables, by UID.
std::map<std::uint32_t, std::set<std::string>> differences(const AnnotationTable& before, const AnnotationTable& now);

/// The record "V <uidvalidity> <whose>": the messages that what follows is about.
struct AnnotationHeader {
    UidValidity uid_validity;
    std::string whose;  ///< for people: "shared", "owner" or an address
    bool operator==(const AnnotationHeader&) const = default;
};
/// The records "A <uid> <entry> TAB <value>" and, for NIL, "N <uid> <entry>".
struct AnnotationRecord {
    Uid uid;
    std::string entry;
    std::optional<std::string> value;
    bool operator==(const AnnotationRecord&) const = default;
};
/// The record "D <uid>": the message is gone, and all that it had.
struct AnnotationDrop {
    Uid uid;
    bool operator==(const AnnotationDrop&) const = default;
};
using AnyAnnotationRecord = std::variant<AnnotationHeader, AnnotationRecord, AnnotationDrop>;

std::string to_record(const AnnotationHeader& header);
std::string to_record(const AnnotationRecord& record);
std::string to_record(const AnnotationDrop& drop);
/// Nothing: it isn't what to_record writes.
std::optional<AnyAnnotationRecord> parse_annotation_record(std::string_view record);

/// Longest record: each octet of a value may take two.
constexpr std::size_t max_annotation_record_bytes = 2 * max_message_annotation_bytes + imap::kMaxAnnotationName + 64;

}  // namespace posthouse::storage
