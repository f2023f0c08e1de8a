// A bundle of any bytes; and any bytes as its JSON, which a true checksum would let through.
#include <cstdint>
#include <string_view>

#include "lib/config/bundle.h"
#include "lib/config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse::config;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)decode_bundle(bytes);
    const auto document = parse_json(bytes);
    if (document && document->get<Node::Table>() != nullptr) (void)load_document("/p.toml", *document, {});
    return 0;
}
