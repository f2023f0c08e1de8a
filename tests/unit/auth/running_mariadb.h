// RunningMariadb: a MariaDB server of a test's own, on a socket in a temporary folder.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "auth/directory/database.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {

/// Started once per process, as the database of a test takes a moment only: each test makes a database of its own on
/// it. Its users: root without a password, and `posthouse` with the password "secret", who may do everything with
/// databases whose names begin with `posthouse` but not override read_only.
class RunningMariadb {
  public:
    /// The server of this process; a failure to start one ends the process.
    static RunningMariadb& shared();
    RunningMariadb();
    RunningMariadb(const RunningMariadb&) = delete;
    RunningMariadb& operator=(const RunningMariadb&) = delete;
    ~RunningMariadb();

    std::string socket() const { return folder_.path() + "/mariadb.sock"; }
    std::string password_file() const { return folder_.path() + "/password"; }
    /// Makes an empty database. Settings for user `posthouse`; others' transactions are waited for
    /// for a second, the server for longer.
    DatabaseSettings make_database();
    /// As root.
    void execute(const std::string& sql);

    void start();
    void kill();    ///< SIGKILL, and waits for the end
    void freeze();  ///< SIGSTOP
    void go_on();   ///< SIGCONT
    pid_t pid() const { return pid_; }

  private:
    TemporaryFolder folder_;
    pid_t pid_ = 0;
    int databases_ = 0;
};

}  // namespace posthouse::auth
