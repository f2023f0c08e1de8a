// StandInQuota: answers quota questions in the Postfix policy protocol as a test wants.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/daemon/policy_requests.h"
#include "tests/unit/smtpd/server.h"

namespace posthouse::smtpd {

class StandInQuota final : public Server {
  public:
    using Server::Server;
    std::map<std::string, std::string> actions;  ///< by recipient; else DUNNO
    std::vector<std::string> asked;              ///< "recipient size"
    bool silent = false;                         ///< answers nothing

  private:
    net::Async<> serve(net::Stream& stream) override {
        for (;;) {
            const auto request = co_await daemon::read_policy_request(stream);
            if (!request || !*request) co_return;
            const std::string recipient((*request)->get("recipient"));
            asked.push_back(recipient + " " + std::string((*request)->get("size")));
            if (silent) continue;
            const auto found = actions.find(recipient);
            const policy::Reply reply{found == actions.end() ? "DUNNO" : found->second};
            const Result<> written = co_await daemon::write_policy_reply(stream, reply);
            if (!written) co_return;
        }
    }
};

}  // namespace posthouse::smtpd
