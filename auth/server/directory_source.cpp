// DirectorySource: what a pool's connections lead to, for each engine.
#include "auth/server/directory_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "auth/server/host_list.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

std::unexpected<Error> unavailable(std::string detail) {
    return fail(ErrorCode::unavailable, "Directory is unavailable", std::move(detail));
}

class SqliteSource final : public DirectorySource {
  public:
    explicit SqliteSource(DatabaseSettings settings) : settings_(std::move(settings)) {}

    Result<std::string> target() override {
        struct stat status{};
        const std::string& path = settings_.sqlite.path;
        if (::stat(path.c_str(), &status) != 0) return unavailable(fail_errno("stat " + path, errno).error().detail);
        return std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino);
    }
    Result<std::unique_ptr<Directory>> connect(const std::string&) override {
        Result<std::unique_ptr<Directory>> opened = open_directory(settings_);
        if (!opened) return unavailable(opened.error().message());
        return opened;
    }
    void failed(const std::string&, const Error&) override {}
    void probe() override {}

  private:
    DatabaseSettings settings_;
};

class MariadbSource final : public DirectorySource {
  public:
    explicit MariadbSource(DatabaseSettings settings)
        : settings_(std::move(settings)), hosts_(settings_.mariadb.hosts) {}

    Result<std::string> target() override {
        std::optional<std::string> host = hosts_.first();
        if (!host) return unavailable("no database server answers");
        return std::move(*host);
    }
    Result<std::unique_ptr<Directory>> connect(const std::string& target) override {
        Result<std::unique_ptr<Directory>> opened = open_directory(settings_, target);
        if (!opened) return unavailable(opened.error().message());
        return opened;
    }
    void failed(const std::string& target, const Error& reason) override {
        if (hosts_.set_away(target, true))
            log::error("database server is away", {{"host", target}, {"reason", reason.message()}});
    }
    void probe() override {
        for (const std::string& host : hosts_.away()) {
            const Result<std::unique_ptr<Directory>> opened = connect(host);
            if (!opened) {
                log::debug("database server is still away", {{"host", host}, {"reason", opened.error().message()}});
                continue;
            }
            if (hosts_.set_away(host, false)) log::info("database server is back", {{"host", host}});
        }
    }

  private:
    DatabaseSettings settings_;
    HostList hosts_;
};

}  // namespace

std::unique_ptr<DirectorySource> make_directory_source(DatabaseSettings settings) {
    if (settings.engine == Engine::sqlite) return std::make_unique<SqliteSource>(std::move(settings));
    return std::make_unique<MariadbSource>(std::move(settings));
}

}  // namespace posthouse::auth
