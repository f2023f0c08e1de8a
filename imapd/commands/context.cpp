// CANCELUPDATE (RFC 5267 §4.3.5).
#include <algorithm>

#include "imapd/commands/commands.h"
#include "imapd/session.h"

namespace posthouse::imapd {

/// All of them or none.
net::Async<Reply> cancel_update(Session& session, imap::CancelUpdate command) {
    std::vector<SearchContext>& contexts = session.selected().contexts;
    for (const std::string& tag : command.tags)
        if (std::ranges::find(contexts, tag, &SearchContext::tag) == contexts.end())
            co_return bad("No search with this tag is kept up to date");
    std::erase_if(contexts, [&](const SearchContext& context) {
        return std::ranges::find(command.tags, context.tag) != command.tags.end();
    });
    co_return ok("No further updates");
}

}  // namespace posthouse::imapd
