// ScramLogin: the client's messages.
#include "lib/sasl/scram_login.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/secret.h"
#include "lib/sasl/saslprep.h"

namespace posthouse::sasl {
namespace {

/// Of a server's message, which has a nonce, a salt and a number.
constexpr std::size_t max_message = 4096;

/// A name as `n=` has it: "=" and "," escaped.
std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '=')
            out += "=3D";
        else if (c == ',')
            out += "=2C";
        else
            out += c;
    }
    return out;
}

struct ServerFirst {
    std::string_view nonce;
    std::string salt;
    std::uint64_t iterations = 0;
};

/// `r=…,s=…,i=…`, and extensions, which are read over (RFC 5802 §7); but `m=`, which must fail, can't come first.
std::optional<ServerFirst> parse_server_first(std::string_view message) {
    if (message.size() > max_message) return std::nullopt;
    const std::vector<std::string_view> fields = ascii::split(message, ',');
    if (fields.size() < 3 || !fields[0].starts_with("r=") || !fields[1].starts_with("s=") ||
        !fields[2].starts_with("i="))
        return std::nullopt;
    const auto salt = base64::decode(fields[1].substr(2));
    const auto iterations = ascii::parse_number(fields[2].substr(2));
    if (!salt || salt->empty() || salt->size() > scram_max_salt || !iterations) return std::nullopt;
    return ServerFirst{fields[0].substr(2), *salt, *iterations};
}

}  // namespace

Result<ScramLogin> ScramLogin::begin(ScramHash hash, std::string_view user, std::string nonce) {
    const Result<std::string> name = saslprep(user);
    if (!name) return fail(name.error());
    std::string bare = "n=" + escaped(*name) + ",r=" + nonce;
    return ScramLogin(hash, std::move(nonce), std::move(bare));
}

Result<std::string> ScramLogin::answer(std::string_view server_first, std::string_view password) {
    const auto first = parse_server_first(server_first);
    if (!first) return fail(ErrorCode::invalid, "The server's SCRAM message is malformed");
    if (first->nonce.size() <= nonce_.size() || !first->nonce.starts_with(nonce_))
        return fail(ErrorCode::invalid, "The server's SCRAM message has another nonce");
    if (first->iterations < scram_min_iterations || first->iterations > scram_max_login_iterations)
        return fail(ErrorCode::limit, "The server wants " + std::to_string(first->iterations) + " iterations of SCRAM");
    Result<std::string> salted = scram_salted_password(hash_, password, first->salt, first->iterations);
    if (!salted) return fail(salted.error());
    const std::string without_proof = "c=" + base64::encode(header) + ",r=" + std::string(first->nonce);
    const std::string auth_message = bare_ + ',' + std::string(server_first) + ',' + without_proof;
    std::string proof = scram_client_key(hash_, *salted);
    const std::string signature = scram_signature(hash_, scram_stored_key(hash_, proof), auth_message);
    std::ranges::transform(proof, signature, proof.begin(), [](char a, char b) { return static_cast<char>(a ^ b); });
    signature_ = base64::encode(scram_signature(hash_, scram_server_key(hash_, *salted), auth_message));
    wipe(*salted);
    return without_proof + ",p=" + base64::encode(proof);
}

Result<> ScramLogin::check(std::string_view server_final) const {
    const std::string_view first = server_final.substr(0, server_final.find(','));
    if (signature_.empty() || !first.starts_with("v=") || !constant_time_equal(first.substr(2), signature_))
        return fail(ErrorCode::denied, "The server does not know the password");
    return {};
}

}  // namespace posthouse::sasl
