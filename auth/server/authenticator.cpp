// Authenticator: decides whether somebody may log in; SCRAM, certificates and tokens have files of their own.
#include "auth/server/authenticator.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "auth/directory/address.h"
#include "auth/directory/database.h"
#include "auth/passwords/password.h"
#include "auth/server/app_password_terms.h"
#include "auth/server/renew_password.h"
#include "auth/server/user_fields.h"
#include "guardd/client_network.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

// Log-ins that may wait for each hashing thread: at 12 ms each the last one waits 6 s. After a restart every client of
// a small organisation logs in at once, and nobody is known yet: half of the places must be enough for them.
constexpr std::size_t places_per_thread = 500;
// What the directory said of a user. A hash may take seconds in its queue, a client minutes between its two messages.
constexpr std::chrono::milliseconds believed_for{20};

// Tokens that may wait for each thread: when the server answers in 20 ms, for 2 s.
constexpr std::size_t tokens_per_thread = 100;

bool is_webmail(const Origin& origin) { return Services("http").allow(origin.service); }

guard::Time steady_now() {
    return std::chrono::duration_cast<guard::Time>(std::chrono::steady_clock::now().time_since_epoch());
}

constexpr const char* logins_help = "Log-ins by result";
// How exactly it is known when an app password was last used: with many of them in use, the database is written to for
// each this often.
constexpr std::int64_t use_noted_every = 15 * 60;  // s

constexpr const char* service_text = "This account may not use this service";
constexpr const char* refused_text = "Too many failed log-ins, try again later";

}  // namespace

Authenticator::Authenticator(daemon::Daemon& daemon, CachedDirectory& directory, DirectoryKeeper& keeper,
                             net::Pool& lookups)
    : daemon_(daemon),
      directory_(directory),
      keeper_(keeper),
      lookups_(lookups),
      hashing_(daemon.loop(), static_cast<std::size_t>(daemon.config()->auth.hash_threads), net::Pool::Priority::low),
      hash_places_(places_per_thread * static_cast<std::size_t>(daemon.config()->auth.hash_threads)),
      guard_(daemon.loop(), daemon.config()->listen.guard),
      own_penalties_({}, steady_now),
      token_threads_(daemon.loop(), static_cast<std::size_t>(daemon.config()->oauth2.threads)),
      token_places_(tokens_per_thread * static_cast<std::size_t>(daemon.config()->oauth2.threads)),
      ok_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "ok"}})),
      failed_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "failed"}})),
      temporary_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "temporary"}})),
      refused_(daemon.metrics().counter("posthouse_auth_logins_total", logins_help, {{"result", "refused"}})),
      hash_seconds_(daemon.metrics().histogram("posthouse_auth_hash_seconds", "Time to get and compute a password hash",
                                               {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5})) {}

Origin origin_of(const sasl::AuthCommand& command) {
    return {command.service, command.remote_ip, command.session, command.no_penalty};
}

net::Async<Verdict> Authenticator::check_password(Claim claim, Secret password) {
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->auth.request_timeout);
    guard::Penalty penalty = co_await serve_penalty(claim, deadline);
    const net::Clock::time_point begun = net::Clock::now();
    Checked checked{Outcome::refused, {}, std::move(penalty.reason)};
    if (!penalty.refused) checked = co_await verify(claim, password, deadline);
    Verdict verdict = co_await conclude(std::move(checked), claim, begun);
    co_return verdict;
}

net::Async<Verdict> Authenticator::deny(Claim claim, std::string reason) {
    const net::Clock::time_point begun = net::Clock::now();
    Verdict verdict = co_await conclude({Outcome::wrong, {}, std::move(reason)}, claim, begun);
    co_return verdict;
}

net::Async<> Authenticator::stop() { co_await guard_.stop(); }

Result<Authenticator::Identity> Authenticator::identify(const Claim& claim) const {
    const config::Snapshot config = daemon_.config();
    const LocalPart local_part = local_part_setting(*config);
    std::string_view user = claim.user;
    std::string target = claim.authorization_id;
    const std::string& separator = config->auth.master_user_separator;
    const auto cut = claim.vouched || separator.empty() || config->auth.master_users.empty()
                         ? std::string_view::npos
                         : user.rfind(separator.front());
    if (cut != std::string_view::npos) {
        const std::string_view acting_as = user.substr(0, cut);
        if (!target.empty() && target != acting_as) return fail(ErrorCode::invalid, "two users to act as");
        target = acting_as;
        user.remove_prefix(cut + 1);
    }
    const Result<MailAddress> address = parse_user_address(user, local_part);
    if (!address) return fail(ErrorCode::invalid, "not a mail address");
    if (!target.empty()) {
        const Result<MailAddress> other = parse_address(target, local_part);
        // Whatever it is: nobody may act as it.
        target = other ? other->text() : "?";
    }
    if (target == address->text()) target.clear();
    return Identity{address->text(), std::move(target)};
}

std::string Authenticator::account_of(const Claim& claim) const {
    // By what the user is called in the directory, however it was typed.
    const Result<Identity> identity = identify(claim);
    return identity ? identity->email : std::string();
}

net::Async<guard::Penalty> Authenticator::serve_penalty(const Claim& claim, net::Deadline deadline) {
    if (claim.origin.no_penalty) co_return guard::Penalty{};
    const std::string account = account_of(claim);
    guard::Penalty penalty = co_await ask_penalty(claim.origin.remote_ip, account);
    if (penalty.delay.count() == 0) co_return penalty;
    co_await daemon_.loop().sleep_until(sooner(net::Deadline::in(penalty.delay), deadline));
    // Of many that wait side by side, the first failures may have banned the others.
    penalty = co_await ask_penalty(claim.origin.remote_ip, account);
    co_return penalty;
}

net::Async<guard::Penalty> Authenticator::ask_penalty(const std::string& ip, const std::string& user) {
    std::optional<guard::Penalty> penalty = co_await guard_.auth_penalty(ip, user);
    if (!penalty) penalty = guard::Penalty{own_penalties_.delay(guard::client_network(ip), user)};
    co_return std::move(*penalty);
}

net::Async<Result<std::optional<User>>> Authenticator::find(std::string email) {
    const auto find_user = [&](Lookups& directory) { return directory.find_user(email); };
    std::optional<Result<std::optional<User>>> looked_up = directory_.look_up_fresh(find_user);
    if (!looked_up) looked_up = co_await lookups_.run([&] { return directory_.look_up(find_user); });
    co_return std::move(*looked_up);
}

net::Async<Result<std::vector<AppPassword>>> Authenticator::find_app_passwords(std::string email) {
    const auto find_all = [&](Lookups& directory) { return directory.find_app_passwords(email, max_app_passwords); };
    std::optional<Result<std::vector<AppPassword>>> looked_up = directory_.look_up_fresh(find_all);
    if (!looked_up) looked_up = co_await lookups_.run([&] { return directory_.look_up(find_all); });
    co_return std::move(*looked_up);
}

net::Async<Result<Authenticator::Match>> Authenticator::find_match(const User& user, const Secret& password,
                                                                   const Origin& origin, net::Deadline deadline) {
    const auto known = [&](const std::string& stored) {
        return verdicts_.find(stored, password.view(), net::Clock::now());
    };
    std::optional<bool> own = known(user.password);
    if (own == true) co_return Match{true, std::nullopt};
    const Result<std::vector<AppPassword>> apps = co_await find_app_passwords(user.email);
    const std::span<const AppPassword> candidates = apps ? std::span(*apps) : std::span<const AppPassword>();
    const auto remembered =
        std::ranges::find_if(candidates, [&](const AppPassword& app) { return known(app.password) == true; });
    if (remembered != candidates.end()) co_return Match{true, *remembered};
    if (own == false && candidates.empty()) {
        if (!apps) co_return fail(apps.error());
        co_return Match{};
    }
    // Generated app passwords have fast hashes: they are tried before the one that is meant to take time.
    const net::Clock::time_point begun = net::Clock::now();
    std::optional<AppPassword> app;
    std::string unverified;  // why the first of those that can't be verified can't
    const bool own_known = own.has_value();
    const Result<bool> right = co_await in_turn(
        is_known(user, origin), deadline, [&, scheme = daemon_.config()->auth.default_pass_scheme]() -> Result<bool> {
            for (const AppPassword& candidate : candidates) {
                const Result<bool> fits = verify_password(candidate.password, password.view(), scheme);
                if (!fits && unverified.empty()) unverified = candidate.name + ": " + fits.error().message();
                if (!fits || !*fits) continue;
                app = candidate;
                return true;
            }
            if (!own_known && !user.password.empty()) {
                const Result<bool> fits = verify_password(user.password, password.view(), scheme);
                if (!fits) return fits;
                own = *fits;
            }
            return own.value_or(false);
        });
    hash_seconds_.observe(std::chrono::duration<double>(net::Clock::now() - begun).count());
    if (!unverified.empty())
        log::warning("app password cannot be verified", {{"user", user.email}, {"reason", unverified}});
    if (!right) co_return fail(right.error());
    if (app) verdicts_.remember(app->password, password.view(), true, net::Clock::now());
    if (!own_known && own) verdicts_.remember(user.password, password.view(), *own, net::Clock::now());
    if (!*right && !apps) co_return fail(apps.error());
    co_return Match{*right, std::move(app)};
}

net::Async<Authenticator::Checked> Authenticator::verify(const Claim& claim, const Secret& password,
                                                         net::Deadline deadline) {
    const Result<Identity> identity = identify(claim);
    if (!identity) co_return Checked{Outcome::wrong, {}, identity.error().text};
    const Result<std::optional<User>> user = co_await find(identity->email);
    if (!user) co_return Checked{Outcome::temporary, identity->email, user.error().message()};
    if (!*user) {
        Checked refused = co_await refuse_in_turn({}, "no such user", deadline);
        co_return refused;
    }
    User found = std::move(**user);
    Result<Match> match = Match{};
    for (int round = 1;; ++round) {
        const net::Clock::time_point asked = net::Clock::now();
        match = co_await find_match(found, password, claim.origin, deadline);
        if (!match) co_return Checked{Outcome::temporary, found.email, match.error().message()};
        if (!match->right)
            co_return Checked{Outcome::wrong, found.email,
                              found.password.empty() ? "user without a password" : "wrong password"};
        if (net::Clock::now() - asked <= believed_for) break;
        std::expected<User, Checked> again = co_await find_again(found);
        if (!again) co_return std::move(again.error());
        const bool same = again->password == found.password;
        found = std::move(*again);
        if (same) break;
        // Another log-in has made the hash anew, or there is another password: that is checked, too.
        if (round == 2) co_return Checked{Outcome::temporary, found.email, "password was changed meanwhile"};
    }
    std::optional<Checked> refused =
        match->app ? refuse_app(found, *match->app, *identity, claim) : refuse_own(found, claim);
    Checked checked;
    if (refused)
        checked = std::move(*refused);
    else
        checked = co_await admit(found, *identity, claim);
    if (match->app) checked.app_password = match->app->name;
    if (checked.outcome != Outcome::ok) co_return checked;
    // Only webmail comes here with such a password: it can ask for a new one.
    if (!match->app && found.must_change_password && checked.master.empty())
        checked.fields.push_back({"must_change_password", "yes"});
    if (match->app)
        note_use(*match->app);
    else
        renew(found, password);
    co_return checked;
}

net::Async<std::expected<User, Authenticator::Checked>> Authenticator::find_again(const User& before) {
    Result<std::optional<User>> now = co_await find(before.email);
    if (!now) co_return std::unexpected(Checked{Outcome::temporary, before.email, now.error().message()});
    if (!*now) co_return std::unexpected(Checked{Outcome::temporary, before.email, "user was removed meanwhile"});
    co_return std::move(**now);
}

std::optional<Authenticator::Checked> Authenticator::refuse_own(const User& user, const Claim& claim) {
    if (is_webmail(claim.origin)) return std::nullopt;
    if (user.must_change_password)
        return Checked{Outcome::expired, user.email, "password must be changed first",
                       "The password must be changed first"};
    if (!user.app_passwords_only) return std::nullopt;
    return Checked{Outcome::unauthorized, user.email, "needs an app password",
                   "This account needs an app password here"};
}

std::optional<Authenticator::Checked> Authenticator::refuse_app(const User& user, const AppPassword& app,
                                                                const Identity& identity, const Claim& claim) {
    if (!identity.target.empty())
        return Checked{Outcome::unauthorized, user.email, "an app password may not act as another user"};
    switch (check_terms(app, claim.origin.service, claim.origin.remote_ip, std::time(nullptr))) {
        case AppPasswordTerms::met: return std::nullopt;
        case AppPasswordTerms::expired:
            return Checked{Outcome::expired, user.email, "app password has expired", "This app password has expired"};
        case AppPasswordTerms::other_service:
            return Checked{Outcome::unauthorized, user.email, "app password is not for this service",
                           "This app password is not for this service"};
        case AppPasswordTerms::other_network: break;
    }
    return Checked{Outcome::unauthorized, user.email, "app password is not for this network",
                   "This app password may not be used from there"};
}

void Authenticator::note_use(const AppPassword& app) {
    const auto& directory = daemon_.config()->directory;
    const std::int64_t now = std::time(nullptr);
    if (directory.tables != "posthouse" || !directory.app_passwords_query.empty()) return;
    if (app.last_used_at && now - *app.last_used_at < use_noted_every) return;
    keeper_.write("use of app password " + std::to_string(app.id),
                  [id = app.id, now](Directory& writer) { return writer.app_passwords().set_used(id, now); });
}

net::Async<Authenticator::Checked> Authenticator::refuse_in_turn(std::string user, std::string reason,
                                                                 net::Deadline deadline) {
    const Result<bool> waited = co_await in_turn(false, deadline, [] { return Result<bool>(false); });
    if (!waited) co_return Checked{Outcome::temporary, {}, waited.error().message()};
    co_return Checked{Outcome::wrong, std::move(user), std::move(reason)};
}

net::Async<Authenticator::Checked> Authenticator::admit(const User& user, const Identity& identity,
                                                        const Claim& claim) {
    // Only who knows the password is told about the account.
    if (!user.enabled) co_return Checked{Outcome::disabled, user.email, "account is disabled"};
    std::optional<User> target;
    if (!identity.target.empty()) {
        const LocalPart local_part = local_part_setting(*daemon_.config());
        const bool is_master = std::ranges::any_of(daemon_.config()->auth.master_users, [&](const std::string& name) {
            const Result<MailAddress> master = parse_address(name, local_part);
            return master && master->text() == user.email;
        });
        if (!is_master) co_return Checked{Outcome::unauthorized, user.email, "may not act as another user"};
        Result<std::optional<User>> found = co_await find(identity.target);
        if (!found) co_return Checked{Outcome::temporary, user.email, found.error().message()};
        if (!*found) co_return Checked{Outcome::unauthorized, user.email, "no such user to act as"};
        if (!(*found)->enabled) co_return Checked{Outcome::unauthorized, user.email, "user to act as is disabled"};
        target = std::move(*found);
    }
    const User& account = target ? *target : user;
    if (!account.services.allow(claim.origin.service))
        co_return Checked{Outcome::unauthorized, user.email, "may not use this service", service_text};
    recent_.remember(user.email, guard::client_network(claim.origin.remote_ip), net::Clock::now());
    if (!claim.origin.no_penalty) {
        guard_.auth_success(claim.origin.remote_ip, user.email);
        own_penalties_.success(guard::client_network(claim.origin.remote_ip), user.email);
    }
    Checked checked{Outcome::ok, account.email, {}, {}, quota_fields(account)};
    if (target) {
        checked.master = user.email;
        checked.fields.push_back({"master_user", user.email});
    }
    co_return checked;
}

bool Authenticator::is_known(const User& user, const Origin& origin) const {
    return recent_.knows(user.email, guard::client_network(origin.remote_ip), net::Clock::now());
}

net::Async<Verdict> Authenticator::conclude(Checked checked, const Claim& claim, net::Clock::time_point begun) {
    report(checked, claim);
    sasl::FailReply failure;
    failure.user = claim.user;
    failure.reason = std::move(checked.told);
    switch (checked.outcome) {
        case Outcome::ok: co_return Authenticated{std::move(checked.user), std::move(checked.fields)};
        case Outcome::temporary:
            failure.code = sasl::FailCode::temporary;
            co_return std::unexpected(std::move(failure));
        case Outcome::disabled: failure.code = sasl::FailCode::disabled; break;
        case Outcome::unauthorized: failure.code = sasl::FailCode::authorization; break;
        case Outcome::expired: failure.code = sasl::FailCode::expired; break;
        case Outcome::refused:
            failure.code = sasl::FailCode::temporary;
            failure.reason = refused_text;
            break;
        case Outcome::wrong: break;
    }
    if (checked.outcome == Outcome::wrong && !claim.origin.no_penalty) {
        const std::string account = account_of(claim);
        guard_.auth_failure(claim.origin.remote_ip, account);
        own_penalties_.failure(guard::client_network(claim.origin.remote_ip), account);
    }
    co_await wait_for_tick(begun);
    co_return std::unexpected(std::move(failure));
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

void Authenticator::renew(const User& user, const Secret& password) {
    if (daemon_.config()->directory.tables != "posthouse") return;
    const PasswordSettings settings = password_settings(*daemon_.config());
    if (!needs_renewal(user, settings)) return;
    keeper_.write("hash of " + user.email,
                  [settings, email = user.email, stored = user.password,
                   secret = std::make_shared<Secret>(std::string(password.view()))](Directory& directory) {
                      return renew_password(directory, email, stored, secret->view(), settings);
                  });
}

void Authenticator::report(const Checked& checked, const Claim& claim) {
    const log::SessionLog session(claim.origin.session);
    const std::string& service = claim.origin.service;
    const std::string& remote = claim.origin.remote_ip;
    switch (checked.outcome) {
        case Outcome::ok:
            ok_.add();
            if (!checked.app_password.empty())
                session.info("logged in", {{"user", checked.user},
                                           {"app_password", checked.app_password},
                                           {"service", service},
                                           {"remote", remote}});
            else if (checked.master.empty())
                session.info("logged in", {{"user", checked.user}, {"service", service}, {"remote", remote}});
            else
                session.info(
                    "logged in",
                    {{"user", checked.user}, {"master", checked.master}, {"service", service}, {"remote", remote}});
            return;
        case Outcome::temporary:
            temporary_.add();
            session.error("log-in failed for now",
                          {{"user", claim.user}, {"service", service}, {"remote", remote}, {"reason", checked.reason}});
            return;
        case Outcome::wrong:
        case Outcome::disabled:
        case Outcome::unauthorized:
        case Outcome::expired:
            failed_.add();
            // fail2ban reads this line (packaging/fail2ban): what the client chose stands behind its address.
            if (checked.app_password.empty())
                session.warning(
                    "log-in failed",
                    {{"remote", remote}, {"service", service}, {"reason", checked.reason}, {"user", claim.user}});
            else
                session.warning("log-in failed", {{"remote", remote},
                                                  {"service", service},
                                                  {"reason", checked.reason},
                                                  {"user", claim.user},
                                                  {"app_password", checked.app_password}});
            return;
        case Outcome::refused:
            refused_.add();
            session.warning(
                "log-in refused",
                {{"remote", remote}, {"service", service}, {"reason", checked.reason}, {"user", claim.user}});
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
