// Entry: a message in the queue, opened by whoever sends, holds or removes it. One at a time: the file is locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "queued/spool/content_reader.h"
#include "queued/spool/event.h"
#include "queued/spool/folders.h"
#include "queued/spool/queue_file.h"

namespace posthouse::spool {

/// Used by one thread at a time. Closed, it leaves the message as it is.
class Entry {
  public:
    /// Opens and locks; what is torn at the journal's end is cut. A file that is damaged, or not what its name says, is
    /// put aside in corrupt/ (invalid). Errors: not_found (it was moved or removed meanwhile); busy (opened elsewhere,
    /// or not accepted yet); unsupported (of a later version: it stays); io.
    static Result<Entry> open(std::shared_ptr<const Folders> folders, const Place& place);

    const Place& place() const { return place_; }
    const Envelope& envelope() const { return file_.envelope; }
    /// One per recipient of the envelope.
    const std::vector<RecipientState>& states() const { return file_.states; }
    /// Octets of the message; known without reading it.
    std::uint64_t message_bytes() const { return file_.layout.message_bytes(); }
    /// Octets of the journal: of two copies of a message the newer one's is longer.
    std::uint64_t journal_bytes() const { return file_.journal_end - file_.layout.journal_at(); }
    /// As ContentReader::read. invalid: the content is damaged; then set_aside().
    Result<std::size_t> read(std::uint64_t offset, std::span<char> out) { return content_.read(offset, out); }

    /// Writes events into the journal and syncs it, once for all of them: only then they count, and states() has them.
    /// If the process dies meanwhile, the first of them may count. `postponed` ones alone aren't synced: they may be
    /// lost. Errors: invalid (an event that can't be: may_apply);
    /// no_space, io: nothing has changed.
    Result<> record(std::span<const Event> events);
    /// Nobody is due and no notice is owed.
    bool nothing_left() const { return spool::nothing_left(file_.envelope, file_.states); }

    /// From now on it is due at that time: moves it into deferred/. Not synced: after a power loss it may be due when
    /// it was before, which is earlier. Errors: exists, no_space, io.
    Result<> defer(std::int64_t due);
    /// Keeps it back: a `held` event, and into hold/, durably. Errors: as record and defer.
    Result<> hold(const Event& event);
    /// Lets a held one go, due at that time: a `released` event, and into deferred/, durably.
    Result<> release(const Event& event, std::int64_t due);
    /// Removes it from the queue, whoever is still due; the entry is of no more use. Durable: when nothing was left, by
    /// what the journal says (were the file there again, nobody would be due), else by a sync. Errors: io.
    Result<> remove();
    /// Puts it into corrupt/, with `why` in the log; the entry is of no more use.
    Result<> set_aside(std::string_view why);

  private:
    Entry(std::shared_ptr<const Folders> folders, Place place, UniqueFd fd, QueueFile file);
    Result<> move(const Place& to);

    std::shared_ptr<const Folders> folders_;
    Place place_;
    UniqueFd fd_;
    QueueFile file_;
    ContentReader content_;
};

/// What can be said of a message without opening it for work.
struct Listed {
    Place place;
    Envelope envelope;
    std::vector<RecipientState> states;
    std::string held;  ///< as QueueFile::held
    std::uint64_t message_bytes = 0;
};
/// Looks into a file, whoever has it open, and changes nothing. Errors: as Entry::open, but not busy; of a damaged one
/// invalid.
Result<Listed> look(const Folders& folders, const Place& place);

/// A message's content, for whoever only wants to see it: read beside those who work with it.
class MessageReader {
  public:
    /// Errors: as look().
    static Result<MessageReader> open(const Folders& folders, const Place& place);
    /// Of a damaged file: the message as far as it is there, and as it is; the whole file when not even its head can be
    /// read. Errors: not_found, io; invalid (no regular file).
    static Result<MessageReader> open_damaged(const Folders& folders, const Place& place);
    /// As ContentReader::read.
    Result<std::size_t> read(std::uint64_t offset, std::span<char> out);

  private:
    MessageReader(UniqueFd fd, std::optional<Layout> layout, Damage damage);
    UniqueFd fd_;
    std::optional<ContentReader> content_;  ///< none: the file as it is
};

}  // namespace posthouse::spool
