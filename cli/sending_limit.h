// How much users and domains may send: the options that set it, and how it is shown.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "auth/directory/directory.h"
#include "cli/command.h"

namespace posthouse::cli {

/// --messages-per-hour and the others, as they were given: a number, or "default".
struct SendingLimitOptions {
    std::array<std::optional<std::string>, auth::sending_limit_columns.size()> words;
    bool given() const;
};

void add_sending_limit_options(CLI::App& command, SendingLimitOptions& options);

/// Errors: invalid.
Result<> check(const SendingLimitOptions& options);
/// Changes what is given of the limits of `address` (a user, or @domain), and tells what they are then. Errors: as of
/// Directory.
Result<auth::SendingLimit> change_sending_limit(auth::Directory& directory, const std::string& address,
                                                const SendingLimitOptions& options);
/// "100 messages per hour, no limit of recipients per day"; "those of section [smtpd]" when there are none.
std::string in_words(const auth::SendingLimit& limit);
/// {"messages_per_hour": 100}
nlohmann::json to_json(const auth::SendingLimit& limit);

using SendingLimitMap = std::map<std::string, auth::SendingLimit, std::less<>>;
/// All, by address; none where the tables belong to another program.
Result<SendingLimitMap> sending_limits(auth::Directory& directory);

}  // namespace posthouse::cli
