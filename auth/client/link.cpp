// Link: a persistent connection with many requests on it.
#include "auth/client/link.h"

#include <utility>

#include "lib/base/secret.h"
#include "lib/net/connect.h"

namespace posthouse::auth {
namespace {

constexpr auto connect_timeout = std::chrono::seconds(5);
constexpr auto io_timeout = std::chrono::seconds(10);     // for a local peer to take or complete what it began
constexpr std::size_t max_output = std::size_t{4} << 20;  // requests that wait to be sent

}  // namespace

Link::Link(net::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)), scope_(loop) {}
Link::~Link() { wipe(output_); }

net::Async<> Link::close() {
    closing_ = true;
    lost({ErrorCode::cancelled, "Shutting down", {}});
    if (stream_) stream_->cancel();
    co_await scope_.join();
}

Result<> Link::send(std::string bytes) {
    if (closing_) return fail(ErrorCode::cancelled, "Shutting down");
    if (output_.size() + bytes.size() > max_output)
        return fail(ErrorCode::unavailable, "Too many requests wait", path_);
    output_ += bytes;
    wipe(bytes);
    if (!std::exchange(running_, true))
        scope_.spawn([](Link* link) { return link->run(); }, this);
    else if (stream_)
        stream_->wake();
    return {};
}

net::Async<> Link::run() {
    Error reason{ErrorCode::unavailable, "Service is unavailable", path_};
    Result<net::Stream> connected = co_await net::connect_unix(loop_, path_, net::Deadline::in(connect_timeout));
    if (!connected) {
        reason.detail += ": " + connected.error().message();
    } else if (!closing_) {
        stream_ = std::make_unique<net::Stream>(std::move(*connected));
        connected_ = true;
        // A greeting of ours goes first; requests were queued before it.
        output_.insert(0, greeting());
        Result<> ended = co_await converse(*stream_);
        if (!ended) reason.detail += ": " + ended.error().message();
    }
    connected_ = false;
    running_ = false;
    stream_.reset();
    wipe(output_);
    if (!closing_) lost(reason);
}

net::Async<Result<>> Link::converse(net::Stream& stream) {
    while (!closing_) {
        if (!output_.empty()) {
            std::string bytes = std::exchange(output_, {});
            Result<> written = co_await stream.write(bytes, net::Deadline::in(io_timeout));
            wipe(bytes);
            if (!written) co_return written;
            Result<> flushed = co_await stream.flush(net::Deadline::in(io_timeout));
            if (!flushed) co_return flushed;
        }
        Result<net::Input> input = co_await stream.wait_input(net::Deadline::never());
        if (!input) co_return fail(input.error());
        if (*input == net::Input::woken) continue;
        Result<> received = co_await receive(stream, net::Deadline::in(io_timeout));
        if (!received) co_return received;
    }
    co_return Result<>{};
}

}  // namespace posthouse::auth
