// guardd's answers in the policy protocol.
#include "guardd/read_answer.h"

#include <utility>

#include "lib/policy/policy.h"

namespace posthouse::guard {

net::Async<Result<std::string>> read_answer(net::Stream& stream, net::Deadline deadline) {
    policy::BlockReader reader;
    for (;;) {
        Result<std::string> line = co_await stream.read_line(policy::max_line_octets, deadline);
        if (!line) co_return fail(line.error());
        Result<bool> complete = reader.add_line(*line);
        if (!complete) co_return fail(complete.error());
        if (!*complete) continue;
        Result<policy::Reply> reply = policy::to_reply(reader.take());
        if (!reply) co_return fail(reply.error());
        co_return std::move(reply->action);
    }
}

}  // namespace posthouse::guard
