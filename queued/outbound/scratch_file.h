// ScratchFile: octets that are worked on in a file without a name, so that a large message takes no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::queued {

/// Blocking. Gone with its owner, and with the process. Nothing of it is synced.
class ScratchFile {
  public:
    /// Errors: not_found, denied, no_space, io.
    static Result<ScratchFile> make(const std::string& folder);
    ScratchFile(ScratchFile&& other) noexcept;
    ScratchFile& operator=(ScratchFile&&) = delete;
    ~ScratchFile();

    /// Errors: no_space, io.
    Result<> append(std::string_view octets);
    std::uint64_t size() const { return size_; }
    /// The octets from `offset` on, at most so many; empty at the end. Errors: io.
    Result<std::string> read(std::uint64_t offset, std::size_t most) const;
    /// All of it, in pages that the system drops when it needs them; valid as long as this, and nothing may be appended
    /// any more. Errors: io.
    Result<std::string_view> map();

  private:
    explicit ScratchFile(UniqueFd file) : file_(std::move(file)) {}
    UniqueFd file_;
    std::uint64_t size_ = 0;
    void* mapped_ = nullptr;
};

}  // namespace posthouse::queued
