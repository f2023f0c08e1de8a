// SRS: what is rewritten comes back, what strangers write is refused or survives, all within the bounds of addresses.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/smtp/limits.h"
#include "lib/smtp/srs.h"

using namespace posthouse;
using namespace posthouse::smtp;

namespace {

constexpr std::int64_t now = 1577836860;

void require(bool condition) {
    if (!condition) std::abort();
}

const Srs& srs() {
    static const Srs instance = [] {
        std::vector<Secret> secrets;
        secrets.emplace_back("tops3cr3t");
        secrets.emplace_back("older");
        return Srs(std::move(secrets), {.domain = "example.com"});
    }();
    return instance;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto mailbox = parse_mailbox(text, Utf8::allowed);
    if (!mailbox) return 0;
    if (const auto sender = srs().reverse(*mailbox, now)) {
        require(is_srs(mailbox->local_part) && parse_mailbox(sender->to_string(), Utf8::allowed) == *sender);
    }
    const auto rewritten = srs().forward(*mailbox, now);
    if (!rewritten || mailbox->domain == "example.com") return 0;
    require(rewritten->has_value() && (*rewritten)->domain == "example.com" && is_srs((*rewritten)->local_part));
    require((*rewritten)->to_path().size() <= max_path);
    const auto read = parse_mailbox((*rewritten)->to_string(), Utf8::allowed);
    require(read.has_value() && *read == **rewritten);
    const auto back = srs().reverse(*read, now + 86400);
    // What was SRS1 comes back as the SRS0 of the first forwarder; what is too long when it is quoted again, not at
    // all.
    if (is_srs(mailbox->local_part) || mailbox->to_string().size() > max_local_part) return 0;
    require(back.has_value() && *back == *mailbox);
    return 0;
}
