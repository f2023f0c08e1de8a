// EHLO, HELO (RFC 5321 §4.1.1.1): who is there, and what is offered. Both end a transaction.
//   ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
#include <chrono>
#include <ctime>
#include <utility>
#include <variant>

#include "lib/sasl/offer.h"
#include "lib/smtp/date_time.h"
#include "lib/smtp/operational_limits.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

/// RFC 2034 §4: no enhanced status in the replies to EHLO and HELO.
std::optional<Refusal> invalid_name(const Session& session, const std::string& name) {
    if (!session.config->smtpd.reject_invalid_helo || session.submission() || session.in_mynetworks())
        return std::nullopt;
    if (name.starts_with('[') ? smtp::parse_address_literal(name).has_value() : smtp::is_domain(name))
        return std::nullopt;
    return Refusal({501, "", name + " is no host name: set the name of your server, as DNS has it"}, Rule::helo);
}

/// Why the client's name isn't taken, by DNS.
net::Async<std::optional<Refusal>> unknown_name(Session& session, const std::string& name) {
    using enum KnownDomains::Verdict;
    if (!session.config->smtpd.reject_unknown_helo_hostname || session.submission() || session.in_mynetworks())
        co_return std::nullopt;
    if (name.starts_with('[') && smtp::parse_address_literal(name)) co_return std::nullopt;
    KnownDomains::Verdict verdict = unknown;
    if (smtp::is_domain(name)) verdict = co_await session.parts.known_domains.look_up(name);
    if (verdict == known || verdict == null_mx) co_return std::nullopt;
    if (verdict == unsure)
        co_return Refusal({450, "", name + ": DNS doesn't say now whether that host exists, try again later"},
                          Rule::helo);
    co_return Refusal({550, "", name + " is no host that DNS knows: set the name of your server, as DNS has it"},
                      Rule::helo);
}

/// RFC 4865: how long a message may be held back, and until when.
std::string future_release(std::chrono::milliseconds limit) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
    return "FUTURERELEASE " + std::to_string(seconds) + " " + smtp::format_date_time(std::time(nullptr) + seconds);
}

std::vector<std::string> extensions(const Session& session) {
    const auto& settings = session.config->smtpd;
    const smtp::Offered offered = session.offered();
    std::vector<std::string> lines{"PIPELINING", "SIZE " + std::to_string(settings.message_size_limit)};
    if (session.starttls_possible()) lines.emplace_back("STARTTLS");
    const std::vector<std::string> mechanisms = session.mechanisms();
    if (session.auth_possible() && !mechanisms.empty()) lines.push_back("AUTH" + sasl::mechanism_list(mechanisms));
    for (const std::string_view line : {"ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING", "BINARYMIME"})
        lines.emplace_back(line);
    if (offered.requiretls) lines.emplace_back("REQUIRETLS");
    const auto recipients = static_cast<std::uint32_t>(settings.recipient_limit);
    lines.push_back(smtp::limits_keyword({.mail_max = {}, .rcpt_max = recipients, .rcpt_domain_max = {}}));
    if (offered.futurerelease) lines.push_back(future_release(settings.future_release_limit));
    if (offered.deliverby) lines.emplace_back("DELIVERBY");
    lines.emplace_back("MT-PRIORITY");
    if (session.may_tell_origin) {
        lines.push_back(xclient_offer());
        lines.push_back(xforward_offer());
    }
    lines.emplace_back("HELP");
    return lines;
}

}  // namespace

net::Async<Answer> handle_hello(Session& session, smtp::Command command) {
    auto& hello = std::get<smtp::Hello>(command);
    std::optional<Refusal> refused = invalid_name(session, hello.name);
    if (!refused) refused = co_await unknown_name(session, hello.name);
    if (refused) co_return *std::move(refused);
    session.transaction.reset();
    session.helo = std::move(hello.name);
    session.extended = hello.verb == smtp::Verb::ehlo;
    smtp::Reply reply(250, "", session.config->general.hostname);
    if (session.extended) {
        for (std::string& line : extensions(session)) reply.lines.push_back(std::move(line));
    }
    co_return reply;
}

}  // namespace posthouse::smtpd
