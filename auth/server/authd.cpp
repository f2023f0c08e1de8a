// authd: its listeners, and the directory behind them.
#include "auth/server/authd.h"

#include <utility>

#include "auth/server/auth_session.h"
#include "auth/server/maps.h"
#include "auth/server/userdb_session.h"
#include "lib/base/log.h"
#include "lib/sasl/socketmap.h"

namespace posthouse::auth {
namespace {

constexpr auto io_timeout = std::chrono::seconds(30);  // for a local peer to take replies
constexpr std::size_t max_batch = 100;                 // pipelined look-ups that one thread answers in one go

SqliteSettings sqlite_settings(const config::Config& config) {
    return {config.directory.sqlite, config.directory.busy_timeout.count()};
}

ResolveSettings resolve_settings(const config::Config& config) {
    const std::string& delimiter = config.directory.subaddress_delimiter;
    return {delimiter.empty() ? '\0' : delimiter.front(), config.directory.postmaster};
}

}  // namespace

Authd::Authd(daemon::Daemon& daemon)
    : daemon_(daemon),
      sqlite_(sqlite_settings(*daemon.config())),
      directory_(sqlite_),
      lookups_(daemon.loop(), static_cast<std::size_t>(daemon.config()->auth.directory_threads)),
      authenticator_(daemon, directory_, lookups_),
      socketmap_lookups_(
          daemon.metrics().counter("posthouse_auth_socketmap_lookups_total", "Look-ups on the socketmap")) {}

net::Async<Result<>> Authd::start() {
    Result<bool> opened = co_await lookups_.run([this]() -> Result<bool> {
        const Result<std::unique_ptr<Directory>> directory = create_sqlite_directory(sqlite_);
        if (!directory) return fail(directory.error());
        return true;
    });
    if (!opened) {
        Error error = opened.error();
        error.text = "directory.sqlite " + sqlite_.path + " cannot be opened: " + error.text;
        co_return fail(std::move(error));
    }
    co_return Result<>{};
}

net::Async<> Authd::serve(daemon::Connection& connection) {
    net::Loop& loop = daemon_.loop();
    net::Stream& stream = connection.stream;
    Result<> ended;
    if (connection.listener == "socketmap") {
        ended = co_await serve_socketmap(stream);
    } else if (connection.listener == "userdb") {
        UserdbSession session(loop, stream, directory_, lookups_, logins_, daemon_.config());
        ended = co_await session.serve(UserdbSession::greeting());
    } else {
        const std::uint32_t minor = connection.listener == "login" ? 3 : 2;
        AuthSession session(loop, stream, authenticator_, logins_, {minor, ++last_connection_});
        ended = co_await session.serve(session.greeting());
    }
    if (!ended && ended.error().code != ErrorCode::closed)
        connection.log.warning("connection ended",
                               {{"listener", connection.listener}, {"reason", ended.error().message()}});
}

net::Async<Result<>> Authd::serve_socketmap(net::Stream& stream) {
    sasl::NetstringReader reader;
    for (;;) {
        Result<net::Input> input = co_await stream.wait_input(net::Deadline::never());
        if (!input) co_return fail(input.error());
        if (*input == net::Input::draining) co_return Result<>{};
        if (*input == net::Input::woken) continue;
        Result<std::string_view> bytes = co_await stream.peek(net::Deadline::in(io_timeout));
        if (!bytes) co_return fail(bytes.error());
        reader.feed(*bytes);
        stream.consume(bytes->size());
        for (bool more = true; more;) {
            std::vector<std::string> requests;
            while (more && requests.size() < max_batch) {
                Result<std::optional<std::string>> payload = reader.next();
                if (!payload) co_return fail(payload.error());
                more = payload->has_value();
                if (more) requests.push_back(std::move(**payload));
            }
            if (requests.empty()) break;
            const std::string replies = co_await answer_all(std::move(requests));
            Result<> written = co_await stream.write(replies, net::Deadline::in(io_timeout));
            if (!written) co_return written;
        }
        Result<> flushed = co_await stream.flush(net::Deadline::in(io_timeout));
        if (!flushed) co_return flushed;
    }
}

net::Async<std::string> Authd::answer_all(std::vector<std::string> requests) {
    const ResolveSettings settings = resolve_settings(*daemon_.config());
    socketmap_lookups_.add(static_cast<double>(requests.size()));
    std::string replies = co_await lookups_.run([&] {
        std::string out;
        for (const std::string& payload : requests) {
            const Result<sasl::SocketmapRequest> request = sasl::parse_socketmap_request(payload);
            if (!request) {
                out +=
                    sasl::encode(sasl::SocketmapReply{sasl::SocketmapReply::Status::permanent, request.error().text});
                continue;
            }
            const Result<sasl::SocketmapReply> reply =
                directory_.with([&](Directory& directory) -> Result<sasl::SocketmapReply> {
                    sasl::SocketmapReply answered = answer(directory, *request, settings);
                    // As an error, so that a connection that doesn't work is dropped.
                    if (answered.status == sasl::SocketmapReply::Status::temporary)
                        return fail(ErrorCode::unavailable, std::move(answered.text));
                    return answered;
                });
            if (!reply)
                log::error("look-up failed",
                           {{"map", request->map}, {"key", request->key}, {"reason", reply.error().message()}});
            out += sasl::encode(
                reply ? *reply : sasl::SocketmapReply{sasl::SocketmapReply::Status::temporary, reply.error().text});
        }
        return out;
    });
    co_return replies;
}

net::Async<Result<>> Authd::ready() {
    Result<bool> answered = co_await lookups_.run(
        [this] { return directory_.with([](Directory& directory) { return directory.has_domain("localhost"); }); });
    if (!answered) co_return fail(answered.error());
    co_return Result<>{};
}

net::Async<> Authd::stop() { co_await authenticator_.stop(); }

int run_authd(int argc, char** argv) {
    return daemon::run_daemon(
        argc, argv,
        {"authd",
         {{"auth"}, {"login"}, {"userdb"}, {"socketmap"}},
         [](const config::Config& config) { return static_cast<std::size_t>(config.auth.connections); },
         [](daemon::Daemon& daemon) { return std::make_unique<Authd>(daemon); }});
}

}  // namespace posthouse::auth
