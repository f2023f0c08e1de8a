// Authenticator: decides whether somebody may log in.
#include "auth/server/authenticator.h"

#include <algorithm>
#include <utility>

#include "auth/directory/address.h"
#include "auth/directory/database.h"
#include "auth/passwords/password.h"
#include "auth/server/user_fields.h"
#include "guardd/client_network.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

// Log-ins that may wait for each hashing thread: at 12 ms each the last one waits 6 s. After a restart every client of
// a small organisation logs in at once, and nobody is known yet: half of the places must be enough for them.
constexpr std::size_t places_per_thread = 500;

guard::Time steady_now() {
    return std::chrono::duration_cast<guard::Time>(std::chrono::steady_clock::now().time_since_epoch());
}

constexpr const char* logins_help = "Log-ins by result";
constexpr const char* refused_text = "Too many failed log-ins, try again later";

}  // namespace

Authenticator::Authenticator(daemon::Daemon& daemon, CachedDirectory& directory, DirectoryKeeper& keeper,
                             net::Pool& lookups)
    : daemon_(daemon),
      directory_(directory),
      keeper_(keeper),
      lookups_(lookups),
      hashing_(daemon.loop(), static_cast<std::size_t>(daemon.config()->auth.hash_threads)),
      hash_places_(places_per_thread * static_cast<std::size_t>(daemon.config()->auth.hash_threads)),
      guard_(daemon.loop(), daemon.config()->listen.guard),
      own_penalties_({}, steady_now),
      ok_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "ok"}})),
      failed_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "failed"}})),
      temporary_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "temporary"}})),
      refused_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "refused"}})),
      hash_seconds_(daemon.metrics().histogram("posthouse_auth_hash_seconds", "Time to get and compute a password hash",
                                               {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5})) {}

net::Async<std::expected<Authenticated, sasl::FailReply>> Authenticator::check(sasl::Credentials credentials,
                                                                               Origin origin) {
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->auth.request_timeout);
    // Penalties are kept by what the user is called in the directory, however it was typed.
    const Result<MailAddress> address = parse_address(credentials.user, local_part_setting(*daemon_.config()));
    const std::string account = address ? address->text() : std::string();
    guard::Penalty penalty;
    if (!origin.no_penalty) penalty = co_await serve_penalty(origin.remote_ip, account, deadline);
    const net::Clock::time_point begun = net::Clock::now();
    Checked checked{Outcome::refused, {}, penalty.reason};
    if (!penalty.refused) checked = co_await verify(credentials, origin, deadline);
    report(checked, credentials, origin);

    sasl::FailReply failure;
    failure.user = credentials.user;
    switch (checked.outcome) {
        case Outcome::ok: co_return Authenticated{std::move(checked.user), std::move(checked.fields)};
        case Outcome::temporary:
            failure.code = sasl::FailCode::temporary;
            co_return std::unexpected(std::move(failure));
        case Outcome::disabled: failure.code = sasl::FailCode::disabled; break;
        case Outcome::unauthorized: failure.code = sasl::FailCode::authorization; break;
        case Outcome::refused:
            failure.code = sasl::FailCode::temporary;
            failure.reason = refused_text;
            break;
        case Outcome::wrong: break;
    }
    if (checked.outcome == Outcome::wrong && !origin.no_penalty) {
        guard_.auth_failure(origin.remote_ip, account);
        own_penalties_.failure(guard::client_network(origin.remote_ip), account);
    }
    co_await wait_for_tick(begun);
    co_return std::unexpected(std::move(failure));
}

net::Async<> Authenticator::stop() { co_await guard_.stop(); }

net::Async<guard::Penalty> Authenticator::serve_penalty(std::string ip, std::string user, net::Deadline deadline) {
    guard::Penalty penalty = co_await ask_penalty(ip, user);
    if (penalty.delay.count() == 0) co_return penalty;
    co_await daemon_.loop().sleep_until(sooner(net::Deadline::in(penalty.delay), deadline));
    // Of many that wait side by side, the first failures may have banned the others.
    penalty = co_await ask_penalty(ip, user);
    co_return penalty;
}

net::Async<guard::Penalty> Authenticator::ask_penalty(const std::string& ip, const std::string& user) {
    std::optional<guard::Penalty> penalty = co_await guard_.auth_penalty(ip, user);
    if (!penalty) penalty = guard::Penalty{own_penalties_.delay(guard::client_network(ip), user)};
    co_return std::move(*penalty);
}

net::Async<Authenticator::Checked> Authenticator::verify(const sasl::Credentials& credentials, const Origin& origin,
                                                         net::Deadline deadline) {
    const LocalPart local_part = local_part_setting(*daemon_.config());
    const Result<MailAddress> address = parse_user_address(credentials.user, local_part);
    if (!address) co_return Checked{Outcome::wrong, {}, "not a mail address"};
    const std::string email = address->text();
    const auto find_user = [&](Lookups& directory) { return directory.find_user(email); };
    std::optional<Result<std::optional<User>>> looked_up = directory_.look_up_fresh(find_user);
    if (!looked_up) looked_up = co_await lookups_.run([&] { return directory_.look_up(find_user); });
    const Result<std::optional<User>>& user = *looked_up;
    if (!user) co_return Checked{Outcome::temporary, email, user.error().message()};
    if (!*user || (*user)->password.empty()) {
        // Waits for its turn as a hash would, so that a full queue doesn't tell either who exists.
        const Result<bool> waited = co_await in_turn(false, deadline, [] { return Result<bool>(false); });
        if (!waited) co_return Checked{Outcome::temporary, {}, waited.error().message()};
        co_return Checked{Outcome::wrong, {}, *user ? "user without a password" : "no such user"};
    }
    const User& found = **user;

    const std::string network = guard::client_network(origin.remote_ip);
    const bool known = recent_.knows(found.email, network, net::Clock::now());
    std::optional<bool> verdict = verdicts_.find(found.password, credentials.password.view(), net::Clock::now());
    if (!verdict) {
        const net::Clock::time_point begun = net::Clock::now();
        const Result<bool> computed =
            co_await in_turn(known, deadline, [&, scheme = daemon_.config()->auth.default_pass_scheme] {
                return verify_password(found.password, credentials.password.view(), scheme);
            });
        hash_seconds_.observe(std::chrono::duration<double>(net::Clock::now() - begun).count());
        if (!computed) co_return Checked{Outcome::temporary, found.email, computed.error().message()};
        verdict = *computed;
        verdicts_.remember(found.password, credentials.password.view(), *verdict, net::Clock::now());
    }
    if (!*verdict) co_return Checked{Outcome::wrong, found.email, "wrong password"};
    // Only who knows the password is told about the account.
    if (!found.enabled) co_return Checked{Outcome::disabled, found.email, "account is disabled"};
    if (!credentials.authorization_id.empty()) {
        const Result<MailAddress> other = parse_address(credentials.authorization_id, local_part);
        if (!other || other->text() != found.email)
            co_return Checked{Outcome::unauthorized, found.email, "may not act as another user"};
    }
    rehash(found, credentials.password);
    recent_.remember(found.email, network, net::Clock::now());
    if (!origin.no_penalty) {
        guard_.auth_success(origin.remote_ip, found.email);
        own_penalties_.success(network, found.email);
    }
    co_return Checked{Outcome::ok, found.email, {}, quota_fields(found)};
}

net::Async<Result<bool>> Authenticator::in_turn(bool known, net::Deadline deadline,
                                                std::function<Result<bool>()> work) {
    if (hashing_now_ >= (known ? hash_places_ : hash_places_ / 2))
        co_return fail(ErrorCode::unavailable, "Too many log-ins at once");
    ++hashing_now_;
    // Who has waited too long in the queue is not worth a hash any more.
    Result<bool> verdict = co_await hashing_.run([&]() -> Result<bool> {
        if (deadline.passed()) return fail(ErrorCode::timeout, "Log-in waited too long");
        return work();
    });
    --hashing_now_;
    co_return verdict;
}

void Authenticator::rehash(const User& user, const Secret& password) {
    if (!daemon_.config()->auth.rehash || daemon_.config()->directory.tables != "posthouse") return;
    const PasswordSettings settings = password_settings(*daemon_.config());
    if (!needs_rehash(user.password, settings)) return;
    keeper_.write("hash of " + user.email,
                  [settings, email = user.email, old = user.password,
                   secret = std::make_shared<Secret>(std::string(password.view()))](Directory& directory) -> Result<> {
                      const Result<std::string> fresh = hash_password(secret->view(), settings);
                      if (!fresh) return fail(fresh.error());
                      return directory.replace_hash(email, old, *fresh);
                  });
}

void Authenticator::report(const Checked& checked, const sasl::Credentials& credentials, const Origin& origin) {
    const log::SessionLog session(origin.session);
    switch (checked.outcome) {
        case Outcome::ok:
            ok_.add();
            session.info("logged in",
                         {{"user", checked.user}, {"service", origin.service}, {"remote", origin.remote_ip}});
            return;
        case Outcome::temporary:
            temporary_.add();
            session.error("log-in failed for now", {{"user", credentials.user},
                                                    {"service", origin.service},
                                                    {"remote", origin.remote_ip},
                                                    {"reason", checked.reason}});
            return;
        case Outcome::wrong:
        case Outcome::disabled:
        case Outcome::unauthorized:
            failed_.add();
            // fail2ban reads this line (packaging/fail2ban): what the client chose stands behind its address.
            session.warning("log-in failed", {{"remote", origin.remote_ip},
                                              {"service", origin.service},
                                              {"reason", checked.reason},
                                              {"user", credentials.user}});
            return;
        case Outcome::refused:
            refused_.add();
            session.warning("log-in refused", {{"remote", origin.remote_ip},
                                               {"service", origin.service},
                                               {"reason", checked.reason},
                                               {"user", credentials.user}});
    }
}

net::Async<> Authenticator::wait_for_tick(net::Clock::time_point begun) {
    const auto tick = std::chrono::duration_cast<net::Clock::duration>(daemon_.config()->auth.failure_delay);
    if (tick.count() == 0) co_return;
    // Half a tick has room for any hash. On the next tick, whoever asks just before it would learn whether a hash was
    // computed: then the answer misses that tick.
    const net::Clock::duration earliest = std::max(begun + tick / 2, net::Clock::now()).time_since_epoch();
    const net::Clock::time_point next{earliest - earliest % tick + tick};
    co_await daemon_.loop().sleep_until(net::Deadline{next});
}

}  // namespace posthouse::auth
