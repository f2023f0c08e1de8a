// Parameter: one row of parameters.def as data, for everything that walks the table (parser, show, reference).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/config/config.h"

namespace posthouse::config {

/// What it takes for a changed value to have an effect.
enum class Applies { reload, restart };

/// Bounds of a value. Which of them count depends on the kind.
struct Limits {
    std::int64_t minimum = 0;  ///< milliseconds, bytes, or the number itself
    std::int64_t maximum = 0;
    std::vector<std::string_view> words = {};  ///< of a word, or of each element of a list; empty: any
};

/// Where the value of a parameter lies in a Config.
using Member = std::variant<std::string*, bool*, std::int64_t*, Duration*, std::uint64_t*, std::vector<std::string>*,
                            std::vector<CertificateFiles>*>;

struct Parameter {
    std::string_view section;
    std::string_view name;
    Kind kind;
    Limits limits;
    Applies applies;
    std::string_view documentation;
    Member (*member)(Config&);

    /// "smtpd.workers"
    std::string full_name() const;
    /// "POSTHOUSE_SMTPD_WORKERS"
    std::string environment_name() const;
};

struct Section {
    std::string_view name;
    std::string_view documentation;
};

/// All rows, in the order of parameters.def.
std::span<const Parameter> parameters();
std::span<const Section> sections();

/// The row of `section`.`name`, or nullptr.
const Parameter* find_parameter(std::string_view section, std::string_view name);
/// The parameters whose values differ; what of them says `restart` has no effect until then.
std::vector<const Parameter*> changed(const Config& before, const Config& after);

/// The kind as the reference names it: "duration".
std::string_view to_string(Kind kind);
std::string_view to_string(Applies applies);

}  // namespace posthouse::config
