// QueueName: a queue file's name: the message's id and, where it isn't due at once, since when it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::spool {

struct QueueName {
    std::string id;        ///< as make_id gives it
    std::int64_t due = 0;  ///< seconds since 1970; 0: at once
    bool operator==(const QueueName&) const = default;
};

/// "ID" or "ID.DUE".
std::string to_file_name(const QueueName& name);
/// nullopt: no queue file is named so.
std::optional<QueueName> parse_file_name(std::string_view text);

/// A name of a file that is being written, where the file system knows no unnamed ones: "." and 16 hexadecimal digits.
std::string make_temporary_name();
bool is_temporary_name(std::string_view text);

}  // namespace posthouse::spool
