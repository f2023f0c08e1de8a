// UserdbClient: user look-ups through authd.
#include "auth/client/userdb_client.h"

#include <utility>

#include "auth/client/pending.h"

namespace posthouse::auth {
namespace {

constexpr int attempts = 2;  // a look-up whose connection is lost is asked once more

UserInfo user_info(sasl::UserReply& reply) {
    UserInfo info;
    info.user = std::move(reply.user);
    for (sasl::Parameter& field : reply.fields) {
        if (field.key == "home")
            info.home = std::move(field.value);
        else
            info.fields.push_back(std::move(field));
    }
    return info;
}

}  // namespace

/// One look-up: of a user, or of all addresses.
struct UserdbClient::Pending : PendingReply<bool> {
    using PendingReply::PendingReply;
    UserInfo info;
    std::vector<std::string> addresses;
};

UserdbClient::UserdbClient(net::Loop& loop, std::string path) : Link(loop, std::move(path)) {}
UserdbClient::~UserdbClient() = default;

net::Async<Result<UserInfo>> UserdbClient::find(std::string address, net::Deadline deadline) {
    Error error;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const bool reused = connected();
        const std::uint32_t id = next_id_++;
        Pending pending(loop());
        Result<> asked = co_await ask(pending, id, sasl::encode(sasl::UserRequest{id, address, {}}), deadline);
        if (asked) co_return std::move(pending.info);
        error = asked.error();
        if (error.code != ErrorCode::closed || !reused) break;
    }
    if (error.code == ErrorCode::closed) error.code = ErrorCode::unavailable;
    co_return fail(error);
}

net::Async<Result<std::vector<std::string>>> UserdbClient::list(net::Deadline deadline) {
    const std::uint32_t id = next_id_++;
    Pending pending(loop());
    Result<> asked = co_await ask(pending, id, sasl::encode(sasl::ListRequest{id, {}}), deadline);
    if (!asked) {
        Error error = asked.error();
        if (error.code == ErrorCode::closed) error.code = ErrorCode::unavailable;
        co_return fail(error);
    }
    co_return std::move(pending.addresses);
}

net::Async<Result<>> UserdbClient::flush_cache(std::vector<std::string> names, net::Deadline deadline) {
    const std::uint32_t id = next_id_++;
    Pending pending(loop());
    Result<> asked = co_await ask(pending, id, sasl::encode(sasl::CacheFlushRequest{id, std::move(names)}), deadline);
    if (!asked && asked.error().code == ErrorCode::closed) {
        Error error = asked.error();
        error.code = ErrorCode::unavailable;
        co_return fail(error);
    }
    co_return asked;
}

net::Async<Result<>> UserdbClient::ask(Pending& pending, std::uint32_t id, std::string line, net::Deadline deadline) {
    pending_[id] = &pending;
    if (const Result<> sent = send(std::move(line)); !sent) {
        pending_.erase(id);
        co_return fail(sent.error());
    }
    Result<bool> done = co_await pending.wait(deadline);
    if (!pending.finished()) pending_.erase(id);
    if (!done) co_return fail(done.error());
    co_return Result<>{};
}

std::string UserdbClient::greeting() { return sasl::encode(sasl::master_version); }

net::Async<Result<>> UserdbClient::receive(net::Stream& stream, net::Deadline deadline) {
    Result<std::string> text = co_await stream.read_line(sasl::max_auth_line, deadline);
    if (!text) co_return fail(text.error());
    Result<sasl::MasterReply> line = sasl::parse_master_reply(*text);
    if (!line) co_return fail(line.error());
    if (const auto* version = std::get_if<sasl::Version>(&*line); version != nullptr && version->major != 1)
        co_return fail(ErrorCode::unsupported, "Auth master protocol has another major version");
    if (auto* user = std::get_if<sasl::UserReply>(&*line)) {
        if (const auto found = pending_.find(user->id); found != pending_.end()) found->second->info = user_info(*user);
        answer(user->id, true);
    } else if (const auto* none = std::get_if<sasl::NotFoundReply>(&*line)) {
        answer(none->id, fail(ErrorCode::not_found, "No such user"));
    } else if (const auto* failed = std::get_if<sasl::MasterFailReply>(&*line)) {
        answer(failed->id, fail(ErrorCode::unavailable, "User look-up is unavailable", failed->reason));
    } else if (auto* one = std::get_if<sasl::ListReply>(&*line)) {
        if (const auto found = pending_.find(one->id); found != pending_.end())
            found->second->addresses.push_back(std::move(one->user));
    } else if (const auto* flushed = std::get_if<sasl::CacheFlushedReply>(&*line)) {
        answer(flushed->id, true);
    } else if (const auto* end = std::get_if<sasl::ListDoneReply>(&*line)) {
        if (end->failed)
            answer(end->id, fail(ErrorCode::unavailable, "User list is unavailable"));
        else
            answer(end->id, true);
    }
    co_return Result<>{};
}

void UserdbClient::lost(const Error& error) {
    Error ended = error;
    if (ended.code == ErrorCode::unavailable) ended.code = ErrorCode::closed;
    for (const auto& [id, pending] : std::exchange(pending_, {})) pending->finish(fail(ended));
}

void UserdbClient::answer(std::uint32_t id, Result<bool> reply) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    found->second->finish(std::move(reply));
    pending_.erase(found);
}

}  // namespace posthouse::auth
