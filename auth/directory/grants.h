// What a MariaDB server must grant: a user that reads and writes the directory, and one that only reads it.
#pragma once

#include <string>
#include <vector>

#include "auth/directory/mariadb.h"

namespace posthouse::auth {

struct GrantSettings {
    std::string reader;                ///< name of the user who only reads: other mail software, monitoring
    std::string reader_password_file;  ///< empty: by the Unix socket's user
    std::string from = "localhost";    ///< where both connect from, as MariaDB writes it: a host, "%"
};

/// The statements that make the database, its users and their rights; running them twice does no harm. Passwords are in
/// them only as MariaDB stores them (mysql_native_password). Errors: unavailable (a password file cannot be read);
/// invalid (a name that MariaDB does not take).
Result<std::vector<std::string>> grant_statements(const MariadbSettings& settings, const GrantSettings& grants);

/// Runs them as another user of the first server that answers. Errors: unavailable, with the server's words.
Result<> apply_grants(MariadbSettings administrator, const std::vector<std::string>& statements);

}  // namespace posthouse::auth
