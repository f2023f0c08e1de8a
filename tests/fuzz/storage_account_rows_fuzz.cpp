// Rows of the account's log from any bytes: refused, or decoded to what encodes to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "storage/index/account_rows.h"

using namespace posthouse::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    AccountLogEntry entry;
    if (decode(bytes, entry) && encode(entry) != bytes) std::abort();
    TreeRow row;
    if (decode(bytes, row) && encode(row) != bytes) std::abort();
    return 0;
}
