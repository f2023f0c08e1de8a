// Policy requests: a block of lines each.
#include "lib/daemon/policy_requests.h"

#include <chrono>

namespace posthouse::daemon {
namespace {

constexpr auto request_timeout = std::chrono::seconds(10);

}  // namespace

net::Async<Result<std::optional<policy::Request>>> read_policy_request(net::Stream& stream) {
    if (!stream.has_buffered_input()) {
        Result<net::Input> input = co_await stream.wait_input(net::Deadline::never());
        if (!input && input.error().code != ErrorCode::closed) co_return fail(input.error());
        if (!input || *input == net::Input::draining) co_return std::nullopt;
    }
    policy::BlockReader reader;
    const net::Deadline deadline = net::Deadline::in(request_timeout);
    for (;;) {
        Result<std::string> line = co_await stream.read_line(policy::max_line_octets, deadline);
        if (!line) co_return fail(line.error());
        Result<bool> complete = reader.add_line(*line);
        if (!complete) co_return fail(complete.error());
        if (*complete) co_return reader.take();
    }
}

net::Async<Result<>> write_policy_reply(net::Stream& stream, const policy::Reply& reply) {
    const std::string bytes = policy::to_wire(reply);
    co_return co_await stream.write(bytes, net::Deadline::in(request_timeout));
}

}  // namespace posthouse::daemon
