// A peer's compressed stream: whatever comes is inflated in bounded pieces or refused, and what is deflated comes back.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/net/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using posthouse::net::Compression;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    // As a connection hands it on: in pieces, while the one who reads takes what fits.
    Compression peer;
    std::array<char, 1000> space{};
    std::size_t taken = 0;
    for (std::string_view rest = input; !rest.empty();) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), 7 + rest.size() / 3);
        peer.feed(rest.substr(0, piece));
        rest.remove_prefix(piece);
        bool goes_on = true;
        while (goes_on && taken < (std::size_t{1} << 20)) {
            const auto count = peer.inflate(space);
            if (!count) return 0;
            if (*count > space.size()) std::abort();
            taken += *count;
            goes_on = *count > 0;
        }
    }
    Compression there;
    Compression back;
    const std::size_t kept = input.size() / 2;
    back.feed(there.deflate(input.substr(0, kept), Compression::Flush::none));
    back.feed(there.deflate(input.substr(kept)));
    std::size_t matched = 0;
    for (;;) {
        const auto count = back.inflate(space);
        if (!count) std::abort();
        if (*count == 0) break;
        if (input.substr(matched, *count) != std::string_view(space.data(), *count)) std::abort();
        matched += *count;
    }
    if (matched != input.size()) std::abort();
    return 0;
}
