// TXT records of MTA-STS: an id is 1 to 32 letters and digits.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/mta-sts/record.h"

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
    const auto id = mta_sts::find_id(records);
    if (!id) return 0;
    require(!id->empty() && id->size() <= 32 && std::ranges::all_of(*id, ascii::is_alnum));
    require(mta_sts::parse_record("v=STSv1; id=" + *id + ";") == id);
    return 0;
}
