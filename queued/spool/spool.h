// Spool: the whole queue on disk, as queued and the command line see it. (Whoever only adds to it: writer.h.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "queued/spool/entry.h"
#include "queued/spool/folders.h"
#include "queued/spool/scan.h"
#include "queued/spool/writer.h"

namespace posthouse::spool {

/// Thread-safe. Knows nothing but what lies in the folders.
class Spool {
  public:
    /// Makes the folders that are missing (make_spool). Errors: denied, no_space, io.
    static Result<Spool> open(const std::string& root);
    /// Makes nothing. Errors: not_found, denied, io.
    static Result<Spool> open_existing(const std::string& root);

    /// When the folder's names changed last: nanoseconds since 1970. Errors: io.
    Result<std::int64_t> changed_at(Folder folder) const;
    Result<Scan> scan(Folder folder) const { return Scan::begin((*folders_)[folder]); }
    /// As Entry::open.
    Result<Entry> open(const Place& place) const { return Entry::open(folders_, place); }
    /// As spool::look.
    Result<Listed> look(const Place& place) const { return spool::look(*folders_, place); }
    /// As MessageReader::open.
    Result<MessageReader> read_message(const Place& place) const { return MessageReader::open(*folders_, place); }
    /// As MessageReader::open_damaged.
    Result<MessageReader> read_damaged(const Place& place) const {
        return MessageReader::open_damaged(*folders_, place);
    }
    /// Of these ids those of which more than one file lies in incoming/, deferred/ and hold/: an old copy of the spool
    /// was put back over it. Reads the folders' names; a file that is moved meanwhile may seem to be two. Errors: io.
    Result<std::map<std::string, std::vector<Place>>> doubles(const std::set<std::string>& ids) const;
    /// Makes one of this file and others that have its id, which lay there: the one with the longest journal counts,
    /// for it is the newest; of two alike the one that is held. Who has a fate in one of them has it then, and whoever
    /// was told is not told again; the others are removed, and the log says so. What has other recipients or another
    /// sender is another message, and put aside. `entry` is the one that counts afterwards. Errors: busy (another is
    /// open elsewhere), no_space, io; nothing is lost then, and it can be tried again.
    Result<> settle(Entry& entry, std::span<const Place> others) const;
    /// Removes a file of corrupt/, whatever it is, durably. Errors: not_found, io.
    Result<> remove_corrupt(const Place& place) const;
    /// As Writer::finish_held.
    Result<> finish_held(Writer& writer, const Envelope& envelope, const Event& held) const {
        return writer.finish_held(*folders_, envelope, held);
    }
    /// Where the message of this id lies: reads the folders' names. Errors: not_found, io.
    Result<Place> find(std::string_view id) const;
    /// As spool::free_space.
    Result<FreeSpace> free_space() const { return spool::free_space((*folders_)[Folder::incoming]); }

    /// Removes from incoming/ what writers that were killed have left there under a temporary name: never accepted,
    /// untouched for an hour, locked by nobody. `now`: seconds since 1970. Gives how many. Errors: io.
    Result<std::size_t> sweep(std::int64_t now) const;

  private:
    explicit Spool(std::shared_ptr<const Folders> folders) : folders_(std::move(folders)) {}
    std::shared_ptr<const Folders> folders_;
};

}  // namespace posthouse::spool
