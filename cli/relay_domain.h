// Domains whose mail is taken from everybody and passed on to another server.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "auth/directory/directory.h"
#include "cli/command.h"

namespace posthouse::cli {

struct RelayOptions {
    std::string type = "local";
    std::optional<std::string> recipients{};
    std::optional<std::string> transport{};
};
/// --type, --recipients, --transport of `domain add`.
void add_relay_options(CLI::App& command, RelayOptions& options);
Exit add_relay_domain(Context& context, const std::string& name, const RelayOptions& options);
/// With its transport; an error when there is none.
Exit remove_relay_domain(Context& context, std::unique_ptr<auth::Directory> directory, const std::string& name);
/// Adds the group `recipient` to the group `domain`.
void add_relay_recipient_commands(CLI::App& domain, Context& context);

struct RelayedDomain {
    auth::RelayDomain row;
    std::string transport;  ///< empty: by DNS
};
Result<std::vector<RelayedDomain>> relayed_domains(auth::Directory& directory);
/// "passed on by smtp:[192.0.2.5], for 3 listed recipients"
std::string sentence(const RelayedDomain& domain);
nlohmann::json to_json(const RelayedDomain& domain);

}  // namespace posthouse::cli
