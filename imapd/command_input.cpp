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
    for (;;) {
        Result<std::string> line = co_await stream_.read_line(max_line_, deadline);
        if (!line && line.error().code != ErrorCode::limit) co_return fail(line.error());
        if (!line) {
            received.refused = Error{ErrorCode::limit, "Command line too long", {}};
            co_return received;
        }
        const CommandReader::Next next = reader_.add_line(*line);
        if (reader_.literals() == 0 && !reader_.bytes().empty()) received.tag = imap::recover_tag(reader_.bytes());
        if (const auto* refused = std::get_if<CommandReader::Refused>(&next)) {
            received.refused = refused->error;
            co_return received;
        }
        const auto* literal = std::get_if<CommandReader::ReadLiteral>(&next);
        if (literal == nullptr) co_return received;
        if (literal->destination == Destination::message) {
            message_ = *literal;
            message_left_ = literal->size;
            co_return received;
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

net::Async<Result<CommandInput::AfterMessage>> CommandInput::end_message(net::Deadline deadline, bool closes) {
    message_.reset();
    AfterMessage after;
    Result<std::string> line = co_await stream_.read_line(max_line_, deadline);
    if (!line && line.error().code != ErrorCode::limit) co_return fail(line.error());
    std::string_view rest_of_line = line ? *line : std::string_view();
    const bool is_closed = !closes || rest_of_line.starts_with(')');
    if (closes && is_closed) rest_of_line.remove_prefix(1);
    if (line && rest_of_line.empty() && is_closed) co_return after;
    after.kind = AfterMessage::Kind::malformed;
    if (!line) co_return after;
    const auto announced = imap::literal_at_end(rest_of_line);
    Result<imap::AppendItem> item = imap::parse_next_item(rest_of_line);
    if (is_closed && item && announced && *announced) {
        const imap::LiteralAnnouncement& literal = **announced;
        message_ =
            CommandReader::ReadLiteral{literal.size, literal.synchronizing, literal.binary, Destination::message};
        message_left_ = literal.size;
        accepted_ = false;
        after.kind = AfterMessage::Kind::another;
        after.item = std::move(*item);
        co_return after;
    }
    // What follows may announce more literals, which a client that need not wait sends in any case.
    reader_.refuse({ErrorCode::invalid, "Unexpected arguments after the message", {}});
    const CommandReader::Next next = reader_.add_line(*line);
    const auto* literal = std::get_if<CommandReader::ReadLiteral>(&next);
    if (literal == nullptr) co_return after;
    Result<> discarded = co_await discard(literal->size, deadline);
    if (!discarded) co_return fail(discarded.error());
    Result<> rest = co_await discard_rest(deadline);
    if (!rest) co_return fail(rest.error());
    co_return after;
}

}  // namespace posthouse::imapd
