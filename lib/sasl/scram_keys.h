// The keys of SCRAM (RFC 5802 §3; SHA-256: RFC 7677): what a server stores instead of a password, and what it proves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::sasl {

enum class ScramHash { sha_1, sha_256 };

/// Bytes of a digest: 20 or 32.
std::size_t scram_digest_size(ScramHash hash);

/// Iterations that a client takes (RFC 5802 §5.1), and the most that this program computes: about half a second.
inline constexpr std::uint64_t scram_min_iterations = 4096;
inline constexpr std::uint64_t scram_max_iterations = 1'000'000;
/// What new keys are made with. A client has to compute them at each log-in.
inline constexpr std::uint64_t scram_default_iterations = 15'000;
/// The longest salt, in bytes.
inline constexpr std::size_t scram_max_salt = 256;

/// What is stored of a password. With the server key one can pose as this server to the user, and with the stored key
/// and one overheard log-in as the user: both are as secret as a password's hash.
struct ScramKeys {
    std::uint64_t iterations = 0;
    std::string salt;
    std::string stored_key;
    std::string server_key;
};

/// SaltedPassword := Hi(Normalize(password), salt, i). The caller wipes it. Errors: invalid (SASLprep refuses the
/// password); internal.
Result<std::string> scram_salted_password(ScramHash hash, std::string_view password, std::string_view salt,
                                          std::uint64_t iterations);
/// The same of bytes that are not prepared.
Result<std::string> scram_hi(ScramHash hash, std::string_view bytes, std::string_view salt, std::uint64_t iterations);

/// ClientKey := HMAC(SaltedPassword, "Client Key").
std::string scram_client_key(ScramHash hash, std::string_view salted_password);
/// StoredKey := H(ClientKey).
std::string scram_stored_key(ScramHash hash, std::string_view client_key);
/// ServerKey := HMAC(SaltedPassword, "Server Key").
std::string scram_server_key(ScramHash hash, std::string_view salted_password);
/// ClientSignature and ServerSignature: HMAC(key, AuthMessage).
std::string scram_signature(ScramHash hash, std::string_view key, std::string_view auth_message);

/// Keys of a password. Errors: as scram_salted_password.
Result<ScramKeys> make_scram_keys(ScramHash hash, std::string_view password, std::string salt,
                                  std::uint64_t iterations);
/// Whether `proof` (ClientKey XOR ClientSignature) was made with the client key of `stored_key`.
bool verify_scram_proof(ScramHash hash, std::string_view stored_key, std::string_view auth_message,
                        std::string_view proof);

/// As Dovecot stores them: `iterations,base64 salt,base64 StoredKey,base64 ServerKey`; nullopt: malformed, or out of
/// the bounds above.
std::optional<ScramKeys> parse_scram_keys(ScramHash hash, std::string_view text);
std::string encode(const ScramKeys& keys);

}  // namespace posthouse::sasl
