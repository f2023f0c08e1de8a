// PreparedKey: a SEARCH key made ready for many messages: sets resolved, texts folded, cheap tests first.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "imapd/search/text_match.h"
#include "imapd/selected.h"
#include "lib/imap/envelope_text.h"
#include "lib/imap/list_pattern.h"
#include "lib/imap/search_command.h"
#include "storage/mailbox.h"
#include "storage/view.h"

namespace posthouse::imapd {

struct PreparedKey {
    imap::SearchKey::Kind kind = imap::SearchKey::Kind::all;
    std::vector<PreparedKey> children;      ///< the cheapest first
    std::vector<imap::NumberRange> ranges;  ///< of sequence and uid
    storage::Flag flag = storage::Flag::seen;
    std::uint64_t number = 0;
    imap::Day day;
    std::string field;
    imap::EnvelopeText envelope_text{};  ///< of envelope
    std::string keyword;
    std::optional<imap::AnnotationSearch> annotation;
    imap::ListPattern entries{"", '/'};  ///< of annotation
    bool any_text = false;               ///< the wanted text is empty
    TextMatch match{""};
    int cost = 0;  ///< 0 the row, 1 a date or size, 2 what the index has of the header, 3 the header, 4 the content
};

/// `key` for messages of the view, which must not change while the result is used.
PreparedKey prepare(const imap::SearchKey& key, const Selected& selected);

/// Whether messages have to be read for it: the index doesn't know enough.
bool reads_messages(const imap::SearchKey& key, const Selected& selected);
/// Whether message numbers are among the keys; "$" is none.
bool names_numbers(const imap::SearchKey& key);
/// Whether annotations are among the keys.
bool names_annotations(const PreparedKey& key);
/// Whether "$" is among the keys.
bool names_saved(const imap::SearchKey& key);
/// What of the rows the key asks for.
storage::Columns columns_of(const PreparedKey& key);

}  // namespace posthouse::imapd
