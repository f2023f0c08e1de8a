// Journal: two files of lines.
#include "guardd/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "lib/base/ascii.h"
#include "lib/base/file.h"

namespace posthouse::guard {

Result<std::vector<Event>> Journal::read() const {
    std::vector<Event> events;
    for (const std::string& path : {old_path(), path_}) {
        // A line may be torn, and the next one after a restart stand behind it.
        const Result<std::string> text = read_file(path, 2 * max_octets);
        if (!text && text.error().code == ErrorCode::not_found) continue;
        if (!text) return fail(text.error());
        for (const std::string_view line : ascii::split(*text, '\n'))
            if (Result<Event> event = parse_event(line)) events.push_back(std::move(*event));
    }
    return events;
}

Result<> Journal::open() {
    Result<UniqueFd> file = open_file(path_, O_WRONLY | O_CREAT | O_APPEND);
    if (!file) return fail(file.error());
    struct stat status{};
    if (::fstat(file->get(), &status) != 0) return fail_errno("fstat " + path_, errno);
    octets_ = static_cast<std::size_t>(status.st_size);
    file_ = std::move(*file);
    folder_synced_ = false;
    // Ends a line that was torn.
    if (octets_ > 0) return append("\n");
    return {};
}

Result<> Journal::append(std::string_view lines) {
    if (!file_) {
        if (Result<> opened = open(); !opened) return opened;
    }
    if (octets_ + lines.size() > max_octets) return fail(ErrorCode::limit, "guardd's journal is full", path_);
    // Counted even if it fails: some may be there.
    octets_ += lines.size();
    Result<> written = write_all(file_.get(), lines);
    if (!written) file_.reset();
    return written;
}

Result<> Journal::sync() {
    if (!file_) return {};
    if (::fdatasync(file_.get()) != 0) return fail_errno("fdatasync " + path_, errno);
    if (folder_synced_) return {};
    Result<> synced = sync_folder(std::filesystem::path(path_).parent_path());
    folder_synced_ = synced.has_value();
    return synced;
}

void Journal::turn_over() {
    if (::access(old_path().c_str(), F_OK) == 0) return;
    file_.reset();
    (void)std::rename(path_.c_str(),
                      old_path().c_str());  // fails when there is none: then there is nothing to turn over
}

void Journal::drop_old() { (void)::unlink(old_path().c_str()); }

}  // namespace posthouse::guard
