// CRYPT and the schemes that name one of its kinds: by libcrypt.
#include <crypt.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "auth/passwords/fields.h"
#include "auth/passwords/scheme.h"
#include "lib/base/ascii.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::uint64_t max_bcrypt_cost = 16;                 // about 4 s
constexpr std::uint64_t max_rounds = 1'000'000;               // about 1 s
constexpr std::uint64_t max_memory = std::uint64_t{1} << 30;  // of yescrypt
constexpr unsigned long made_bcrypt_cost = 11;                // about 100 ms
constexpr std::uint64_t default_rounds = 5000;                // of SHA-crypt that names none
constexpr unsigned long made_rounds = 100'000;                // about 60 ms
constexpr std::size_t yescrypt_digest = 43;                   // characters
constexpr std::size_t bcrypt_password = 72;                   // what bcrypt looks at

// The kinds that are verified. scrypt, sunmd5 and the like are not; traditional DES looks at 8 characters only.
constexpr std::array<std::string_view, 9> known{"$1$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$", "$y$", "$gy$"};

// yescrypt writes numbers in digits of 6 bits: up to 47 as one digit, more as two and so on.
std::optional<std::uint64_t> take_yescrypt_number(std::string_view& text, std::uint64_t minimum) {
    constexpr std::string_view digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (text.empty()) return std::nullopt;
    const auto digit = digits.find(text.front());
    if (digit >= 48) return std::nullopt;  // larger than what can be paid for
    text.remove_prefix(1);
    return minimum + digit;
}

// `$y$` flags, log2 of N, r, `$` salt `$` digest: takes 128 × N × r bytes. More parameters than these are not accepted.
Result<> check_yescrypt(std::string_view parameters) {
    const auto flags = take_yescrypt_number(parameters, 0);
    const auto log2_n = take_yescrypt_number(parameters, 1);
    const auto r = take_yescrypt_number(parameters, 1);
    if (!flags || !log2_n || !r || !parameters.starts_with('$')) return unsupported("unknown kind of yescrypt hash");
    const auto digest = parameters.rfind('$');
    if (digest == 0 || parameters.size() - digest - 1 != yescrypt_digest) return unsupported("damaged yescrypt hash");
    if (*log2_n > 30 || 128 * *r * (std::uint64_t{1} << *log2_n) > max_memory)
        return unsupported("yescrypt with too high a cost");
    return {};
}

Result<> check(const Scheme& scheme, std::string_view hash) {
    if (hash.empty() || hash.starts_with('*') || hash.starts_with('!')) return unsupported("locked");
    if (!hash.starts_with(scheme.detail))
        return unsupported("hash is not of its scheme {" + std::string(scheme.name) + "}");
    if (std::ranges::none_of(known, [&](std::string_view kind) { return hash.starts_with(kind); }) ||
        hash.find('\0') != std::string_view::npos)
        return unsupported("unknown kind of crypt hash");
    if (hash.starts_with("$2")) {
        const auto cost = hash.size() > 6 ? ascii::parse_number(hash.substr(4, 2)) : std::nullopt;
        if (!cost || *cost > max_bcrypt_cost) return unsupported("bcrypt with too high a cost");
    }
    if (hash.starts_with("$5$rounds=") || hash.starts_with("$6$rounds=")) {
        std::string_view rest = hash.substr(3);
        const auto rounds = take_number(rest, "rounds=", '$');
        if (!rounds || *rounds > max_rounds) return unsupported("SHA-crypt with too many rounds");
    }
    if (hash.starts_with("$y$")) return check_yescrypt(hash.substr(3));
    if (hash.starts_with("$gy$")) return check_yescrypt(hash.substr(4));
    return {};
}

/// 32 KiB in which libcrypt leaves traces of the password.
class Workspace {
  public:
    Workspace() : data_(std::make_unique<crypt_data>()) {}
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    ~Workspace() { sodium_memzero(data_.get(), sizeof(crypt_data)); }

    /// Null, or a text that begins with `*`, and errno: an error.
    const char* crypt(std::string_view password, const char* setting) {
        std::string key(password);
        errno = 0;
        const char* computed = ::crypt_r(key.c_str(), setting, data_.get());
        const int error = errno;
        wipe(key);
        errno = error;
        return computed;
    }

  private:
    std::unique_ptr<crypt_data> data_;
};

Result<bool> verify(const Scheme&, std::string_view hash, std::string_view password) {
    if (password.size() > CRYPT_MAX_PASSPHRASE_SIZE) return false;
    Workspace workspace;
    const std::string setting(hash);
    const char* computed = workspace.crypt(password, setting.c_str());
    if (computed == nullptr || computed[0] == '*') {
        if (errno == ENOMEM) return fail(ErrorCode::unavailable, "Not enough memory to check a password");
        return unsupported("damaged crypt hash");
    }
    return constant_time_equal(computed, hash);
}

Result<std::string> make(const Scheme& scheme, std::string_view password, const PasswordSettings&) {
    const bool is_bcrypt = scheme.name == "BLF-CRYPT";
    if (password.size() > (is_bcrypt ? bcrypt_password : CRYPT_MAX_PASSPHRASE_SIZE))
        return fail(ErrorCode::invalid, "Password is too long for " + std::string(scheme.name));
    const std::string prefix(is_bcrypt ? "$2y$" : scheme.detail);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    Workspace workspace;
    const char* computed = nullptr;
    // Without bytes given, libcrypt asks the kernel for random ones.
    if (::crypt_gensalt_rn(prefix.c_str(), is_bcrypt ? made_bcrypt_cost : made_rounds, nullptr, 0, setting.data(),
                           static_cast<int>(setting.size())) != nullptr)
        computed = workspace.crypt(password, setting.data());
    if (computed == nullptr || computed[0] == '*') return fail(ErrorCode::unavailable, "Password cannot be hashed now");
    return std::string(computed);
}

std::string cost(const Scheme&, std::string_view hash) {
    if (hash.starts_with("$2")) return "bcrypt, cost " + std::string(hash.substr(4, 2));
    if (hash.starts_with("$1$")) return "MD5, 1000 rounds";
    if (hash.starts_with("$y$") || hash.starts_with("$gy$")) return "yescrypt";
    std::string_view rest = hash.substr(3);
    const auto rounds = rest.starts_with("rounds=") ? take_number(rest, "rounds=", '$') : std::nullopt;
    return std::string(hash.starts_with("$5$") ? "SHA-256, " : "SHA-512, ") +
           std::to_string(rounds.value_or(default_rounds)) + " rounds";
}

}  // namespace

const Family crypt_family{check, verify, make, nullptr, cost};

}  // namespace posthouse::auth
