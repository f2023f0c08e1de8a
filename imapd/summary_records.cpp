// Reads records ahead: one look into the index for each message would cost more than what is done with it.
#include "imapd/summary_records.h"

#include <algorithm>

namespace posthouse::imapd {
namespace {

constexpr std::uint32_t kMaxAhead = 64;

}  // namespace

Result<> SummaryRecords::read_ahead(storage::Uid uid) {
    const auto number = view_.number(uid);
    if (!number) return fail(ErrorCode::not_found, "Message is gone");
    // Doubled as long as half of it is wanted: who asks for one message, or for few among many, gets these.
    ahead_ = used_ > 0 && 2 * used_ >= ahead_ ? std::min(2 * ahead_, kMaxAhead) : 1;
    used_ = 0;
    const std::uint32_t end = std::min(view_.count(), number->value() + ahead_ - 1);
    std::vector<storage::Uid> uids;
    for (std::uint32_t next = number->value(); next <= end; ++next) uids.push_back(view_.uids()[next - 1]);
    records_.clear();
    first_ = uids.front();
    last_ = uids.back();
    return view_.mailbox().each_kept_summary(
        storage::UidSet(uids), part_,
        [&](storage::Uid found, std::string_view bytes) { records_.push_back({found, std::string(bytes)}); });
}

Result<std::string_view> SummaryRecords::make(storage::Uid uid) {
    Result<storage::MessageSummary> made = view_.mailbox().summary(uid, storage::parts_of(part_));
    if (!made) return fail(made.error());
    octets_read_ += made->octets_read;
    made_ = std::move(made->of(part_));
    return std::string_view(made_);
}

Result<std::string_view> SummaryRecords::of(storage::Uid uid) {
    if (uid < first_ || last_ < uid || first_ == storage::Uid()) {
        if (Result<> read = read_ahead(uid); !read) return fail(read.error());
        asked_ = storage::Uid();
    }
    if (uid != asked_) ++used_;
    asked_ = uid;
    const auto record = std::ranges::lower_bound(records_, uid, {}, &Record::uid);
    if (record == records_.end() || record->uid != uid) return make(uid);
    return std::string_view(record->bytes);
}

}  // namespace posthouse::imapd
