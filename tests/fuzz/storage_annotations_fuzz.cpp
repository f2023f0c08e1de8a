// posthouse-annotations: whatever a record says, what is read can be written and is read as the same; a table counts
// what it holds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/message_annotations.h"

using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_record(std::string_view text, AnnotationTable& table) {
    const auto record = parse_annotation_record(text);
    if (!record) return;
    const std::string written = std::visit([](const auto& one) { return to_record(one); }, *record);
    require(written == text && written.find('\n') == std::string::npos);
    require(parse_annotation_record(written) == record);
    if (const auto* const value = std::get_if<AnnotationRecord>(&*record)) {
        require(written.size() <= max_annotation_record_bytes);
        const auto set = table.set(value->uid, value->entry, value->value);
        require(!set || table.find(value->uid, value->entry) == value->value);
    } else if (const auto* const drop = std::get_if<AnnotationDrop>(&*record)) {
        table.drop(drop->uid);
        require(table.of(drop->uid).empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    AnnotationTable table;
    for (std::size_t at = 0; at < size;) {
        const std::size_t end = std::min(text.find('\n', at), size);
        try_record(text.substr(at, end - at), table);
        at = end + 1;
    }
    std::size_t values = 0;
    for (const auto& [uid, entries] : table.messages()) {
        require(!entries->empty() && entries->size() <= max_message_annotations);
        values += entries->size();
    }
    require(values == table.size() && table.bytes() <= max_annotation_table_bytes);
    require(differences(table, table).empty());
    return 0;
}
