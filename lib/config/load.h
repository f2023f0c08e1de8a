// Loading: a configuration file and the environment become a Config, or a list of what is wrong and where.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "lib/config/node.h"
#include "lib/config/parameter.h"

namespace posthouse::config {

/// Where the configuration lies when nobody says otherwise.
inline constexpr std::string_view default_path = "/etc/posthouse/posthouse.toml";

/// Something wrong: where ("/etc/posthouse/posthouse.toml:12", "environment POSTHOUSE_LOG_LEVEL") and what.
struct Problem {
    std::string where;
    std::string text;
    /// "where: text"
    std::string message() const { return where + ": " + text; }
};
using Problems = std::vector<Problem>;

/// "POSTHOUSE_…" variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Where the value of a parameter came from, by full name; what is not in it is a default.
using Origins = std::map<std::string, std::string, std::less<>>;

struct Loaded {
    Snapshot config;
    Origins origins;
};

/// The process's environment variables that begin with POSTHOUSE_.
Environment process_environment();

/// Reads and checks the file at `path`; every parameter can be overridden by its environment variable. Finds all
/// problems, not only the first.
std::expected<Loaded, Problems> load_file(const std::string& path, const Environment& environment);
/// As load_file, with the text of the file; `path` is for messages, and relative paths are relative to its folder.
std::expected<Loaded, Problems> load_text(const std::string& path, std::string_view text,
                                          const Environment& environment);
/// As load_text, for a document (its root is a table) that is parsed already.
std::expected<Loaded, Problems> load_document(const std::string& path, const Node& document,
                                              const Environment& environment);

}  // namespace posthouse::config
