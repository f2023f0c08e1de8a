// Bundle: what the supervisor hands each daemon, in a memory file: the parameters the daemon needs, and the contents
// of certificates and keys, so that a daemon opens no file of the administrator's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::config {

/// The environment variable that names the descriptor of the memory file.
inline constexpr const char* bundle_variable = "POSTHOUSE_BUNDLE_FD";

struct Bundle {
    Snapshot config;                           ///< sections that the daemon doesn't get hold their defaults
    std::map<std::string, std::string> files;  ///< contents of certificate and key files, by their path in `config`
};

/// Reads every certificate and key file that `config` names. Errors: as read_file, naming parameter and file.
Result<std::map<std::string, std::string>> read_tls_files(const Config& config);

/// The bundle as bytes: JSON of general, tls, log, listen and `own_sections`, then a closing record with length and
/// checksum. `files` only for a daemon that speaks TLS.
std::string encode_bundle(const Config& config, const std::vector<std::string_view>& own_sections,
                          const std::map<std::string, std::string>& files);
/// Errors: invalid (no closing record, length or checksum wrong, or not written by encode_bundle).
Result<Bundle> decode_bundle(std::string_view bytes);

/// A new memory file, close-on-exec. Errors: io.
Result<UniqueFd> create_bundle_file(const std::string& name);
/// Replaces the contents. A reader at the same moment finds an incomplete bundle and keeps what it has.
Result<> write_bundle_file(int fd, std::string_view bytes);

/// What this daemon runs with, at start and again at each SIGHUP: from the descriptor in POSTHOUSE_BUNDLE_FD, or, for a
/// daemon run by hand, from `--config FILE` in `argv`. Errors: invalid with every problem in the text; at a reload the
/// daemon logs it and keeps what it has.
Result<Bundle> load_for_daemon(int argc, const char* const* argv);

}  // namespace posthouse::config
