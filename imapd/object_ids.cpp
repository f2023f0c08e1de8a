// Letters before the bytes that tell one from another: an id of one kind is never one of another kind.
#include "imapd/object_ids.h"

#include "storage/summary.h"

namespace posthouse::imapd {

std::string mailbox_id_of(std::string_view guid) { return "F" + std::string(guid); }

std::string thread_id_of(std::string_view header_record) {
    const Result<storage::HeaderSummary> header = storage::decode_header(header_record);
    if (!header || header->thread_seed.empty()) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id = "T";
    for (const char c : header->thread_seed) {
        id += digits[static_cast<unsigned char>(c) >> 4];
        id += digits[static_cast<unsigned char>(c) & 15];
    }
    return id;
}

}  // namespace posthouse::imapd
