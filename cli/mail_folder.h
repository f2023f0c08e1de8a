// Folders of mail that a command deletes, or finds.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// Deletes `<mail_root>/<domain>/<local part>/`. No such folder is no error. Symbolic links are removed, not followed.
Result<> delete_user_mail(const Context& context, const std::string& email);
/// Deletes `<mail_root>/<domain>/`.
Result<> delete_domain_mail(const Context& context, const std::string& domain);

/// The user's folder if it is there already; otherwise, or where that can't be told, an empty text.
std::string mail_left_behind(const Context& context, const std::string& email);

/// These addresses and domains are used from now on: what renames left in their places goes away (storage/moved.h).
/// What can't be removed is pointed out on err.
void forget_moves(Context& context, std::span<const std::string> names);

}  // namespace posthouse::cli
