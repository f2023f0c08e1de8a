// Keywords: sets of names without regard to case.
#include "storage/flags.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

/// An atom (RFC 9051 §9): printable ASCII without the specials.
bool is_keyword(std::string_view name) {
    constexpr std::string_view specials = "(){%*\"\\] ";
    return !name.empty() && name.size() <= max_keyword_bytes && std::ranges::none_of(name, [&](char c) {
        return ascii::is_control(c) || ascii::is_8bit(c) || specials.find(c) != std::string_view::npos;
    });
}

}  // namespace

Result<Keywords> Keywords::make(std::vector<std::string> names) {
    for (const std::string& name : names)
        if (!is_keyword(name)) return fail(ErrorCode::invalid, "Invalid keyword");
    std::ranges::sort(names, ascii::ILess{});
    const auto doubles =
        std::ranges::unique(names, [](std::string_view a, std::string_view b) { return ascii::iequals(a, b); });
    names.erase(doubles.begin(), doubles.end());
    Keywords keywords;
    if (!names.empty()) keywords.names_ = std::make_shared<const std::vector<std::string>>(std::move(names));
    return keywords;
}

bool Keywords::contains(std::string_view name) const {
    return names_ != nullptr && std::ranges::binary_search(*names_, name, ascii::ILess{});
}

const std::vector<std::string>& Keywords::names() const {
    static const std::vector<std::string> none;
    return names_ == nullptr ? none : *names_;
}

bool Keywords::operator==(const Keywords& other) const {
    return names_ == other.names_ ||
           std::ranges::equal(names(), other.names(),
                              [](std::string_view a, std::string_view b) { return ascii::iequals(a, b); });
}

Flags FlagScope::of(const Flags& flags) const {
    return {merged({}, flags.system), keywords ? flags.keywords : Keywords()};
}

SystemFlags FlagScope::merged(SystemFlags before, SystemFlags now) const {
    const int kept = before.bits() & ~system.bits();
    return SystemFlags::from_bits(static_cast<std::uint8_t>(kept | (now.bits() & system.bits())));
}

}  // namespace posthouse::storage
