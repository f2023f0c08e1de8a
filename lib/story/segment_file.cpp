// Segments, written.
#include "lib/story/segment_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/random.h"

namespace posthouse::story {
namespace {

std::uint64_t octets_in(const std::string& folder) {
    std::uint64_t octets = 0;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        std::error_code gone;
        if (const auto size = at->file_size(gone); !gone) octets += size;
    }
    return octets;
}

}  // namespace

SegmentFile::Settings SegmentFile::settings_for(const config::Config& config, std::string_view name) {
    Settings settings;
    settings.folder = config.general.state_folder + "/history/incoming";
    settings.name = name;
    settings.folder_octets = config.history.size_limit / 4;
    return settings;
}

Result<> SegmentFile::open() {
    if (Result<> made = make_folders(settings_.folder); !made) return made;
    if (octets_in(settings_.folder) > settings_.folder_octets)
        return fail(ErrorCode::limit, "Too much waits for historyd", settings_.folder);
    const std::string path = settings_.folder + "/" + settings_.name + "-" + make_id() + ".jsonl";
    Result<UniqueFd> file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0640);
    if (!file) return fail(file.error());
    // The reader may have been faster: then it has found an empty file that is finished.
    struct stat status{};
    if (::flock(file->get(), LOCK_SH | LOCK_NB) != 0) return fail_errno("lock " + path, errno);
    if (::fstat(file->get(), &status) != 0) return fail_errno("fstat " + path, errno);
    if (status.st_nlink == 0) return fail(ErrorCode::busy, "The segment was removed", path);
    file_ = std::move(*file);
    octets_ = 0;
    torn_ = false;
    opened_ = std::chrono::steady_clock::now();
    return {};
}

/// Full, old, or removed by somebody.
bool SegmentFile::is_over() const {
    struct stat status{};
    return octets_ >= settings_.octets || std::chrono::steady_clock::now() - opened_ >= settings_.age ||
           ::fstat(file_.get(), &status) != 0 || status.st_nlink == 0;
}

Result<> SegmentFile::append(std::string lines) {
    if (pending_.empty())
        pending_ = std::move(lines);
    else
        pending_ += lines;
    if (pending_.empty()) return {};
    if (file_ && is_over()) file_.reset();
    if (!file_) {
        if (Result<> opened = open(); !opened) return opened;
    }
    return write_pending();
}

Result<> SegmentFile::write_pending() {
    if (torn_) {
        if (Result<> ended = write_all(file_.get(), "\n"); !ended) return ended;
        torn_ = false;
    }
    std::size_t written = 0;
    Result<> result;
    while (written < pending_.size()) {
        const ssize_t n = ::write(file_.get(), pending_.data() + written, pending_.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            result = fail_errno("write to a segment in " + settings_.folder, errno);
            break;
        }
        written += static_cast<std::size_t>(n);
    }
    octets_ += written;
    if (result) {
        pending_ = {};
        return result;
    }
    // The line that is there by half is written again, whole.
    const std::size_t line = written == 0 ? 0 : pending_.rfind('\n', written - 1) + 1;
    torn_ = line < written;
    pending_.erase(0, line);
    return result;
}

}  // namespace posthouse::story
