// Loads, checks and merges configurations.
#include "posthoused/configuration.h"

#include <algorithm>
#include <ctime>
#include <iterator>

#include "lib/config/bundle.h"
#include "lib/config/check.h"
#include "lib/config/value.h"
#include "queued/outbound/configure.h"
#include "storage/default_folders.h"
#include "storage/lost_mail.h"

namespace posthouse::supervisor {
namespace {

std::unexpected<Error> first_of(const config::Problems& problems) {
    std::string line = problems.front().message();
    if (problems.size() > 1) line += " (and " + std::to_string(problems.size() - 1) + " more: posthouse config check)";
    return fail(ErrorCode::invalid, std::move(line));
}

}  // namespace

Result<Configuration> load_configuration(const std::string& path) {
    const std::expected<config::Loaded, config::Problems> loaded =
        config::load_file(path, config::process_environment());
    if (!loaded) return first_of(loaded.error());
    config::Problems problems = config::check(*loaded->config, loaded->origins);
    std::ranges::move(storage::default_folder_problems(*loaded->config, loaded->origins), std::back_inserter(problems));
    std::ranges::move(storage::lost_mail_problems(*loaded->config, loaded->origins), std::back_inserter(problems));
    std::ranges::move(queued::outbound_problems(*loaded->config, loaded->origins), std::back_inserter(problems));
    if (!problems.empty()) return first_of(problems);
    Result<std::map<std::string, std::string>> files = config::read_tls_files(*loaded->config);
    if (!files) return fail(files.error());
    // Whoever still has the old certificate is served.
    const std::time_t now = std::time(nullptr);
    config::Problems warnings = config::expired(*loaded->config, loaded->origins, now);
    std::ranges::move(config::warnings(*loaded->config, loaded->origins, now), std::back_inserter(warnings));
    return Configuration{loaded->config, std::move(*files), std::move(warnings)};
}

config::Config merge_for_reload(const config::Config& running, const config::Config& wanted,
                                std::vector<std::string>& kept) {
    config::Config merged = wanted;
    for (const config::Parameter* parameter : config::changed(running, wanted)) {
        if (parameter->applies != config::Applies::restart) continue;
        const config::Member from = config::value_of(*parameter, running);
        const config::Member to = parameter->member(merged);
        std::visit([&](auto* value) { *value = *std::get<decltype(value)>(from); }, to);
        kept.push_back(parameter->full_name());
    }
    return merged;
}

}  // namespace posthouse::supervisor
