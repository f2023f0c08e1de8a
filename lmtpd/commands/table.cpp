// perform(): one way for every command from line to answer, driven by the rows of a table.
#include "lmtpd/commands/table.h"

#include <array>
#include <utility>
#include <variant>

#include "lib/smtp/command.h"
#include "lmtpd/commands/commands.h"
#include "lmtpd/telling.h"

namespace posthouse::lmtpd {
namespace {

using smtp::Reply;
using smtp::Verb;

/// What must have come before a command.
enum class After { connect, lhlo, mail };

struct Row {
    Verb verb;
    After after;
    bool between_transactions;                           ///< not allowed within one
    net::Async<Answer> (*run)(Session&, smtp::Command);  ///< null: BDAT
};

constexpr std::array rows{
    Row{Verb::lhlo, After::connect, false, lhlo},  // RFC 2033 §4.1
    Row{Verb::mail, After::lhlo, true, mail},      // RFC 5321 §4.1.1.2
    Row{Verb::rcpt, After::mail, false, rcpt},     // RFC 5321 §4.1.1.3
    Row{Verb::data, After::mail, false, data},     // RFC 2033 §4.2
    Row{Verb::bdat, After::mail, false, nullptr},  // RFC 3030 §2
    Row{Verb::rset, After::connect, false, rset},  // RFC 5321 §4.1.1.5
    Row{Verb::noop, After::connect, false, noop},  // RFC 5321 §4.1.1.9
    Row{Verb::vrfy, After::connect, false, vrfy},  // RFC 5321 §4.1.1.6
    Row{Verb::quit, After::connect, false, quit},  // RFC 5321 §4.1.1.10
    Row{Verb::xforward, After::lhlo, true, xforward},
};

const Row* find_row(Verb verb) {
    for (const Row& row : rows)
        if (row.verb == verb) return &row;
    return nullptr;
}

/// The command comes out of order (RFC 5321 §4.1.4).
std::optional<Reply> out_of_order(const Row& row, const Session& session) {
    if (row.after != After::connect && session.client_name.empty()) return Reply(503, "5.5.1", "LHLO comes first");
    if (row.after == After::mail && !session.transaction) return Reply(503, "5.5.1", "MAIL comes first");
    if (row.between_transactions && session.transaction) return Reply(503, "5.5.1", "A transaction is under way");
    const bool envelope_is_closed = session.transaction && session.transaction->chunks;
    if (envelope_is_closed && (row.verb == Verb::rcpt || row.verb == Verb::data))
        return Reply(503, "5.5.1", "BDAT has begun: only BDAT and RSET can follow");
    return std::nullopt;
}

/// BDAT has octets behind it, whatever it is answered; where nobody knows how many, the session ends.
net::Async<Answer> perform_bdat(Session& session, const Row& row, std::string_view arguments) {
    const smtp::Parsed<smtp::Command> command = smtp::parse_arguments(Verb::bdat, arguments);
    if (!command) {
        session.count_error();
        session.end("BDAT without a size");
        co_return command.error();
    }
    std::optional<Reply> refusal = out_of_order(row, session);
    if (refusal) session.count_error();
    Answer answer = co_await bdat(session, std::get<smtp::Bdat>(*command), std::move(refusal));
    co_return answer;
}

}  // namespace

net::Async<Answer> perform(Session& session, std::string_view line) {
    const smtp::CommandLine parts = smtp::split_command(line);
    const Row* row = parts.verb ? find_row(*parts.verb) : nullptr;
    if (row == nullptr) {
        session.count_error();
        // RFC 2033 §4.1: HELO and EHLO must not succeed.
        if (parts.verb && (*parts.verb == Verb::helo || *parts.verb == Verb::ehlo))
            co_return Reply(500, "5.5.1", "This is LMTP: use LHLO");
        co_return Reply(parts.verb ? 502 : 500, "5.5.1", "Command is not offered");
    }
    if (row->verb == Verb::bdat) {
        Answer answer = co_await perform_bdat(session, *row, parts.arguments);
        co_return answer;
    }
    if (std::optional<Reply> refusal = out_of_order(*row, session)) {
        session.count_error();
        co_return refusal;
    }
    smtp::ParseOptions options{.offered = {.size = true, .eightbitmime = true, .smtputf8 = true},
                               .sender_domain = smtp::Domain::optional};
    options.utf8_transaction = session.transaction && session.transaction->utf8;
    smtp::Parsed<smtp::Command> command = smtp::parse_arguments(row->verb, parts.arguments, options);
    if (!command) {
        session.count_error();
        co_return std::move(command.error());
    }
    const auto* const rcpt = std::get_if<smtp::Rcpt>(&*command);
    const std::string recipient = rcpt == nullptr ? std::string() : rcpt->recipient.to_string();
    Answer answer = co_await row->run(session, std::move(*command));
    if (!recipient.empty() && answer && answer->code >= 400) tell_refused(session, "RCPT", recipient, *answer);
    co_return answer;
}

}  // namespace posthouse::lmtpd
