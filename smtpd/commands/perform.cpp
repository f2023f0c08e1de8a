// perform: one command line, from the table to its reply.
#include "smtpd/commands/perform.h"

#include <optional>
#include <utility>
#include <variant>

#include "lib/base/secret.h"
#include "lib/smtp/limits.h"
#include "smtpd/commands/handlers.h"
#include "smtpd/commands/table.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {
namespace {

/// What is wrong with the order of commands (RFC 5321 §4.1.4).
smtp::Reply out_of_order(const Session& session, smtp::Verb verb) {
    const std::string name(to_string(verb));
    switch (session.phase()) {
        case Phase::connected: return {503, "5.5.1", "Send EHLO or HELO first"};
        case Phase::ready: return {503, "5.5.1", name + ": send MAIL first"};
        case Phase::sender:
        case Phase::recipients:
        case Phase::chunks: break;
    }
    if (verb == smtp::Verb::mail) return {503, "5.5.1", "A transaction has begun already"};
    // RFC 3030 §2: the chunks are one message, to be ended or given up.
    if (session.phase() == Phase::chunks) return {503, "5.5.1", name + " can't follow BDAT, send BDAT LAST or RSET"};
    if (verb == smtp::Verb::data) return {503, "5.5.1", "DATA: there is no valid recipient"};
    if (verb == smtp::Verb::bdat) return {554, "5.5.1", "BDAT: there is no valid recipient"};
    return {503, "5.5.1", name + " is not permitted within a transaction"};
}

/// Why the command can't be performed now, before its arguments are looked at.
std::optional<smtp::Reply> refusal(const Session& session, const Row* row, const smtp::CommandLine& parts,
                                   std::size_t line_size) {
    if (!parts.verb) return smtp::Reply(500, "5.5.1", "Command not recognized");
    if (row == nullptr) return smtp::Reply(502, "5.5.1", std::string(to_string(*parts.verb)) + " is not offered here");
    const std::size_t limit = smtp::max_line(*parts.verb) - smtp::max_command_line +
                              static_cast<std::size_t>(session.config->smtpd.command_line_limit);
    if (line_size + 2 > limit) return smtp::Reply(500, "5.5.2", "Line too long");
    if (row->needs == Needs::login && session.submission() && session.user.empty()) {
        if (!session.tls()) return smtp::Reply(530, "5.7.0", "Must issue a STARTTLS command first");
        return smtp::Reply(530, "5.7.0", "Authentication required");
    }
    if ((row->phases & static_cast<unsigned>(session.phase())) == 0) return out_of_order(session, *parts.verb);
    return std::nullopt;
}

/// What follows the line is content, also where the command is refused; where its size can't be read, nobody knows
/// where the next command begins.
net::Async<Answer> answer_bdat(Session& session, const smtp::CommandLine& parts, std::optional<smtp::Reply> refused) {
    smtp::Parsed<smtp::Command> command = smtp::parse_arguments(smtp::Verb::bdat, parts.arguments);
    if (!command) {
        session.ending = true;
        co_return command.error();
    }
    Answer answer = co_await perform_bdat(session, std::get<smtp::Bdat>(*command), std::move(refused));
    co_return answer;
}

net::Async<Answer> answer(Session& session, const Row* row, std::string_view line) {
    const smtp::CommandLine parts = smtp::split_command(line);
    if (parts.verb == smtp::Verb::bdat) {
        Answer told = co_await answer_bdat(session, parts, refusal(session, row, parts, line.size()));
        co_return told;
    }
    if (auto refused = refusal(session, row, parts, line.size())) co_return *std::move(refused);
    const smtp::ParseOptions options{
        .offered = session.offered(),
        .utf8_transaction = session.transaction && session.transaction->parameters.smtputf8};
    smtp::Parsed<smtp::Command> command = smtp::parse_arguments(row->verb, parts.arguments, options);
    if (!command) co_return command.error();
    Answer told = co_await row->handler(session, *std::move(command));
    co_return told;
}

}  // namespace

net::Async<smtp::Reply> perform(Session& session, std::string line) {
    const auto verb = smtp::split_command(line).verb;
    const Row* row = verb ? find_row(*verb, session.service) : nullptr;
    const std::string_view name = row != nullptr ? to_string(row->verb) : "other";
    Answer told = co_await answer(session, row, line);
    if (told.reply.code >= 400 && !told.reported) report_refusal(session, name, line, told);
    wipe(line);  // AUTH carries a password
    session.parts.counters.command(name, told.reply);
    if (told.reply.permanent()) ++session.errors;
    co_return std::move(told.reply);
}

}  // namespace posthouse::smtpd
