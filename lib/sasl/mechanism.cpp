// SASL PLAIN and LOGIN.
#include "lib/sasl/mechanism.h"

#include "lib/base/ascii.h"

namespace posthouse::sasl {
namespace {

// What clients of LOGIN expect to be asked (draft-murchison-sasl-login); some compare these very words.
constexpr std::string_view login_user_prompt = "Username:";
constexpr std::string_view login_password_prompt = "Password:";

Result<> check_part(std::string_view part, std::string_view name) {
    if (part.find('\0') != std::string_view::npos) return fail(ErrorCode::invalid, "NUL in " + std::string(name));
    if (!ascii::is_utf8(part)) return fail(ErrorCode::invalid, std::string(name) + " is not UTF-8");
    return {};
}

}  // namespace

std::optional<Mechanism> parse_mechanism(std::string_view name) {
    if (ascii::iequals(name, "PLAIN")) return Mechanism::plain;
    if (ascii::iequals(name, "LOGIN")) return Mechanism::login;
    return std::nullopt;
}

std::string_view to_string(Mechanism mechanism) {
    switch (mechanism) {
        case Mechanism::plain:
            return "PLAIN";
        case Mechanism::login:
            return "LOGIN";
    }
    return "unknown";
}

Result<Credentials> parse_plain(std::string_view message) {
    if (message.size() > max_response) return fail(ErrorCode::limit, "SASL response too long");
    const auto first = message.find('\0');
    const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos) return fail(ErrorCode::invalid, "SASL PLAIN message without two NULs");
    const std::string_view authzid = message.substr(0, first);
    const std::string_view authcid = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if (authcid.empty()) return fail(ErrorCode::invalid, "SASL PLAIN message without a user name");
    if (password.empty()) return fail(ErrorCode::invalid, "SASL PLAIN message without a password");
    for (const auto& [part, name] :
         {std::pair{authzid, "authorization id"}, {authcid, "user name"}, {password, "password"}}) {
        if (const Result<> checked = check_part(part, name); !checked) return fail(checked.error());
    }
    return Credentials{std::string(authzid), std::string(authcid), Secret(std::string(password))};
}

std::string encode_plain(const Credentials& credentials) {
    std::string message;
    message.reserve(credentials.authorization_id.size() + credentials.user.size() + credentials.password.view().size() +
                    2);
    message += credentials.authorization_id;
    message += '\0';
    message += credentials.user;
    message += '\0';
    message += credentials.password.view();
    return message;
}

Result<ServerStep> ServerExchange::begin(std::optional<std::string_view> initial_response) {
    if (state_ != State::fresh) return fail(ErrorCode::internal, "SASL exchange begun twice");
    state_ = mechanism_ == Mechanism::plain ? State::wants_message : State::wants_user;
    if (initial_response) {
        // LOGIN's server speaks first; clients that send the user name at once mean the first answer. An empty
        // initial response of theirs answers nothing.
        if (mechanism_ == Mechanism::plain || !initial_response->empty()) return respond(*initial_response);
    }
    return Challenge{mechanism_ == Mechanism::plain ? std::string() : std::string(login_user_prompt)};
}

Result<ServerStep> ServerExchange::respond(std::string_view response) {
    if (response.size() > max_response) {
        state_ = State::done;
        return fail(ErrorCode::limit, "SASL response too long");
    }
    switch (std::exchange(state_, State::done)) {
        case State::wants_message: {
            Result<Credentials> credentials = parse_plain(response);
            if (!credentials) return fail(credentials.error());
            return std::move(*credentials);
        }
        case State::wants_user:
            if (response.empty()) return fail(ErrorCode::invalid, "SASL LOGIN without a user name");
            if (const Result<> checked = check_part(response, "user name"); !checked) return fail(checked.error());
            user_ = response;
            state_ = State::wants_password;
            return Challenge{std::string(login_password_prompt)};
        case State::wants_password:
            if (response.empty()) return fail(ErrorCode::invalid, "SASL LOGIN without a password");
            if (const Result<> checked = check_part(response, "password"); !checked) return fail(checked.error());
            return Credentials{{}, std::move(user_), Secret(std::string(response))};
        case State::fresh:
        case State::done:
            break;
    }
    return fail(ErrorCode::internal, "SASL response outside an exchange");
}

std::optional<Secret> ClientExchange::initial_response() {
    if (mechanism_ == Mechanism::login) return std::nullopt;
    step_ = 1;
    return Secret(encode_plain(credentials_));
}

Result<Secret> ClientExchange::respond(std::string_view /*challenge*/) {
    const int step = step_++;
    if (mechanism_ == Mechanism::plain && step == 0) return Secret(encode_plain(credentials_));
    if (mechanism_ == Mechanism::login && step == 0) return Secret(credentials_.user);
    if (mechanism_ == Mechanism::login && step == 1) return Secret(std::string(credentials_.password.view()));
    return fail(ErrorCode::invalid, "Server sent a SASL challenge too many");
}

}  // namespace posthouse::sasl
