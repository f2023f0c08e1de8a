// Periods as files.
#include "lib/tlsrpt/period.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::tlsrpt {
namespace {

constexpr std::string_view suffix = ".json";

std::optional<std::int64_t> start_of(std::string_view name) {
    if (!name.ends_with(suffix)) return std::nullopt;
    const auto number = ascii::parse_number(name.substr(0, name.size() - suffix.size()));
    if (!number || *number > (std::uint64_t{1} << 40U)) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

}  // namespace

std::string PeriodFiles::path(std::int64_t start) const {
    return folder_ + "/" + std::to_string(start) + std::string(suffix);
}

Result<std::vector<Period>> PeriodFiles::load() const {
    std::vector<std::int64_t> starts;
    std::error_code error;
    if (!std::filesystem::exists(folder_, error)) return std::vector<Period>();
    for (const auto& file : std::filesystem::directory_iterator(folder_, error))
        if (const auto start = start_of(file.path().filename().string())) starts.push_back(*start);
    if (error) return fail(ErrorCode::io, "Cannot read a folder", folder_ + ": " + error.message());
    std::ranges::sort(starts);
    std::vector<Period> periods;
    for (const std::int64_t start : starts) {
        const Result<std::string> text = read_file(path(start), max_bytes);
        Result<Period> period = text ? parse_period(*text) : fail(text.error());
        if (period && period->start == start) {
            periods.push_back(*std::move(period));
            continue;
        }
        log::error("what was counted for TLS reports can't be read",
                   {{"file", path(start)}, {"error", period ? "its start is another" : period.error().message()}});
    }
    return periods;
}

Result<> PeriodFiles::save(const Period& period) const {
    const std::string where = path(period.start);
    if (period.end != 0 && period.domains.empty()) {
        if (::unlink(where.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + where, errno);
        return {};
    }
    if (Result<> made = make_folders(folder_); !made) return made;
    return write_file_durably(where, to_json(period));
}

}  // namespace posthouse::tlsrpt
