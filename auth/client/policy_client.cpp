// PolicyClient: questions and answers in one order.
#include "auth/client/policy_client.h"

#include <utility>

#include "auth/client/pending.h"

namespace posthouse::auth {
namespace {

constexpr int attempts = 2;

}  // namespace

struct PolicyClient::Pending : PendingReply<std::string> {
    using PendingReply::PendingReply;
};

PolicyClient::PolicyClient(net::Loop& loop, std::string path) : Link(loop, std::move(path)) {}
PolicyClient::~PolicyClient() = default;

net::Async<Result<std::string>> PolicyClient::ask(policy::Request request, net::Deadline deadline) {
    const std::string wire = policy::to_wire(request);
    Error error;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const bool reused = connected();
        const auto pending = std::make_shared<Pending>(loop());
        if (const Result<> sent = send(wire); !sent) co_return fail(sent.error());
        pending_.push_back(pending);
        Result<std::string> action = co_await pending->wait(deadline);
        if (action) co_return action;
        error = action.error();
        if (error.code != ErrorCode::closed || !reused) break;
    }
    if (error.code == ErrorCode::closed) error.code = ErrorCode::unavailable;
    co_return fail(error);
}

net::Async<Result<>> PolicyClient::receive(net::Stream& stream, net::Deadline deadline) {
    policy::BlockReader reader;
    for (;;) {
        Result<std::string> line = co_await stream.read_line(policy::max_line_octets, deadline);
        if (!line) co_return fail(line.error());
        Result<bool> complete = reader.add_line(*line);
        if (!complete) co_return fail(complete.error());
        if (*complete) break;
    }
    Result<policy::Reply> reply = policy::to_reply(reader.take());
    if (!reply) co_return fail(reply.error());
    if (pending_.empty()) co_return fail(ErrorCode::invalid, "An answer to nothing");
    const std::shared_ptr<Pending> asked = std::move(pending_.front());
    pending_.pop_front();
    asked->finish(std::move(reply->action));
    co_return Result<>{};
}

void PolicyClient::lost(const Error& error) {
    Error ended = error;
    if (ended.code == ErrorCode::unavailable) ended.code = ErrorCode::closed;
    for (const std::shared_ptr<Pending>& pending : std::exchange(pending_, {})) pending->finish(fail(ended));
}

}  // namespace posthouse::auth
