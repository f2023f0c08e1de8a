// Fuzzes the PROXY protocol's parser: a header never claims more bytes than there are.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/net/proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto header = posthouse::net::parse_proxy_header(bytes);
    if (header && *header && ((*header)->size > size || (*header)->size > posthouse::net::max_proxy_header)) std::abort();
    return 0;
}
