// CommandInput: reads one command at a time from the connection, sends the continuation requests for its literals, and
// hands out APPEND's message piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/imap/append_command.h"
#include "lib/imap/command_reader.h"
#include "lib/net/stream.h"

namespace posthouse::imapd {

class CommandInput {
  public:
    explicit CommandInput(net::Stream& stream) : stream_(stream) {}

    /// What read() found; the bytes are in command().
    struct Received {
        std::string tag;               ///< "*" when there was none
        std::optional<Error> refused;  ///< over a bound: say BAD and go on
    };
    /// Reads up to the end of a command, or up to the message of an APPEND: then message() tells of it.
    /// Errors: the stream's; end the session.
    net::Async<Result<Received>> read(imap::CommandBounds bounds, net::Deadline deadline);
    /// Reads what is left of the command (a message nobody asked for), and forgets it.
    net::Async<Result<>> finish(net::Deadline deadline);

    const std::string& command() const { return reader_.bytes(); }

    /// The message that waits to be read.
    const std::optional<imap::CommandReader::ReadLiteral>& message() const { return message_; }
    /// Asks the client for the message, if it waits to be asked. Then read_message and consume_message until
    /// message_left() is 0, then end_message.
    net::Async<Result<>> accept_message(net::Deadline deadline);
    std::uint64_t message_left() const { return message_left_; }
    /// Shows the next piece of the message, at least one byte. The view holds until consume_message.
    net::Async<Result<std::string_view>> read_message(net::Deadline deadline);
    void consume_message(std::size_t count);
    /// What follows a message, or a part of one, that stood at `place`. If it ends in more octets, message() tells of
    /// them.
    struct AfterMessage {
        imap::AppendSection section;
        std::optional<Error> refused;  ///< the rest of the command makes no sense, and was read
    };
    net::Async<Result<AfterMessage>> end_message(imap::AppendPlace place, net::Deadline deadline);

  private:
    net::Async<Result<std::optional<Error>>> read_text(net::Deadline deadline);
    net::Async<Result<>> discard(std::uint64_t count, net::Deadline deadline);
    net::Async<Result<>> discard_rest(net::Deadline deadline);

    net::Stream& stream_;
    imap::CommandReader reader_{imap::kBoundsBeforeLogin};
    std::size_t max_line_ = 0;
    std::optional<imap::CommandReader::ReadLiteral> message_;
    std::uint64_t message_left_ = 0;
    bool accepted_ = false;
};

}  // namespace posthouse::imapd
