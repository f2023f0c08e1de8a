// DirectorySource: what a pool's connections lead to, for each engine.
#include "auth/server/directory_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "auth/directory/sqlite.h"
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

    bool tells_versions() const override { return true; }
    std::optional<std::uint64_t> version(Opening opening) override {
        const Result<std::string> present = target();
        if (!present) return std::nullopt;
        const std::scoped_lock lock(mutex_);
        if (watched_ == nullptr || watched_target_ != *present) {
            if (opening == Opening::never) return std::nullopt;
            if (!watch(*present)) return std::nullopt;
        }
        // Another number whenever another connection has committed; it is in memory that all connections share.
        const Result<std::int64_t> told = watched_->query_number("PRAGMA data_version");
        if (!told) return std::nullopt;
        if (std::exchange(data_version_, *told) != *told) ++version_;
        return version_;
    }

  private:
    bool watch(const std::string& present) {
        Result<std::unique_ptr<SqliteConnection>> opened =
            SqliteConnection::open(settings_.sqlite.path, SqliteConnection::Open::existing, 0);
        watched_ = opened ? std::move(*opened) : nullptr;
        watched_target_ = present;
        ++version_;
        return watched_ != nullptr;
    }

    DatabaseSettings settings_;
    std::mutex mutex_;
    std::unique_ptr<SqliteConnection> watched_;  // all below guarded by mutex_; never written to
    std::string watched_target_;
    std::int64_t data_version_ = 0;
    std::uint64_t version_ = 0;
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
    bool tells_versions() const override { return false; }
    std::optional<std::uint64_t> version(Opening) override { return std::nullopt; }

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
