// UserdbClient: asks authd who a user is (Dovecot auth master protocol, USER, LIST, CACHE-FLUSH).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auth/client/link.h"
#include "lib/sasl/master.h"

namespace posthouse::auth {

/// What daemons need to know of a user.
struct UserInfo {
    std::string user;         ///< the mail address, as the directory has it
    std::string home;         ///< folder of the mailbox: <mail_root>/<domain>/<local part>
    sasl::Parameters fields;  ///< what else authd said, e.g. quota_rule
};

/// Look-ups over one connection, many at a time. Errors: not_found (no such user), unavailable (authd or its database
/// is away, or the deadline passed: try again later), cancelled. A look-up whose connection is lost is asked once more.
class UserdbClient final : public Link {
  public:
    /// `path`: socket `userdb` of authd, or auth-userdb of a Dovecot.
    UserdbClient(net::Loop& loop, std::string path);
    ~UserdbClient() override;

    net::Async<Result<UserInfo>> find(std::string address, net::Deadline deadline);
    /// Has authd forget what it remembers of these addresses and domains, or of everything when there are none.
    net::Async<Result<>> flush_cache(std::vector<std::string> names, net::Deadline deadline);
    /// Every user's address.
    net::Async<Result<std::vector<std::string>>> list(net::Deadline deadline);

  private:
    struct Pending;
    std::string greeting() override;
    net::Async<Result<>> receive(net::Stream& stream, net::Deadline deadline) override;
    void lost(const Error& error) override;
    void answer(std::uint32_t id, Result<bool> reply);
    net::Async<Result<>> ask(Pending& pending, std::uint32_t id, std::string line, net::Deadline deadline);

    std::map<std::uint32_t, Pending*> pending_;
    std::uint32_t next_id_ = 1;
};

}  // namespace posthouse::auth
