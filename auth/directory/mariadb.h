// A connection to a MariaDB server (MariaDB Connector/C), with blocking calls that have time-outs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "auth/directory/connection.h"
#include "lib/base/secret.h"

struct st_mysql;

namespace posthouse::auth {

struct MariadbSettings {
    enum class Tls {
        off,
        required,  ///< encrypted, whoever the server is
        verified,  ///< its certificate is checked against tls_authorities and the host's name
    };
    /// In the order of preference: `db.example.org`, `192.0.2.1:3307`, `[2001:db8::1]:3306`, or the path of a socket.
    std::vector<std::string> hosts;
    std::string database;
    std::string user;
    std::string password_file;  ///< read at each connect; empty: no password
    Tls tls = Tls::off;
    std::string tls_authorities;  ///< PEM file; empty: the system's
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds query_timeout{3000};  ///< each wait for the server
    std::chrono::milliseconds busy_timeout{5000};   ///< each wait for somebody else's transaction
};

/// The first line of the password file. Errors: unavailable (with the reason in the detail).
Result<Secret> read_password_file(const std::string& path);

class MariadbConnection final : public Connection {
  public:
    /// Connects to one host; utf8mb4, strict. Errors: unavailable, with the server's words in the detail.
    static Result<std::unique_ptr<MariadbConnection>> open(const MariadbSettings& settings, const std::string& host);
    MariadbConnection(const MariadbConnection&) = delete;
    MariadbConnection& operator=(const MariadbConnection&) = delete;
    ~MariadbConnection() override;

    Engine engine() const override { return Engine::mariadb; }
    /// One statement.
    Result<> execute(const std::string& sql) override;
    Result<> begin(bool write) override;
    Result<> commit() override;
    void rollback() override;
    bool is_lost() const override { return lost_; }

  private:
    friend class MariadbStatement;
    explicit MariadbConnection(st_mysql* connection) : connection_(connection) {}
    Result<std::unique_ptr<PreparedStatement>> compile(const std::string& sql) override;
    std::unexpected<Error> failure(unsigned number, const char* message, std::string_view what);

    st_mysql* connection_;
    bool lost_ = false;
};

}  // namespace posthouse::auth
