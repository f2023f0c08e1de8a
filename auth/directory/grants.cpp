// What a MariaDB server must grant.
#include "auth/directory/grants.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_name = 64;  // of MariaDB

Result<> check_name(const std::string& name, std::string_view extra) {
    const bool fine = !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [&](char c) {
        return ascii::is_alnum(c) || extra.find(c) != std::string_view::npos;
    });
    if (!fine) return fail(ErrorCode::invalid, "\"" + name + "\" cannot be a name in MariaDB here");
    return {};
}

std::string sha1(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

/// What follows the user's name: how it proves who it is.
Result<std::string> identified(const std::string& password_file) {
    if (password_file.empty()) return " IDENTIFIED VIA unix_socket";
    const Result<Secret> password = read_password_file(password_file);
    if (!password) return fail(password.error());
    if (password->empty()) return fail(ErrorCode::invalid, password_file + " holds no password");
    std::string text = " IDENTIFIED BY PASSWORD '*";
    for (const char c : sha1(sha1(password->view()))) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text + '\'';
}

}  // namespace

Result<std::vector<std::string>> grant_statements(const MariadbSettings& settings, const GrantSettings& grants) {
    for (const auto& [name, extra] : {std::pair(settings.database, "_-"), std::pair(settings.user, "_-."),
                                      std::pair(grants.reader, "_-."), std::pair(grants.from, "_-.%:/")}) {
        if (const Result<> fine = check_name(name, extra); !fine) return fail(fine.error());
    }
    const Result<std::string> writer_proof = identified(settings.password_file);
    if (!writer_proof) return fail(writer_proof.error());
    const Result<std::string> reader_proof = identified(grants.reader_password_file);
    if (!reader_proof) return fail(reader_proof.error());
    const std::string writer = "'" + settings.user + "'@'" + grants.from + "'";
    const std::string reader = "'" + grants.reader + "'@'" + grants.from + "'";
    std::string pattern;  // an underscore stands for any character in GRANT
    for (const char c : settings.database) pattern += c == '_' ? std::string("\\_") : std::string(1, c);
    return std::vector<std::string>{
        "CREATE DATABASE IF NOT EXISTS `" + settings.database + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        "CREATE USER IF NOT EXISTS " + writer + *writer_proof,
        "CREATE USER IF NOT EXISTS " + reader + *reader_proof,
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES ON `" + pattern + "`.* TO " +
            writer,
        "GRANT SELECT ON `" + pattern + "`.* TO " + reader,
    };
}

Result<> apply_grants(MariadbSettings administrator, const std::vector<std::string>& statements) {
    administrator.database.clear();
    Result<> last = fail(ErrorCode::unavailable, "Directory is unavailable", "no MariaDB server is configured");
    for (const std::string& host : administrator.hosts) {
        const Result<std::unique_ptr<MariadbConnection>> connection = MariadbConnection::open(administrator, host);
        if (!connection) {
            last = fail(connection.error());
            continue;
        }
        for (const std::string& statement : statements) {
            if (const Result<> done = (*connection)->execute(statement); !done) return done;
        }
        return {};
    }
    return last;
}

}  // namespace posthouse::auth
