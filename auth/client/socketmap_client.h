// SocketmapClient: asks authd what a domain or an address is (Postfix socketmap).
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "auth/client/link.h"
#include "auth/client/resolution.h"
#include "lib/sasl/socketmap.h"

namespace posthouse::auth {

/// Look-ups over one connection, pipelined. Errors: unavailable (TEMP, authd is away, or the deadline passed: try again
/// later), denied (PERM: it will never work; the text says why), cancelled. A look-up whose connection is lost is
/// asked once more.
class SocketmapClient final : public Link {
  public:
    /// `path`: socket `socketmap` of authd.
    SocketmapClient(net::Loop& loop, std::string path);
    ~SocketmapClient() override;

    /// The data of `key` in `map`; nullopt: not found.
    net::Async<Result<std::optional<std::string>>> look_up(std::string map, std::string key, net::Deadline deadline);
    /// Whether mail for `domain` is ours.
    net::Async<Result<bool>> is_local_domain(std::string domain, net::Deadline deadline);
    /// Every final recipient of `address`; nullopt: there is no such address in a local domain. For an address in a
    /// domain that is not local: that address, as remote. `denied` names an alias loop or too many targets.
    net::Async<Result<std::optional<Resolution>>> resolve(std::string address, net::Deadline deadline);

  private:
    struct Pending;
    net::Async<Result<>> receive(net::Stream& stream, net::Deadline deadline) override;
    void lost(const Error& error) override;

    std::deque<Pending*> pending_;  ///< in the order of their requests; null: its asker gave up
    sasl::NetstringReader reader_;
};

}  // namespace posthouse::auth
