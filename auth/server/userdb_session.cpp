// UserdbSession: user look-ups in Dovecot's auth master protocol.
#include "auth/server/userdb_session.h"

#include <unistd.h>

#include <utility>

#include "auth/directory/address.h"
#include "auth/directory/database.h"
#include "auth/server/user_fields.h"
#include "lib/base/log.h"

namespace posthouse::auth {
UserdbSession::UserdbSession(net::Loop& loop, net::Stream& stream, DirectoryPool& pool, CachedDirectory& directory,
                             net::Pool& lookups, LoginTable& logins, config::Snapshot config)
    : LineConnection(loop, stream),
      pool_(pool),
      directory_(directory),
      lookups_(lookups),
      logins_(logins),
      config_(std::move(config)) {}

std::string UserdbSession::greeting() {
    return sasl::encode(sasl::master_version) + sasl::encode(sasl::ServerPid{static_cast<std::uint32_t>(::getpid())});
}

Result<> UserdbSession::handle(std::string_view text) {
    Result<sasl::MasterLine> line = sasl::parse_master_line(text);
    if (!line) return fail(line.error());
    if (const auto* version = std::get_if<sasl::Version>(&*line)) {
        if (version->major != 1) return fail(ErrorCode::unsupported, "Auth master protocol has another major version");
    } else if (auto* user = std::get_if<sasl::UserRequest>(&*line)) {
        if (has_room())
            scope().spawn(&UserdbSession::find, this, user->id, std::move(user->user));
        else
            reply(sasl::encode(sasl::MasterFailReply{user->id, "Too many requests"}));
    } else if (const auto* all = std::get_if<sasl::ListRequest>(&*line)) {
        if (has_room())
            scope().spawn(&UserdbSession::list, this, all->id);
        else
            reply(sasl::encode(sasl::ListDoneReply{all->id, true}));
    } else if (auto* login = std::get_if<sasl::LoginRequest>(&*line)) {
        const LoginKey key{std::move(login->cookie), login->client_pid, login->exchange_id};
        std::optional<std::string> who = logins_.take(key, net::Clock::now());
        if (!who)
            reply(sasl::encode(sasl::NotFoundReply{login->id}));
        else if (has_room())
            scope().spawn(&UserdbSession::find, this, login->id, std::move(*who));
        else
            reply(sasl::encode(sasl::MasterFailReply{login->id, "Too many requests"}));
    } else if (const auto* flush = std::get_if<sasl::CacheFlushRequest>(&*line)) {
        const std::size_t count = directory_.cache().forget(flush->users);
        reply(sasl::encode(sasl::CacheFlushedReply{flush->id, static_cast<std::uint32_t>(count)}));
    } else if (const auto* unknown = std::get_if<sasl::UnknownLine>(&*line)) {
        return fail(ErrorCode::unsupported, "Unknown request " + unknown->name);
    }
    // CANCEL needs nothing: what it names is answered in a moment.
    return {};
}

net::Async<> UserdbSession::find(UserdbSession* session, std::uint32_t id, std::string user) {
    // Its local part names a folder, whoever wrote the row.
    const Result<MailAddress> address = parse_user_address(user, local_part_setting(*session->config_));
    if (!address) {
        session->reply(sasl::encode(sasl::NotFoundReply{id}));
        co_return;
    }
    const std::string email = address->text();
    const auto find_user = [&](Lookups& lookups) { return lookups.find_user(email); };
    std::optional<Result<std::optional<User>>> found = session->directory_.look_up_fresh(find_user);
    if (!found) found = co_await session->lookups_.run([&] { return session->directory_.look_up(find_user); });
    session->reply(session->answer(id, *found));
}

std::string UserdbSession::answer(std::uint32_t id, const Result<std::optional<User>>& found) {
    if (!found) {
        log::error("user look-up failed", {{"reason", found.error().message()}});
        return sasl::encode(sasl::MasterFailReply{id, "Directory is unavailable"});
    }
    if (!*found) return sasl::encode(sasl::NotFoundReply{id});
    const std::string& email = (*found)->email;
    const std::size_t at = email.rfind('@');
    const std::string folder = email.substr(at + 1) + '/' + email.substr(0, at);
    sasl::UserReply reply{id, (*found)->email, {}};
    reply.fields.push_back({"home", config_->general.mail_root + '/' + folder});
    for (sasl::Parameter& field : quota_fields(**found)) reply.fields.push_back(std::move(field));
    return sasl::encode(reply);
}

net::Async<> UserdbSession::list(UserdbSession* session, std::uint32_t id) {
    const std::string lines = co_await session->lookups_.run([&] {
        const Result<std::vector<User>> users =
            session->pool_.with([](Directory& directory) { return directory.users({}); });
        if (!users) {
            log::error("user list failed", {{"reason", users.error().message()}});
            return sasl::encode(sasl::ListDoneReply{id, true});
        }
        std::string text;
        for (const User& user : *users) text += sasl::encode(sasl::ListReply{id, user.email});
        return text + sasl::encode(sasl::ListDoneReply{id, false});
    });
    session->reply(lines);
}

}  // namespace posthouse::auth
