// FETCH and UID FETCH: the data items and sections that a client asks for (RFC 3501 §6.4.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/annotations.h"
#include "lib/imap/arguments.h"
#include "lib/imap/partial_range.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imap {

/// section: which part of the message, and what of it.
struct Section {
    enum class Text { whole, header, header_fields, header_fields_not, text, mime };
    std::vector<std::uint32_t> part;  ///< "1.2.3"; empty: the message itself
    Text text = Text::whole;
    std::vector<std::string> fields;  ///< of HEADER.FIELDS and HEADER.FIELDS.NOT, as sent
    bool operator==(const Section&) const = default;
};

/// <offset.count> of BODY[…] and BINARY[…]; 63 bits each (RFC 9051 §9).
struct Partial {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;  ///< not zero
    bool operator==(const Partial&) const = default;
};

/// One data item.
struct FetchItem {
    enum class Kind {
        annotation,    ///< of `annotation` (RFC 5257 §4.3)
        binary,        ///< BINARY[…] and BINARY.PEEK[…]: a part without its transfer encoding (RFC 3516 §4.2)
        binary_size,   ///< BINARY.SIZE[…]
        body,          ///< BODY without a section: BODYSTRUCTURE without extension data
        body_section,  ///< BODY[…] and BODY.PEEK[…]
        body_structure,
        envelope,
        flags,
        internal_date,
        modseq,         ///< RFC 7162 §3.1.5
        email_id,       ///< RFC 8474 §5.1
        thread_id,      ///< RFC 8474 §5.2
        save_date,      ///< RFC 8514 §4.2
        preview,        ///< RFC 8970 §3; a PREVIEW (LAZY) is answered as well
        rfc822,         ///< as BODY[], under its own name
        rfc822_header,  ///< as BODY.PEEK[HEADER], under its own name
        rfc822_size,
        rfc822_text,  ///< as BODY[TEXT], under its own name
        uid,
    };
    Kind kind = Kind::flags;
    Section section;  ///< of body_section, the three rfc822 texts, and the two binary ones, which only name a part
    std::optional<Partial> partial;
    AnnotationQuery annotation;
    bool peek = false;  ///< \Seen is not set
    bool operator==(const FetchItem&) const = default;
};

struct Fetch {
    bool by_uid = false;
    SequenceSet messages;
    std::vector<FetchItem> items;  ///< macros expanded; UID FETCH has UID among them, CHANGEDSINCE has MODSEQ
    std::optional<std::uint64_t> changed_since;  ///< (CHANGEDSINCE n) (RFC 7162 §3.1.4.1)
    bool vanished = false;                       ///< (… VANISHED) (RFC 7162 §3.2.6)
    std::optional<PartialRange> partial;         ///< (PARTIAL 1:500): of the messages named (RFC 9394 §3.2)
};

void read(Arguments& arguments, Fetch& command);
/// "(" fetch-att *(SP fetch-att) ")".
std::vector<FetchItem> read_fetch_items(Arguments& arguments);
/// Parses a whole text as a section: "1.2.HEADER.FIELDS (From To)".
Result<Section> parse_section(std::string_view text);
/// Whether an item of this kind is among those asked for.
bool has_item(const std::vector<FetchItem>& items, FetchItem::Kind kind);

/// Appends the section as the reply repeats it: "1.2.HEADER.FIELDS (From To)".
void append_section(std::string& out, const Section& section);
/// Appends the item's name as the reply carries it: "BODY[TEXT]<0>", "RFC822.SIZE".
void append_item_name(std::string& out, const FetchItem& item);

}  // namespace posthouse::imap
