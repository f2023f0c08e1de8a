// Tests one message against a SEARCH key.
#include "imapd/search/candidate.h"

#include <algorithm>
#include <utility>

#include "imapd/object_ids.h"
#include "imapd/search/marks_match.h"
#include "lib/base/ascii.h"
#include "lib/imap/envelope_text.h"
#include "lib/mime/header.h"
#include "lib/mime/structure.h"
#include "lib/mime/text.h"

namespace posthouse::imapd {
namespace {

using Kind = imap::SearchKey::Kind;

/// Keys about a day, of INTERNALDATE or of Date:.
bool day_matches(Kind kind, imap::Day day, imap::Day wanted) {
    switch (kind) {
        case Kind::before:
        case Kind::saved_before:
        case Kind::sent_before: return day < wanted;
        case Kind::on:
        case Kind::saved_on:
        case Kind::sent_on: return day == wanted;
        default: return day >= wanted;
    }
}

/// The text is in the fields of a header, unfolded and decoded. They are searched as one text, many at a time, since to
/// begin a search costs as much as a field.
bool in_header(const TextMatch& wanted, std::string& buffer, std::string_view message, mime::Range header) {
    TextSearch search(wanted, buffer);
    std::string fields;
    const bool searched_all =
        mime::visit_header_text(message, header, [&](std::string_view name, std::string_view text) {
            fields.append(name).append(": ").append(text).append("\r\n");
            if (fields.size() < mime::text_piece) return true;
            const bool found = search.feed(fields, false);
            fields.clear();
            return !found;
        });
    return !searched_all || search.feed(fields, true);
}

/// The text is in a header of a part (RFC 9051 §6.4.4: TEXT looks there too).
bool in_part_headers(const TextMatch& wanted, std::string& buffer, std::string_view message,
                     const mime::Structure& structure) {
    return std::any_of(structure.parts.begin() + 1, structure.parts.end(),
                       [&](const mime::Part& part) { return in_header(wanted, buffer, message, part.header); });
}

/// The text is in that of a part.
bool in_text(const TextMatch& wanted, std::string& buffer, std::string_view message, const mime::Structure& structure) {
    TextSearch search(wanted, buffer);
    return !mime::visit_text(message, structure, [&](const mime::Part&, std::string_view piece, bool last) {
        return !search.feed(piece, last);
    });
}

/// Since 1970; before that: 0.
std::uint64_t seconds_of(storage::Time time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

}  // namespace

Result<bool> Candidate::matches(const PreparedKey& key) {
    switch (key.kind) {
        case Kind::conjunction: return all_of(key, true);
        case Kind::disjunction: return all_of(key, false);
        case Kind::negate: {
            const Result<bool> inner = matches(key.children.front());
            if (!inner) return inner;
            return !*inner;
        }
        case Kind::all:
        case Kind::sequence:
        case Kind::uid:
        case Kind::flag:
        case Kind::keyword:
        case Kind::recent:
        case Kind::fresh:
        case Kind::modseq: return marks_match(key, marks_, number_, selected_.view);
        case Kind::larger: return row_.wire_size > key.number;
        case Kind::smaller: return row_.wire_size < key.number;
        case Kind::before:
        case Kind::on:
        case Kind::since:
            return day_matches(key.kind, imap::day_of(row_.internal_date.time_since_epoch().count()), key.day);
        case Kind::older: return key.number > 0 && seconds_of(row_.internal_date) <= key.number;
        case Kind::younger: return seconds_of(row_.internal_date) >= key.number;
        case Kind::saved_before:
        case Kind::saved_on:
        case Kind::saved_since:
            return day_matches(key.kind, imap::day_of(row_.save_date.time_since_epoch().count()), key.day);
        case Kind::save_date_supported: return true;
        case Kind::email_id: return row_.email_id == key.keyword;
        case Kind::thread_id: return decide(key, &Candidate::thread_matches);
        case Kind::sent_before:
        case Kind::sent_on:
        case Kind::sent_since: return decide(key, &Candidate::sent_matches);
        case Kind::envelope: return decide(key, &Candidate::envelope_matches);
        case Kind::header: return decide(key, &Candidate::header_matches);
        case Kind::annotation: return decide(key, &Candidate::annotation_matches);
        case Kind::body:
        case Kind::text: return decide(key, &Candidate::content_matches);
    }
    return false;
}

/// Every child is `wanted`: AND for true; for false the other way round, so that one child that matches makes an OR.
Result<bool> Candidate::all_of(const PreparedKey& key, bool wanted) {
    for (const PreparedKey& child : key.children) {
        const Result<bool> matched = matches(child);
        if (!matched) return matched;
        if (*matched != wanted) return !wanted;
    }
    return wanted;
}

void Candidate::next_turn() {
    octets_read_ = 0;
    unfinished_ = false;
}

/// Tests a key that costs time once, unless this turn has had enough.
Result<bool> Candidate::decide(const PreparedKey& key, Test test) {
    const auto known = decided_.find(&key);
    if (known != decided_.end()) return known->second;
    if (octets_read_ >= kOctetsPerTurn) {
        unfinished_ = true;
        return fail(ErrorCode::busy, "Search takes another turn");
    }
    const Result<bool> matched = (this->*test)(key);
    if (matched) decided_.emplace(&key, *matched);
    return matched;
}

/// Opens the message and reads its header; false when the message is gone.
Result<bool> Candidate::open() {
    if (header_) return true;
    if (gone_) return false;
    Result<OpenMessage> opened = OpenMessage::open(selected_.view.mailbox(), row_);
    if (!opened && opened.error().code == ErrorCode::not_found) {
        gone_ = true;
        return false;
    }
    if (!opened) return fail(opened.error());
    message_.emplace(std::move(*opened));
    Result<std::string> header = message_->header();
    if (!header) return fail(header.error());
    header_ = std::move(*header);
    return true;
}

Result<bool> Candidate::header_matches(const PreparedKey& key) {
    const Result<bool> there = open();
    if (!there || !*there) return there;
    octets_read_ += header_->size();
    bool found = false;
    mime::visit_header_text(*header_, {0, header_->size()}, [&](std::string_view name, std::string_view text) {
        found = ascii::iequals(name, key.field) && (key.any_text || key.match.in(text, buffer_));
        return !found;
    });
    return found;
}

/// What the index knows of the header; nothing: the message is gone.
Result<std::optional<storage::HeaderSummary>> Candidate::header_record() {
    const Result<std::string_view> record = headers_.of(row_.uid);
    if (!record && record.error().code == ErrorCode::not_found) return std::nullopt;
    if (!record) return fail(record.error());
    octets_read_ += record->size() + headers_.take_octets_read();
    const Result<storage::HeaderSummary> header = storage::decode_header(*record);
    return header ? *header : storage::HeaderSummary();
}

Result<bool> Candidate::envelope_matches(const PreparedKey& key) {
    const Result<std::optional<storage::HeaderSummary>> header = header_record();
    if (!header) return fail(header.error());
    if (!*header) return false;
    // Too long to be kept.
    if (!(*header)->envelope) return header_matches(key);
    const Result<std::optional<std::string>> text = imap::envelope_text(*(*header)->envelope, key.envelope_text);
    if (!text) return header_matches(key);
    return *text && (key.any_text || key.match.in(**text, buffer_));
}

Result<bool> Candidate::thread_matches(const PreparedKey& key) {
    const Result<std::string_view> record = headers_.of(row_.uid);
    if (!record && record.error().code == ErrorCode::not_found) return false;
    if (!record) return fail(record.error());
    octets_read_ += record->size() + headers_.take_octets_read();
    return thread_id_of(*record) == key.keyword;
}

Result<bool> Candidate::sent_matches(const PreparedKey& key) {
    const Result<std::optional<storage::HeaderSummary>> header = header_record();
    if (!header) return fail(header.error());
    if (!*header || !(*header)->sent) return false;
    return day_matches(key.kind, imap::day_of((*header)->sent->seconds, (*header)->sent->zone_minutes), key.day);
}

/// RFC 5257 §4.8. NIL: there is no such value.
Result<bool> Candidate::annotation_matches(const PreparedKey& key) {
    const imap::AnnotationSearch& wanted = *key.annotation;
    const auto is_in = [&](imap::AnnotationScope scope) {
        if (wanted.scope && *wanted.scope != scope) return false;
        const storage::AnnotationEntries& entries = annotations_[scope].of(row_.uid);
        return std::ranges::any_of(entries, [&](const auto& entry) {
            octets_read_ += wanted.entries.size() * entry.first.size();
            if (!key.entries.matches(entry.first)) return false;
            octets_read_ += entry.second.size();
            return !wanted.text || key.match.in(entry.second, buffer_);
        });
    };
    const bool found = is_in(imap::AnnotationScope::priv) || is_in(imap::AnnotationScope::shared);
    return found == wanted.text.has_value();
}

Result<bool> Candidate::content_matches(const PreparedKey& key) {
    const Result<bool> there = open();
    if (!there || !*there) return there;
    octets_read_ += header_->size();
    if (key.any_text) return true;
    if (key.kind == Kind::text && in_header(key.match, buffer_, *header_, {0, header_->size()})) return true;
    const Result<std::string> text = message_->text();
    if (!text) return fail(text.error());
    octets_read_ += text->size();
    const mime::Structure structure = mime::parse_structure(*text);
    if (key.kind == Kind::text && in_part_headers(key.match, buffer_, *text, structure)) return true;
    return in_text(key.match, buffer_, *text, structure);
}

}  // namespace posthouse::imapd
