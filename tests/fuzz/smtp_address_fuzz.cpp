// Addresses: what is accepted is within its bounds, and its printed form means the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/smtp/address.h"
#include "lib/smtp/limits.h"

using namespace posthouse::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const Mailbox& mailbox, Utf8 utf8) {
    require(!mailbox.local_part.empty() && mailbox.local_part.size() <= max_local_part);
    require(!mailbox.domain.empty() && mailbox.domain.size() <= max_domain);
    require(utf8 == Utf8::allowed || !mailbox.needs_utf8());
    const std::string printed = mailbox.to_string();
    for (const char c : printed) require(c >= ' ' || c < 0);
    // Quoting may lengthen a local part beyond what may be sent again; else it comes back as it was.
    if (printed.size() - mailbox.domain.size() - 1 > max_local_part || printed.size() > max_path - 2) return;
    const auto again = parse_mailbox(printed, utf8);
    require(again.has_value() && *again == mailbox);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const Utf8 utf8 : {Utf8::refused, Utf8::allowed}) {
        if (const auto mailbox = parse_mailbox(text, utf8)) check(*mailbox, utf8);
        std::size_t length = 0;
        const auto path = parse_path(text, length, utf8);
        if (!path) continue;
        require(length >= 2 && length <= max_path && length <= size && text[length - 1] == '>');
        if (*path) check(**path, utf8);
    }
    return 0;
}
