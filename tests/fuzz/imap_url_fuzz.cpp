// URLs of messages: whatever comes is refused, or names a message and a section that FETCH could name.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/imap/message_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse::imap;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto url = parse_message_url(input);
    if (!url) return 0;
    if (url->uid == 0 || url->uid_validity == 0u || url->count == 0u) std::abort();
    if (!url->host.empty() && url->mailbox.empty()) std::abort();
    std::string section;
    append_section(section, url->section);
    const auto again = parse_section(section);
    if (!again || *again != url->section) std::abort();
    return 0;
}
