// Folders of mail that a command deletes.
#pragma once

#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// Deletes `<mail_root>/<domain>/<local part>/`. No such folder is no error. Symbolic links are removed, not followed.
Result<> delete_user_mail(const Context& context, const std::string& email);
/// Deletes `<mail_root>/<domain>/`.
Result<> delete_domain_mail(const Context& context, const std::string& domain);

}  // namespace posthouse::cli
