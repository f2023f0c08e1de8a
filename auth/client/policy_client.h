// PolicyClient: asks a daemon in the Postfix policy protocol: lmtpd about quota, authd to note what mailboxes take.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "auth/client/link.h"
#include "lib/policy/policy.h"

namespace posthouse::auth {

/// Requests over one connection, many at a time, answered in their order. Errors: unavailable (nobody listens, or the
/// deadline passed), cancelled. A request whose connection is lost is asked once more.
class PolicyClient final : public Link {
  public:
    PolicyClient(net::Loop& loop, std::string path);
    ~PolicyClient() override;

    /// The answer's action: "DUNNO", "552 5.2.2 …".
    net::Async<Result<std::string>> ask(policy::Request request, net::Deadline deadline);

  private:
    struct Pending;
    net::Async<Result<>> receive(net::Stream& stream, net::Deadline deadline) override;
    void lost(const Error& error) override;

    std::deque<std::shared_ptr<Pending>> pending_;  ///< also of those who gave up: their answers come all the same
};

}  // namespace posthouse::auth
