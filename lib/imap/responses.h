// Untagged responses and response codes, as bytes (RFC 3501 §7). All functions append; lines end in CRLF.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/commands.h"
#include "lib/imap/flags.h"
#include "lib/imap/search_command.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imap {

/// "* 23 EXISTS" and the like.
void append_numbered(std::string& out, std::uint32_t number, std::string_view what);

/// One mailbox of a LIST or LSUB response (RFC 3501 §7.2.2).
struct ListLine {
    std::string_view command = "LIST";         ///< or "LSUB"
    std::vector<std::string_view> attributes;  ///< "\HasChildren" …
    char separator = '/';                      ///< NUL: NIL
    std::string_view name;                     ///< as the client has names
    bool child_is_subscribed = false;          ///< adds ("CHILDINFO" ("SUBSCRIBED")) (RFC 5258 §4)
    std::string_view old_name{};               ///< adds ("OLDNAME" (…)) (RFC 9051 §6.3.9.6), unless it is empty
};
void append_list(std::string& out, const ListLine& line);

/// The figures of a STATUS response; only those asked for are printed.
struct StatusValues {
    std::uint32_t messages = 0;
    std::uint32_t recent = 0;
    std::uint32_t uid_next = 0;
    std::uint32_t uid_validity = 0;
    std::uint32_t unseen = 0;
    std::uint64_t highest_modseq = 0;
    std::uint64_t size = 0;
    std::uint32_t deleted = 0;
    std::uint64_t deleted_storage = 0;
    std::string_view mailbox_id{};
    std::uint64_t append_limit = 0;
};
void append_status(std::string& out, std::string_view mailbox, StatusItems items, const StatusValues& values);

/// The plain SEARCH response: all numbers, in order. `modseq`: of the messages found, if it was asked for and there are
/// some (RFC 7162 §3.1.6).
void append_search(std::string& out, std::span<const std::uint32_t> numbers,
                   std::optional<std::uint64_t> modseq = std::nullopt);
/// "* SORT 2 84 882" (RFC 5256 §4).
void append_sort(std::string& out, std::span<const std::uint32_t> numbers,
                 std::optional<std::uint64_t> modseq = std::nullopt);

/// What an ESEARCH response tells.
struct EsearchValues {
    std::uint8_t returns = 0;                ///< bits of SearchReturn
    std::span<const std::uint32_t> numbers;  ///< in the order of the results
    std::optional<std::uint64_t> modseq{};   ///< of the messages returned (RFC 7162 §3.1.10)
    std::optional<PartialRange> partial{};
    std::string_view mailbox{};  ///< not empty: which one it is, as the client has names (RFC 7377 §2.1)
    std::uint32_t uid_validity = 0;
};
/// The ESEARCH response (RFC 4731 §3.2; PARTIAL: RFC 9394 §3.1).
void append_esearch(std::string& out, std::string_view tag, bool by_uid, const EsearchValues& values);

/// Messages that came to a search's results, or went: from `position` on, which counts from 1 (0: the results have no
/// order), in the order of the results.
struct ResultChange {
    std::uint32_t position = 0;
    std::vector<std::uint32_t> numbers;
};
/// The ESEARCH response with REMOVEFROM and ADDTO (RFC 5267 §4.3.3, §4.3.4); the changes hold one after the other. Both
/// empty: nothing.
void append_result_changes(std::string& out, std::string_view tag, bool by_uid, std::span<const ResultChange> removed,
                           std::span<const ResultChange> added);

/// "* VANISHED 1:3,7", or with (EARLIER) (RFC 7162 §3.2.10). None: nothing.
void append_vanished(std::string& out, std::span<const NumberRange> uids, bool earlier);

/// "* OK [INPROGRESS ("A001" 454 1000)] …" (RFC 9585 §4), at most the goal; 0: not known. No tag: of no command.
void append_in_progress(std::string& out, std::string_view tag, std::uint64_t done, std::uint64_t goal);

/// "* FLAGS (…)" and "* OK [PERMANENTFLAGS (…)]" of SELECT, with the system flags and, if `permanent_keywords`, the
/// keywords that may be changed. `may_add`: \* is among the permanent flags.
void append_flags_of_mailbox(std::string& out, const Flags& known, std::uint8_t permanent, bool permanent_keywords,
                             bool may_add);

/// "[APPENDUID 38505 3955]", and a set for several (RFC 4315 §3).
std::string append_uid_code(std::uint32_t uid_validity, std::span<const std::uint32_t> uids);
/// "[COPYUID 38505 304,319:320 3956:3958]" (RFC 4315 §3). Source and destination correspond in order.
std::string copy_uid_code(std::uint32_t uid_validity, std::span<const std::uint32_t> source,
                          std::span<const std::uint32_t> destination);

}  // namespace posthouse::imap
