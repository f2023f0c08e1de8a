// ScratchFile: without a name from the start, or from at once.
#include "queued/outbound/scratch_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "lib/base/file.h"

namespace posthouse::queued {

Result<ScratchFile> ScratchFile::make(const std::string& folder) {
    Result<UniqueFd> unnamed = open_file(folder, O_TMPFILE | O_RDWR);
    if (unnamed) return ScratchFile(*std::move(unnamed));
    // The file system has no unnamed files.
    std::string name = folder + "/.scratch-XXXXXX";
    UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
    if (!file) return fail_errno("make a file in " + folder, errno);
    ::unlink(name.c_str());
    return ScratchFile(std::move(file));
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : file_(std::move(other.file_)), size_(other.size_), mapped_(std::exchange(other.mapped_, nullptr)) {}

ScratchFile::~ScratchFile() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
}

Result<> ScratchFile::append(std::string_view octets) {
    if (Result<> written = write_all(file_.get(), octets); !written) return written;
    size_ += octets.size();
    return {};
}

Result<std::string> ScratchFile::read(std::uint64_t offset, std::size_t most) const {
    std::string octets(static_cast<std::size_t>(std::min<std::uint64_t>(most, size_ - std::min(offset, size_))), '\0');
    std::size_t have = 0;
    while (have < octets.size()) {
        const ssize_t got =
            ::pread(file_.get(), octets.data() + have, octets.size() - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read a message that was made fit", errno);
        if (got == 0) return fail(ErrorCode::io, "A message that was made fit is shorter than it was");
        have += static_cast<std::size_t>(got);
    }
    return octets;
}

Result<std::string_view> ScratchFile::map() {
    if (size_ == 0) return std::string_view();
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_.get(), 0);
    if (mapped == MAP_FAILED) return fail_errno("map a message that is made fit", errno);
    mapped_ = mapped;
    return std::string_view(static_cast<const char*>(mapped), size_);
}

}  // namespace posthouse::queued
