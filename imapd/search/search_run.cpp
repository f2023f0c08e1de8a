// Finds the messages that match a SEARCH key, a few at a time.
#include "imapd/search/search_run.h"

#include <algorithm>
#include <utility>

namespace posthouse::imapd {
namespace {

/// Messages whose rows are read at a time.
constexpr std::uint32_t kBatch = 1000;

}  // namespace

SearchRun::SearchRun(Selected& selected, const imap::SearchKey& key, bool keeps_modseqs)
    : selected_(selected),
      headers_(selected.view, storage::SummaryPart::header),
      key_(prepare(key, selected)),
      columns_(columns_of(key_)),
      keeps_modseqs_(keeps_modseqs) {}

Result<bool> SearchRun::advance() {
    const storage::View& view = selected_.view;
    if (candidate_) {
        candidate_->next_turn();
        const Result<bool> tested = test();
        if (!tested) return tested;
        if (!*tested) return true;
    }
    if (next_ > view.count()) return false;
    const std::uint32_t last = std::min(view.count(), next_ + kBatch - 1);
    Result<std::vector<storage::MessageRow>> rows =
        view.mailbox().rows(uids_of(view, {imap::NumberRange{next_, last}}), columns_);
    if (!rows) return fail(rows.error());
    std::uint64_t octets = 0;
    for (storage::MessageRow& row : *rows) {
        const auto number = view.number(row.uid);
        if (!number) continue;
        next_ = number->value() + 1;
        candidate_.emplace(selected_, headers_, std::move(row), *number);
        const Result<bool> tested = test(&octets);
        if (!tested) return tested;
        if (!*tested) return true;
        if (octets >= Candidate::kOctetsPerTurn) return next_ <= view.count();
    }
    next_ = last + 1;
    return next_ <= view.count();
}

/// Tests candidate_; false: it takes another turn.
Result<bool> SearchRun::test(std::uint64_t* octets) {
    const Result<bool> matches = candidate_->matches(key_);
    if (!matches && candidate_->unfinished()) return false;
    if (!matches) return fail(matches.error());
    if (*matches) {
        found_.push_back(candidate_->number().value());
        if (keeps_modseqs_) modseqs_.push_back(candidate_->modseq());
    }
    if (octets != nullptr) *octets += candidate_->octets_read();
    candidate_.reset();
    return true;
}

storage::ModSeq SearchRun::modseq_of(std::uint32_t number) const {
    const auto place = std::ranges::lower_bound(found_, number);
    return modseqs_.at(static_cast<std::size_t>(place - found_.begin()));
}

}  // namespace posthouse::imapd
