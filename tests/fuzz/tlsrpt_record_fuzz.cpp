// TXT records that ask for TLS reports: destinations are bounded and can be written down.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/tlsrpt/record.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

// Each line is a record.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::string> records;
    for (const std::string_view line : ascii::split({reinterpret_cast<const char*>(data), size}, '\n'))
        records.emplace_back(line);
    const auto found = tlsrpt::find_destinations(records);
    if (!found) return 0;
    const std::size_t count = found->mailboxes.size() + found->urls.size();
    require(count > 0 && count <= tlsrpt::max_destinations);
    for (const std::string& url : found->urls)
        require(std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127; }));
    for (const smtp::Mailbox& mailbox : found->mailboxes) require(smtp::parse_mailbox(mailbox.to_string()) == mailbox);
    return 0;
}
