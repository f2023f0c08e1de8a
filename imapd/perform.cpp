// One command, from its bytes to its reply.
#include "imapd/perform.h"

#include <optional>
#include <string>

#include "imapd/changes.h"
#include "imapd/commands/table.h"
#include "imapd/failure_log.h"
#include "imapd/metadata_watch.h"
#include "imapd/session.h"
#include "lib/net/own_frame.h"

namespace posthouse::imapd {
namespace {

void count(const Session& session, std::string_view verb, const Reply& reply) {
    const char* result = "ok";
    if (reply.kind == Reply::Kind::no) result = "no";
    if (reply.kind == Reply::Kind::bad) result = "bad";
    session.services()
        .metrics
        .counter("posthouse_imap_commands_total", "IMAP commands", {{"command", std::string(verb)}, {"result", result}})
        .add();
}

std::string_view wrong_state(State state, std::uint8_t allowed) {
    if (state == kNotAuthenticated) return "Log in first";
    if ((allowed & kNotAuthenticated) != 0) return "Already logged in";
    return "Select a mailbox first";
}

/// What is wrong with giving this command now; nothing: it may be performed.
std::optional<Reply> objection(const Session& session, const CommandRow& row) {
    const State state = session.state();
    if ((row.states & state) == 0) return bad(std::string(wrong_state(state, row.states)));
    if (row.sends_password && !session.may_send_password())
        return no("[PRIVACYREQUIRED] Passwords are not taken without TLS");
    if (row.by_number && session.enabled().uid_only) return bad("[UIDREQUIRED] Messages have no numbers with UIDONLY");
    return std::nullopt;
}

/// Tells what the command has changed, and what others have.
POSTHOUSE_OWN_FRAME net::Async<> tell_changes(Session& session, const CommandRow& row, Reply& reply) {
    if (session.state() == kSelected) {
        co_await session.send_changes(row.expunges);
        const bool tells_modseq = reply.tells_modseq && session.enabled().qresync;
        // A reply has one response code.
        if (tells_modseq && reply.text.starts_with('[')) {
            const std::string line = highest_modseq_of(session.selected());
            co_await session.send(line);
        } else if (tells_modseq)
            reply.text = highest_modseq_code(session.selected().view.highest_modseq()) + reply.text;
    }
    co_await send_metadata_changes(session);
}

net::Async<Reply> run(Session& session, const CommandRow& row, const imap::CommandHead& head) {
    if (std::optional<Reply> objected = objection(session, row)) co_return *std::move(objected);
    co_await session.look_at_rights();
    if (session.ended()) co_return Reply{};
    Reply reply = co_await row.run(session, head);
    if (!session.ended() && reply.then == Reply::Then::go_on) co_await tell_changes(session, row, reply);
    co_return reply;
}

Reply unknown(const Session& session) {
    Reply reply = bad("Unknown command");
    count(session, "unknown", reply);
    return reply;
}

/// Counts the command and logs it.
POSTHOUSE_OWN_FRAME net::Async<> note(Session& session, const CommandRow& row, const Reply& reply) {
    if (reply.error) co_await log_failure(session, row.verb, *reply.error);
    count(session, row.verb, reply);
    session.log().debug("command", {{"verb", row.verb}, {"reply", reply.text}});
}

}  // namespace

net::Async<Reply> perform(Session& session, std::string_view command) {
    const Result<imap::CommandHead> head = imap::read_head(command);
    if (!head) co_return bad(head.error().text);
    const CommandRow* row = find_command(head->verb);
    if (row == nullptr) co_return unknown(session);
    session.set_named(std::nullopt);
    Reply reply = co_await run(session, *row, *head);
    co_await note(session, *row, reply);
    co_return reply;
}

}  // namespace posthouse::imapd
