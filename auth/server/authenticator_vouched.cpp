// Authenticator: log-ins that somebody else vouches for: a certificate, a token.
#include "auth/server/authenticator.h"

#include <utility>

namespace posthouse::auth {

net::Async<Verdict> Authenticator::check_vouched(Claim claim) {
    guard::Penalty penalty = co_await serve_penalty(claim, net::Deadline::in(daemon_.config()->auth.request_timeout));
    const net::Clock::time_point begun = net::Clock::now();
    Checked checked{Outcome::refused, {}, std::move(penalty.reason)};
    if (!penalty.refused) checked = co_await find_vouched(claim);
    Verdict verdict = co_await conclude(std::move(checked), claim, begun);
    co_return verdict;
}

net::Async<Verdict> Authenticator::check_token(Claim claim, Secret token) {
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->auth.request_timeout);
    guard::Penalty penalty = co_await serve_penalty(claim, deadline);
    const net::Clock::time_point begun = net::Clock::now();
    Checked checked{Outcome::refused, {}, std::move(penalty.reason)};
    if (!penalty.refused) checked = co_await verify_token(claim, token, deadline);
    Verdict verdict = co_await conclude(std::move(checked), claim, begun);
    co_return verdict;
}

std::string Authenticator::token_scope() const {
    std::string line;
    for (const std::string& one : daemon_.config()->oauth2.scope) line.append(line.empty() ? 0 : 1, ' ').append(one);
    return line;
}

Result<> Authenticator::read_token_keys() {
    Result<std::shared_ptr<TokenChecker>> tokens = TokenChecker::make(*daemon_.config());
    if (!tokens) return fail(tokens.error());
    tokens_ = std::move(*tokens);
    return {};
}

net::Async<Authenticator::Checked> Authenticator::find_vouched(const Claim& claim) {
    const Result<Identity> identity = identify(claim);
    if (!identity) co_return Checked{Outcome::wrong, {}, identity.error().text};
    const Result<std::optional<User>> user = co_await find(identity->email);
    if (!user) co_return Checked{Outcome::temporary, identity->email, user.error().message()};
    if (!*user) co_return Checked{Outcome::wrong, {}, "no such user"};
    Checked checked = co_await admit(**user, *identity, claim);
    co_return checked;
}

net::Async<Authenticator::Checked> Authenticator::verify_token(Claim& claim, const Secret& token,
                                                               net::Deadline deadline) {
    claim.user = claim.authorization_id;
    if (tokens_now_ >= token_places_) co_return Checked{Outcome::temporary, {}, "Too many tokens at once"};
    ++tokens_now_;
    const Result<TokenUser> user =
        co_await token_threads_.run([&token, deadline, tokens = tokens_]() -> Result<TokenUser> {
            if (deadline.passed()) return fail(ErrorCode::unavailable, "Log-in waited too long");
            return tokens->check(token.view());
        });
    --tokens_now_;
    if (!user) {
        const std::string reason = user.error().message();
        // Who comes with an old token has had a good one: that is no guess.
        if (user.error().code == ErrorCode::timeout) co_return Checked{Outcome::unauthorized, {}, reason};
        if (user.error().code == ErrorCode::denied) co_return Checked{Outcome::wrong, {}, reason};
        co_return Checked{Outcome::temporary, {}, reason};
    }
    claim.user = user->address;
    Checked checked = co_await find_vouched(claim);
    co_return checked;
}

}  // namespace posthouse::auth
