// Fuzzes the queries of the configuration: whatever is looked up, there is a value for each question mark, and the SQL
// does not depend on it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/config/lookup_query.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto query = config::LookupQuery::parse(bytes);
    if (!query) return 0;
    const std::size_t count = query->values("joe@example.org").size();
    if (query->values(bytes).size() != count || query->values("").size() != count) std::abort();
    if (query->sql().size() > size || query->empty() != query->sql().empty()) std::abort();
    return 0;
}
