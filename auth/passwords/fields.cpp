// Numbers in the text of hashes.
#include "auth/passwords/fields.h"

#include "lib/base/ascii.h"

namespace posthouse::auth {

std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view prefix, char end) {
    if (!text.starts_with(prefix)) return std::nullopt;
    text.remove_prefix(prefix.size());
    const auto stop = text.find(end);
    if (stop == std::string_view::npos) return std::nullopt;
    const auto number = ascii::parse_number(text.substr(0, stop));
    text.remove_prefix(stop + 1);
    return number;
}

}  // namespace posthouse::auth
