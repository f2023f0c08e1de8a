// Dovecot auth master protocol: REQUEST, CANCEL, USER, LIST and CACHE-FLUSH, and their answers. PASS (which hands out
// password hashes) is left out on purpose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/tabs.h"

namespace posthouse::sasl {

/// The version this side speaks; the server sends `VERSION 1 1` and `SPID <pid>` on accept, the client VERSION.
inline constexpr Version master_version{1, 1};

/// `USER <id> <user> [service=…] […]`: look a user up.
struct UserRequest {
    std::uint32_t id = 0;
    std::string user;
    Parameters parameters;
};
/// `LIST <id> [user=<mask>] […]`: every user.
struct ListRequest {
    std::uint32_t id = 0;
    Parameters parameters;
};
/// `REQUEST <id> <client pid> <client's exchange id> <cookie> […]`: the user of a log-in that just succeeded.
struct LoginRequest {
    std::uint32_t id = 0;
    std::uint32_t client_pid = 0;
    std::uint32_t exchange_id = 0;
    std::string cookie;
    Parameters parameters;
};
/// `CANCEL <id>`.
struct CancelRequest {
    std::uint32_t id = 0;
};
/// `CACHE-FLUSH <id> [<user>…]`: forget what is remembered of these users, or of all.
struct CacheFlushRequest {
    std::uint32_t id = 0;
    std::vector<std::string> users;
};
using MasterLine =
    std::variant<Version, UserRequest, ListRequest, LoginRequest, CancelRequest, CacheFlushRequest, UnknownLine>;

/// Parses a client's line without its LF.
Result<MasterLine> parse_master_line(std::string_view line);

/// `USER <id> <user> [key=value…]`.
struct UserReply {
    std::uint32_t id = 0;
    std::string user;
    Parameters fields;
};
/// `NOTFOUND <id>`.
struct NotFoundReply {
    std::uint32_t id = 0;
};
/// `FAIL <id> [reason=…]`: not known now; try again later.
struct MasterFailReply {
    std::uint32_t id = 0;
    std::string reason;
};
/// `LIST <id> <user>`: one user of a list.
struct ListReply {
    std::uint32_t id = 0;
    std::string user;
};
/// `DONE <id> [fail]`: the list ends.
struct ListDoneReply {
    std::uint32_t id = 0;
    bool failed = false;
};
/// `OK <id> <count>`: so many entries were forgotten.
struct CacheFlushedReply {
    std::uint32_t id = 0;
    std::uint32_t count = 0;
};
using MasterReply = std::variant<Version, ServerPid, UserReply, NotFoundReply, MasterFailReply, ListReply,
                                 ListDoneReply, CacheFlushedReply, UnknownLine>;

/// Parses a server's line without its LF.
Result<MasterReply> parse_master_reply(std::string_view line);

/// Each with its LF.
std::string encode(const UserRequest& request);
std::string encode(const ListRequest& request);
std::string encode(const LoginRequest& request);
std::string encode(const CancelRequest& request);
std::string encode(const CacheFlushRequest& request);
std::string encode(const ServerPid& pid);
std::string encode(const UserReply& reply);
std::string encode(const NotFoundReply& reply);
std::string encode(const MasterFailReply& reply);
std::string encode(const ListReply& reply);
std::string encode(const ListDoneReply& reply);
std::string encode(const CacheFlushedReply& reply);

}  // namespace posthouse::sasl
