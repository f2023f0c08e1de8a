// posthouse-seen: whatever a record says, what is read can be written and is read as the same; UIDs taken out are out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/record_file.h"
#include "storage/seen_records.h"

using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_record(std::string_view record, UidSet& seen) {
    if (const auto header = parse_seen_header(record)) require(parse_seen_header(to_record(*header)) == header);
    const auto change = parse_seen_change(record);
    if (!change) return;
    UidSet again;
    for (const std::string& part : to_records(*change)) {
        require(part.size() <= max_record_bytes);
        const auto read = parse_seen_change(part);
        require(read && read->is_seen == change->is_seen);
        again.add(read->uids);
    }
    require(again == change->uids);
    UidSet with = seen;
    with.add(change->uids);
    UidSet without = seen;
    without.remove(change->uids);
    for (const UidRange& range : change->uids.ranges())
        for (const Uid uid : {range.first, range.last}) require(with.contains(uid) && !without.contains(uid));
    without.add(change->uids);
    require(without == with);
    seen = change->is_seen ? with : without;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    UidSet seen;
    for (std::size_t at = 0; at < size;) {
        const std::size_t end = std::min(text.find('\n', at), size);
        try_record(text.substr(at, end - at), seen);
        at = end + 1;
    }
    return 0;
}
