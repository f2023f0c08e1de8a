// Dovecot auth protocol 1.2 and 1.3, from server to client: the greeting (VERSION, MECH, SPID, CUID, COOKIE, DONE)
// and the answers OK, FAIL and CONT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/sasl/auth_command.h"
#include "lib/sasl/tabs.h"

namespace posthouse::sasl {

/// `MECH <name> [plaintext] […]`: a mechanism on offer, with what it protects against.
struct MechLine {
    std::string name;
    Parameters properties;  ///< plaintext, dictionary, active, forward-secrecy, mutual-auth, private, anonymous,
                            ///< channel-binding
};
/// `SPID <pid>`: the server's process id.
struct ServerPid {
    std::uint32_t pid = 0;
};
/// `CUID <number>`: this connection's own number.
struct ConnectionUid {
    std::uint32_t uid = 0;
};
/// `COOKIE <hex>`: proves to the master socket that a log-in happened here.
struct CookieLine {
    std::string cookie;
};
/// `DONE`: the greeting ends.
struct DoneLine {};

/// `OK <id> user=<name> [parameters…]`.
struct OkReply {
    std::uint32_t id = 0;
    std::string user;
    Parameters fields;
};

/// Why a log-in failed, as `code=` says it.
enum class FailCode { wrong_credentials, temporary, authorization, disabled, expired };

/// `FAIL <id> [user=<name>] [code=…] [temp] [reason=<text>]`.
struct FailReply {
    std::uint32_t id = 0;
    std::string user;
    FailCode code = FailCode::wrong_credentials;
    std::string reason;  ///< may be shown to the user; empty: say nothing special
};

/// `CONT <id> <base64>`: a challenge.
struct ContinueReply {
    std::uint32_t id = 0;
    std::string challenge;
};

using ServerLine = std::variant<Version, MechLine, ServerPid, ConnectionUid, CookieLine, DoneLine, OkReply, FailReply,
                                ContinueReply, UnknownLine>;

/// Parses one line without its LF.
Result<ServerLine> parse_server_line(std::string_view line);

/// What a server sends at once on accept. Exim rejects SPID before MECH, and waits for DONE.
struct Greeting {
    Version version;
    std::vector<MechLine> mechanisms;
    std::uint32_t server_pid = 0;
    std::uint32_t connection_uid = 0;
    std::string cookie;
};
std::string encode(const Greeting& greeting);
/// Each with its LF.
std::string encode(const OkReply& reply);
std::string encode(const FailReply& reply);
std::string encode(const ContinueReply& reply);

}  // namespace posthouse::sasl
