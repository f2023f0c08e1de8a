// SearchContext: a search whose results are kept up to date while the mailbox is selected (RFC 5267 §4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/imap/responses.h"
#include "lib/imap/search_command.h"
#include "storage/types.h"

namespace posthouse::imapd {

struct Selected;

/// Octets that the keys of all contexts of one session take at most: texts and sets may be long.
inline constexpr std::size_t kMaxContextOctets = 256u << 10;

/// What the client knows of the results, and how to find out what has changed. Costs memory by the runs of UIDs among
/// the results; of SORT four bytes more for each message.
struct SearchContext {
    std::string tag;  ///< of the command that asked for it
    bool by_uid = false;
    imap::SearchKey key;
    std::size_t octets = 0;                     ///< that the key takes
    std::vector<imap::SortCriterion> criteria;  ///< none: the results have no order
    storage::UidSet results;
    std::vector<storage::Uid> ordered;  ///< the results of SORT, in their order
    /// The change of one message may change whether another matches: all are looked at then.
    bool is_volatile = false;
    /// Messages match by their age: all are looked at from time to time.
    bool ages = false;
    std::int64_t looked_at = 0;  ///< when all were, in seconds since 1970

    /// Whether all messages are to be looked at, when `something` has changed or nothing.
    bool wants_all(bool something, std::int64_t now) const {
        return (is_volatile && something) || (ages && now > looked_at);
    }
};

/// What the key takes that make_context keeps: "$" is as long there as what it means now.
std::size_t kept_octets(const imap::SearchKey& key, const Selected& selected);

/// A context for a search that has found `found` (numbers, in the order of the results). "$" means what it means now.
SearchContext make_context(const Selected& selected, std::string tag, const imap::SearchProgram& program,
                           std::vector<imap::SortCriterion> criteria, const std::vector<std::uint32_t>& found);

/// Takes UIDs (ascending) out of the results, and tells where they were.
std::vector<imap::ResultChange> take_out(SearchContext& context, const std::vector<storage::Uid>& gone);
/// Puts UIDs (ascending) that match now among the results, and tells where; of SORT at `places`, see place_among.
std::vector<imap::ResultChange> put_in(SearchContext& context, const std::vector<storage::Uid>& added);
struct Placed {
    std::size_t place = 0;  ///< in `ordered` as it is before any of them
    storage::Uid uid;
};
/// The same for SORT; ascending places.
std::vector<imap::ResultChange> put_in(SearchContext& context, const std::vector<Placed>& added);

}  // namespace posthouse::imapd
