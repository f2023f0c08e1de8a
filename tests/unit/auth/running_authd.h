// RunningAuthd: authd on sockets in a folder of its own, in the loop of a test.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "auth/passwords/password.h"
#include "auth/server/authd.h"
#include "lib/net/listener.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {

/// Has the domain example.org with joe@ (password "secret", quota 5 MB) and ann@ (disabled, the same password).
class RunningAuthd {
  public:
    /// Changes the settings.
    using Change = std::function<void(config::Config&)>;
    explicit RunningAuthd(net::Loop& loop, const Change& change = {})
        : loop_(loop), daemon_(loop, "authd", settings(change)), serving_(loop) {
        const auto directory = open();
        const std::string hash = *hash_password("secret", {.argon2 = {8192, 1}});
        for (const Result<>& done :
             {directory->add_domain("example.org"), directory->add_user({"joe@example.org", hash, 5, true, false}),
              directory->add_user({"ann@example.org", hash, 0, false, false}),
              directory->add_alias("info@example.org", "joe@example.org")}) {
            if (!done) std::abort();
        }
        restart();
    }

    net::Loop& loop() { return loop_; }
    /// A connection to the directory, as the command line has one.
    std::unique_ptr<Directory> open() const { return std::move(*create_sqlite_directory({database(), 1000})); }
    std::string database() const { return folder_.path() + "/directory.sqlite"; }
    std::string socket(const std::string& name) const { return folder_.path() + '/' + name; }
    std::string home(const std::string& user) const { return folder_.path() + "/mail/example.org/" + user; }

    /// Ends all connections and stops listening.
    net::Async<> stop() {
        for (net::Listener& listener : listeners_) listener.cancel();
        for (net::Stream* stream : streams_) stream->drain();
        co_await serving_.join();
        listeners_.clear();
        co_await authd_->stop();
        authd_.reset();
    }
    void restart() {
        authd_ = std::make_unique<Authd>(daemon_);
        for (const char* name : {"auth", "login", "userdb", "socketmap", "usage"}) {
            std::filesystem::remove(socket(name));
            listeners_.emplace_back(loop_, std::move(*net::listen_unix(socket(name))));
            serving_.spawn(&RunningAuthd::accept, this, &listeners_.back(), std::string(name));
        }
    }

  private:
    config::Config settings(const Change& change) const {
        config::Config config;
        config.directory.sqlite = database();
        config.general.mail_root = folder_.path() + "/mail";
        config.general.state_folder = folder_.path();
        config.listen.guard = {};
        config.auth.failure_delay = std::chrono::milliseconds(0);
        if (change) change(config);
        return config;
    }
    static net::Async<> accept(RunningAuthd* self, net::Listener* listener, std::string name) {
        for (;;) {
            Result<net::Accepted> accepted = co_await listener->accept();
            if (!accepted) co_return;
            self->serving_.spawn(&RunningAuthd::serve, self, std::make_shared<net::Accepted>(std::move(*accepted)),
                                 name);
        }
    }
    static net::Async<> serve(RunningAuthd* self, std::shared_ptr<net::Accepted> accepted, std::string name) {
        daemon::Connection connection{net::Stream(self->loop_, std::move(accepted->socket)), accepted->peer,
                                      accepted->local, name, log::SessionLog("test")};
        const auto at = self->streams_.insert(self->streams_.end(), &connection.stream);
        co_await self->authd_->serve(connection);
        self->streams_.erase(at);
    }

    net::Loop& loop_;
    TemporaryFolder folder_;
    daemon::FakeDaemon daemon_;
    std::unique_ptr<Authd> authd_;
    std::list<net::Listener> listeners_;
    std::list<net::Stream*> streams_;
    net::Scope serving_;
};

}  // namespace posthouse::auth
