// One thing that happened to a message or a connection, as a daemon tells it: a line of JSON (RFC 8259).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::story {

/// What happened.
enum class Kind {
    connect,   ///< a client connected
    tls,       ///< TLS was agreed on
    login,     ///< somebody logged in, or failed to
    verdict,   ///< a filter or a check said what it thinks
    accept,    ///< the message is ours: it was answered with 250, or was made here, as reports are
    queue,     ///< the queue did something with it, its removal in the end too
    attempt,   ///< a delivery to another server begins
    answer,    ///< what that server said
    delivery,  ///< it is in a mailbox: folder and file
    uid,       ///< what UID the file got
    bounce,    ///< a report of it was written
    refuse,    ///< it was not accepted
    lost,      ///< events that could not be written
};
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

/// A named value, in UTF-8.
using Field = std::pair<std::string, std::string>;

struct Event {
    std::int64_t time = 0;  ///< milliseconds since 1970; 0: now, when a Writer is told it
    std::string id{};       ///< of the transaction, or of the connection before there is one
    std::string parent{};   ///< of the connection, or of the transaction that this one comes from; empty: none
    std::string daemon{};   ///< who tells it, "smtpd"; a Writer fills it in
    Kind kind = Kind::connect;
    std::vector<Field> fields{};  ///< what else there is to tell; no name twice, and none of those above

    bool operator==(const Event&) const = default;
};

/// Bytes of a line, with its line feed.
inline constexpr std::size_t max_line = 16u << 10;
/// Fields of an event.
inline constexpr std::size_t max_fields = 32;
/// Bytes of an id, a daemon's name, a field's name.
inline constexpr std::size_t max_name = 64;
/// Bytes of a field's value; of a longer one the beginning is told.
inline constexpr std::size_t max_value = 1024;

/// The event as one line of ASCII with its line feed, never longer than max_line: names and values are cut, fields that
/// have no room are left out and "cut" says so. What is not UTF-8 becomes U+FFFD.
std::string to_line(const Event& event);

/// Reads a line, with or without its line feed. Members stand in any order; those that are not known are fields,
/// numbers among them too. Errors: `invalid` for what is no flat object of texts and whole numbers, or lacks a member;
/// `limit`.
Result<Event> parse_line(std::string_view line);

}  // namespace posthouse::story
