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

Capabilities everything() {
    Capabilities all;
    all.eightbitmime = all.smtputf8 = all.dsn = all.chunking = all.binarymime = all.requiretls = all.mt_priority = true;
    all.size = 0;
    all.auth.emplace_back("PLAIN");
    all.deliver_by = 0;
    all.future_release.emplace();
    return all;
}

/// What a client would send for a parsed command parses to the same.
template <typename T>
void check_line(const T& command, Verb verb, std::string line, const ParseOptions& options) {
    line.resize(line.size() - 2);
    if (line.size() + 2 > max_line(verb)) return;
    const auto again = parse_command(line, options);
    require(again.has_value() && std::get<T>(*again) == command);
}

void check_command(const Command& command, const ParseOptions& options) {
    if (const auto* mail = std::get_if<Mail>(&command)) {
        check_line(*mail, Verb::mail, mail_command(mail->sender, mail->parameters, everything()), options);
    } else if (const auto* rcpt = std::get_if<Rcpt>(&command)) {
        // An address that grew by quoting, or ORCPT by escapes, may be longer than what is read.
        if (rcpt->recipient.domain.empty() || rcpt->recipient.to_path().size() > max_local_part) return;
        if (rcpt->parameters.original_type.size() + 10 * rcpt->parameters.original_recipient.size() > 500) return;
        check_line(*rcpt, Verb::rcpt, rcpt_command(rcpt->recipient, rcpt->parameters, everything()), options);
    } else if (const auto* bdat = std::get_if<Bdat>(&command)) {
        check_line(*bdat, Verb::bdat, bdat_command(bdat->size, bdat->last), options);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    for (const bool all : {false, true}) {
        const ParseOptions options{.offered = all ? everything().offered() : Offered(),
                                   .utf8_transaction = all,
                                   .sender_domain = all ? Domain::optional : Domain::required};
        const auto command = parse_command(line, options);
        if (!command) {
            check_reply(command.error());
            continue;
        }
        if (all) check_command(*command, options);
        if (const auto* attributes = std::get_if<Attributes>(&*command)) {
            require(!attributes->values.empty() && attributes->values.size() <= 16);
        }
    }
    return 0;
}
