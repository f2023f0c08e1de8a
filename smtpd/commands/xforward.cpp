// XFORWARD (Postfix's XFORWARD_README): a filter or a gateway that is trusted by setting tells where the next message
// comes from. For logs, reports and the message's story: what the session may do stays as it is.
#include <algorithm>
#include <array>
#include <variant>

#include "lib/daemon/origin.h"
#include "lib/smtp/limits.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

// NAME, PROTO, IDENT, SOURCE are taken and not used: names are believed of nobody, and a message's id is our own.
constexpr std::array<std::string_view, 7> attributes{"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};

}  // namespace

std::string xforward_offer() {
    std::string offer = "XFORWARD";
    for (const std::string_view name : attributes) offer.append(" ").append(name);
    return offer;
}

net::Async<Answer> handle_xforward(Session& session, smtp::Command command) {
    const auto& told = std::get<smtp::Attributes>(command);
    if (!session.may_tell_origin) co_return smtp::Reply(550, "5.7.0", "XFORWARD is not permitted from your address");
    for (const auto& [name, value] : told.values)
        if (std::ranges::find(attributes, name) == attributes.end())
            co_return smtp::Reply(501, "5.5.4", "XFORWARD attribute " + name + " is not supported");
    Origin origin = session.told_origin.value_or(Origin());
    // Empty is unavailable: what is known stays.
    if (const auto address = told.find("ADDR"); address && !address->empty()) {
        const Result<net::Address> client = daemon::told_origin(*address, told.find("PORT").value_or(""));
        if (!client) co_return smtp::Reply(501, "5.5.4", "XFORWARD: " + client.error().text);
        origin.address = client->ip();
        origin.port = client->port();
        origin.ipv6 = client->family() == net::Address::Family::ipv6;
    }
    if (const auto helo = told.find("HELO"); helo && !helo->empty()) {
        if (helo->size() > smtp::max_domain) co_return smtp::Reply(501, "5.5.4", "XFORWARD: HELO is too long");
        origin.helo = *helo;
    }
    session.told_origin = std::move(origin);
    co_return smtp::Reply(250, "2.0.0", "Ok");
}

}  // namespace posthouse::smtpd
