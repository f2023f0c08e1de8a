// SEARCH and UID SEARCH: the tree of keys (RFC 3501 §6.4.4), and what ESEARCH asks to have returned (RFC 4731 §3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/imap/annotations.h"
#include "lib/imap/arguments.h"
#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"
#include "lib/imap/mailbox_filter.h"
#include "lib/imap/partial_range.h"
#include "lib/imap/sequence_set.h"
#include "lib/imap/sort.h"

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
        older,    ///< INTERNALDATE is `number` seconds ago, or longer (RFC 5032 §2.1)
        younger,  ///< INTERNALDATE is less than `number` seconds ago, or just that (RFC 5032 §2.2)
        before,   ///< the day of INTERNALDATE is before `day`
        on,
        since,        ///< on `day` or later
        sent_before,  ///< the same for the Date: field
        sent_on,
        sent_since,
        saved_before,  ///< the same for SAVEDATE (RFC 8514 §4.3)
        saved_on,
        saved_since,
        save_date_supported,  ///< matches: the mailbox has save dates (RFC 8514 §4.4)
        email_id,             ///< EMAILID is `text` (RFC 8474 §6)
        thread_id,            ///< THREADID is `text`
        envelope,             ///< the field `field` of the envelope contains `text`: FROM, TO, CC, BCC, SUBJECT
        header,               ///< the field `field` contains `text`; an empty text: the field is there
        body,                 ///< the body contains `text`
        text,                 ///< header or body contain `text`
        annotation,           ///< an annotation is as `annotation` says (RFC 5257 §4.8)
    };
    Kind kind = Kind::all;
    std::vector<SearchKey> children;
    SequenceSet set;
    std::uint8_t flag = 0;
    std::uint64_t number = 0;
    Day day;
    std::string field;  ///< as sent; of envelope in lower case
    std::string text;   ///< UTF-8
    std::optional<AnnotationSearch> annotation{};
};

/// RETURN options, as bits. None: the plain SEARCH response.
enum SearchReturn : std::uint8_t {
    kReturnMin = 1,
    kReturnMax = 2,
    kReturnAll = 4,
    kReturnCount = 8,
    kReturnSave = 16,      ///< keep the result as "$" (RFC 5182 §2.1)
    kReturnPartial = 32,   ///< (RFC 9394 §3.1)
    kReturnUpdate = 64,    ///< tell of changes of the result (RFC 5267 §4.3)
    kReturnContext = 128,  ///< a hint that more about this result will be asked for (RFC 5267 §4.2)
};

/// What SEARCH and SORT have in common.
struct SearchProgram {
    bool by_uid = false;
    bool extended = false;     ///< RETURN was given: reply with ESEARCH
    std::uint8_t returns = 0;  ///< RETURN () means ALL, and is stored so
    std::optional<PartialRange> partial;
    SearchKey key;
    bool names_charset = false;  ///< CHARSET was given to SEARCH or ESEARCH
    bool asks_modseq = false;    ///< MODSEQ is among the keys: the response tells the highest
};

struct Search : SearchProgram {};

/// ESEARCH (RFC 7377 §2): always by UID, and answered by ESEARCH responses.
struct Esearch : SearchProgram {
    std::vector<MailboxFilter> sources;  ///< IN; none: the selected mailbox
};

/// SORT and UID SORT (RFC 5256 §3), with the results of ESORT (RFC 5267 §3.1).
struct Sort : SearchProgram {
    std::vector<SortCriterion> criteria;
};

/// THREAD and UID THREAD (RFC 5256 §3; REFS: RFC 5256's successor draft, as Dovecot has it).
struct Thread {
    enum class Algorithm { ordered_subject, references, refs };
    bool by_uid = false;
    Algorithm algorithm = Algorithm::references;
    SearchKey key;
};

/// CANCELUPDATE (RFC 5267 §4.3.5).
struct CancelUpdate {
    std::vector<std::string> tags;
};

void read(Arguments& arguments, CancelUpdate& command);
/// An unknown charset is `unsupported`, with a text that begins with [BADCHARSET (…)].
void read(Arguments& arguments, Search& command);
void read(Arguments& arguments, Esearch& command);
void read(Arguments& arguments, Sort& command);
void read(Arguments& arguments, Thread& command);

}  // namespace posthouse::imap
