// Lists in a column: names, addresses, networks.
#pragma once

#include <string_view>
#include <vector>

namespace posthouse::auth {

/// What `text` lists, separated by commas and white space; nothing of it is empty.
std::vector<std::string_view> listed(std::string_view text);

}  // namespace posthouse::auth
