// From the records of the index to the orders of SORT and THREAD.
#include "imapd/search/ordering.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>

#include "lib/mime/collation.h"
#include "storage/summary_order.h"

namespace posthouse::imapd {
namespace {

using imap::SortKey;

storage::UidSet uids_of_found(const Selected& selected, std::span<const std::uint32_t> numbers) {
    return uids_of(selected.view, imap::to_ranges(numbers));
}

/// Calls take(number, header, row) for each message, ascending; then `finish`, while the headers' views are good.
template <typename Take>
Result<> each_header(const Selected& selected, const storage::UidSet& uids, const storage::Columns& columns,
                     bool by_uid, Take take, const std::function<void()>& finish) {
    const storage::View& view = selected.view;
    const Result<std::vector<storage::MessageRow>> rows = view.rows(uids, columns);
    if (!rows) return fail(rows.error());
    auto row = rows->begin();
    return view.mailbox().each_summary(
        uids, storage::SummaryPart::header,
        [&](storage::Uid uid, std::string_view record) {
            while (row != rows->end() && row->uid < uid) ++row;
            const auto number = view.number(uid);
            if (row == rows->end() || row->uid != uid || !number) return;
            const Result<storage::HeaderSummary> header = storage::decode_header(record);
            take(by_uid ? uid.value() : number->value(), header ? *header : storage::HeaderSummary(), *row);
        },
        finish);
}

/// The annotations that criteria ask for, as keys of i;unicode-casemap (RFC 5257 §4.9).
class SortedAnnotations {
  public:
    /// Blocks.
    static Result<SortedAnnotations> get(const Selected& selected, std::span<const imap::SortCriterion> criteria) {
        SortedAnnotations found;
        for (const imap::SortCriterion& criterion : criteria)
            if (criterion.key == SortKey::annotation) found.criteria_.push_back(criterion);
        if (found.criteria_.empty()) return found;
        Result<storage::AnnotationTables> tables = selected.view.mailbox().annotations(selected.annotates_as);
        if (!tables) return fail(tables.error());
        found.tables_ = std::move(*tables);
        return found;
    }

    /// Gives a message its own; good while this object lives.
    void add_to(imap::SortMessage& message, storage::Uid uid) {
        for (const imap::SortCriterion& criterion : criteria_) {
            const auto value = tables_[criterion.scope].find(uid, criterion.entry);
            message.annotations.push_back(value ? keys_.emplace_back(mime::casemap_key(*value)) : std::string_view());
        }
    }

  private:
    std::vector<imap::SortCriterion> criteria_;  ///< in the order of SortCriterion::annotation
    storage::AnnotationTables tables_;
    std::deque<std::string> keys_;
};

Result<std::vector<std::uint32_t>> sort_rows(const Selected& selected, const storage::UidSet& uids,
                                             const storage::Columns& columns,
                                             std::span<const imap::SortCriterion> criteria,
                                             SortedAnnotations& annotations) {
    const Result<std::vector<storage::MessageRow>> rows = selected.view.rows(uids, columns);
    if (!rows) return fail(rows.error());
    std::vector<imap::SortMessage> messages;
    messages.reserve(rows->size());
    for (const storage::MessageRow& row : *rows)
        if (const auto number = selected.view.number(row.uid)) {
            messages.push_back(storage::sort_message(number->value(), {}, row.internal_date, row.wire_size));
            annotations.add_to(messages.back(), row.uid);
        }
    return imap::sort_messages(messages, criteria);
}

/// The message is there: not expunged, which this client may not know yet.
Result<bool> is_there(const Selected& selected, std::uint32_t number) {
    const auto uid = selected.view.uid(storage::SequenceNumber(number));
    if (!uid) return false;
    storage::UidSet one;
    one.add(*uid);
    bool found = false;
    const Result<> looked = selected.view.each_flags(one, [&](const storage::MessageFlags&) { found = true; });
    if (!looked) return fail(looked.error());
    return found;
}

/// place_among, where number_at gives the number of the message at a place.
template <typename NumberAt>
Result<std::size_t> place_by(const Selected& selected, NumberAt number_at, std::size_t from, std::size_t end,
                             std::uint32_t number, std::span<const imap::SortCriterion> criteria) {
    while (from < end) {
        // One that is gone says nothing: the next one that isn't says on which side the place is.
        const std::size_t middle = from + (end - from) / 2;
        std::size_t asked = middle;
        std::uint32_t other = 0;
        for (; asked < end; ++asked) {
            const Result<std::uint32_t> at = number_at(asked);
            if (!at) return fail(at.error());
            other = *at;
            const Result<bool> there = is_there(selected, other);
            if (!there) return fail(there.error());
            if (*there) break;
        }
        if (asked == end) {
            end = middle;
            continue;
        }
        const std::array<std::uint32_t, 2> both{std::min(number, other), std::max(number, other)};
        const Result<std::vector<std::uint32_t>> sorted = sort_found(selected, both, criteria);
        if (!sorted) return fail(sorted.error());
        const bool is_gone = std::ranges::find(*sorted, number) == sorted->end();
        if (is_gone) return from;  // any place will do: the client is told soon
        if (sorted->front() == number && sorted->size() == both.size())
            end = middle;
        else
            from = asked + 1;
    }
    return from;
}

imap::Threads make_threads(imap::Thread::Algorithm algorithm, std::span<const imap::ThreadMessage> messages) {
    switch (algorithm) {
        case imap::Thread::Algorithm::ordered_subject: return imap::thread_by_subject(messages);
        case imap::Thread::Algorithm::references: return imap::thread_by_references(messages);
        case imap::Thread::Algorithm::refs: break;
    }
    return imap::thread_by_refs(messages);
}

}  // namespace

bool reads_headers(std::span<const imap::SortCriterion> criteria) {
    return std::ranges::any_of(criteria, [](const imap::SortCriterion& criterion) {
        return criterion.key != SortKey::arrival && criterion.key != SortKey::size &&
               criterion.key != SortKey::annotation;
    });
}

Result<> prepare_order(const Selected& selected, std::span<const std::uint32_t> numbers) {
    return selected.view.mailbox().each_summary(uids_of_found(selected, numbers), storage::SummaryPart::header,
                                                [](storage::Uid, std::string_view) {});
}

Result<std::vector<std::uint32_t>> sort_found(const Selected& selected, std::span<const std::uint32_t> numbers,
                                              std::span<const imap::SortCriterion> criteria) {
    storage::Columns columns;
    columns.internal_date = true;
    columns.wire_size = std::ranges::find(criteria, SortKey::size, &imap::SortCriterion::key) != criteria.end();
    const storage::UidSet uids = uids_of_found(selected, numbers);
    Result<SortedAnnotations> annotations = SortedAnnotations::get(selected, criteria);
    if (!annotations) return fail(annotations.error());
    if (!reads_headers(criteria)) return sort_rows(selected, uids, columns, criteria, *annotations);
    std::vector<imap::SortMessage> messages;
    std::vector<std::uint32_t> sorted;
    messages.reserve(numbers.size());
    const Result<> done = each_header(
        selected, uids, columns, false,
        [&](std::uint32_t number, const storage::HeaderSummary& header, const storage::MessageRow& row) {
            messages.push_back(storage::sort_message(number, header, row.internal_date, row.wire_size));
            annotations->add_to(messages.back(), row.uid);
        },
        [&] { sorted = imap::sort_messages(messages, criteria); });
    if (!done) return fail(done.error());
    return sorted;
}

Result<std::size_t> place_among(const Selected& selected, std::span<const std::uint32_t> ordered, std::size_t from,
                                std::uint32_t number, std::span<const imap::SortCriterion> criteria) {
    const auto number_at = [&](std::size_t place) { return ordered[place]; };
    return place_by(selected, number_at, from, ordered.size(), number, criteria);
}

Result<std::size_t> place_among(const Selected& selected, std::span<const storage::Uid> ordered, std::size_t from,
                                std::uint32_t number, std::span<const imap::SortCriterion> criteria) {
    const auto number_at = [&](std::size_t place) -> Result<std::uint32_t> {
        const auto other = selected.view.number(ordered[place]);
        if (!other) return fail(ErrorCode::internal, "Internal error", "a sorted message is not in the view");
        return other->value();
    };
    return place_by(selected, number_at, from, ordered.size(), number, criteria);
}

Result<> append_thread(std::string& out, const Selected& selected, std::span<const std::uint32_t> numbers,
                       imap::Thread::Algorithm algorithm, bool by_uid) {
    storage::Columns columns;
    columns.internal_date = true;
    std::vector<imap::ThreadMessage> messages;
    messages.reserve(numbers.size());
    return each_header(
        selected, uids_of_found(selected, numbers), columns, by_uid,
        [&](std::uint32_t number, const storage::HeaderSummary& header, const storage::MessageRow& row) {
            messages.push_back(storage::thread_message(number, header, row.internal_date));
        },
        [&] { imap::append_threads(out, make_threads(algorithm, messages)); });
}

}  // namespace posthouse::imapd
