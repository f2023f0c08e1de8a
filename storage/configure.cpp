// Parameters to settings.
#include "storage/configure.h"

#include "storage/default_folders.h"

namespace posthouse::storage {

std::string index_root_of(const config::Config& config) {
    return config.general.index_root.empty() ? config.general.state_folder + "/index" : config.general.index_root;
}

QuotaWords quota_words_from(const config::Config& config, const std::vector<std::string>& user_rules) {
    QuotaWords words{config.quota.rule, config.quota.warning, config.quota.grace};
    words.rules.insert(words.rules.end(), user_rules.begin(), user_rules.end());
    return words;
}

Layout layout_from(const config::Config& config) {
    return Layout(config.general.mailbox_layout == "fs" ? Hierarchy::fs : Hierarchy::maildirpp,
                  config.general.mailbox_names == "utf-8" ? Spelling::utf8 : Spelling::utf7);
}

Settings settings_from(const config::Config& config) {
    Settings settings;
    settings.mail_root = config.general.mail_root;
    settings.index_root = index_root_of(config);
    settings.layout = layout_from(config);
    settings.default_folders = default_folders_from(config);
    settings.host_name = config.general.hostname;
    return settings;
}

}  // namespace posthouse::storage
