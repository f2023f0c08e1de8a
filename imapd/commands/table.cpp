// The table of IMAP commands.
#include "imapd/commands/table.h"

#include <array>

#include "imapd/commands/commands.h"
#include "imapd/limits.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

using storage::Expunges;

/// Parses a command's arguments as type C, and hands them to its handler.
template <typename C, net::Async<Reply> (*handler)(Session&, C)>
net::Async<Reply> parsed(Session& session, const imap::CommandHead& head) {
    Result<C> command = imap::parse_arguments<C>(head, limits_of(session.config()));
    if (!command) co_return refused(command.error());
    co_return co_await handler(session, std::move(*command));
}

constexpr std::uint8_t kAny = kNotAuthenticated | kAuthenticated | kSelected;
constexpr std::uint8_t kLoggedIn = kAuthenticated | kSelected;
constexpr Expunges kReveal = Expunges::reveal;
constexpr Expunges kHold = Expunges::hold;

using imap::NoArguments;

constexpr std::array kCommands{
    CommandRow{"APPEND", kLoggedIn, false, kReveal, parsed<imap::Append, append>, "RFC 3501 §6.3.11"},
    CommandRow{"AUTHENTICATE", kNotAuthenticated, true, kReveal, parsed<imap::Authenticate, authenticate>,
               "RFC 3501 §6.2.2"},
    CommandRow{"CANCELUPDATE", kSelected, false, kReveal, parsed<imap::CancelUpdate, cancel_update>, "RFC 5267 §4.3.5"},
    CommandRow{"CAPABILITY", kAny, false, kReveal, parsed<NoArguments, capability>, "RFC 3501 §6.1.1"},
    CommandRow{"CHECK", kSelected, false, kReveal, parsed<NoArguments, check>, "RFC 3501 §6.4.1"},
    CommandRow{"CLOSE", kSelected, false, kReveal, parsed<NoArguments, close>, "RFC 3501 §6.4.2"},
    CommandRow{"COMPRESS", kLoggedIn, false, kReveal, parsed<imap::Compress, compress>, "RFC 4978 §3"},
    CommandRow{"COPY", kSelected, false, kReveal, parsed<imap::Copy, copy>, "RFC 3501 §6.4.7", true},
    CommandRow{"CREATE", kLoggedIn, false, kReveal, parsed<imap::Create, create>, "RFC 3501 §6.3.3"},
    CommandRow{"DELETE", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, remove>, "RFC 3501 §6.3.4"},
    CommandRow{"DELETEACL", kLoggedIn, false, kReveal, parsed<imap::AclIdentifier, delete_acl>, "RFC 4314 §3.2"},
    CommandRow{"ENABLE", kLoggedIn, false, kReveal, parsed<imap::Enable, enable>, "RFC 5161 §3.1"},
    CommandRow{"ESEARCH", kLoggedIn, false, kReveal, parsed<imap::Esearch, esearch>, "RFC 7377 §2.1"},
    CommandRow{"EXAMINE", kLoggedIn, false, kReveal, parsed<imap::Select, examine>, "RFC 3501 §6.3.2"},
    CommandRow{"EXPUNGE", kSelected, false, kReveal, parsed<NoArguments, expunge>, "RFC 3501 §6.4.3"},
    CommandRow{"FETCH", kSelected, false, kHold, parsed<imap::Fetch, fetch>, "RFC 3501 §6.4.5", true},
    CommandRow{"GETACL", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, get_acl>, "RFC 4314 §3.3"},
    CommandRow{"GETMETADATA", kLoggedIn, false, kReveal, parsed<imap::GetMetadata, get_metadata>, "RFC 5464 §4.2"},
    CommandRow{"GETQUOTA", kLoggedIn, false, kReveal, parsed<imap::QuotaRoot, get_quota>, "RFC 9208 §4.1.1"},
    CommandRow{"GETQUOTAROOT", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, get_quota_root>,
               "RFC 9208 §4.1.2"},
    CommandRow{"ID", kAny, false, kReveal, parsed<imap::Id, id>, "RFC 2971 §3.1"},
    CommandRow{"IDLE", kLoggedIn, false, kReveal, parsed<NoArguments, idle>, "RFC 2177 §3"},
    CommandRow{"LIST", kLoggedIn, false, kReveal, parsed<imap::List, list>, "RFC 3501 §6.3.8"},
    CommandRow{"LISTRIGHTS", kLoggedIn, false, kReveal, parsed<imap::AclIdentifier, list_rights>, "RFC 4314 §3.4"},
    CommandRow{"LOGIN", kNotAuthenticated, true, kReveal, parsed<imap::Login, login>, "RFC 3501 §6.2.3"},
    CommandRow{"LOGOUT", kAny, false, kReveal, parsed<NoArguments, logout>, "RFC 3501 §6.1.3"},
    CommandRow{"LSUB", kLoggedIn, false, kReveal, parsed<imap::Lsub, lsub>, "RFC 3501 §6.3.9"},
    CommandRow{"MOVE", kSelected, false, kReveal, parsed<imap::Copy, move>, "RFC 6851 §3.1", true},
    CommandRow{"MYRIGHTS", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, my_rights>, "RFC 4314 §3.5"},
    CommandRow{"NAMESPACE", kLoggedIn, false, kReveal, parsed<NoArguments, list_namespaces>, "RFC 2342 §5"},
    CommandRow{"NOOP", kAny, false, kReveal, parsed<NoArguments, noop>, "RFC 3501 §6.1.2"},
    CommandRow{"NOTIFY", kLoggedIn, false, kReveal, parsed<imap::Notify, notify>, "RFC 5465 §3.1"},
    CommandRow{"RENAME", kLoggedIn, false, kReveal, parsed<imap::Rename, rename>, "RFC 3501 §6.3.5"},
    CommandRow{"REPLACE", kSelected, false, kReveal, parsed<imap::Replace, replace>, "RFC 8508 §3", true},
    CommandRow{"SEARCH", kSelected, false, kHold, parsed<imap::Search, search>, "RFC 3501 §6.4.4", true},
    CommandRow{"SELECT", kLoggedIn, false, kReveal, parsed<imap::Select, select>, "RFC 3501 §6.3.1"},
    CommandRow{"SETACL", kLoggedIn, false, kReveal, parsed<imap::SetAcl, set_acl>, "RFC 4314 §3.1"},
    CommandRow{"SETMETADATA", kLoggedIn, false, kReveal, parsed<imap::SetMetadata, set_metadata>, "RFC 5464 §4.3"},
    CommandRow{"SETQUOTA", kLoggedIn, false, kReveal, parsed<imap::SetQuota, set_quota>, "RFC 9208 §4.1.3"},
    CommandRow{"SORT", kSelected, false, kHold, parsed<imap::Sort, sort>, "RFC 5256 §3", true},
    CommandRow{"STARTTLS", kNotAuthenticated, false, kReveal, parsed<NoArguments, starttls>, "RFC 3501 §6.2.1"},
    CommandRow{"STATUS", kLoggedIn, false, kReveal, parsed<imap::Status, status>, "RFC 3501 §6.3.10"},
    CommandRow{"STORE", kSelected, false, kHold, parsed<imap::Store, store>, "RFC 3501 §6.4.6", true},
    CommandRow{"SUBSCRIBE", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, subscribe>, "RFC 3501 §6.3.6"},
    CommandRow{"THREAD", kSelected, false, kHold, parsed<imap::Thread, thread>, "RFC 5256 §3", true},
    CommandRow{"UID COPY", kSelected, false, kReveal, parsed<imap::Copy, copy>, "RFC 3501 §6.4.8"},
    CommandRow{"UID EXPUNGE", kSelected, false, kReveal, parsed<imap::UidExpunge, uid_expunge>, "RFC 4315 §2.1"},
    CommandRow{"UID FETCH", kSelected, false, kReveal, parsed<imap::Fetch, fetch>, "RFC 3501 §6.4.8"},
    CommandRow{"UID MOVE", kSelected, false, kReveal, parsed<imap::Copy, move>, "RFC 6851 §3.2"},
    CommandRow{"UID REPLACE", kSelected, false, kReveal, parsed<imap::Replace, replace>, "RFC 8508 §3"},
    CommandRow{"UID SEARCH", kSelected, false, kReveal, parsed<imap::Search, search>, "RFC 3501 §6.4.8"},
    CommandRow{"UID SORT", kSelected, false, kReveal, parsed<imap::Sort, sort>, "RFC 5256 §3"},
    CommandRow{"UID STORE", kSelected, false, kReveal, parsed<imap::Store, store>, "RFC 3501 §6.4.8"},
    CommandRow{"UID THREAD", kSelected, false, kReveal, parsed<imap::Thread, thread>, "RFC 5256 §3"},
    CommandRow{"UNAUTHENTICATE", kLoggedIn, false, kReveal, parsed<NoArguments, unauthenticate>, "RFC 8437 §2"},
    CommandRow{"UNSELECT", kSelected, false, kReveal, parsed<NoArguments, unselect>, "RFC 3691 §2"},
    CommandRow{"UNSUBSCRIBE", kLoggedIn, false, kReveal, parsed<imap::MailboxArgument, unsubscribe>, "RFC 3501 §6.3.7"},
};

}  // namespace

const CommandRow* find_command(std::string_view verb) {
    for (const CommandRow& row : kCommands) {
        if (row.verb == verb) return &row;
    }
    return nullptr;
}

}  // namespace posthouse::imapd
