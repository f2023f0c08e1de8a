// Working on mail as its owner: what an administrator's command makes must stay usable for the daemons.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "lib/base/result.h"

namespace posthouse::cli {

/// As long as it lives, a program run by root acts as the owner of a folder; anybody else stays who he is. One at a
/// time.
class ActingAsOwner {
  public:
    /// No such folder: nothing changes.
    static Result<ActingAsOwner> of(const std::string& folder);
    ActingAsOwner(ActingAsOwner&& other) noexcept : acting_(std::exchange(other.acting_, false)) {}
    ActingAsOwner& operator=(ActingAsOwner&&) = delete;
    ~ActingAsOwner();

  private:
    explicit ActingAsOwner(bool acting) : acting_(acting) {}
    bool acting_;
};

}  // namespace posthouse::cli
