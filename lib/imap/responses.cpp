// Untagged responses and response codes, as bytes.
#include "lib/imap/responses.h"

#include <algorithm>
#include <utility>

#include "lib/imap/search_command.h"
#include "lib/imap/status_items.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {

void append_numbered(std::string& out, std::uint32_t number, std::string_view what) {
    out += "* ";
    out += std::to_string(number);
    out += ' ';
    out += what;
    out += "\r\n";
}

void append_list(std::string& out, const ListLine& line) {
    out += "* ";
    out += line.command;
    out += " (";
    bool first = true;
    for (const std::string_view attribute : line.attributes) {
        if (!first) out += ' ';
        first = false;
        out += attribute;
    }
    out += ") ";
    if (line.separator == '\0') {
        out += "NIL";
    } else {
        append_quoted(out, std::string_view(&line.separator, 1));
    }
    out += ' ';
    append_mailbox(out, line.name);
    if (line.child_is_subscribed) out += " (\"CHILDINFO\" (\"SUBSCRIBED\"))";
    if (!line.old_name.empty()) {
        out += " (\"OLDNAME\" (";
        append_mailbox(out, line.old_name);
        out += "))";
    }
    out += "\r\n";
}

void append_status(std::string& out, std::string_view mailbox, StatusItems items, const StatusValues& values) {
    const auto value_of = [&](StatusItems item) -> std::uint64_t {
        switch (item) {
            case kStatusMessages: return values.messages;
            case kStatusRecent: return values.recent;
            case kStatusUidNext: return values.uid_next;
            case kStatusUidValidity: return values.uid_validity;
            case kStatusUnseen: return values.unseen;
            case kStatusHighestModSeq: return values.highest_modseq;
            case kStatusSize: return values.size;
            case kStatusDeleted: return values.deleted;
            case kStatusDeletedStorage: return values.deleted_storage;
            case kStatusAppendLimit: return values.append_limit;
            default: std::unreachable();
        }
    };
    out += "* STATUS ";
    append_mailbox(out, mailbox);
    out += " (";
    bool first = true;
    for (const StatusItemName& known : kStatusItemNames) {
        if ((items & known.item) == 0) continue;
        if (!first) out += ' ';
        first = false;
        out += known.name;
        out += ' ';
        if (known.item == kStatusMailboxId)
            out += "(" + std::string(values.mailbox_id) + ")";
        else
            out += std::to_string(value_of(known.item));
    }
    out += ")\r\n";
}

namespace {

void append_found(std::string& out, std::string_view name, std::span<const std::uint32_t> numbers,
                  std::optional<std::uint64_t> modseq) {
    out += name;
    for (const std::uint32_t number : numbers) {
        out += ' ';
        out += std::to_string(number);
    }
    if (modseq) out += " (MODSEQ " + std::to_string(*modseq) + ")";
    out += "\r\n";
}

}  // namespace

void append_search(std::string& out, std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> modseq) {
    append_found(out, "* SEARCH", numbers, modseq);
}

void append_sort(std::string& out, std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> modseq) {
    append_found(out, "* SORT", numbers, modseq);
}

void append_vanished(std::string& out, std::span<const NumberRange> uids, bool earlier) {
    if (uids.empty()) return;
    out += earlier ? "* VANISHED (EARLIER) " : "* VANISHED ";
    append_ranges(out, uids);
    out += "\r\n";
}

namespace {

void append_changes(std::string& out, std::string_view name, std::span<const ResultChange> changes) {
    if (changes.empty()) return;
    out += name;
    for (const ResultChange& change : changes) {
        if (out.back() != '(') out += ' ';
        out += std::to_string(change.position) + ' ' + print_numbers(change.numbers);
    }
    out += ')';
}

void begin_esearch(std::string& out, std::string_view tag, bool by_uid, std::string_view mailbox = {},
                   std::uint32_t uid_validity = 0) {
    out += "* ESEARCH (TAG ";
    append_quoted(out, tag);
    if (!mailbox.empty()) {
        out += " MAILBOX ";
        append_mailbox(out, mailbox);
        out += " UIDVALIDITY " + std::to_string(uid_validity);
    }
    out += ')';
    if (by_uid) out += " UID";
}

}  // namespace

void append_result_changes(std::string& out, std::string_view tag, bool by_uid, std::span<const ResultChange> removed,
                           std::span<const ResultChange> added) {
    if (removed.empty() && added.empty()) return;
    begin_esearch(out, tag, by_uid);
    append_changes(out, " REMOVEFROM (", removed);
    append_changes(out, " ADDTO (", added);
    out += "\r\n";
}

void append_esearch(std::string& out, std::string_view tag, bool by_uid, const EsearchValues& values) {
    const auto has = [&](SearchReturn what) { return (values.returns & what) != 0; };
    const std::span<const std::uint32_t> numbers = values.numbers;
    begin_esearch(out, tag, by_uid, values.mailbox, values.uid_validity);
    if (!numbers.empty()) {
        if (has(kReturnMin)) out += " MIN " + std::to_string(numbers.front());
        if (has(kReturnMax)) out += " MAX " + std::to_string(numbers.back());
        if (has(kReturnAll)) out += " ALL " + print_numbers(numbers);
    }
    if (values.partial) {
        const auto [first, count] = taken_of(*values.partial, numbers.size());
        out += " PARTIAL (" + print(*values.partial) + ' ';
        out += count == 0 ? "NIL" : print_numbers(numbers.subspan(first, count));
        out += ')';
    }
    if (has(kReturnCount)) out += " COUNT " + std::to_string(numbers.size());
    if (values.modseq) out += " MODSEQ " + std::to_string(*values.modseq);
    out += "\r\n";
}

void append_in_progress(std::string& out, std::string_view tag, std::uint64_t done, std::uint64_t goal) {
    out += "* OK [INPROGRESS (";
    if (tag.empty())
        out += "NIL";
    else
        append_quoted(out, tag);
    if (goal != 0)
        out += " " + std::to_string(std::min(done, goal)) + " " + std::to_string(goal);
    else
        out += done != 0 ? " " + std::to_string(done) + " NIL" : " NIL NIL";
    out += ")] Still working\r\n";
}

void append_flags_of_mailbox(std::string& out, const Flags& known, std::uint8_t permanent, bool permanent_keywords,
                             bool may_add) {
    Flags all = known;
    all.system = kAnswered | kFlagged | kDeleted | kSeen | kDraft;
    out += "* FLAGS ";
    append_flags(out, all);
    out += "\r\n* OK [PERMANENTFLAGS (";
    const bool read_only = permanent == 0 && !permanent_keywords;
    all.system = permanent;
    if (!permanent_keywords) all.keywords.clear();
    append_flag_names(out, all);
    if (permanent_keywords && may_add) out += " \\*";
    out += read_only ? ")] Read-only mailbox\r\n" : ")] Flags permitted\r\n";
}

std::string append_uid_code(std::uint32_t uid_validity, std::span<const std::uint32_t> uids) {
    return "[APPENDUID " + std::to_string(uid_validity) + " " + print_numbers(uids) + "]";
}

std::string copy_uid_code(std::uint32_t uid_validity, std::span<const std::uint32_t> source,
                          std::span<const std::uint32_t> destination) {
    return "[COPYUID " + std::to_string(uid_validity) + " " + print_numbers(source) + " " + print_numbers(destination) +
           "]";
}

}  // namespace posthouse::imap
