// Makes a SEARCH key ready for many messages.
#include "imapd/search/prepared_key.h"

#include <algorithm>
#include <ctime>

namespace posthouse::imapd {
namespace {

using Kind = imap::SearchKey::Kind;

int cost_of(Kind kind) {
    switch (kind) {
        case Kind::larger:
        case Kind::smaller:
        case Kind::before:
        case Kind::on:
        case Kind::since:
        case Kind::older:
        case Kind::younger:
        case Kind::saved_before:
        case Kind::saved_on:
        case Kind::saved_since:
        case Kind::annotation:
        case Kind::email_id: return 1;
        case Kind::thread_id:
        case Kind::sent_before:
        case Kind::sent_on:
        case Kind::sent_since:
        case Kind::envelope: return 2;
        case Kind::header: return 3;
        case Kind::body:
        case Kind::text: return 4;
        default: return 0;
    }
}

/// The text of the envelope in which `key` looks. HEADER with a field that the envelope has as it stands is such a key,
/// too.
std::optional<imap::EnvelopeText> envelope_text_of(const imap::SearchKey& key) {
    using imap::EnvelopeText;
    const auto text = imap::envelope_text_named(key.field);
    if (key.kind == Kind::envelope) return text;
    if (key.kind == Kind::header && (text == EnvelopeText::message_id || text == EnvelopeText::in_reply_to))
        return text;
    return std::nullopt;
}

}  // namespace

PreparedKey prepare(const imap::SearchKey& key, const Selected& selected) {
    const storage::View& view = selected.view;
    PreparedKey ready;
    ready.kind = key.kind;
    ready.number = key.number;
    ready.day = key.day;
    ready.field = key.field;
    ready.cost = cost_of(key.kind);
    for (const imap::SearchKey& child : key.children) {
        ready.children.push_back(prepare(child, selected));
        ready.cost = std::max(ready.cost, ready.children.back().cost);
    }
    std::ranges::sort(ready.children, {}, &PreparedKey::cost);
    switch (key.kind) {
        case Kind::sequence:
            ready.ranges = key.set.is_saved() ? numbers_of(view, selected.saved) : key.set.resolve(view.count());
            break;
        case Kind::uid:
            if (key.set.is_saved()) {
                ready.kind = Kind::sequence;
                ready.ranges = numbers_of(view, selected.saved);
            } else {
                ready.ranges = key.set.resolve(view.uids().empty() ? 0 : view.uids().back().value());
            }
            break;
        case Kind::older:
        case Kind::younger: {
            // Longer ago than 1970: nothing is as old.
            const auto now = static_cast<std::uint64_t>(std::time(nullptr));
            ready.number = now - std::min(now, key.number);
            break;
        }
        case Kind::email_id:
        case Kind::thread_id: ready.keyword = key.text; break;
        case Kind::flag: ready.flag = static_cast<storage::Flag>(key.flag); break;
        case Kind::keyword: ready.keyword = key.text; break;
        case Kind::annotation:
            ready.annotation = key.annotation;
            ready.entries = imap::ListPattern(key.annotation->entries, '/');
            ready.match = TextMatch(key.annotation->text.value_or(""));
            break;
        case Kind::envelope:
        case Kind::header:
        case Kind::body:
        case Kind::text:
            if (const auto text = envelope_text_of(key)) {
                ready.kind = Kind::envelope;
                ready.cost = cost_of(ready.kind);
                ready.envelope_text = *text;
            }
            ready.any_text = key.text.empty();
            ready.match = TextMatch(key.text);
            break;
        default: break;
    }
    return ready;
}

bool reads_messages(const imap::SearchKey& key, const Selected& selected) {
    return prepare(key, selected).cost >= cost_of(Kind::header);
}

bool names_numbers(const imap::SearchKey& key) {
    return (key.kind == Kind::sequence && !key.set.is_saved()) || std::ranges::any_of(key.children, names_numbers);
}

bool names_annotations(const PreparedKey& key) {
    return key.kind == Kind::annotation || std::ranges::any_of(key.children, names_annotations);
}

bool names_saved(const imap::SearchKey& key) {
    return key.set.is_saved() || std::ranges::any_of(key.children, names_saved);
}

storage::Columns columns_of(const PreparedKey& key) {
    storage::Columns columns;
    columns.internal_date = key.kind == Kind::before || key.kind == Kind::on || key.kind == Kind::since ||
                            key.kind == Kind::older || key.kind == Kind::younger;
    columns.save_date = key.kind == Kind::saved_before || key.kind == Kind::saved_on || key.kind == Kind::saved_since;
    columns.email_id = key.kind == Kind::email_id;
    columns.wire_size = key.kind == Kind::larger || key.kind == Kind::smaller;
    columns.file = key.kind == Kind::header || key.kind == Kind::body || key.kind == Kind::text;
    for (const PreparedKey& child : key.children) {
        const storage::Columns of_child = columns_of(child);
        columns.internal_date = columns.internal_date || of_child.internal_date;
        columns.wire_size = columns.wire_size || of_child.wire_size;
        columns.save_date = columns.save_date || of_child.save_date;
        columns.email_id = columns.email_id || of_child.email_id;
        columns.file = columns.file || of_child.file;
    }
    return columns;
}

}  // namespace posthouse::imapd
