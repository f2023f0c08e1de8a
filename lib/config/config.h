// Config: all parameters as one plain struct, `config.smtpd.message_size_limit`, generated from parameters.def.
// A daemon holds a Snapshot; a reload replaces it, and a running session keeps the one it started with.
#pragma once

#include <memory>

#include "lib/config/kinds.h"

namespace posthouse::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Every parameter, by section; a default-constructed Config holds the defaults.
/// Paths in a loaded Config are absolute; general.hostname is never empty there.
struct Config {
#define LIST(...) {__VA_ARGS__}
#define SECTION(section, Struct, documentation) struct Struct {
#define PARAMETER(section, name, kind, initial, limits, applies, documentation) type::kind name = initial;
#define SECTION_END(section, Struct)                \
    bool operator==(const Struct&) const = default; \
    }                                               \
    section;
#include "lib/config/parameters.def"
#undef LIST
#undef SECTION
#undef PARAMETER
#undef SECTION_END

    bool operator==(const Config&) const = default;
};

using Snapshot = std::shared_ptr<const Config>;

}  // namespace posthouse::config
