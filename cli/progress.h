// How far long work is: a bar on a terminal, a line now and then elsewhere; both on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// "45 % of 27,000 files, 1,234/s, 12 s left".
std::string progress_text(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed);
/// The bar before it: "[#########           ]".
std::string progress_bar(std::uint64_t done, std::uint64_t total);
/// 27000 as "27,000".
std::string with_commas(std::uint64_t number);
/// Bytes as "1.3 MB", in steps of 1000.
std::string format_size(std::uint64_t bytes);

/// One piece of work, e.g. one account.
class Progress {
  public:
    Progress(Context& context, std::string what);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::uint64_t done, std::uint64_t total);
    /// Takes the bar off the terminal, before something else is written there.
    void clear();

  private:
    using Clock = std::chrono::steady_clock;
    Context& context_;
    std::string what_;
    bool is_terminal_;
    bool is_shown_ = false;
    Clock::time_point began_ = Clock::now();
    Clock::time_point told_ = began_;
};

}  // namespace posthouse::cli
