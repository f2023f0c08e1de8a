// SocketmapClient: look-ups of domains and addresses through authd.
#include "auth/client/socketmap_client.h"

#include <algorithm>
#include <utility>

#include "auth/client/pending.h"

namespace posthouse::auth {
namespace {

constexpr int attempts = 2;  // a look-up whose connection is lost is asked once more

}  // namespace

struct SocketmapClient::Pending : PendingReply<sasl::SocketmapReply> {
    using PendingReply::PendingReply;
};

SocketmapClient::SocketmapClient(net::Loop& loop, std::string path)
    : Link(loop, std::move(path)), reader_(max_resolution + 16) {}
SocketmapClient::~SocketmapClient() = default;

net::Async<Result<std::optional<std::string>>> SocketmapClient::look_up(std::string map, std::string key,
                                                                        net::Deadline deadline) {
    const std::string request = sasl::encode(sasl::SocketmapRequest{std::move(map), std::move(key)});
    Error error;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const bool reused = connected();
        Pending pending(loop());
        pending_.push_back(&pending);
        if (const Result<> sent = send(request); !sent) {
            pending_.pop_back();
            co_return fail(sent.error());
        }
        Result<sasl::SocketmapReply> reply = co_await pending.wait(deadline);
        // Its reply may still come, and must not be taken for the next one's: the place in the queue stays.
        if (!pending.finished()) std::ranges::replace(pending_, &pending, static_cast<Pending*>(nullptr));
        if (reply) {
            switch (reply->status) {
                case sasl::SocketmapReply::Status::ok: co_return std::move(reply->text);
                case sasl::SocketmapReply::Status::not_found: co_return std::nullopt;
                case sasl::SocketmapReply::Status::temporary:
                    co_return fail(ErrorCode::unavailable, "Directory is unavailable", reply->text);
                case sasl::SocketmapReply::Status::permanent: co_return fail(ErrorCode::denied, reply->text);
            }
        }
        error = reply.error();
        if (error.code != ErrorCode::closed || !reused) break;
    }
    if (error.code == ErrorCode::closed) error.code = ErrorCode::unavailable;
    co_return fail(error);
}

net::Async<Result<bool>> SocketmapClient::is_local_domain(std::string domain, net::Deadline deadline) {
    Result<std::optional<std::string>> found = co_await look_up("domain", std::move(domain), deadline);
    if (!found) co_return fail(found.error());
    co_return found->has_value();
}

net::Async<Result<std::optional<Resolution>>> SocketmapClient::resolve(std::string address, net::Deadline deadline) {
    Result<std::optional<std::string>> text = co_await look_up("resolve", std::move(address), deadline);
    if (!text) co_return fail(text.error());
    if (!*text) co_return std::nullopt;
    Result<Resolution> resolution = parse_resolution(**text);
    if (!resolution) co_return fail(ErrorCode::unavailable, "Directory is unavailable", resolution.error().message());
    co_return std::move(*resolution);
}

net::Async<Result<>> SocketmapClient::receive(net::Stream& stream, net::Deadline deadline) {
    Result<std::string_view> bytes = co_await stream.peek(deadline);
    if (!bytes) co_return fail(bytes.error());
    reader_.feed(*bytes);
    stream.consume(bytes->size());
    for (;;) {
        Result<std::optional<std::string>> payload = reader_.next();
        if (!payload) co_return fail(payload.error());
        if (!*payload) co_return Result<>{};
        if (pending_.empty()) co_return fail(ErrorCode::invalid, "Socketmap reply without a request");
        Result<sasl::SocketmapReply> reply = sasl::parse_socketmap_reply(**payload);
        if (!reply) co_return fail(reply.error());
        Pending* const pending = pending_.front();
        pending_.pop_front();
        if (pending != nullptr) pending->finish(std::move(*reply));
    }
}

void SocketmapClient::lost(const Error& error) {
    reader_ = sasl::NetstringReader(max_resolution + 16);
    Error ended = error;
    if (ended.code == ErrorCode::unavailable) ended.code = ErrorCode::closed;
    for (Pending* const pending : std::exchange(pending_, {})) {
        if (pending != nullptr) pending->finish(fail(ended));
    }
}

}  // namespace posthouse::auth
