// Finds the messages that match a SEARCH key, a few at a time.
#include "imapd/search/search_run.h"

#include <algorithm>

#include "imapd/search/candidate.h"

namespace posthouse::imapd {
namespace {

/// Messages whose rows are read at a time.
constexpr std::uint32_t kBatch = 1000;
/// Octets of content after which others may have the thread.
constexpr std::uint64_t kContentPerTurn = 4 << 20;

}  // namespace

SearchRun::SearchRun(Selected& selected, const imap::SearchKey& key)
    : selected_(selected), key_(prepare(key, selected.view)), columns_(columns_of(key_)) {}

Result<bool> SearchRun::advance() {
    const storage::View& view = selected_.view;
    if (next_ > view.count()) return false;
    const std::uint32_t last = std::min(view.count(), next_ + kBatch - 1);
    Result<std::vector<storage::MessageRow>> rows =
        view.mailbox().rows(uids_of(view, {imap::NumberRange{next_, last}}), columns_);
    if (!rows) return fail(rows.error());
    std::uint64_t content = 0;
    for (const storage::MessageRow& row : *rows) {
        const auto number = view.number(row.uid);
        if (!number) continue;
        Candidate candidate(selected_, row, *number);
        const Result<bool> matches = candidate.matches(key_);
        if (!matches) return fail(matches.error());
        if (*matches) found_.push_back(number->value());
        content += candidate.octets_read();
        if (content >= kContentPerTurn) {
            next_ = number->value() + 1;
            return next_ <= view.count();
        }
    }
    next_ = last + 1;
    return next_ <= view.count();
}

std::vector<std::uint32_t> SearchRun::uids() const {
    std::vector<std::uint32_t> uids;
    uids.reserve(found_.size());
    for (const std::uint32_t number : found_) uids.push_back(selected_.view.uids()[number - 1].value());
    return uids;
}

}  // namespace posthouse::imapd
