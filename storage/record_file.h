// A file of a mailbox that is only appended to, a checksummed record per line: for facts that neither a message's name
// nor a file of Dovecot's can hold.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// Longest record that is read or may be written, where a file has no bound of its own.
constexpr std::size_t max_record_bytes = 4096;

using RecordVisitor = std::function<void(std::string_view record)>;

/// A record as a line: its CRC-32C in 8 hexadecimal digits, a blank, the record, LF. A record holds no LF.
std::string to_record_line(std::string_view record);

/// What was found in a piece of a file.
struct RecordLines {
    std::size_t bytes = 0;      ///< of whole lines: what follows is a torn one
    std::uint32_t records = 0;  ///< that were given to the visitor
    std::uint32_t damaged = 0;  ///< lines that were left out
};
RecordLines parse_record_lines(std::string_view text, const RecordVisitor& visit,
                               std::size_t max_record = max_record_bytes);

/// How far a file was read: kept in the index, so that another process goes on from there.
struct RecordPosition {
    Stamp stamp;
    std::int64_t parsed = 0;    ///< bytes of whole lines read
    std::uint32_t records = 0;  ///< in them
    std::uint32_t damaged = 0;  ///< lines among them that were left out
    bool operator==(const RecordPosition&) const = default;
};

/// When what was appended has to be on disk.
enum class Durable { at_once, in_time };

/// What a reload found.
enum class RecordNews {
    none,
    more,   ///< what was visited came after all that was known
    whole,  ///< what was visited is all there is: what was known before counts no more
};

/// Knows how far it read, not the records. Everything but `changed` needs the flock on the mailbox's cur/, writing a
/// reload before. What isn't a regular file counts as missing.
class RecordFile {
  public:
    /// `name` lives as long as the object.
    explicit RecordFile(const char* name, std::size_t max_record = max_record_bytes)
        : name_(name), max_record_(max_record) {}

    const RecordPosition& position() const { return at_; }
    /// Goes on from where another process was.
    void resume(const RecordPosition& position) { at_ = position; }
    /// The file isn't as it was read. Costs one stat.
    Result<bool> changed(const Folder& folder) const;
    /// Visits what is new. Damaged lines are left out.
    Result<RecordNews> reload(const Folder& folder, const RecordVisitor& visit);

    /// Adds records, all or none; a file that isn't there yet or is damaged is written whole, which is always durable.
    Result<> append(const Folder& folder, std::span<const std::string> records, Durable durable);
    /// Replaces the file, durably.
    Result<> rewrite(const Folder& folder, std::span<const std::string> records);
    /// Visits all records.
    Result<> visit_all(const Folder& folder, const RecordVisitor& visit) const;

  private:
    Result<Stamp> stamp(const Folder& folder) const;
    Result<RecordNews> reload_whole(const Folder& folder, const RecordVisitor& visit);

    const char* name_;
    std::size_t max_record_;
    RecordPosition at_;
};

}  // namespace posthouse::storage
