// RunningMariadb: a MariaDB server of a test's own.
#include "tests/unit/auth/running_mariadb.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/unit/child_process.h"

namespace posthouse::auth {
namespace {

[[noreturn]] void give_up(const std::string& what, const std::string& output) {
    std::fprintf(stderr, "%s; the server said:\n", what.c_str());
    std::ifstream lines(output);
    for (std::string line; std::getline(lines, line);) std::fprintf(stderr, "%s\n", line.c_str());
    std::abort();
}

MariadbSettings as_root(const std::string& socket) {
    MariadbSettings settings;
    settings.hosts = {socket};
    settings.user = "root";
    settings.query_timeout = std::chrono::seconds(60);
    return settings;
}

}  // namespace

RunningMariadb& RunningMariadb::shared() {
    static RunningMariadb server;
    return server;
}

RunningMariadb::RunningMariadb() {
    const std::string output = folder_.path() + "/output";
    std::vector<std::string> install{"mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
                                     "--skip-test-db", "--datadir=" + folder_.path() + "/data"};
    if (::geteuid() == 0) install.emplace_back("--user=root");
    const pid_t installing = spawn_program(install, output);
    int status = 0;
    if (installing < 0 || ::waitpid(installing, &status, 0) != installing || status != 0)
        give_up("mariadb-install-db failed", output);
    start();
    execute("CREATE USER posthouse@localhost IDENTIFIED BY 'secret'");
    execute("GRANT ALL ON `posthouse%`.* TO posthouse@localhost");
    std::ofstream(password_file()) << "secret\n";
}

RunningMariadb::~RunningMariadb() { kill(); }

void RunningMariadb::start() {
    const std::string output = folder_.path() + "/output";
    std::vector<std::string> words{"mariadbd", "--no-defaults", "--skip-networking",
                                   "--datadir=" + folder_.path() + "/data", "--tmpdir=" + folder_.path(),
                                   "--socket=" + socket(), "--pid-file=" + folder_.path() + "/pid",
                                   // It is killed, but no test of it cuts the power.
                                   "--innodb-buffer-pool-size=32M", "--innodb-flush-method=nosync"};
    if (::geteuid() == 0) words.emplace_back("--user=root");
    pid_ = spawn_program(words, output);
    if (pid_ < 0) give_up("mariadbd cannot be started", output);
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!MariadbConnection::open(as_root(socket()), socket())) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > end)
            give_up("mariadbd did not start", output);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void RunningMariadb::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

void RunningMariadb::freeze() {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);  // until all of its threads have stopped
}
void RunningMariadb::go_on() { ::kill(pid_, SIGCONT); }

void RunningMariadb::execute(const std::string& sql) {
    const auto connection = MariadbConnection::open(as_root(socket()), socket());
    const Result<> done = connection ? (*connection)->execute(sql) : Result<>(fail(connection.error()));
    if (!done) give_up(done.error().message(), folder_.path() + "/output");
}

DatabaseSettings RunningMariadb::make_database() {
    DatabaseSettings settings;
    settings.engine = Engine::mariadb;
    settings.mariadb.hosts = {socket()};
    settings.mariadb.database = "posthouse" + std::to_string(++databases_);
    settings.mariadb.user = "posthouse";
    settings.mariadb.password_file = password_file();
    settings.mariadb.connect_timeout = std::chrono::seconds(30);
    settings.mariadb.query_timeout = std::chrono::seconds(30);
    settings.mariadb.busy_timeout = std::chrono::seconds(1);
    execute("CREATE DATABASE " + settings.mariadb.database);
    return settings;
}

}  // namespace posthouse::auth
