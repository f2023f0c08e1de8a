// Courier's small files: whatever bytes lie there, what is taken over can be written in the forms of this project.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "storage/courier.h"
#include "storage/flags.h"
#include "storage/subscriptions.h"

using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_uids(std::string_view text) {
    const auto uids = parse_courier_uids(text);
    if (!uids) return;
    require(uids->header.uid_validity != 0 && uids->header.version1);
    std::set<std::string> bases;
    std::string written;
    for (const UidListEntry& entry : uids->lines.entries) {
        require(bases.insert(entry.base).second && entry.extras.empty());
        written += to_line(entry);
    }
    const UidListLines again = parse_uidlist_lines(written, false, 0);
    require(again.entries == uids->lines.entries && !again.damaged);
    const std::uint32_t last = again.entries.empty() ? 0 : again.entries.back().uid;
    require(uids->next_uid() > last || last == UINT32_MAX);
}

void try_keywords(std::string_view text) {
    for (const auto& [base, names] : parse_courier_keywords(text)) {
        require(!base.empty() && base.find('/') == std::string::npos && !names.empty());
        require(Keywords::make(names).has_value());
    }
    require(Keywords::make(parse_courier_keyword_lines(text)).has_value());
}

void try_unique_ids(std::string_view text) {
    std::set<std::string> told;
    for (const auto& [base, id] : parse_courier_unique_ids(text)) {
        require(!base.empty() && told.insert(id).second);
        require(id.starts_with("UID") && id.size() <= 70 &&
                id.find_first_not_of("UID-0123456789") == std::string::npos);
    }
}

void try_subscriptions(std::string_view text) {
    const Subscriptions subscriptions = Subscriptions::from_courier(text, Layout());
    const Subscriptions again = Subscriptions::parse(subscriptions.text(), Layout());
    require(again.text() == subscriptions.text() && again.names() == subscriptions.names());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_uids(text);
    try_keywords(text);
    try_unique_ids(text);
    try_subscriptions(text);
    return 0;
}
