// Reads header records ahead: one look into the index for each would cost more than the test.
#include "imapd/search/header_records.h"

#include <algorithm>

namespace posthouse::imapd {
namespace {

/// Those that are not in the index are read from files, within one turn.
constexpr std::uint32_t kAtOnce = 64;

}  // namespace

Result<std::string_view> HeaderRecords::of(storage::Uid uid) {
    if (records_.empty() || uid < first_ || last_ < uid) {
        const auto number = view_.number(uid);
        if (!number) return fail(ErrorCode::not_found, "Message is gone");
        const std::uint32_t end = std::min(view_.count(), number->value() + kAtOnce - 1);
        std::vector<storage::Uid> uids;
        for (std::uint32_t next = number->value(); next <= end; ++next) uids.push_back(view_.uids()[next - 1]);
        records_.clear();
        first_ = uids.front();
        last_ = uids.back();
        const Result<> read = view_.mailbox().each_summary(
            storage::UidSet(uids), storage::SummaryPart::header,
            [&](storage::Uid found, std::string_view bytes) { records_.push_back({found, std::string(bytes)}); });
        if (!read) return fail(read.error());
    }
    const auto record = std::ranges::lower_bound(records_, uid, {}, &Record::uid);
    if (record == records_.end() || record->uid != uid) return fail(ErrorCode::not_found, "Message is gone");
    return std::string_view(record->bytes);
}

}  // namespace posthouse::imapd
