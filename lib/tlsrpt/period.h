// A period of counting, usually a UTC day, and the files in which periods outlast the process until they are reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/tlsrpt/counters.h"

namespace posthouse::tlsrpt {

/// The first second of that moment's UTC day.
constexpr std::int64_t day_of(std::int64_t time) { return time - time % 86'400; }

struct Period {
    std::int64_t start = 0;  ///< seconds since 1970
    std::int64_t end = 0;    ///< its last second; 0: it goes on
    Domains domains{};       ///< of which no report is sent yet
    bool operator==(const Period&) const = default;
};

/// JSON; policies in the words of reports (RFC 8460 §4.4).
std::string to_json(const Period& period);
/// Errors: invalid. What is beyond the bounds of Counters is left out.
Result<Period> parse_period(std::string_view json);

/// Periods as files of one folder, each named by its start. Synchronous; may be used by several threads.
class PeriodFiles {
  public:
    static constexpr std::size_t max_bytes = 256u << 20;

    explicit PeriodFiles(std::string folder) : folder_(std::move(folder)) {}
    /// All of them, the oldest first. What can't be read is told in the log and left. Errors: io.
    Result<std::vector<Period>> load() const;
    /// Replaces it durably; one without domains that has ended is removed. Makes the folder. Errors: those of files.
    Result<> save(const Period& period) const;

  private:
    std::string path(std::int64_t start) const;
    std::string folder_;
};

}  // namespace posthouse::tlsrpt
