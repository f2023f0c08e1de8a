// Finding the messages of a search, in turns that leave the disk pool to others.
#pragma once

#include <optional>

#include "imapd/progress.h"
#include "imapd/search/search_run.h"
#include "imapd/session.h"

namespace posthouse::imapd {

/// imap::append_search or imap::append_sort.
using PlainResponse = void (*)(std::string& out, std::span<const std::uint32_t> numbers,
                               std::optional<std::uint64_t> modseq);

/// Why a search can't be run: it names messages by numbers that the client doesn't have (RFC 9586 §3.1).
std::optional<Reply> objection(const Session& session, const imap::SearchKey& key);
/// Runs a search to its end, and tells of its progress; an error is for a tagged NO.
net::Async<Result<>> find(Session& session, SearchRun& run, Progress& progress);
/// Answers a search: keeps "$", and sends what was found, as an ESEARCH response where that was asked for, else as
/// `plain` makes it. `found`: numbers, in the order of the results.
net::Async<> send_found(Session& session, const imap::SearchProgram& command, const SearchRun& run,
                        std::vector<std::uint32_t> found, PlainResponse plain);
/// Keeps "$", if the command asks for it; `found` as above.
void save_found(Session& session, const imap::SearchProgram& command, const std::vector<std::uint32_t>& found);
/// The ESEARCH response of a search in one of several mailboxes (RFC 7377 §2.1), with its name as it is sent.
std::string found_response(const Session& session, const imap::SearchProgram& command, const SearchRun& run,
                           const Selected& place, std::string_view mailbox);
/// A search that failed leaves nothing behind "$" (RFC 5182 §2.1).
Reply search_failed(Session& session, const imap::SearchProgram& command, const Error& error);

}  // namespace posthouse::imapd
