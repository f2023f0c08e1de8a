// Parameters to settings.
#include "storage/configure.h"

namespace posthouse::storage {

std::string index_root_of(const config::Config& config) {
    return config.general.index_root.empty() ? config.general.state_folder + "/index" : config.general.index_root;
}

Settings settings_from(const config::Config& config) {
    Settings settings;
    settings.mail_root = config.general.mail_root;
    settings.index_root = index_root_of(config);
    settings.host_name = config.general.hostname;
    return settings;
}

}  // namespace posthouse::storage
