// XCLIENT (Postfix's XCLIENT_README): a webmail, a proxy or a filter that is trusted by setting tells whose client it
// acts for. The session is as after the greeting then, for that client.
//   xclient = "XCLIENT" 1*( SP attribute-name "=" xtext )
#include <algorithm>
#include <array>
#include <variant>

#include "lib/daemon/origin.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

// NAME, PROTO and HELO are taken and not used: names are believed of nobody. LOGIN is not: nobody logs others in.
constexpr std::array<std::string_view, 7> attributes{"NAME", "ADDR", "PORT", "PROTO", "HELO", "DESTADDR", "DESTPORT"};

}  // namespace

std::string xclient_offer() {
    std::string offer = "XCLIENT";
    for (const std::string_view name : attributes) {
        offer += ' ';
        offer += name;
    }
    return offer;
}

net::Async<Answer> handle_xclient(Session& session, smtp::Command command) {
    const auto& told = std::get<smtp::Attributes>(command);
    if (!session.may_tell_origin) co_return smtp::Reply(550, "5.7.0", "XCLIENT is not permitted from your address");
    for (const auto& [name, value] : told.values)
        if (std::ranges::find(attributes, name) == attributes.end())
            co_return smtp::Reply(501, "5.5.4", "XCLIENT attribute " + name + " is not supported");
    net::Address& peer = session.connection.peer;
    // Empty is unavailable: the client is unknown, and what is known stays.
    if (const auto address = told.find("ADDR"); address && !address->empty()) {
        const Result<net::Address> origin = daemon::told_origin(*address, told.find("PORT").value_or(""));
        if (!origin) co_return smtp::Reply(501, "5.5.4", "XCLIENT: " + origin.error().text);
        session.connection.log.info("acts for a client", {{"address", origin->ip()}, {"told_by", peer.ip()}});
        peer = *origin;
    }
    if (const auto address = told.find("DESTADDR"); address && !address->empty()) {
        const Result<net::Address> local = daemon::told_origin(*address, told.find("DESTPORT").value_or(""));
        if (!local) co_return smtp::Reply(501, "5.5.4", "XCLIENT: " + local.error().text);
        session.connection.local = *local;
    }
    session.transaction.reset();
    session.told_origin.reset();
    session.user.clear();
    session.extended = false;
    session.helo.clear();
    co_return greeting(session);
}

}  // namespace posthouse::smtpd
