// Telling the client what changes in the results of its searches (RFC 5267 §4.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imapd/reply.h"
#include "imapd/selected.h"
#include "lib/imap/search_command.h"
#include "lib/net/async.h"
#include "storage/view.h"

namespace posthouse::imapd {

class Session;

/// Why a search with UPDATE can't be run: another that is kept up to date has its tag.
std::optional<Reply> context_objection(const Session& session, const imap::SearchProgram& command);
/// Keeps a search up to date from now on, if its command asks for it; says NOUPDATE when there are too many, or too
/// long ones (RFC 5267 §4.3.1). `found`: numbers, in the order of the results.
net::Async<> keep_up_to_date(Session& session, const imap::SearchProgram& command,
                             std::vector<imap::SortCriterion> criteria, const std::vector<std::uint32_t>& found);

/// Messages have no numbers from now on (RFC 9586 §3): searches whose results, or keys, are numbers are kept up to date
/// no longer, and NOUPDATE tells it.
net::Async<> drop_contexts_by_number(Session& session);

/// NOUPDATE: the search that runs isn't kept up to date (RFC 5267 §4.3.1).
net::Async<> refuse_update(Session& session, std::string_view why);

/// What goes out of all results with these messages: to be sent before their EXPUNGE, while their numbers hold.
std::string removals_of(Selected& selected, const std::vector<storage::Expunged>& expunged);
/// Looks at messages that are new or have other flags (ascending), and sends what that changes in the results.
/// `something`: anything has changed, be it that messages went.
net::Async<> send_context_updates(Session& session, const std::vector<storage::Uid>& touched, bool something);

}  // namespace posthouse::imapd
