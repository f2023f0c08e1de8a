// Writer of POP3 replies: status, response code, text; challenges; the CAPA list.
#include "lib/pop3/reply.h"

#include "lib/base/ascii.h"
#include "lib/base/base64.h"

namespace posthouse::pop3 {
namespace {

std::string_view name(ResponseCode code) {
    switch (code) {
        case ResponseCode::none: return "";
        case ResponseCode::in_use: return "[IN-USE]";
        case ResponseCode::login_delay: return "[LOGIN-DELAY]";
        case ResponseCode::sys_temp: return "[SYS/TEMP]";
        case ResponseCode::sys_perm: return "[SYS/PERM]";
        case ResponseCode::auth: return "[AUTH]";
    }
    return "";
}

}  // namespace

std::string to_line(const Reply& reply) {
    std::string line = reply.ok ? "+OK" : "-ERR";
    if (const std::string_view code = name(reply.code); !code.empty()) line.append(" ").append(code);
    if (!reply.text.empty()) line.append(" ").append(reply.text);
    for (char& c : line)
        if (ascii::is_control(c) || ascii::is_8bit(c)) c = '?';
    if (line.size() > max_reply_octets - 2) line.resize(max_reply_octets - 2);
    line += "\r\n";
    return line;
}

std::string to_challenge(std::string_view challenge) { return "+ " + base64::encode(challenge) + "\r\n"; }

std::string capability_reply(const Capabilities& capabilities) {
    std::string reply = "+OK Capability list follows\r\n";
    reply += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n";
    if (capabilities.user) reply += "USER\r\n";
    if (capabilities.stls) reply += "STLS\r\n";
    if (capabilities.xclient) reply += "XCLIENT\r\n";
    if (!capabilities.sasl_mechanisms.empty()) {
        reply += "SASL";
        for (const std::string& mechanism : capabilities.sasl_mechanisms) reply.append(" ").append(mechanism);
        reply += "\r\n";
    }
    if (!capabilities.implementation.empty())
        reply.append("IMPLEMENTATION ").append(capabilities.implementation).append("\r\n");
    reply += ".\r\n";
    return reply;
}

}  // namespace posthouse::pop3
