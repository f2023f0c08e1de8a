// The commands of smtpd as a table.
#include "smtpd/commands/table.h"

#include <algorithm>
#include <array>

#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

constexpr unsigned connected = static_cast<unsigned>(Phase::connected);
constexpr unsigned ready = static_cast<unsigned>(Phase::ready);
constexpr unsigned sender = static_cast<unsigned>(Phase::sender);
constexpr unsigned recipients = static_cast<unsigned>(Phase::recipients);
constexpr unsigned chunks = static_cast<unsigned>(Phase::chunks);
constexpr unsigned any = connected | ready | sender | recipients | chunks;

using enum smtp::Verb;

constexpr std::array<Row, 16> rows{{
    {ehlo, any, Needs::nothing, Known::everywhere, handle_hello, "RFC 5321 §4.1.1.1"},
    {helo, any, Needs::nothing, Known::everywhere, handle_hello, "RFC 5321 §4.1.1.1"},
    {mail, ready, Needs::login, Known::everywhere, handle_mail, "RFC 5321 §4.1.1.2"},
    {rcpt, sender | recipients, Needs::login, Known::everywhere, handle_rcpt, "RFC 5321 §4.1.1.3"},
    {data, recipients, Needs::login, Known::everywhere, handle_data, "RFC 5321 §4.1.1.4"},
    {bdat, recipients | chunks, Needs::login, Known::everywhere, nullptr, "RFC 3030 §2"},
    {rset, any, Needs::nothing, Known::everywhere, handle_rset, "RFC 5321 §4.1.1.5"},
    {vrfy, any, Needs::login, Known::everywhere, handle_vrfy, "RFC 5321 §4.1.1.6"},
    {expn, any, Needs::login, Known::everywhere, handle_expn, "RFC 5321 §4.1.1.7"},
    {help, any, Needs::nothing, Known::everywhere, handle_help, "RFC 5321 §4.1.1.8"},
    {noop, any, Needs::nothing, Known::everywhere, handle_noop, "RFC 5321 §4.1.1.9"},
    {quit, any, Needs::nothing, Known::everywhere, handle_quit, "RFC 5321 §4.1.1.10"},
    {starttls, connected | ready, Needs::nothing, Known::everywhere, handle_starttls, "RFC 3207 §4"},
    {auth, ready, Needs::nothing, Known::on_submission, handle_auth, "RFC 4954 §4"},
    {xclient, connected | ready, Needs::nothing, Known::everywhere, handle_xclient, "Postfix XCLIENT_README"},
    {xforward, ready, Needs::nothing, Known::everywhere, handle_xforward, "Postfix XFORWARD_README"},
}};

}  // namespace

std::span<const Row> table() { return rows; }

const Row* find_row(smtp::Verb verb, Service service) {
    const auto row = std::ranges::find(rows, verb, &Row::verb);
    if (row == rows.end() || (row->known == Known::on_submission && service == Service::smtp)) return nullptr;
    return row;
}

}  // namespace posthouse::smtpd
