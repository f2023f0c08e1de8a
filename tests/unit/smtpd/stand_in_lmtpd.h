// StandInLmtpd: takes messages by LMTP, remembers them, and answers what a test wants.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/smtp/command.h"
#include "tests/unit/smtpd/server.h"

namespace posthouse::smtpd {

class StandInLmtpd final : public Server {
  public:
    using Server::Server;

    struct Message {
        std::string sender;
        std::vector<std::string> recipients;
        smtp::MailParameters parameters;
        smtp::Attributes attributes;
        std::string content;
    };
    std::vector<Message> messages;
    std::map<std::string, std::string> rcpt_replies;   ///< by recipient; else 250
    std::map<std::string, std::string> final_replies;  ///< by recipient; else 250
    std::string data_reply = "354 go on";
    bool silent_after_data = false;  ///< never answers the content
    bool close_after_data = false;   ///< closes instead of an answer
    int max_active = 0;              ///< most transactions at one time

  private:
    net::Async<> serve(net::Stream& stream) override;
    std::string answer(Message& message, const smtp::Command& command);
    net::Async<bool> take_content(net::Stream& stream, Message& message);
    int active_ = 0;
};

}  // namespace posthouse::smtpd
