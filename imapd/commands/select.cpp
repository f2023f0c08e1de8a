// SELECT, EXAMINE (RFC 3501 §6.3.1, §6.3.2), CHECK, CLOSE (RFC 3501 §6.4.1, §6.4.2), UNSELECT (RFC 3691).
#include <memory>
#include <string>
#include <utility>

#include "imapd/changes.h"
#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

struct Opened {
    std::unique_ptr<Selected> selected;
    std::string responses;
};

/// Opens a mailbox and makes the responses of SELECT. Blocks.
Result<Opened> open(const storage::Account& account, const storage::MailboxName& name, storage::Access access) {
    Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(name);
    if (!mailbox) return fail(mailbox.error());
    Result<storage::View> view = storage::View::open(std::move(*mailbox), access);
    if (!view) return fail(view.error());
    Opened opened;
    opened.selected = std::make_unique<Selected>(name, std::move(*view));
    const storage::View& now = opened.selected->view;
    std::string& out = opened.responses;
    out = flags_of_mailbox(*opened.selected);
    imap::append_numbered(out, now.count(), "EXISTS");
    imap::append_numbered(out, now.recent(), "RECENT");
    if (const auto unseen = now.first_unseen()) {
        out += "* OK [UNSEEN " + std::to_string(unseen->value()) + "] First unseen\r\n";
    }
    out += "* OK [UIDVALIDITY " + std::to_string(now.mailbox().uid_validity().value()) + "] UIDs valid\r\n";
    out += "* OK [UIDNEXT " + std::to_string(now.uid_next().value()) + "] Predicted next UID\r\n";
    return opened;
}

net::Async<Reply> select_with(Session& session, const imap::Select& command, storage::Access access) {
    // Also a SELECT that fails leaves the mailbox that was selected before.
    session.unselect();
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    const storage::Account& account = session.account();
    Result<Opened> opened = co_await session.disk([&] { return open(account, *name, access); });
    if (!opened) co_return no(opened.error());
    session.select(std::move(opened->selected));
    co_await session.send(opened->responses);
    if (access == storage::Access::read_only) co_return ok("[READ-ONLY] EXAMINE completed");
    co_return ok("[READ-WRITE] SELECT completed");
}

}  // namespace

net::Async<Reply> select(Session& session, imap::Select command) {
    co_return co_await select_with(session, command, storage::Access::read_write);
}

net::Async<Reply> examine(Session& session, imap::Select command) {
    co_return co_await select_with(session, command, storage::Access::read_only);
}

net::Async<Reply> check(Session& /*session*/, imap::NoArguments /*command*/) { co_return ok("CHECK completed"); }

/// Removes the deleted messages of a mailbox that may be changed, and says nothing of it.
net::Async<Reply> close(Session& session, imap::NoArguments /*command*/) {
    storage::View& view = session.selected().view;
    Result<std::vector<storage::Uid>> removed;
    if (!view.read_only()) {
        removed = co_await session.disk([&] {
            const auto removal = session.quota().removal();
            return view.mailbox().expunge(storage::UidSet::all(), storage::ExpungeRule::deleted_only);
        });
        if (removed) log_expunged(session, *removed);
    }
    session.unselect();
    if (!removed && removed.error().code != ErrorCode::not_found) co_return no(removed.error());
    co_return ok("CLOSE completed");
}

net::Async<Reply> unselect(Session& session, imap::NoArguments /*command*/) {
    session.unselect();
    co_return ok("UNSELECT completed");
}

}  // namespace posthouse::imapd
