// Command lines: any bytes give a command within its bounds, or a reply that can be sent.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/base/ascii.h"
#include "lib/smtp/client.h"
#include "lib/smtp/command.h"
#include "lib/smtp/limits.h"

using namespace posthouse::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

/// A reply is one or more whole lines of one code, each within its bound.
void check_reply(const Reply& reply) {
    require(reply.code >= 500 && reply.code < 600 && reply.status.starts_with("5."));
    std::string wire = reply.to_wire();
    require(wire.ends_with("\r\n"));
    wire.resize(wire.size() - 2);
    for (auto line : posthouse::ascii::split(wire, '\n')) require(line.size() <= max_reply_line);
}

/// What a client would send for a parsed MAIL parses to the same MAIL.
void check_mail(const Mail& mail, const ParseOptions& options) {
    Capabilities all;
    all.eightbitmime = all.smtputf8 = all.dsn = true;
    all.size = 0;
    all.auth.emplace_back("PLAIN");
    std::string line = mail_command(mail.sender, mail.parameters, all);
    line.resize(line.size() - 2);
    if (line.size() + 2 > max_line(Verb::mail)) return;
    const auto again = parse_command(line, options);
    require(again.has_value() && std::get<Mail>(*again) == mail);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    for (const bool all : {false, true}) {
        const ParseOptions options{.offered = {all, all, all, all, all}, .utf8_transaction = all};
        const auto command = parse_command(line, options);
        if (!command) {
            check_reply(command.error());
        } else if (const auto* mail = std::get_if<Mail>(&*command); mail != nullptr && all) {
            check_mail(*mail, options);
        } else if (const auto* attributes = std::get_if<Attributes>(&*command)) {
            require(!attributes->values.empty() && attributes->values.size() <= 16);
        }
    }
    return 0;
}
