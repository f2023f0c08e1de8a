// Where a password comes from: a prompt without echo, standard input, or a generator. Never the command line, which
// every process can read.
#pragma once

#include "cli/command.h"
#include "lib/base/secret.h"

namespace posthouse::cli {

struct PasswordOptions {
    bool from_stdin = false;
    bool generate = false;
};

/// Adds --password-stdin and --generate.
void add_password_options(CLI::App& command, PasswordOptions& options);

/// The password for `email`. Errors: invalid (empty, the two entries differ, or no terminal to ask on).
Result<Secret> read_password(Context& context, const std::string& email, const PasswordOptions& options);

}  // namespace posthouse::cli
