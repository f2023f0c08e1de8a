// Finding the messages of a search, in turns that leave the disk pool to others.
#pragma once

#include <optional>

#include "imapd/search/search_run.h"
#include "imapd/session.h"

namespace posthouse::imapd {

/// Why a search can't be run: it names messages by numbers that the client doesn't have (RFC 9586 §3.1).
std::optional<Reply> objection(const Session& session, const imap::SearchKey& key);
/// Runs a search to its end; an error is for a tagged NO.
net::Async<Result<>> find(Session& session, SearchRun& run);
/// Remembers as "$" those of the found messages that the result options name (RFC 5182 §2.1, RFC 9394 §3.1). `found`
/// are UIDs, in the order of the results.
void save_result(Selected& selected, const imap::SearchProgram& command, std::span<const std::uint32_t> found);

}  // namespace posthouse::imapd
