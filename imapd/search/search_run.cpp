// Finds the messages that match a SEARCH key, a few at a time.
#include "imapd/search/search_run.h"

#include <algorithm>
#include <utility>

namespace posthouse::imapd {
namespace {

/// Messages whose rows are read at a time.
constexpr std::uint32_t kBatch = 1000;

}  // namespace

SearchRun::SearchRun(Selected& selected, const imap::SearchKey& key)
    : selected_(selected), key_(prepare(key, selected)), columns_(columns_of(key_)) {}

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
        candidate_.emplace(selected_, std::move(row), *number);
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
        if (found_.empty()) first_modseq_ = candidate_->modseq();
        last_modseq_ = candidate_->modseq();
        highest_modseq_ = std::max(highest_modseq_, last_modseq_);
        found_.push_back(candidate_->number().value());
    }
    if (octets != nullptr) *octets += candidate_->octets_read();
    candidate_.reset();
    return true;
}

std::optional<std::uint64_t> SearchRun::modseq(std::uint8_t returns) const {
    if (found_.empty()) return std::nullopt;
    if (returns == 0 || (returns & (imap::kReturnAll | imap::kReturnCount)) != 0) return highest_modseq_.value();
    storage::ModSeq highest;
    if ((returns & imap::kReturnMin) != 0) highest = first_modseq_;
    if ((returns & imap::kReturnMax) != 0) highest = std::max(highest, last_modseq_);
    return highest.value();
}

std::vector<std::uint32_t> SearchRun::uids() const {
    std::vector<std::uint32_t> uids;
    uids.reserve(found_.size());
    for (const std::uint32_t number : found_) uids.push_back(selected_.view.uids()[number - 1].value());
    return uids;
}

}  // namespace posthouse::imapd
