// SEARCH and UID SEARCH: the tree of keys (RFC 3501 §6.4.4), and what ESEARCH asks to have returned (RFC 4731 §3.1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/imap/arguments.h"
#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imap {

/// One key. Keys with a negative name in the RFC (UNSEEN, UNKEYWORD …) are `negate` around the positive one.
struct SearchKey {
    enum class Kind {
        all,
        conjunction,  ///< every one of `children`
        disjunction,  ///< OR: one of `children`
        negate,       ///< NOT: its one child does not match
        sequence,     ///< `set` of message sequence numbers
        uid,          ///< `set` of UIDs
        flag,         ///< `flag` is set
        keyword,      ///< keyword `text` is set
        recent,
        fresh,    ///< NEW: recent and not seen
        larger,   ///< RFC822.SIZE above `number`
        smaller,  ///< RFC822.SIZE below `number`
        modseq,   ///< MODSEQ is `number` or above (RFC 7162 §3.1.5)
        before,   ///< the day of INTERNALDATE is before `day`
        on,
        since,        ///< on `day` or later
        sent_before,  ///< the same for the Date: field
        sent_on,
        sent_since,
        header,  ///< the field `field` contains `text`; an empty text: the field is there
        body,    ///< the body contains `text`
        text,    ///< header or body contain `text`
    };
    Kind kind = Kind::all;
    std::vector<SearchKey> children;
    SequenceSet set;
    std::uint8_t flag = 0;
    std::uint64_t number = 0;
    Day day;
    std::string field;  ///< as sent: From, To, Cc, Bcc, Subject for the keys of these names
    std::string text;   ///< UTF-8
};

/// RETURN options, as bits. None: the plain SEARCH response.
enum SearchReturn : std::uint8_t {
    kReturnMin = 1,
    kReturnMax = 2,
    kReturnAll = 4,
    kReturnCount = 8,
};

struct Search {
    bool by_uid = false;
    bool extended = false;     ///< RETURN was given: reply with ESEARCH
    std::uint8_t returns = 0;  ///< RETURN () means ALL, and is stored so
    SearchKey key;
    bool asks_modseq = false;  ///< MODSEQ is among the keys: the response tells the highest
};

/// An unknown charset is `unsupported`, with a text that begins with [BADCHARSET (…)].
void read(Arguments& arguments, Search& command);

}  // namespace posthouse::imap
