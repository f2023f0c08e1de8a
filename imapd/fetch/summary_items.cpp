// From the records of the index to items of FETCH.
#include "imapd/fetch/summary_items.h"

#include <algorithm>
#include <string_view>

#include "imapd/fetch/open_message.h"
#include "imapd/object_ids.h"
#include "lib/imap/bodystructure.h"
#include "lib/imap/strings.h"
#include "storage/kept_fields.h"
#include "storage/summary.h"

namespace posthouse::imapd {
namespace {

using Kind = imap::FetchItem::Kind;
using storage::SummaryPart;

/// Fields of the message's header, all of them kept by the index.
bool are_kept_fields(const imap::Section& section) {
    return section.text == imap::Section::Text::header_fields && section.part.empty() &&
           std::ranges::all_of(section.fields, storage::is_kept_field);
}

/// The part of a summary that has the item.
std::optional<SummaryPart> part_of(const imap::FetchItem& item) {
    switch (item.kind) {
        case Kind::envelope:
        case Kind::thread_id: return SummaryPart::header;
        case Kind::body:
        case Kind::body_structure:
        case Kind::preview: return SummaryPart::body;
        case Kind::body_section:
            return are_kept_fields(item.section) ? std::optional(SummaryPart::fields) : std::nullopt;
        default: return std::nullopt;
    }
}

std::optional<std::string> from_header(Kind kind, std::string_view record) {
    if (kind == Kind::thread_id) {
        const std::string id = thread_id_of(record);
        return id.empty() ? "NIL" : "(" + id + ")";
    }
    const Result<storage::HeaderSummary> header = storage::decode_header(record);
    if (!header || !header->envelope) return std::nullopt;
    return std::string(*header->envelope);
}

std::optional<std::string> from_body(Kind kind, std::string_view record) {
    const Result<storage::BodySummary> body = storage::decode_body(record);
    if (kind == Kind::preview) {
        if (!body || !body->preview) return "NIL";
        std::string text;
        imap::append_string(text, *body->preview);
        return text;
    }
    if (!body || !body->bodystructure) return std::nullopt;
    if (kind == Kind::body_structure) return std::string(*body->bodystructure);
    return imap::body_of(*body->bodystructure);
}

std::optional<std::string> from_fields(const imap::Section& section, std::string_view record) {
    const auto kept = storage::decode_kept_fields(record);
    if (!kept || !*kept) return std::nullopt;
    return selected_fields(**kept, section);
}

std::optional<std::string> from_record(const imap::FetchItem& item, SummaryPart part, std::string_view record) {
    switch (part) {
        case SummaryPart::header: return from_header(item.kind, record);
        case SummaryPart::body: return from_body(item.kind, record);
        case SummaryPart::fields: break;
    }
    return from_fields(item.section, record);
}

}  // namespace

bool SummaryItems::may_have(const imap::FetchItem& item) { return part_of(item).has_value(); }

SummaryItems::SummaryItems(const storage::View& view, std::span<const imap::FetchItem> items)
    : items_(items),
      records_{{{view, SummaryPart::header}, {view, SummaryPart::body}, {view, SummaryPart::fields}}},
      texts_(items.size()) {
    for (const imap::FetchItem& item : items_)
        if (const auto part = part_of(item)) parts_ = parts_ | storage::parts_of(*part);
}

Result<bool> SummaryItems::get(storage::Uid uid) {
    std::array<std::string_view, storage::kSummaryParts.size()> records;
    for (const SummaryPart part : storage::kSummaryParts) {
        if (!has(parts_, part)) continue;
        const Result<std::string_view> record = records_.at(static_cast<std::size_t>(part)).of(uid);
        if (!record) return fail(record.error());
        records.at(static_cast<std::size_t>(part)) = *record;
    }
    bool are_all = true;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        const auto part = part_of(items_[i]);
        if (!part) continue;
        texts_[i] = from_record(items_[i], *part, records.at(static_cast<std::size_t>(*part)));
        are_all = are_all && texts_[i].has_value();
    }
    return are_all;
}

std::uint64_t SummaryItems::take_octets_read() {
    std::uint64_t octets = 0;
    for (SummaryRecords& records : records_) octets += records.take_octets_read();
    return octets;
}

}  // namespace posthouse::imapd
