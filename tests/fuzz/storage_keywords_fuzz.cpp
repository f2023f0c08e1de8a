// posthouse-keywords: whatever bytes lie there, what is read can be written and is read as the same; damage costs no
// line but its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "storage/further_keywords.h"
#include "storage/record_file.h"

using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// The content of a record is tried whether or not a checksum stands before it.
void try_record(std::string_view record, FurtherNames& names) {
    if (const auto definition = parse_keyword_definition(record)) {
        require(parse_keyword_definition(to_record(*definition)) == definition);
        const auto before = std::string(names.name(definition->number));
        names.define(definition->number, definition->name);
        require(names.name(definition->number) == (before.empty() ? definition->name : before));
        if (before.empty()) require(names.find(definition->name).has_value());
    }
    if (const auto assignment = parse_keyword_assignment(record)) {
        require(to_record(*assignment).size() <= max_record_bytes);
        require(parse_keyword_assignment(to_record(*assignment)) == assignment);
        require(further_set_of(to_bytes(assignment->set)) == assignment->set);
        require(without(united(assignment->set, {30, 40}), {30, 40}) == without(assignment->set, {30, 40}));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<std::string> records;
    const RecordLines lines = parse_record_lines(text, [&](std::string_view record) { records.emplace_back(record); });
    require(lines.bytes <= size && lines.records == records.size());
    std::string written;
    for (const std::string& record : records) {
        require(record.size() <= max_record_bytes && record.find('\n') == std::string::npos);
        written += to_record_line(record);
    }
    std::vector<std::string> again;
    const RecordLines whole = parse_record_lines(written, [&](std::string_view record) { again.emplace_back(record); });
    require(again == records && whole.bytes == written.size() && whole.damaged == 0);

    FurtherNames names;
    for (const std::string& record : records) try_record(record, names);
    for (std::size_t at = 0; at < size;) {
        const std::size_t end = std::min(text.find('\n', at), size);
        try_record(text.substr(at, end - at), names);
        at = end + 1;
    }
    const FurtherNames back = FurtherNames::decode(names.encode());
    require(back.names() == names.names() && back.named() == names.named());
    require(back.fingerprint() == names.fingerprint());
    static_cast<void>(FurtherNames::decode(text));
    return 0;
}
