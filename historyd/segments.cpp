// Reading what daemons have written.
#include "historyd/segments.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "lib/base/file.h"

namespace posthouse::history {

Result<std::vector<std::string>> segment_names(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        std::string name = at->path().filename().string();
        if (name.ends_with(".jsonl") && names.size() < max_segments) names.push_back(std::move(name));
    }
    if (failed) return fail_errno("read " + folder, failed.value());
    std::ranges::sort(names);
    return names;
}

Result<Segment> Segment::open(const std::string& path) {
    Result<UniqueFd> file = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return fail(file.error());
    return Segment(std::move(*file));
}

bool Segment::finished() { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0; }

Result<std::uint64_t> Segment::octets() const {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return fail_errno("fstat of a segment", errno);
    return static_cast<std::uint64_t>(status.st_size);
}

Result<std::int64_t> Segment::changed() const {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return fail_errno("fstat of a segment", errno);
    return status.st_mtime;
}

Result<std::string> Segment::read(std::uint64_t offset, std::size_t max) const {
    std::string text(max, '\0');
    std::size_t octets = 0;
    while (octets < max) {
        const ssize_t n = ::pread(file_.get(), text.data() + octets, max - octets, static_cast<off_t>(offset + octets));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read a segment", errno);
        if (n == 0) break;
        octets += static_cast<std::size_t>(n);
    }
    text.resize(octets);
    if (const std::size_t end = text.rfind('\n'); end != std::string::npos)
        text.resize(end + 1);
    else if (octets < max)
        text.clear();
    return text;
}

}  // namespace posthouse::history
