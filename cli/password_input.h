// Where a password comes from: a prompt without echo, standard input (also as a ready hash), or a generator. Never the
// command line, which every process can read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "auth/passwords/rules.h"
#include "auth/passwords/settings.h"
#include "cli/command.h"
#include "lib/base/secret.h"

namespace posthouse::cli {

struct PasswordOptions {
    bool from_stdin = false;
    bool hash_from_stdin = false;
    bool generate = false;
    bool must_change = false;  ///< it serves for mail only when the user has set another one
};

/// A password as it is stored.
struct NewPassword {
    std::string stored;      ///< `{SCHEME}hash`
    Secret generated;        ///< to be shown; empty unless generated
    std::string scram_keys;  ///< as auth.scram_keys wants them (auth/passwords/scram_beside.h); empty: none
};

/// Adds --password-stdin, --hash-stdin, --generate and --must-change.
void add_password_options(CLI::App& command, PasswordOptions& options);

/// One line of standard input. Errors: invalid (there is none, or it is empty).
Result<Secret> read_password_line(Context& context);

/// How passwords are stored; as if nothing was configured when the configuration is wrong, which the next step reports.
auth::PasswordSettings password_settings(const Context& context);

/// auth::check_chosen with the rules of the configuration. Errors: as that, and as Context::config.
Result<std::vector<std::string>> check_chosen(const Context& context, std::span<const auth::ChosenPassword> passwords);

/// The password for `email`, hashed as the configuration says unless it is a hash. Errors: invalid (empty, against the
/// rules, the two entries differ, no terminal to ask on, or a hash that cannot be verified); as check_chosen.
Result<NewPassword> read_password(Context& context, const std::string& email, const PasswordOptions& options);

}  // namespace posthouse::cli
