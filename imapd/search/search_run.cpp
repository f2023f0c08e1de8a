// Finds the messages that match a SEARCH key, a few at a time.
#include "imapd/search/search_run.h"

#include <algorithm>
#include <utility>

#include "imapd/search/marks_match.h"

namespace posthouse::imapd {
namespace {

/// Messages whose rows are read at a time.
constexpr std::uint32_t kBatch = 1000;
/// Messages whose flags are looked at in one turn: less than a millisecond.
constexpr std::uint32_t kMarksBatch = 20'000;

}  // namespace

SearchRun::SearchRun(Selected& selected, const imap::SearchKey& key, bool keeps_modseqs)
    : SearchRun(selected, key, std::vector<imap::NumberRange>{{1, selected.view.count()}}) {
    keeps_modseqs_ = keeps_modseqs;
}

SearchRun::SearchRun(Selected& selected, const imap::SearchKey& key, std::vector<imap::NumberRange> among)
    : selected_(selected),
      headers_(selected.view, storage::SummaryPart::header),
      key_(prepare(key, selected)),
      columns_(columns_of(key_)),
      todo_(std::move(among)) {}

/// The next messages of todo_, as many as are read at a time.
std::vector<imap::NumberRange> SearchRun::next_batch(std::uint32_t most) const {
    std::vector<imap::NumberRange> batch;
    std::uint32_t room = most;
    for (std::size_t i = next_; i < todo_.size() && room > 0; ++i) {
        const auto [first, last] = todo_[i];
        if (first > last) continue;
        batch.push_back({first, std::min(last, first + room - 1)});
        room -= batch.back().last - first + 1;
    }
    return batch;
}

/// Those up to this number are done.
void SearchRun::leave_behind(std::uint32_t number) {
    for (; next_ < todo_.size(); ++next_) {
        imap::NumberRange& range = todo_[next_];
        if (range.first > range.last) continue;
        if (range.first > number) return;
        const std::uint32_t last = std::min(range.last, number);
        tested_ += last - range.first + 1;
        range.first = last + 1;
        if (range.first <= range.last) return;
    }
}

/// Gets what is asked for of annotations. They are watched from then on: whether the result changes may be of interest.
Result<> SearchRun::load_annotations() {
    if (annotations_) return {};
    annotations_.emplace();
    if (!names_annotations(key_)) return {};
    storage::View& view = selected_.view;
    if (Result<> watched = view.watch_annotations(selected_.annotates_as); !watched) return watched;
    Result<storage::AnnotationTables> now = view.mailbox().annotations(selected_.annotates_as);
    if (!now) return fail(now.error());
    annotations_ = std::move(*now);
    return {};
}

Result<bool> SearchRun::advance() {
    const storage::View& view = selected_.view;
    if (candidate_) {
        candidate_->next_turn();
        const Result<bool> tested = test();
        if (!tested) return tested;
        if (!*tested) return true;
    }
    if (asks_for_marks_only(key_)) return advance_by_marks();
    const std::vector<imap::NumberRange> batch = next_batch(kBatch);
    if (batch.empty()) return false;
    if (Result<> loaded = load_annotations(); !loaded) return fail(loaded.error());
    Result<std::vector<storage::MessageRow>> rows = view.rows(uids_of(view, batch), columns_);
    if (!rows) return fail(rows.error());
    std::uint64_t octets = 0;
    for (storage::MessageRow& row : *rows) {
        const auto number = view.number(row.uid);
        if (!number) continue;
        leave_behind(number->value());
        candidate_.emplace(selected_, headers_, *annotations_, text_buffer_, std::move(row), *number);
        const Result<bool> tested = test(&octets);
        if (!tested) return tested;
        if (!*tested) return true;
        if (octets >= Candidate::kOctetsPerTurn) return next_ < todo_.size();
    }
    leave_behind(batch.back().last);
    return next_ < todo_.size();
}

Result<bool> SearchRun::advance_by_marks() {
    const storage::View& view = selected_.view;
    const std::vector<imap::NumberRange> batch = next_batch(kMarksBatch);
    if (batch.empty()) return false;
    if (key_.kind == imap::SearchKey::Kind::all && !keeps_modseqs_) {
        for (const auto [first, last] : batch)
            for (std::uint32_t number = first; number <= last; ++number) found_.push_back(number);
    } else {
        const Result<> tested = view.each_flags(uids_of(view, batch), [&](const storage::MessageFlags& message) {
            const auto number = view.number(message.uid);
            if (number && marks_match(key_, message, *number, view)) found(*number, message.modseq);
        });
        if (!tested) return fail(tested.error());
    }
    leave_behind(batch.back().last);
    return next_ < todo_.size();
}

void SearchRun::found(storage::SequenceNumber number, storage::ModSeq modseq) {
    found_.push_back(number.value());
    if (keeps_modseqs_) modseqs_.push_back(modseq);
}

/// Tests candidate_; false: it takes another turn.
Result<bool> SearchRun::test(std::uint64_t* octets) {
    const Result<bool> matches = candidate_->matches(key_);
    if (!matches && candidate_->unfinished()) return false;
    if (!matches) return fail(matches.error());
    if (*matches) found(candidate_->number(), candidate_->modseq());
    if (octets != nullptr) *octets += candidate_->octets_read();
    candidate_.reset();
    return true;
}

storage::ModSeq SearchRun::modseq_of(std::uint32_t number) const {
    const auto place = std::ranges::lower_bound(found_, number);
    return modseqs_.at(static_cast<std::size_t>(place - found_.begin()));
}

}  // namespace posthouse::imapd
