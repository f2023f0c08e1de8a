// Addresses: what is accepted is within its bounds, and its printed form means the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/smtp/address.h"
#include "lib/smtp/internationalized.h"
#include "lib/smtp/limits.h"
#include "lib/smtp/srs.h"

using namespace posthouse::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const Mailbox& mailbox, Utf8 utf8) {
    const std::size_t longest = is_srs(mailbox.local_part) ? max_srs_local_part : max_local_part;
    require(!mailbox.local_part.empty() && mailbox.local_part.size() <= longest);
    require(!mailbox.domain.empty() && mailbox.domain.size() <= max_domain);
    require(utf8 == Utf8::allowed || !mailbox.needs_utf8());
    const std::string printed = mailbox.to_string();
    for (const char c : printed) require(c >= ' ' || c < 0);
    // Quoting may lengthen a local part beyond what may be sent again; else it comes back as it was.
    if (printed.size() - mailbox.domain.size() - 1 > longest || printed.size() > max_path - 2) return;
    const auto again = parse_mailbox(printed, utf8);
    require(again.has_value() && *again == mailbox);
    if (const auto ascii_form = to_ascii(mailbox)) require(!ascii_form->needs_utf8());
    if (!mailbox.needs_utf8()) require(to_ascii(mailbox) == mailbox);
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
