// What is stored of a password that was right, made anew where it is weaker than what is made today.
#pragma once

#include <string>
#include <string_view>

#include "auth/directory/directory.h"
#include "auth/passwords/settings.h"

namespace posthouse::auth {

/// Whether the hash is to be made anew, or SCRAM keys beside it.
bool needs_renewal(const User& user, const PasswordSettings& settings);

/// Makes and writes what needs_renewal asks for; takes the time of a hash or two. Nothing is done when `stored` is no
/// longer what the directory has, or when somebody else has done it. Errors: as Directory, hash_password.
Result<> renew_password(Directory& directory, const std::string& email, const std::string& stored,
                        std::string_view password, const PasswordSettings& settings);

}  // namespace posthouse::auth
