// CSV (RFC 4180): records of fields, with the line each begins on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::cli {

struct CsvRecord {
    std::size_t line = 0;  ///< from 1
    std::vector<std::string> fields;
};

/// Fields are separated by commas; one in quotes may hold commas, line ends and doubled quotes. Line ends are LF or
/// CRLF; empty lines are skipped. Errors: invalid, with the line's number.
Result<std::vector<CsvRecord>> parse_csv(std::string_view text);

}  // namespace posthouse::cli
