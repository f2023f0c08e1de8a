// Bounds on what a client may send; every one keeps memory or time of a session small whatever arrives.
#pragma once

#include <cstddef>
#include <cstdint>

namespace posthouse::imap {

/// Bounds that an administrator sets.
struct Limits {
    /// Ranges in one sequence set: a set of 5,000 scattered messages is what clients send for a large selection.
    std::size_t set_ranges = 10'000;
    /// Keys in one SEARCH; each costs a test per message.
    std::size_t search_keys = 500;
    /// Depth of parentheses, NOT and OR in SEARCH; the evaluation recurses as deep.
    int search_depth = 32;
    /// A mailbox name as sent, in modified UTF-7; the storage has bounds of its own.
    std::size_t mailbox_name = 1000;
};

/// A tag is echoed in the reply; real clients use less than 16 characters.
inline constexpr std::size_t kMaxTag = 64;
/// Data items in one FETCH.
inline constexpr std::size_t kMaxFetchItems = 64;
/// Field names in one HEADER.FIELDS list.
inline constexpr std::size_t kMaxHeaderFields = 100;
/// Part numbers in one section ("1.2.3"), as deep as messages are parsed.
inline constexpr std::size_t kMaxPartDepth = 100;
/// Messages in one APPEND; each waits in a file that is open.
inline constexpr std::size_t kMaxAppended = 100;
/// Of those that are not the first of their command, in all sessions of a process.
inline constexpr std::size_t kMaxAppendedWaiting = 2000;
/// Beginnings, parts and ends of messages that APPEND tells of between two literals: CATENATE names hundreds of parts
/// when a message is put together from many others.
inline constexpr std::size_t kMaxAppendSteps = 1000;
/// Flags and keywords in one STORE or APPEND: more than a mailbox can hold.
inline constexpr std::size_t kMaxFlags = 600;
/// A keyword is kept in every folder's keyword table.
inline constexpr std::size_t kMaxKeyword = 200;
/// Patterns in one LIST, and other lists of words (ENABLE, options).
inline constexpr std::size_t kMaxWords = 64;
/// Values of annotations in one STORE, or of one message in APPEND (RFC 5257 §4.1: a server takes at least ten).
inline constexpr std::size_t kMaxAnnotationValues = 128;
/// Entries in one FETCH of annotations; each with wildcards is matched with all names of every message.
inline constexpr std::size_t kMaxAnnotationPatterns = 16;
/// An identifier in an access control list.
inline constexpr std::size_t kMaxIdentifier = 320;
/// Pairs in ID (RFC 2971 §3.3).
inline constexpr std::size_t kMaxIdPairs = 30;
/// Strings inside ID (RFC 2971 §3.3).
inline constexpr std::size_t kMaxIdValue = 1024;

}  // namespace posthouse::imap
