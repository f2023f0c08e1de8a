// StandInGuard: guardd, which lets every client in and answers about messages as a test wants.
#pragma once

#include <string>
#include <vector>

#include "guardd/questions.h"
#include "lib/daemon/policy_requests.h"
#include "tests/unit/smtpd/server.h"

namespace posthouse::smtpd {

class StandInGuard final : public Server {
  public:
    using Server::Server;
    std::string action = "OK";       ///< about messages
    std::vector<std::string> asked;  ///< "address user sender recipients", of messages
    policy::Request last;            ///< about a message

  private:
    net::Async<> serve(net::Stream& stream) override {
        for (;;) {
            const auto request = co_await daemon::read_policy_request(stream);
            if (!request || !*request) co_return;
            policy::Reply reply{"OK"};
            if ((*request)->get("request") == name_of(guard::Question::message)) {
                std::string text;
                for (const char* name : {"client_address", "sasl_username", "sender", "recipient_count"})
                    text += (text.empty() ? "" : " ") + std::string((*request)->get(name));
                asked.push_back(std::move(text));
                last = **request;
                reply.action = action;
            }
            const Result<> written = co_await daemon::write_policy_reply(stream, reply);
            if (!written) co_return;
        }
    }
};

}  // namespace posthouse::smtpd
