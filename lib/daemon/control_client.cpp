// An HTTP client for control sockets.
#include "lib/daemon/control_client.h"

#include <utility>

#include "lib/http/parser.h"
#include "lib/net/connect.h"
#include "lib/net/stream.h"

namespace posthouse::daemon {
namespace {

constexpr http::Limits limits{.header_octets = 16'384, .body_octets = 8u << 20};

}  // namespace

net::Async<Result<http::Response>> ask_control(net::Loop& loop, std::string path, http::Request request,
                                               net::Deadline deadline) {
    Result<net::Stream> stream = co_await net::connect_unix(loop, std::move(path), deadline);
    if (!stream) co_return fail(stream.error());
    request.keep_alive = false;
    Result<> sent = co_await stream->write(http::to_wire(request), deadline);
    if (!sent) co_return fail(sent.error());
    http::ResponseParser parser(limits);
    while (!parser.complete()) {
        const Result<std::string_view> bytes = co_await stream->peek(deadline);
        Result<> taken;
        if (bytes) {
            taken = parser.feed(*bytes);
            stream->consume(bytes->size());
        } else {
            taken = bytes.error().code == ErrorCode::closed ? parser.end() : Result<>(fail(bytes.error()));
        }
        if (!taken) co_return fail(taken.error());
    }
    co_return parser.take();
}

}  // namespace posthouse::daemon
