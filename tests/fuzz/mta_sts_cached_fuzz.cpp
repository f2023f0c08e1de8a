// Files of kept policies, with a checksum that is right: what is read is written so that it is read again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "lib/base/crc32c.h"
#include "lib/mta-sts/cache.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string content(reinterpret_cast<const char*>(data), size);
    (void)mta_sts::parse_cached(content);  // its last bytes taken for a checksum
    char checksum[16];
    std::snprintf(checksum, sizeof checksum, "%08x\n", static_cast<unsigned>(crc32c(content)));
    const auto cached = mta_sts::parse_cached(content + checksum);
    if (!cached) return 0;
    const auto again = mta_sts::parse_cached(mta_sts::format_cached(*cached));
    require(again.has_value());
    require(again->domain == cached->domain && again->id == cached->id && again->fetched == cached->fetched);
    require(again->text == cached->text && again->policy == cached->policy);
    return 0;
}
