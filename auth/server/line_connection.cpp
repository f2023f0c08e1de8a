// LineConnection: requests as lines, replies when they are ready.
#include "auth/server/line_connection.h"

#include <sys/socket.h>

#include <utility>

#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr auto write_timeout = std::chrono::seconds(30);  // for a local peer to take replies
constexpr std::size_t max_running = 1000;

}  // namespace

LineConnection::~LineConnection() = default;

bool LineConnection::has_room() const { return scope_.running() < max_running; }

void LineConnection::reply(std::string_view bytes) {
    output_ += bytes;
    stream_.wake();
}

void LineConnection::end() {
    ended_ = true;
    stream_.wake();
}

net::Async<Result<>> LineConnection::serve(std::string greeting) {
    output_ = std::move(greeting);
    Result<> ended = co_await converse();
    co_await scope_.join();
    if (!output_.empty()) {
        // Drained: whoever asked before still gets the answer.
        Result<> written = co_await stream_.write(output_, net::Deadline::in(write_timeout));
        if (written) written = co_await stream_.flush(net::Deadline::in(write_timeout));
    }
    co_return ended;
}

net::Async<Result<>> LineConnection::converse() {
    for (;;) {
        if (!output_.empty()) {
            const std::string bytes = std::exchange(output_, {});
            Result<> written = co_await stream_.write(bytes, net::Deadline::in(write_timeout));
            if (!written) co_return written;
            Result<> flushed = co_await stream_.flush(net::Deadline::in(write_timeout));
            if (!flushed) co_return flushed;
        }
        if (ended_) {
            // Both ways at once, so that the peer's next request doesn't go to where nobody reads.
            ::shutdown(stream_.fd(), SHUT_RDWR);
            co_return Result<>{};
        }
        Result<net::Input> input = co_await stream_.wait_input(net::Deadline::never());
        if (!input && input.error().code == ErrorCode::closed) co_return Result<>{};
        if (!input) co_return fail(input.error());
        if (*input == net::Input::draining) co_return Result<>{};
        if (*input == net::Input::woken) continue;
        Result<std::string_view> bytes = co_await stream_.peek(net::Deadline::in(write_timeout));
        if (!bytes) co_return fail(bytes.error());
        lines_.feed(*bytes);
        stream_.consume(bytes->size());
        for (;;) {
            Result<std::optional<std::string>> line = lines_.next();
            if (!line) co_return fail(line.error());
            if (!*line) break;
            Result<> handled = handle(**line);
            wipe(**line);
            if (!handled) co_return handled;
        }
    }
}

}  // namespace posthouse::auth
