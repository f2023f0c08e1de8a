// Reads commands, line by line and literal by literal.
#include "imapd/command_input.h"

#include <algorithm>
#include <utility>

#include "lib/imap/command.h"

namespace posthouse::imapd {
namespace {

using imap::CommandReader;
using Destination = CommandReader::ReadLiteral::Destination;

constexpr std::string_view kContinue = "+ OK\r\n";
/// What a client may send that nobody wants, before the connection ends instead: more than any message that is taken.
constexpr std::uint64_t kMaxDiscarded = std::uint64_t{4} << 30;

}  // namespace

net::Async<Result<CommandInput::Received>> CommandInput::read(imap::CommandBounds bounds, net::Deadline deadline) {
    reader_.reset(bounds);
    max_line_ = bounds.text;
    message_.reset();
    accepted_ = false;
    Received received;
    // The tag is taken from the first bytes, so that a line that is too long gets its tagged BAD.
    Result<std::string_view> beginning = co_await stream_.peek(deadline);
    if (!beginning) co_return fail(beginning.error());
    received.tag = imap::recover_tag(beginning->substr(0, beginning->find_first_of("\r\n")));
    Result<std::optional<Error>> refused = co_await read_text(deadline);
    if (!refused) co_return fail(refused.error());
    received.refused = std::move(*refused);
    if (!reader_.bytes().empty()) received.tag = imap::recover_tag(reader_.bytes());
    co_return received;
}

/// Reads lines and literals up to a message or to the end of the command. Gives why it is refused, if it is.
net::Async<Result<std::optional<Error>>> CommandInput::read_text(net::Deadline deadline) {
    for (;;) {
        Result<std::string> line = co_await stream_.read_line(max_line_, deadline);
        if (!line && line.error().code != ErrorCode::limit) co_return fail(line.error());
        if (!line) co_return Error{ErrorCode::limit, "Command line too long", {}};
        const CommandReader::Next next = reader_.add_line(*line);
        if (const auto* refused = std::get_if<CommandReader::Refused>(&next)) co_return refused->error;
        const auto* literal = std::get_if<CommandReader::ReadLiteral>(&next);
        if (literal == nullptr) co_return std::nullopt;
        if (literal->destination == Destination::message) {
            message_ = *literal;
            message_left_ = literal->size;
            accepted_ = false;
            co_return std::nullopt;
        }
        if (literal->synchronizing) {
            Result<> asked = co_await stream_.write(kContinue, deadline);
            if (!asked) co_return fail(asked.error());
        }
        if (literal->destination == Destination::discard) {
            Result<> discarded = co_await discard(literal->size, deadline);
            if (!discarded) co_return fail(discarded.error());
            continue;
        }
        Result<std::string> bytes = co_await stream_.read_exactly(static_cast<std::size_t>(literal->size), deadline);
        if (!bytes) co_return fail(bytes.error());
        reader_.add_literal(*bytes);
    }
}

net::Async<Result<>> CommandInput::finish(net::Deadline deadline) {
    if (message_) {
        // A client that waits to be asked for its message takes the reply as a refusal, and sends nothing.
        const bool comes = accepted_ || !message_->synchronizing;
        const std::uint64_t left = message_left_;
        message_.reset();
        if (comes) {
            Result<> discarded = co_await discard(left, deadline);
            if (!discarded) co_return discarded;
            Result<> rest = co_await discard_rest(deadline);
            if (!rest) co_return rest;
        }
    }
    reader_.reset(imap::kBoundsBeforeLogin);
    co_return Result<>{};
}

net::Async<Result<>> CommandInput::discard(std::uint64_t count, net::Deadline deadline) {
    if (count > kMaxDiscarded) co_return fail(ErrorCode::closed, "Literal too large");
    while (count > 0) {
        Result<std::string_view> piece = co_await stream_.peek(deadline);
        if (!piece) co_return fail(piece.error());
        const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(count, piece->size()));
        stream_.consume(take);
        count -= take;
    }
    co_return Result<>{};
}

net::Async<Result<>> CommandInput::discard_rest(net::Deadline deadline) {
    reader_.refuse({ErrorCode::cancelled, "Refused", {}});
    for (;;) {
        Result<std::string> line = co_await stream_.read_line(max_line_, deadline);
        if (!line && line.error().code != ErrorCode::limit) co_return fail(line.error());
        if (!line) co_return Result<>{};
        const CommandReader::Next next = reader_.add_line(*line);
        const auto* literal = std::get_if<CommandReader::ReadLiteral>(&next);
        if (literal == nullptr) co_return Result<>{};
        Result<> discarded = co_await discard(literal->size, deadline);
        if (!discarded) co_return discarded;
    }
}

net::Async<Result<>> CommandInput::accept_message(net::Deadline deadline) {
    accepted_ = true;
    if (!message_->synchronizing) co_return Result<>{};
    co_return co_await stream_.write(kContinue, deadline);
}

net::Async<Result<std::string_view>> CommandInput::read_message(net::Deadline deadline) {
    Result<std::string_view> piece = co_await stream_.peek(deadline);
    if (!piece) co_return piece;
    co_return piece->substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(message_left_, piece->size())));
}

void CommandInput::consume_message(std::size_t count) {
    stream_.consume(count);
    message_left_ -= count;
}

net::Async<Result<CommandInput::AfterMessage>> CommandInput::end_message(imap::AppendPlace place,
                                                                         net::Deadline deadline) {
    message_.reset();
    reader_.message_done(place);
    AfterMessage after;
    Result<std::optional<Error>> refused = co_await read_text(deadline);
    if (!refused) co_return fail(refused.error());
    after.refused = std::move(*refused);
    if (after.refused) co_return after;
    Result<imap::AppendSection> section = imap::parse_append_section(reader_.bytes(), place);
    if (section)
        after.section = std::move(*section);
    else
        after.refused = section.error();
    co_return after;
}

}  // namespace posthouse::imapd
