// LmtpConnection: one conversation with lmtpd (RFC 2033), kept for many messages. Commands are pipelined.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/stream.h"
#include "lib/smtp/client.h"
#include "smtpd/delivery/envelope.h"
#include "smtpd/receiving/content.h"

namespace posthouse::smtpd {

class LmtpConnection {
  public:
    /// Connects, reads the greeting and says LHLO. Errors: unavailable, timeout, …; all mean "try again later".
    static net::Async<Result<std::unique_ptr<LmtpConnection>>> open(net::Loop& loop, std::string path,
                                                                    std::string hostname, net::Deadline deadline);

    /// Delivers one message: `header` and then `content`. Gives lmtpd's reply for each recipient, in their order.
    /// After an error the connection is of no use any more.
    net::Async<Result<std::vector<smtp::Reply>>> deliver(const Envelope& envelope, std::string_view header,
                                                         Content& content, net::Deadline deadline);
    /// During the last deliver() content went out: the message may have been stored, whatever came back.
    bool content_sent() const { return content_sent_; }
    /// The server has closed the connection, as far as can be seen without waiting.
    bool stale() const;
    /// QUIT.
    net::Async<> quit(net::Deadline deadline);

    explicit LmtpConnection(net::Stream stream) : stream_(std::move(stream)) {}

  private:
    net::Async<Result<smtp::Reply>> read_reply(net::Deadline deadline);
    net::Async<Result<>> clear(net::Deadline deadline);
    net::Async<Result<>> greet(std::string hostname, net::Deadline deadline);
    net::Async<Result<>> send_content(std::string_view header, Content& content, net::Deadline deadline);

    net::Stream stream_;
    smtp::Capabilities capabilities_;
    bool content_sent_ = false;
};

}  // namespace posthouse::smtpd
