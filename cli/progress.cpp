// Progress on a terminal and elsewhere.
#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "cli/table.h"

namespace posthouse::cli {
namespace {

constexpr std::chrono::milliseconds between_bars{100};
constexpr std::chrono::seconds between_lines{10};

std::uint64_t percent(std::uint64_t done, std::uint64_t total) {
    return total == 0
               ? 100
               : std::min<std::uint64_t>(
                     100, static_cast<std::uint64_t>(100.0 * static_cast<double>(done) / static_cast<double>(total)));
}

std::string duration(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole < 120) return std::to_string(whole) + " s";
    if (whole < 7200) return std::to_string(whole / 60) + " min";
    return std::to_string(whole / 3600) + " h";
}

}  // namespace

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, units.at(unit));
    return text.data();
}

std::string progress_text(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed) {
    std::string text = std::to_string(percent(done, total)) + " % of " + with_commas(total) + " files";
    const double seconds = static_cast<double>(elapsed.count()) / 1000;
    if (done == 0 || seconds <= 0) return text;
    const double rate = static_cast<double>(done) / seconds;
    text += ", " + with_commas(static_cast<std::uint64_t>(rate)) + "/s";
    if (total > done) text += ", " + duration(static_cast<double>(total - done) / rate) + " left";
    return text;
}

std::string progress_bar(std::uint64_t done, std::uint64_t total) {
    constexpr std::size_t width = 20;
    const std::size_t full = static_cast<std::size_t>(percent(done, total)) * width / 100;
    return "[" + std::string(full, '#') + std::string(width - full, ' ') + "]";
}

Progress::Progress(Context& context, std::string what)
    : context_(context),
      what_(printable(what)),
      is_terminal_(&context.err == &std::cerr && ::isatty(STDERR_FILENO) != 0) {}

void Progress::update(std::uint64_t done, std::uint64_t total) {
    const Clock::time_point now = Clock::now();
    if (now - told_ < (is_terminal_ ? Clock::duration(between_bars) : Clock::duration(between_lines))) return;
    told_ = now;
    const std::string text =
        progress_text(done, total, std::chrono::duration_cast<std::chrono::milliseconds>(now - began_));
    if (!is_terminal_) {
        context_.err << what_ << ": " << text << '\n' << std::flush;
        return;
    }
    // To the line's beginning, and what was there is erased.
    context_.err << "\r\033[K" << what_ << " " << progress_bar(done, total) << " " << text << std::flush;
    is_shown_ = true;
}

void Progress::clear() {
    if (is_shown_) context_.err << "\r\033[K" << std::flush;
    is_shown_ = false;
}

}  // namespace posthouse::cli
