// Taps that make system calls go wrong: one fails, or the process is killed at it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/crash/system_calls.h"

namespace posthouse::storage::crash {

/// What can go wrong in a call.
std::vector<int> errors_of(CallKind kind);
/// The error's words.
std::string name_of(int error);

/// Fails the n-th call; `lasts`: and all others after it that can fail so.
class FailedAt : public Tap {
  public:
    FailedAt(std::size_t call, int error, bool lasts) : call_(call), error_(error), lasts_(lasts) {}
    int before(const Call& call) override;

    std::vector<CallKind> kinds;  ///< of all calls
    std::string at;               ///< the call that failed first

  private:
    std::size_t call_;
    int error_;
    bool lasts_;
    std::size_t seen_ = 0;
};

/// The process ends before its n-th system call, or in the midst of it when it writes.
class KilledAt : public Tap {
  public:
    KilledAt(unsigned call, bool half) : left_(call), half_(half) {}
    int before(const Call& call) override;
    void after(const Call& call, long result) override;

  private:
    unsigned left_;
    bool half_;
};

/// How many descriptors this process has open.
std::size_t open_descriptors();

}  // namespace posthouse::storage::crash
