// Entries: opened, locked, checked; their journal; their moves.
#include "queued/spool/entry.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/log.h"
#include "queued/spool/file_bytes.h"

namespace posthouse::spool {
namespace {

struct OpenFile {
    UniqueFd fd;
    struct stat st{};
};

/// Opens without waiting for anything and without following a link. invalid: it is no regular file.
Result<OpenFile> open_regular(const Folders& folders, const Place& place, int access) {
    const int folder = folders[place.folder].fd();
    const std::string name = to_file_name(place.name);
    OpenFile file;
    do {
        file.fd.reset(::openat(folder, name.c_str(), access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0));
    } while (!file.fd && errno == EINTR);
    if (!file.fd && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return fail(ErrorCode::invalid, "Malformed queue file", "no regular file");
    if (!file.fd) return fail_errno("open " + to_string(place), errno);
    if (::fstat(file.fd.get(), &file.st) != 0) return fail_errno("fstat " + to_string(place), errno);
    if (!S_ISREG(file.st.st_mode)) return fail(ErrorCode::invalid, "Malformed queue file", "no regular file");
    return file;
}

Result<QueueFile> load_named(const OpenFile& file, const Place& place) {
    Result<QueueFile> loaded = load(file.fd.get(), static_cast<std::uint64_t>(file.st.st_size));
    if (loaded && loaded->envelope.id != place.name.id)
        return fail(ErrorCode::invalid, "Malformed queue file", "it is that of " + loaded->envelope.id);
    return loaded;
}

bool is_damage(const Error& error) { return error.code == ErrorCode::invalid || error.code == ErrorCode::limit; }

/// What failed, after a damaged file was put aside.
std::unexpected<Error> failed(const Folders& folders, const Place& place, Error error) {
    if (!is_damage(error)) return fail(std::move(error));
    // Says in the log how it went.
    (void)folders.set_aside(place, error.detail);
    error.code = ErrorCode::invalid;
    return fail(std::move(error));
}

/// Locks the file, and makes sure that it still has its name.
Result<> lock(const Folders& folders, const Place& place, OpenFile& file) {
    if (::flock(file.fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(ErrorCode::busy, "Message is in use", to_string(place));
        return fail_errno("flock " + to_string(place), errno);
    }
    struct stat named{};
    if (::fstatat(folders[place.folder].fd(), to_file_name(place.name).c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("stat " + to_string(place), errno);
    if (named.st_dev != file.st.st_dev || named.st_ino != file.st.st_ino)
        return fail(ErrorCode::not_found, "No such message", to_string(place));
    // Whoever had it before may have added to it.
    if (::fstat(file.fd.get(), &file.st) != 0) return fail_errno("fstat " + to_string(place), errno);
    return {};
}

}  // namespace

Entry::Entry(std::shared_ptr<const Folders> folders, Place place, UniqueFd fd, QueueFile file)
    : folders_(std::move(folders)),
      place_(std::move(place)),
      fd_(std::move(fd)),
      file_(std::move(file)),
      content_(fd_.get(), file_.layout) {}

Result<Entry> Entry::open(std::shared_ptr<const Folders> folders, const Place& place) {
    Result<OpenFile> file = open_regular(*folders, place, O_RDWR);
    if (!file) return failed(*folders, place, file.error());
    if (Result<> locked = lock(*folders, place, *file); !locked) return fail(locked.error());
    Result<QueueFile> loaded = load_named(*file, place);
    if (!loaded) return failed(*folders, place, loaded.error());
    const auto size = static_cast<std::uint64_t>(file->st.st_size);
    if (size > loaded->journal_end) {
        log::warning("the torn end of a queue file's journal is cut",
                     {{"file", to_string(place)}, {"bytes", size - loaded->journal_end}});
        if (::ftruncate(file->fd.get(), static_cast<off_t>(loaded->journal_end)) != 0)
            return fail_errno("truncate " + to_string(place), errno);
    }
    return Entry(std::move(folders), place, std::move(file->fd), *std::move(loaded));
}

Result<> Entry::record(std::span<const Event> events) {
    std::vector<RecipientState> states = file_.states;
    std::string bytes;
    std::uint64_t size = file_.journal_end - file_.layout.journal_at();
    for (const Event& event : events) {
        if (!may_apply(event, states))
            return fail(ErrorCode::invalid, "Internal error", "an event that can't be: " + to_text(event));
        apply_event(event, states);
        std::string record;
        append_record(record, RecordKind::event, to_text(event));
        const bool is_needed =
            is_final(event.kind) || event.kind == EventKind::warned || event.kind == EventKind::notified;
        if (!is_needed && size + bytes.size() + record.size() > max_story_bytes) continue;
        bytes += record;
    }
    if (!bytes.empty()) {
        Result<> written = write_at(fd_.get(), bytes, file_.journal_end);
        const bool counts =
            !std::ranges::all_of(events, [](const Event& event) { return event.kind == EventKind::postponed; });
        if (written && counts && ::fdatasync(fd_.get()) != 0)
            written = fail_errno("fdatasync " + to_string(place_), errno);
        if (!written) {
            // Taken back, so that it is written anew when it is tried again. What can't be taken back is written over
            // then.
            if (::ftruncate(fd_.get(), static_cast<off_t>(file_.journal_end)) != 0)
                log::error("events that were not promised are left behind", {{"file", to_string(place_)}});
            return written;
        }
        file_.journal_end += bytes.size();
    }
    file_.states = std::move(states);
    return {};
}

Result<> Entry::move(const Place& to) {
    Result<> moved = folders_->move(place_, to);
    if (moved) place_ = to;
    return moved;
}

Result<> Entry::defer(std::int64_t due) { return move({Folder::deferred, {place_.name.id, due}}); }

Result<> Entry::hold(const Event& event) {
    if (Result<> recorded = record(std::span(&event, 1)); !recorded) return recorded;
    const Folder from = place_.folder;
    if (Result<> moved = move({Folder::hold, place_.name}); !moved) return moved;
    return folders_->sync_move(from, Folder::hold);
}

Result<> Entry::release(const Event& event, std::int64_t due) {
    if (Result<> recorded = record(std::span(&event, 1)); !recorded) return recorded;
    const Folder from = place_.folder;
    if (Result<> moved = move({Folder::deferred, {place_.name.id, due}}); !moved) return moved;
    return folders_->sync_move(from, Folder::deferred);
}

Result<> Entry::remove() {
    const OpenFolder& folder = (*folders_)[place_.folder];
    if (::unlinkat(folder.fd(), to_file_name(place_.name).c_str(), 0) != 0 && errno != ENOENT)
        return fail_errno("remove " + to_string(place_), errno);
    return nothing_left() ? Result<>{} : folder.sync();
}

Result<> Entry::set_aside(std::string_view why) {
    Result<Place> aside = folders_->set_aside(place_, why);
    if (!aside) return fail(aside.error());
    place_ = *std::move(aside);
    return {};
}

Result<Listed> look(const Folders& folders, const Place& place) {
    const Result<OpenFile> file = open_regular(folders, place, O_RDONLY);
    if (!file) return fail(file.error());
    Result<QueueFile> loaded = load_named(*file, place);
    if (!loaded) return fail(loaded.error());
    return Listed{place, std::move(loaded->envelope), std::move(loaded->states), std::move(loaded->held),
                  loaded->layout.message_bytes()};
}

Result<MessageReader> MessageReader::open(const Folders& folders, const Place& place) {
    Result<OpenFile> file = open_regular(folders, place, O_RDONLY);
    if (!file) return fail(file.error());
    const Result<QueueFile> loaded = load_named(*file, place);
    if (!loaded) return fail(loaded.error());
    return MessageReader(std::move(file->fd), loaded->layout, Damage::is_error);
}

Result<MessageReader> MessageReader::open_damaged(const Folders& folders, const Place& place) {
    Result<OpenFile> file = open_regular(folders, place, O_RDONLY);
    if (!file) return fail(file.error());
    const Result<std::string> head = read_at(file->fd.get(), 0, Layout::head_bytes);
    if (!head) return fail(head.error());
    Result<Layout> layout = parse_layout(*head, RecordKind::head);
    if (!layout) return MessageReader(std::move(file->fd), std::nullopt, Damage::is_given);
    // The front lies behind the content: of a file that was cut off it isn't there.
    if (layout->envelope_at() > static_cast<std::uint64_t>(file->st.st_size)) layout->front_bytes = 0;
    return MessageReader(std::move(file->fd), *layout, Damage::is_given);
}

MessageReader::MessageReader(UniqueFd fd, std::optional<Layout> layout, Damage damage) : fd_(std::move(fd)) {
    if (layout) content_.emplace(fd_.get(), *layout, damage);
}

Result<std::size_t> MessageReader::read(std::uint64_t offset, std::span<char> out) {
    if (content_) return content_->read(offset, out);
    const Result<std::string> bytes = read_at(fd_.get(), offset, out.size());
    if (!bytes) return fail(bytes.error());
    std::ranges::copy(*bytes, out.begin());
    return bytes->size();
}

}  // namespace posthouse::spool
