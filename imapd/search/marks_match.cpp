// Keys about flags and numbers.
#include "imapd/search/marks_match.h"

#include <algorithm>

namespace posthouse::imapd {

using Kind = imap::SearchKey::Kind;

bool asks_for_marks_only(const PreparedKey& key) {
    switch (key.kind) {
        case Kind::all:
        case Kind::sequence:
        case Kind::uid:
        case Kind::flag:
        case Kind::keyword:
        case Kind::recent:
        case Kind::fresh:
        case Kind::modseq: return true;
        case Kind::conjunction:
        case Kind::disjunction:
        case Kind::negate: return std::ranges::all_of(key.children, asks_for_marks_only);
        default: return false;
    }
}

bool marks_match(const PreparedKey& key, const storage::MessageFlags& message, storage::SequenceNumber number,
                 const storage::View& view) {
    const storage::SystemFlags flags = message.flags.system;
    const auto matches = [&](const PreparedKey& child) { return marks_match(child, message, number, view); };
    switch (key.kind) {
        case Kind::conjunction: return std::ranges::all_of(key.children, matches);
        case Kind::disjunction: return std::ranges::any_of(key.children, matches);
        case Kind::negate: return !matches(key.children.front());
        case Kind::sequence: return imap::contains(key.ranges, number.value());
        case Kind::uid: return imap::contains(key.ranges, message.uid.value());
        case Kind::flag: return flags.has(key.flag);
        case Kind::keyword: return message.flags.keywords.contains(key.keyword);
        case Kind::recent: return view.is_recent(message.uid);
        case Kind::fresh: return view.is_recent(message.uid) && !flags.has(storage::Flag::seen);
        case Kind::modseq: return message.modseq.value() >= key.number;
        default: return true;  // ALL
    }
}

}  // namespace posthouse::imapd
