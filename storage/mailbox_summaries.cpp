// What messages' content says: from the index, else made from the file and kept for the index.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "storage/kept_fields.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {
namespace {

/// Written at once: a commit each would cost more than the summary.
constexpr std::size_t batch = 64;

/// The record if there is a sound one.
std::string sound(std::optional<std::string_view> record, SummaryPart part) {
    if (!record) return {};
    bool is_sound = false;
    switch (part) {
        case SummaryPart::header: is_sound = decode_header(*record).has_value(); break;
        case SummaryPart::body: is_sound = decode_body(*record).has_value(); break;
        case SummaryPart::fields: is_sound = decode_kept_fields(*record).has_value(); break;
    }
    return is_sound ? std::string(*record) : std::string();
}

/// Calls call(uid, record or nothing) for each of `uids` that exists, ascending. Both tables are walked side by side: a
/// look-up for each message would cost three times as much.
template <typename Call>
void each_message(const Snapshot& now, const UidSet& uids, SummaryPart part, Call call) {
    std::vector<std::uint32_t> there;
    for (const UidRange& range : uids.ranges()) {
        there.clear();
        now.reader.each_flags(now.row.number, range.first.value(), range.last.value(),
                              [&](std::uint32_t uid, const FlagRow&) {
                                  there.push_back(uid);
                                  return true;
                              });
        auto next = there.begin();
        now.reader.each_summary(now.row.number, range.first.value(), range.last.value(), part,
                                [&](std::uint32_t uid, std::string_view record) {
                                    for (; next != there.end() && *next < uid; ++next) call(*next, std::nullopt);
                                    if (next != there.end() && *next == uid) call(*next++, record);
                                });
        for (; next != there.end(); ++next) call(*next, std::nullopt);
    }
}

}  // namespace

Result<MessageSummary> MailboxState::summary(Uid uid, SummaryParts parts) {
    MessageSummary found;
    SummaryParts missing{};
    std::uint32_t number = 0;
    {
        const Result<Snapshot> now = snapshot();
        if (!now) return fail(now.error());
        number = now->row.number;
        for (const SummaryPart part : kSummaryParts) {
            if (!has(parts, part)) continue;
            found.of(part) = sound(now->reader.summary(number, uid.value(), part), part);
            if (found.of(part).empty()) missing = missing | parts_of(part);
        }
    }
    if (missing == SummaryParts{}) return found;
    Result<MessageContent> content = open_message(uid);
    if (!content) return fail(content.error());
    Summariser summariser;
    Result<MessageSummary> made = make_summary(summariser, number, uid, std::move(*content), missing);
    if (!made) return made;
    for (const SummaryPart part : kSummaryParts)
        if (!has(missing, part)) made->of(part) = std::move(found.of(part));
    return made;
}

Result<MessageSummary> MailboxState::make_summary(Summariser& summariser, std::uint32_t mailbox, Uid uid,
                                                  MessageContent content, SummaryParts parts) {
    Result<MessageSummary> made = summariser.summarise(content, parts);
    if (made) keep_summary(mailbox, uid, *made);
    return made;
}

Result<> MailboxState::make_summaries(std::span<const Uid> uids, SummaryParts parts) {
    Summariser summariser;
    for (; !uids.empty(); uids = uids.subspan(std::min(batch, uids.size()))) {
        std::vector<Record> records;
        std::uint32_t number = 0;
        {
            const Result<Snapshot> now = snapshot();
            if (!now) return fail(now.error());
            number = now->row.number;
            for (const Uid uid : uids.first(std::min(batch, uids.size())))
                if (std::optional<Record> record = now->find(uid.value())) records.push_back(std::move(*record));
            if (Result<> read = now->reader.status(); !read) return read;
        }
        for (const Record& record : records) {
            Result<MessageContent> content = open_message(record);
            if (!content && content.error().code == ErrorCode::not_found) continue;  // expunged meanwhile
            if (!content) return fail(content.error());
            const Result<MessageSummary> made =
                make_summary(summariser, number, Uid(record.uid), std::move(*content), parts);
            if (!made) return fail(made.error());
        }
    }
    return {};
}

Result<> MailboxState::each_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit,
                                    const std::function<void()>& finish) {
    // Those that have no record get one first; then one pass over one snapshot.
    std::vector<Uid> lacking;
    {
        const Result<Snapshot> now = snapshot();
        if (!now) return fail(now.error());
        each_message(*now, uids, part, [&](std::uint32_t uid, std::optional<std::string_view> record) {
            if (!record) lacking.emplace_back(uid);
        });
        if (Result<> read = now->reader.status(); !read) return read;
    }
    if (Result<> made = make_summaries(lacking, parts_of(part)); !made) return made;
    flush_summaries();
    return each_kept_summary(uids, part, visit, finish);
}

Result<> MailboxState::each_kept_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit,
                                         const std::function<void()>& finish) {
    const Result<Snapshot> now = snapshot();
    if (!now) return fail(now.error());
    each_message(*now, uids, part, [&](std::uint32_t uid, std::optional<std::string_view> record) {
        if (record) visit(Uid(uid), *record);
    });
    if (Result<> read = now->reader.status(); !read) return read;
    finish();
    return {};
}

void MailboxState::keep_summary(std::uint32_t mailbox, Uid uid, const MessageSummary& summary) {
    {
        const std::scoped_lock guard(summaries_mutex_);
        summaries_.push_back({mailbox, uid, summary});
        if (summaries_.size() < batch) return;
    }
    flush_summaries();
}

void MailboxState::flush_summaries() {
    std::vector<KeptSummary> kept;
    {
        const std::scoped_lock guard(summaries_mutex_);
        kept.swap(summaries_);
    }
    if (kept.empty()) return;
    const auto write = [&]() -> Result<> {
        const Result<std::shared_ptr<Index>> index = Index::get(index_place_);
        if (!index) return fail(index.error());
        Result<IndexWriter> writer = IndexWriter::begin(*index);
        if (!writer) return fail(writer.error());
        const std::optional<MailboxRow> row = writer->mailbox(key());
        for (const KeptSummary& one : kept) {
            // Expunged meanwhile, or another mailbox: its record would stay for ever.
            const bool is_there =
                row && row->number == one.mailbox && writer->flags(row->number, one.uid.value()).place != Place::none;
            if (!is_there) continue;
            for (const SummaryPart part : kSummaryParts)
                if (const std::string& record = one.summary.of(part); !record.empty())
                    writer->put_summary(row->number, one.uid.value(), part, record);
        }
        return writer->commit();
    };
    if (Result<> written = write(); !written)
        log::warning("summaries can't be noted in the index",
                     {{"folder", path_of(folder_->root())}, {"error", written.error().message()}});
}

}  // namespace posthouse::storage
