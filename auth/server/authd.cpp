// authd: its listeners, and the directory behind them.
#include "auth/server/authd.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "auth/server/auth_session.h"
#include "auth/server/maps.h"
#include "auth/server/usage_reports.h"
#include "auth/server/userdb_session.h"
#include "lib/base/log.h"
#include "lib/sasl/socketmap.h"

namespace posthouse::auth {
namespace {

constexpr auto io_timeout = std::chrono::seconds(30);  // for a local peer to take replies
constexpr std::size_t max_batch = 100;                 // pipelined look-ups that one thread answers in one go

/// The queries were checked when the configuration was loaded.
DatabaseSettings checked_settings(const config::Config& config) {
    Result<DatabaseSettings> settings = database_settings(config);
    if (!settings) throw std::invalid_argument(settings.error().message());
    return std::move(*settings);
}

LookupCache::Settings cache_settings(const config::Config& config) {
    const auto& directory = config.directory;
    return {directory.cache_time, directory.cache_negative_time, directory.cache_outage_time,
            static_cast<std::size_t>(directory.cache_size)};
}

std::string failure_reply(const Result<sasl::SocketmapRequest>& request) {
    return sasl::encode(sasl::SocketmapReply{sasl::SocketmapReply::Status::permanent, request.error().text});
}

/// The reply as far as the cache knows it.
std::optional<std::string> answer_fresh(CachedDirectory& directory, const std::string& payload,
                                        const ResolveSettings& settings) {
    const Result<sasl::SocketmapRequest> request = sasl::parse_socketmap_request(payload);
    if (!request) return failure_reply(request);
    const std::optional<sasl::SocketmapReply> reply =
        directory.look_up_fresh([&](Lookups& lookups) { return answer(lookups, *request, settings); });
    if (!reply) return std::nullopt;
    return sasl::encode(*reply);
}

/// On a thread that may wait.
std::string answer_now(CachedDirectory& directory, const std::string& payload, const ResolveSettings& settings) {
    const Result<sasl::SocketmapRequest> request = sasl::parse_socketmap_request(payload);
    if (!request) return failure_reply(request);
    return sasl::encode(directory.look_up([&](Lookups& lookups) { return answer(lookups, *request, settings); }));
}

/// The tables that log-ins and mail need answer.
Result<bool> can_be_read(Directory& directory) {
    const Result<bool> domain = directory.has_domain("localhost");
    if (!domain) return domain;
    const Result<std::optional<User>> user = directory.find_user("postmaster@localhost");
    if (!user) return fail(user.error());
    // Who isn't there is found missing by an index alone; this reads the rows.
    const Result<std::optional<std::string>> responsible = directory.responsible_user("localhost");
    if (!responsible) return fail(responsible.error());
    const Result<std::vector<std::string>> aliases = directory.alias_destinations("postmaster@localhost", 1);
    if (!aliases) return fail(aliases.error());
    return true;
}

}  // namespace

Authd::Authd(daemon::Daemon& daemon)
    : daemon_(daemon),
      settings_(checked_settings(*daemon.config())),
      pool_(settings_),
      directory_(pool_, cache_settings(*daemon.config())),
      keeper_(pool_, daemon.config()->directory.retry_interval),
      lookups_(daemon.loop(), static_cast<std::size_t>(daemon.config()->auth.directory_threads)),
      authenticator_(daemon, directory_, keeper_, lookups_),
      socketmap_lookups_(
          daemon.metrics().counter("posthouse_auth_socketmap_lookups_total", "Look-ups on the socketmap")) {}

net::Async<Result<>> Authd::start() {
    if (const Result<> read = authenticator_.read_token_keys(); !read) co_return fail(read.error());
    Result<bool> opened = co_await lookups_.run([this]() -> Result<bool> {
        const Result<std::unique_ptr<Directory>> directory = create_directory(settings_);
        if (!directory) return fail(directory.error());
        return true;
    });
    if (opened) co_return Result<>{};
    Error error = opened.error();
    // Who restarts in an outage answers "try again later", and is there when the server is back.
    if (settings_.engine == Engine::mariadb && error.code == ErrorCode::unavailable) {
        log::error("the directory is away", {{"database", describe(settings_)}, {"reason", error.message()}});
        co_return Result<>{};
    }
    error.text = "directory (" + describe(settings_) + ") cannot be opened: " + error.text;
    co_return fail(std::move(error));
}

net::Async<> Authd::serve(daemon::Connection& connection) {
    net::Loop& loop = daemon_.loop();
    net::Stream& stream = connection.stream;
    Result<> ended;
    if (connection.listener == "socketmap") {
        ended = co_await serve_socketmap(stream);
    } else if (connection.listener == "usage") {
        ended = co_await serve_usage_reports(stream, keeper_, settings_.directory);
    } else if (connection.listener == "userdb") {
        UserdbSession session(loop, stream, pool_, directory_, lookups_, logins_, daemon_.config());
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
    std::string known;  // the replies of the first requests, as far as they need no database
    std::size_t answered = 0;
    for (; answered < requests.size(); ++answered) {
        const std::optional<std::string> reply = answer_fresh(directory_, requests[answered], settings);
        if (!reply) break;
        known += *reply;
    }
    if (answered == requests.size()) co_return known;
    std::string asked = co_await lookups_.run([&] {
        std::string out;
        for (std::size_t i = answered; i < requests.size(); ++i) out += answer_now(directory_, requests[i], settings);
        return out;
    });
    co_return known + asked;
}

net::Async<Result<>> Authd::ready() {
    Result<bool> answered = co_await lookups_.run([this] { return pool_.with(can_be_read); });
    if (!answered) co_return fail(answered.error());
    co_return Result<>{};
}

void Authd::reloaded() {
    if (const Result<> read = authenticator_.read_token_keys(); !read)
        log::error("the keys for tokens cannot be read, going on with the old ones",
                   {{"reason", read.error().message()}});
}

net::Async<> Authd::stop() { co_await authenticator_.stop(); }

int run_authd(int argc, char** argv) {
    return daemon::run_daemon(
        argc, argv,
        {"authd",
         {{"auth"}, {"login"}, {"userdb"}, {"socketmap"}, {"usage"}},
         [](const config::Config& config) { return static_cast<std::size_t>(config.auth.connections); },
         [](daemon::Daemon& daemon) { return std::make_unique<Authd>(daemon); }});
}

}  // namespace posthouse::auth
