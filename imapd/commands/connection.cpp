// CAPABILITY, NOOP, LOGOUT, STARTTLS (RFC 3501 §6.1, §6.2.1), ID (RFC 2971), ENABLE (RFC 5161), COMPRESS (RFC
// 4978).
#include <string>
#include <string_view>
#include <utility>

#include "imapd/capabilities.h"
#include "imapd/commands/commands.h"
#include "imapd/search/context_updates.h"
#include "imapd/session.h"
#include "lib/base/ascii.h"
#include "lib/daemon/origin.h"

namespace posthouse::imapd {
namespace {

/// Of what a client says about itself, the bytes that are logged.
constexpr std::size_t kMaxLoggedId = 300;

/// The value of a field, whose name is compared without case (RFC 2971 §3.3); empty when it isn't there.
std::string_view field_of(const imap::Id& id, std::string_view name) {
    for (const auto& [field, value] : id.fields)
        if (value && ascii::iequals(field, name)) return *value;
    return {};
}

/// A webmail or a proxy tells whose client it acts for, in the fields that Dovecot's proxy uses.
void take_origin(Session& session, const imap::Id& id) {
    const std::string_view address = field_of(id, "x-originating-ip");
    if (address.empty() || session.state() != kNotAuthenticated || !session.may_tell_origin()) return;
    const net::Address peer = session.connection().peer;
    Result<net::Address> origin = daemon::told_origin(address, field_of(id, "x-originating-port"));
    if (!origin) {
        session.log().warning("the client acted for has no address that makes sense",
                              {{"told", address}, {"told_by", peer.ip()}});
        return;
    }
    session.log().info("acts for a client", {{"address", origin->ip()}, {"told_by", peer.ip()}});
    session.set_origin(std::move(*origin));
}

}  // namespace

net::Async<Reply> capability(Session& session, imap::NoArguments /*command*/) {
    const std::string line = "* CAPABILITY " + capabilities(session) + "\r\n";
    co_await session.send(line);
    co_return ok("CAPABILITY completed");
}

/// What changed is told after every command.
net::Async<Reply> noop(Session& session, imap::NoArguments /*command*/) {
    if (session.state() == kSelected) session.selected().open_message.reset();
    co_return ok("NOOP completed");
}

net::Async<Reply> logout(Session& session, imap::NoArguments /*command*/) {
    co_await session.send("* BYE Logging out\r\n");
    co_return ok("LOGOUT completed", Reply::Then::log_out);
}

net::Async<Reply> starttls(Session& session, imap::NoArguments /*command*/) {
    if (session.stream().tls()) co_return bad("TLS is active already");
    if (!session.may_start_tls()) co_return no("[UNAVAILABLE] TLS is not available");
    co_return ok("Begin TLS negotiation now", Reply::Then::start_tls);
}

net::Async<Reply> id(Session& session, imap::Id command) {
    take_origin(session, command);
    std::string client;
    for (const auto& [field, value] : command.fields) {
        if (!value) continue;
        if (!client.empty()) client += ", ";
        client += field + "=" + *value;
    }
    if (client.size() > kMaxLoggedId) client.resize(kMaxLoggedId);
    if (!client.empty()) session.log().info("client", {{"id", client}});
    co_await session.send("* ID (\"name\" \"Posthouse\")\r\n");
    co_return ok("ID completed");
}

net::Async<Reply> compress(Session& session, imap::Compress command) {
    if (command.mechanism != "DEFLATE") co_return bad("Unknown compression");
    if (session.stream().compressed()) co_return no("[COMPRESSIONACTIVE] Compression is active already");
    co_return ok("Compression active", Reply::Then::start_compression);
}

/// Unknown ones are passed over (RFC 5161 §3.1).
net::Async<Reply> enable(Session& session, imap::Enable command) {
    std::string line = "* ENABLED";
    for (const std::string& capability : command.capabilities) {
        std::string_view name = capability;
        if (capability == "CONDSTORE")
            co_await session.enable_condstore();
        else if (capability == "QRESYNC")
            co_await session.enable_qresync();
        else if (capability == "METADATA")
            session.enable_metadata();
        else if (capability == "UIDONLY") {
            session.enable_uid_only();
            co_await drop_contexts_by_number(session);
        } else if (capability == "UTF8=ACCEPT")
            session.enable_utf8_accept();
        else if (capability == "IMAP4REV2") {
            session.enable_rev2();
            name = "IMAP4rev2";
        } else
            continue;
        line += ' ';
        line += name;
    }
    line += "\r\n";
    co_await session.send(line);
    co_return ok("ENABLE completed");
}

}  // namespace posthouse::imapd
