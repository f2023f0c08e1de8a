// What an SMTP or LMTP client says and learns.
#include "lib/smtp/client.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

/// The arguments of a capability in upper case, at most 32 of them.
std::vector<std::string> upper_words(const std::vector<std::string_view>& words) {
    std::vector<std::string> out;
    for (std::size_t i = 1; i < words.size() && out.size() < 32; ++i) {
        if (!words[i].empty()) out.push_back(ascii::upper(words[i]));
    }
    return out;
}

}  // namespace

bool Capabilities::accepts_xforward(std::string_view attribute) const {
    return std::ranges::find(xforward, attribute) != xforward.end();
}

Capabilities parse_capabilities(const Reply& reply) {
    Capabilities out;
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const auto words = ascii::split(reply.lines[i], ' ');
        const std::string key = ascii::upper(words.front());
        if (key == "PIPELINING") out.pipelining = true;
        if (key == "8BITMIME") out.eightbitmime = true;
        if (key == "ENHANCEDSTATUSCODES") out.enhanced_status = true;
        if (key == "SMTPUTF8") out.smtputf8 = true;
        if (key == "STARTTLS") out.starttls = true;
        if (key == "DSN") out.dsn = true;
        if (key == "SIZE") out.size = words.size() > 1 ? ascii::parse_number(words[1]).value_or(0) : 0;
        if (key == "AUTH") out.auth = upper_words(words);
        if (key == "XFORWARD") out.xforward = upper_words(words);
    }
    return out;
}

std::string mail_command(const ReversePath& sender, const MailParameters& parameters,
                         const Capabilities& capabilities) {
    std::string out = "MAIL FROM:" + to_path(sender);
    if (parameters.size && capabilities.size) out += " SIZE=" + std::to_string(*parameters.size);
    if (parameters.body && capabilities.eightbitmime) {
        out += *parameters.body == Body::eight_bit_mime ? " BODY=8BITMIME" : " BODY=7BIT";
    }
    if (parameters.smtputf8 && capabilities.smtputf8) out += " SMTPUTF8";
    if (parameters.auth && !capabilities.auth.empty()) out += " AUTH=" + encode_xtext(*parameters.auth);
    if (parameters.ret && capabilities.dsn) out += *parameters.ret == DsnReturn::full ? " RET=FULL" : " RET=HDRS";
    if (parameters.envelope_id && capabilities.dsn) out += " ENVID=" + encode_xtext(*parameters.envelope_id);
    return out + "\r\n";
}

std::string rcpt_command(const Mailbox& recipient) { return "RCPT TO:" + recipient.to_path() + "\r\n"; }

std::pair<std::string, int> xforward_commands(const std::vector<std::pair<std::string, std::string>>& attributes,
                                              const Capabilities& capabilities) {
    std::string out;
    std::string line;
    int lines = 0;
    const auto flush = [&] {
        if (line.empty()) return;
        out.append("XFORWARD").append(line).append("\r\n");
        line.clear();
        ++lines;
    };
    for (const auto& [name, value] : attributes) {
        if (!capabilities.accepts_xforward(name)) continue;
        // 150 bytes of a value keep the line below its bound even if each of them is escaped.
        const std::string encoded =
            value.empty() ? "[UNAVAILABLE]" : encode_xtext(std::string_view(value).substr(0, 150));
        if (line.size() + name.size() + encoded.size() + 12 > max_command_line) flush();
        line.append(" ").append(name).append("=").append(encoded);
    }
    flush();
    return {std::move(out), lines};
}

}  // namespace posthouse::smtp
