// Authenticator: log-ins by SCRAM, in their two halves.
#include "auth/server/authenticator.h"

#include <utility>

namespace posthouse::auth {

net::Async<std::expected<ScramLogin, sasl::FailReply>> Authenticator::begin_scram(Claim claim, sasl::ScramHash hash) {
    const config::Snapshot config = daemon_.config();
    if (!salts_) salts_.emplace(config->general.state_folder + "/scram-salts.key");
    ScramLogin login{std::move(claim), hash, {}, static_cast<std::uint64_t>(config->auth.scram_iterations), {}, {}, {}};
    const std::string default_scheme = config->auth.default_pass_scheme;
    guard::Penalty penalty = co_await serve_penalty(login.claim, net::Deadline::in(config->auth.request_timeout));
    if (penalty.refused) {
        Verdict verdict =
            co_await conclude({Outcome::refused, {}, std::move(penalty.reason)}, login.claim, net::Clock::now());
        co_return std::unexpected(std::move(verdict.error()));
    }
    const Result<Identity> identity = identify(login.claim);
    login.salt = salts_->salt_of(identity ? identity->email : login.claim.user);
    if (!identity) {
        login.reason = identity.error().text;
        co_return login;
    }
    Result<std::optional<User>> user = co_await find(identity->email);
    if (!user) {
        Checked checked{Outcome::temporary, identity->email, user.error().message()};
        Verdict verdict = co_await conclude(std::move(checked), login.claim, net::Clock::now());
        co_return std::unexpected(std::move(verdict.error()));
    }
    login.user = std::move(*user);
    login.reason = "no such user";
    if (!login.user) co_return login;
    Result<ScramSecret> secret = scram_secret(login.user->password, login.user->scram_keys, hash, default_scheme);
    if (!secret) {
        login.reason = login.user->password.empty() ? "user without a password" : secret.error().text;
        co_return login;
    }
    login.secret = std::move(*secret);
    if (login.secret.keys) {
        login.salt = login.secret.keys->salt;
        login.iterations = login.secret.keys->iterations;
    }
    co_return login;
}

net::Async<Verdict> Authenticator::check_scram(ScramLogin login, const sasl::ScramProof& proof,
                                               std::string& server_final) {
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->auth.request_timeout);
    // Again: many exchanges may have begun before the first of them failed.
    guard::Penalty penalty = co_await serve_penalty(login.claim, deadline);
    const net::Clock::time_point begun = net::Clock::now();
    Checked checked{Outcome::refused, {}, std::move(penalty.reason)};
    if (!penalty.refused) checked = co_await verify_scram(login, proof, server_final, deadline);
    Verdict verdict = co_await conclude(std::move(checked), login.claim, begun);
    co_return verdict;
}

net::Async<Authenticator::Checked> Authenticator::verify_scram(const ScramLogin& login, const sasl::ScramProof& proof,
                                                               std::string& server_final, net::Deadline deadline) {
    const Result<Identity> identity = identify(login.claim);
    if (!identity || !login.user || (!login.secret.keys && login.secret.password.empty())) {
        const std::string user = login.user ? login.user->email : std::string();
        Checked refused = co_await refuse_in_turn(user, login.reason, deadline);
        co_return refused;
    }
    User found = *login.user;
    // As long as for a password, whether there are keys already or not.
    std::optional<sasl::ScramKeys> keys;
    const Result<bool> right = co_await in_turn(is_known(found, login.claim.origin), deadline, [&]() -> Result<bool> {
        if (login.secret.keys) {
            keys = login.secret.keys;
        } else {
            Result<sasl::ScramKeys> made =
                sasl::make_scram_keys(login.hash, login.secret.password.view(), login.salt, login.iterations);
            // SASLprep refuses the stored password: no client can prove it.
            if (!made && made.error().code == ErrorCode::invalid) return false;
            if (!made) return fail(made.error());
            keys = std::move(*made);
        }
        return proof.fits(*keys);
    });
    if (!right) co_return Checked{Outcome::temporary, found.email, right.error().message()};
    if (!*right) co_return Checked{Outcome::wrong, found.email, "wrong password"};
    std::expected<User, Checked> again = co_await find_again(found);
    if (!again) co_return std::move(again.error());
    // The proof is about the salt of before, so the client has to begin anew.
    if (again->password != found.password)
        co_return Checked{Outcome::temporary, found.email, "password was changed meanwhile"};
    found = std::move(*again);
    if (std::optional<Checked> refused = refuse_own(found, login.claim)) co_return std::move(*refused);
    Checked checked = co_await admit(found, *identity, login.claim);
    if (checked.outcome != Outcome::ok) co_return checked;
    if (found.must_change_password && checked.master.empty()) checked.fields.push_back({"must_change_password", "yes"});
    server_final = proof.server_final(*keys);
    co_return checked;
}

}  // namespace posthouse::auth
