// A configuration file of any bytes: problems or a Config; what is shown of it reads back as the same Config.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/config/show.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse::config;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto loaded = load_text("/p.toml", text, {});
    if (!loaded) {
        if (loaded.error().empty()) std::abort();
        return 0;
    }
    const auto again = load_text("/p.toml", show_text(*loaded->config, loaded->origins), {});
    if (!again || *again->config != *loaded->config) std::abort();
    return 0;
}
