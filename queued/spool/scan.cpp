// A folder read by readdir.
#include "queued/spool/scan.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include "lib/base/fd.h"

namespace posthouse::spool {

Result<Scan> Scan::begin(const OpenFolder& folder) {
    // Not a duplicate: that would share the position of other scans.
    UniqueFd fd(::openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("open " + std::string(to_string(folder.folder())), errno);
    DIR* const stream = ::fdopendir(fd.get());
    if (stream == nullptr) return fail_errno("read " + std::string(to_string(folder.folder())), errno);
    (void)fd.release();
    return Scan(stream, folder.folder());
}

Result<std::optional<std::string_view>> Scan::read() {
    errno = 0;
    const dirent* const entry = ::readdir(stream_.get());
    if (entry != nullptr) return std::string_view(entry->d_name);
    if (errno != 0) return fail_errno("read " + std::string(to_string(folder_)), errno);
    return std::nullopt;
}

Result<std::vector<Place>> Scan::next(std::size_t most) {
    std::vector<Place> found;
    while (found.size() < most) {
        const Result<std::optional<std::string_view>> text = read();
        if (!text) return fail(text.error());
        if (!*text) break;
        if (std::optional<QueueName> name = parse_file_name(**text))
            found.push_back({folder_, *std::move(name)});
        else if (**text != "." && **text != ".." && !is_temporary_name(**text))
            ++foreign_;
    }
    return found;
}

Result<std::optional<std::string>> Scan::next_temporary() {
    for (;;) {
        const Result<std::optional<std::string_view>> text = read();
        if (!text) return fail(text.error());
        if (!*text) return std::nullopt;
        if (is_temporary_name(**text)) return std::string(**text);
    }
}

}  // namespace posthouse::spool
