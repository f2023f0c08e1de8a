// The responses of one FETCH, made piece by piece.
#include "imapd/fetch/fetch_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "imapd/changes.h"
#include "imapd/fetch/annotation_item.h"
#include "imapd/flag_mapping.h"
#include "lib/imap/date_time.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

using Kind = imap::FetchItem::Kind;

/// Messages whose rows are read, and whose \Seen is set, at a time.
constexpr std::uint32_t kBatch = 256;
/// Octets of content that are read in one turn. What many messages, or many items of a large one, are read for (their
/// structure) may be short: the thread is for others too.
constexpr std::uint64_t kOctetsPerTurn = 4 << 20;
/// Octets of a literal that are read at a time.
constexpr std::size_t kPiece = 32 << 10;

bool is_section(Kind kind) {
    return kind == Kind::body_section || kind == Kind::rfc822 || kind == Kind::rfc822_header ||
           kind == Kind::rfc822_text;
}

bool is_binary(Kind kind) { return kind == Kind::binary || kind == Kind::binary_size; }

bool names_fields(const imap::Section& section) {
    return section.text == imap::Section::Text::header_fields || section.text == imap::Section::Text::header_fields_not;
}

}  // namespace

FetchRun::FetchRun(Selected& selected, std::vector<imap::FetchItem> items, std::vector<imap::NumberRange> numbers,
                   Enabled enabled)
    : selected_(selected),
      items_(std::move(items)),
      enabled_(enabled),
      numbers_(std::move(numbers)),
      message_(std::move(selected.open_message)),
      summary_(selected.view, items_) {
    for (const imap::FetchItem& item : items_) {
        sets_seen_ = sets_seen_ || !item.peek;
        decodes_ = decodes_ || is_binary(item.kind);
        const bool is_content = is_section(item.kind) || is_binary(item.kind);
        reads_content_ = reads_content_ || (is_content && !SummaryItems::may_have(item));
        shows_flags_ = shows_flags_ || item.kind == Kind::flags;
        shows_modseq_ = shows_modseq_ || item.kind == Kind::modseq;
        shows_annotations_ = shows_annotations_ || item.kind == Kind::annotation;
        columns_.internal_date = columns_.internal_date || item.kind == Kind::internal_date;
        columns_.wire_size = columns_.wire_size || item.kind == Kind::rfc822_size;
        columns_.save_date = columns_.save_date || item.kind == Kind::save_date;
        columns_.email_id = columns_.email_id || item.kind == Kind::email_id;
    }
    columns_.file = reads_content_;
    if (selected_.view.read_only() || !selected_.may(storage::Right::seen)) sets_seen_ = false;
}

FetchRun::~FetchRun() {
    if (message_ && !message_->is_small()) selected_.open_message = std::move(message_);
}

Result<bool> FetchRun::produce(std::string& out, std::size_t limit) {
    std::uint64_t octets = 0;
    // A response that has begun is ended where that takes little more: other things are told between two of them.
    const auto goes_on = [&] {
        if (inside_response_ && stream_left_ == 0 && item_ == items_.size()) return true;
        const bool ends_soon = inside_response_ && stream_left_ <= kPiece;
        return out.size() < (ends_soon ? 2 * limit : limit) && octets < kOctetsPerTurn;
    };
    while (goes_on()) {
        Result<> done;
        if (stream_left_ > 0) {
            done = stream(out, limit);
        } else if (inside_response_ && item_ < items_.size()) {
            done = print_item(out);
        } else if (inside_response_) {
            end_message(out);
        } else if (next_row_ < rows_.size()) {
            Result<bool> begun = begin_message(out);
            if (!begun) return fail(begun.error());
        } else {
            const Result<bool> more = next_batch();
            if (!more || !*more) return more;
        }
        if (!done) return fail(done.error());
        if (message_) octets += message_->take_octets_read();
        octets += summary_.take_octets_read() + std::exchange(annotation_work_, 0);
    }
    return true;
}

/// Takes the next messages of numbers_; false when there are none.
Result<bool> FetchRun::next_batch() {
    std::vector<imap::NumberRange> batch;
    std::uint32_t count = 0;
    while (next_range_ < numbers_.size() && count < kBatch) {
        const imap::NumberRange& range = numbers_[next_range_];
        const std::uint32_t first = next_number_ != 0 ? next_number_ : range.first;
        const std::uint32_t last = std::min(range.last, first + (kBatch - count) - 1);
        batch.push_back({first, last});
        count += last - first + 1;
        if (last == range.last) {
            ++next_range_;
            next_number_ = 0;
        } else {
            next_number_ = last + 1;
        }
    }
    finished_ += rows_.size();
    rows_.clear();
    next_row_ = 0;
    if (batch.empty()) return false;
    const Result<> loaded = load_rows(batch);
    if (!loaded) return fail(loaded.error());
    if (shows_annotations_) {
        Result<storage::AnnotationTables> now = selected_.view.mailbox().annotations(selected_.annotates_as);
        if (!now) return fail(now.error());
        annotations_ = std::move(*now);
    }
    if (sets_seen_) set_seen();
    return true;
}

Result<> FetchRun::load_rows(const std::vector<imap::NumberRange>& batch) {
    Result<std::vector<storage::MessageRow>> rows = selected_.view.rows(uids_of(selected_.view, batch), columns_);
    if (!rows && rows.error().code == ErrorCode::not_found) {
        // The mailbox was deleted: none of its messages can be fetched any more.
        some_gone_ = true;
        return {};
    }
    if (!rows) return fail(rows.error());
    std::size_t asked = 0;
    for (const imap::NumberRange& range : batch) asked += range.last - range.first + 1;
    if (rows->size() < asked) some_gone_ = true;
    rows_.reserve(rows->size());
    for (storage::MessageRow& row : *rows) rows_.push_back({std::move(row)});
    return {};
}

/// BODY[] sets \Seen; the batch at once, and the client is told within each message's response.
void FetchRun::set_seen() {
    storage::UidSet unseen;
    for (const Row& row : rows_) {
        if (!row.row.flags.system.has(storage::Flag::seen)) unseen.add(row.row.uid);
    }
    if (unseen.empty()) return;
    Result<storage::ConditionalStore> changed = selected_.view.store_flags(unseen, marks_seen());
    // A disk that takes no change is no reason not to show the mail.
    if (!changed) return;
    std::vector<storage::MessageFlags> told = std::move(changed->stored);
    if (shows_modseq_ || enabled_.condstore) {
        // The change has a MODSEQ of its own; flags and MODSEQ are told as they are at one moment.
        storage::UidSet uids;
        for (const storage::MessageFlags& message : told) uids.add(message.uid);
        Result<std::vector<storage::MessageRow>> now = selected_.view.rows(uids);
        if (!now) return;
        told.clear();
        for (storage::MessageRow& row : *now) told.push_back({row.uid, std::move(row.flags), row.modseq});
    }
    selected_.view.acknowledge(told);
    auto row = rows_.begin();
    for (storage::MessageFlags& message : told) {
        row = std::find_if(row, rows_.end(), [&](const Row& r) { return r.row.uid == message.uid; });
        if (row == rows_.end()) break;
        row->row.flags = std::move(message.flags);
        if (shows_modseq_ || enabled_.condstore) row->row.modseq = message.modseq;
        row->set_seen = true;
    }
}

/// False: the message is gone or can't be decoded, and all was sent that there is to tell.
Result<bool> FetchRun::begin_message(std::string& out) {
    const storage::MessageRow& row = rows_[next_row_].row;
    const Result<> ready = get_ready(row);
    if (!ready && ready.error().code == ErrorCode::not_found) {
        some_gone_ = true;
        ++next_row_;
        return false;
    }
    if (!ready) return fail(ready.error());
    const auto number = selected_.view.number(row.uid);
    if (!number) {
        ++next_row_;
        return false;
    }
    const Result<bool> decodes = decodes_all();
    if (!decodes) return fail(decodes.error());
    if (!*decodes) {
        some_not_decoded_ = true;
        if (rows_[next_row_].set_seen)
            append_flags_fetch(
                out, selected_.view, {row.uid, row.flags, row.modseq},
                {.uid = true, .modseq = enabled_.condstore, .uid_only = enabled_.uid_only, .recent = !enabled_.rev2});
        ++next_row_;
        return false;
    }
    begin_fetch(out, *number, row.uid, enabled_.uid_only);
    inside_response_ = true;
    item_ = 0;
    has_items_ = false;
    return true;
}

/// Gets the summary and opens the message, as far as items need them: within a response it would be too late to find
/// that the message is gone.
Result<> FetchRun::get_ready(const storage::MessageRow& row) {
    const Result<bool> are_all = summary_.get(row.uid);
    if (!are_all) return fail(are_all.error());
    const bool reads = reads_content_ || !*are_all;
    if (!reads || (message_ && message_->uid() == row.uid)) return {};
    message_.reset();
    Result<OpenMessage> opened = OpenMessage::open(selected_.view.mailbox(), row);
    if (!opened) return fail(opened.error());
    message_ = std::make_unique<OpenMessage>(std::move(*opened));
    return {};
}

/// The parts of the message that BINARY asks for can be decoded, or aren't there.
Result<bool> FetchRun::decodes_all() {
    if (!decodes_) return true;
    for (const imap::FetchItem& item : items_) {
        if (!is_binary(item.kind)) continue;
        const Result<DecodedPart*> part = message_->decoded(item.section.part);
        if (!part) return fail(part.error());
        if (*part != nullptr && !(*part)->can_decode()) return false;
    }
    return true;
}

void FetchRun::print_flags(std::string& out, const storage::MessageRow& row) const {
    imap::append_flags(out, to_imap(row.flags), !enabled_.rev2 && selected_.view.is_recent(row.uid));
}

Result<> FetchRun::print_item(std::string& out) {
    const storage::MessageRow& row = rows_[next_row_].row;
    const imap::FetchItem& item = items_[item_++];
    std::string annotation;
    if (item.kind == Kind::annotation) {
        annotation = annotation_item(item.annotation, annotations_, row.uid, annotation_work_);
        // The grammar has no empty list.
        if (annotation.empty()) return {};
    }
    if (std::exchange(has_items_, true)) out += ' ';
    if (is_section(item.kind)) return print_section(out, item);
    if (is_binary(item.kind)) return print_binary(out, item);
    imap::append_item_name(out, item);
    out += ' ';
    switch (item.kind) {
        case Kind::annotation: out += annotation; return {};
        case Kind::flags: print_flags(out, row); return {};
        case Kind::uid: out += std::to_string(row.uid.value()); return {};
        case Kind::email_id: out += "(" + row.email_id + ")"; return {};
        case Kind::save_date: imap::append_date_time(out, {row.save_date.time_since_epoch().count(), 0}); return {};
        case Kind::modseq: out += "(" + std::to_string(row.modseq.value()) + ")"; return {};
        case Kind::internal_date:
            imap::append_date_time(out, {row.internal_date.time_since_epoch().count(), 0});
            return {};
        case Kind::rfc822_size: out += std::to_string(row.wire_size); return {};
        default: break;
    }
    if (const std::optional<std::string>& known = summary_.text(item_ - 1)) {
        out += *known;
        return {};
    }
    const Result<std::string> text = item.kind == Kind::envelope
                                         ? message_->envelope()
                                         : message_->body_structure(item.kind == Kind::body_structure);
    if (!text) return fail(text.error());
    out += *text;
    return {};
}

Result<> FetchRun::print_section(std::string& out, const imap::FetchItem& item) {
    std::optional<std::string> fields;
    std::optional<mime::Range> range;
    if (names_fields(item.section)) {
        fields = summary_.text(item_ - 1);
        if (!fields) {
            Result<std::optional<std::string>> found = message_->header_fields(item.section);
            if (!found) return fail(found.error());
            fields = std::move(*found);
        }
        if (fields) range = mime::Range{0, fields->size()};
    } else {
        const Result<std::optional<mime::Range>> found = message_->find(item.section);
        if (!found) return fail(found.error());
        range = *found;
    }
    imap::append_item_name(out, item);
    if (!range) {
        out += " NIL";
        return {};
    }
    if (item.partial) {
        range->begin += std::min<std::size_t>(item.partial->offset, range->size());
        range->end = range->begin + std::min<std::size_t>(item.partial->count, range->size());
    }
    out += ' ';
    if (fields) {
        imap::append_literal(out, range->of(*fields));
        return {};
    }
    out += "{" + std::to_string(range->size()) + "}\r\n";
    stream_position_ = range->begin;
    stream_left_ = range->size();
    streamed_part_ = nullptr;
    return {};
}

/// A part that isn't there is NIL, and has no octets.
Result<> FetchRun::print_binary(std::string& out, const imap::FetchItem& item) {
    const Result<DecodedPart*> part = message_->decoded(item.section.part);
    if (!part) return fail(part.error());
    imap::append_item_name(out, item);
    out += ' ';
    if (item.kind == Kind::binary_size) {
        const Result<std::uint64_t> size = *part != nullptr ? (*part)->size(*message_) : 0;
        if (!size) return fail(size.error());
        out += std::to_string(*size);
        return {};
    }
    if (*part == nullptr) {
        out += "NIL";
        return {};
    }
    constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    const imap::Partial wanted = item.partial.value_or(imap::Partial{0, all});
    const Result<DecodedPart::Piece> piece = (*part)->measure(*message_, wanted.offset, wanted.count);
    if (!piece) return fail(piece.error());
    // RFC 3516 §4.2: a literal8 where there are NULs, which other literals can't hold.
    if (piece->holds_nul) out += '~';
    out += "{" + std::to_string(piece->octets) + "}\r\n";
    stream_position_ = wanted.offset;
    stream_left_ = piece->octets;
    streamed_part_ = *part;
    return {};
}

/// Sends more of the literal that was announced.
Result<> FetchRun::stream(std::string& out, std::size_t limit) {
    const std::size_t room = limit > out.size() ? limit - out.size() : kPiece;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>({stream_left_, kPiece, room}));
    if (streamed_part_ != nullptr) {
        const Result<std::uint64_t> decoded = streamed_part_->read(*message_, stream_position_, count, out);
        if (!decoded) return fail(decoded.error());
        if (*decoded == 0) return fail(ErrorCode::io, "Message is shorter than it was");
        stream_position_ += *decoded;
        stream_left_ -= *decoded;
        return {};
    }
    const std::size_t start = out.size();
    out.resize(start + count);
    const Result<std::size_t> read = message_->read(stream_position_, std::span(out.data() + start, count));
    if (!read) return fail(read.error());
    if (*read == 0) return fail(ErrorCode::io, "Message is shorter than it was");
    out.resize(start + *read);
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', '\x80');
    stream_position_ += *read;
    stream_left_ -= *read;
    return {};
}

void FetchRun::end_message(std::string& out) {
    const Row& row = rows_[next_row_];
    // There was nothing to show, and the client waits for an answer.
    if (!has_items_) out += "UID " + std::to_string(row.row.uid.value());
    if (row.set_seen && !shows_flags_) {
        out += " FLAGS ";
        print_flags(out, row.row);
    }
    if (row.set_seen && enabled_.condstore && !shows_modseq_)
        out += " MODSEQ (" + std::to_string(row.row.modseq.value()) + ")";
    out += ")\r\n";
    inside_response_ = false;
    ++next_row_;
}

}  // namespace posthouse::imapd
