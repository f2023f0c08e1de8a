// Lists in a column.
#include "auth/directory/listed.h"

#include <algorithm>

namespace posthouse::auth {

std::vector<std::string_view> listed(std::string_view text) {
    constexpr std::string_view separators = ", \t\r\n";
    std::vector<std::string_view> parts;
    for (std::size_t at = 0;;) {
        const std::size_t begin = text.find_first_not_of(separators, at);
        if (begin == std::string_view::npos) return parts;
        at = std::min(text.find_first_of(separators, begin), text.size());
        parts.push_back(text.substr(begin, at - begin));
    }
}

}  // namespace posthouse::auth
