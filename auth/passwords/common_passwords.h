// The passwords that everybody tries first.
#pragma once

#include <string_view>

namespace posthouse::auth {

/// Whether `lowered`, a password in lower case, is one of the few hundred that are found most often wherever passwords
/// have become known, or one character again and again.
bool is_common_password(std::string_view lowered);

}  // namespace posthouse::auth
