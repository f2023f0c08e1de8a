// SCRAM with a running authd.
#pragma once

#include <functional>
#include <string>

#include "tests/unit/auth/authd_conversation.h"
#include "tests/unit/sasl/scram_client.h"

namespace posthouse::auth {

/// A whole exchange by SCRAM; gives authd's last line, and the salt that was shown. `between` is what happens before
/// the client proves that it knows the password.
inline net::Async<std::string> scram(
    net::Stream& stream, int id, std::string mechanism, sasl::ScramClient client, std::string parameters,
    std::string* salt = nullptr, std::function<void()> between = [] {}) {
    const std::string number = std::to_string(id);
    std::string answer =
        co_await ask(stream, "AUTH\t" + number + '\t' + mechanism + "\tservice=imap\tnologin\tsecured" + parameters +
                                 "\tresp=" + base64::encode(client.first()) + '\n');
    const std::string challenge = "CONT\t" + number + '\t';
    if (!answer.starts_with(challenge)) co_return answer;
    const std::string final = client.final(*base64::decode(answer.substr(challenge.size())));
    if (salt != nullptr) *salt = client.salt();
    between();
    answer = co_await ask(stream, challenge + base64::encode(final) + '\n');
    if (answer != challenge + base64::encode(client.server_final())) co_return answer;
    answer = co_await ask(stream, challenge + '\n');
    co_return answer;
}

inline std::string scram_hash(std::string_view password) {
    PasswordSettings settings;
    settings.scheme = "SCRAM-SHA-256";
    return *hash_password(password, settings);
}

inline void offer_scram(config::Config& config) { config.auth.mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"}; }

}  // namespace posthouse::auth
