// StandInAuthd: socketmap and log-ins over a handful of addresses, in the real protocols.
//   alice, bob, carol   mailboxes in local.example; alice's password is "secret", bob's has expired, carol may not send
//                       and has a quota of her own
//   team                alias of alice and bob
//   alice+…             as many mailboxes as are asked for
//   sales               alias of alice; she may also send as info
//   moved               a user whose mailbox another server has
//   mix, gone-club      alias of bob, and list of bob with alice as owner; both lead to gone, who isn't there
//   abuse               read by alice, because somebody has to
//   loop, broken        alias loop; directory away
//   club, crew          lists of bob and another server's, and of bob; owned by alice; alice and s@client.example may
//   post
//   closed              a list of bob without an owner, to which the same may post
//   solo, forum         lists that anybody may post to, without owners: of alice, and of alice and bob
//   any@branch.example  of a relay domain; nobody@ isn't listed there
//   ext, both           aliases to another server, and to bob and another server
#pragma once

#include <map>
#include <string>

#include "lib/sasl/auth_command.h"
#include "lib/sasl/socketmap.h"
#include "tests/unit/smtpd/server.h"

namespace posthouse::smtpd {

class StandInSocketmap final : public Server {
  public:
    using Server::Server;
    /// The map of that name, by address and @domain; "broken": the directory is away.
    std::map<std::string, std::string> sending_limits;

  private:
    sasl::SocketmapReply sending_limit(const std::string& key) const;
    net::Async<> serve(net::Stream& stream) override;
};

class StandInLogin final : public Server {
  public:
    using Server::Server;
    std::string last_service;
    bool last_secured = false;

  private:
    net::Async<> serve(net::Stream& stream) override;
};

}  // namespace posthouse::smtpd
