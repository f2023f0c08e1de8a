// Special uses: a fixed set of words, each shown once.
#include "storage/special_use.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view uses[] = {"\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash"};

}  // namespace

const EntryName& special_use_entry() {
    static const EntryName name = EntryName::parse("/private/specialuse").value();
    return name;
}

Result<std::string> parse_special_use(std::string_view text) {
    if (text.empty()) return std::string();
    for (const std::string_view use : uses)
        if (ascii::iequals(text, use)) return std::string(use);
    if (ascii::iequals(text, "\\All") || ascii::iequals(text, "\\Flagged") || text.find(' ') != std::string_view::npos)
        return fail(ErrorCode::unsupported, "Special use is not supported");
    return fail(ErrorCode::invalid, "Unknown special use");
}

std::vector<std::string> shown_special_uses(const std::vector<SpecialUse>& mailboxes) {
    std::vector<std::string> shown(mailboxes.size());
    const auto show = [&](std::size_t i, const std::string& use) {
        if (!use.empty() && std::ranges::find(shown, use) == shown.end()) shown[i] = use;
    };
    // A damaged or foreign value shows nothing.
    for (std::size_t i = 0; i < mailboxes.size(); ++i)
        if (mailboxes[i].kept) show(i, parse_special_use(*mailboxes[i].kept).value_or(std::string()));
    for (std::size_t i = 0; i < mailboxes.size(); ++i)
        if (!mailboxes[i].kept) show(i, mailboxes[i].usual);
    return shown;
}

}  // namespace posthouse::storage
