// Tests of ending sessions, with workers and an authd that only write down who asks them.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <thread>

#include "lib/base/fd.h"
#include "lib/http/parser.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

/// Who was asked, and for what, in this order.
class Asked {
  public:
    void add(std::string what) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(what));
    }
    std::vector<std::string> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(all_, {});
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> all_;
};

/// Listens on a Unix socket; answers HTTP requests with `answer`, or closes every connection when that is empty.
class FakeDaemon {
  public:
    FakeDaemon(std::string name, const std::string& path, std::string answer, Asked& asked)
        : name_(std::move(name)), answer_(std::move(answer)), asked_(&asked) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        std::array<int, 2> ends{};
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
            ::listen(listener_.get(), 8) != 0 || ::pipe(ends.data()) != 0)
            std::abort();
        stopped_.reset(ends[0]);
        stop_.reset(ends[1]);
        thread_ = std::jthread([this] { serve(); });
    }
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;
    ~FakeDaemon() { stop_.reset(); }

  private:
    void serve() {
        for (;;) {
            std::array<pollfd, 2> waited{{{listener_.get(), POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
            ::poll(waited.data(), waited.size(), -1);
            if (waited[1].revents != 0) return;
            const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
            if (answer_.empty())
                asked_->add(name_);
            else
                answer_one(client.get());
        }
    }
    void answer_one(int client) {
        http::RequestParser parser;
        for (;;) {
            std::array<char, 4096> buffer{};
            const ssize_t count = ::recv(client, buffer.data(), buffer.size(), 0);
            if (count <= 0) return;
            parser.feed({buffer.data(), static_cast<std::size_t>(count)});
            const Result<std::optional<http::Request>> request = parser.next();
            if (!request) return;
            if (!*request) continue;
            asked_->add(name_ + ' ' + (*request)->target + ' ' + (*request)->body);
            ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            return;
        }
    }

    std::string name_;
    std::string answer_;
    Asked* asked_;
    UniqueFd listener_;
    UniqueFd stopped_;
    UniqueFd stop_;
    std::jthread thread_;
};

class SessionsTest : public CommandLineTest {
  protected:
    SessionsTest() { std::filesystem::create_directories(folder_ + "/run/control"); }

    std::unique_ptr<FakeDaemon> worker(const std::string& name, int status = 200, const std::string& body = "1\n") {
        return std::make_unique<FakeDaemon>(name, folder_ + "/run/control/" + name + ".sock",
                                            http::to_wire(http::response(status, "text/plain", body)), asked_);
    }
    std::unique_ptr<FakeDaemon> authd() {
        return std::make_unique<FakeDaemon>("authd", folder_ + "/run/userdb.sock", "", asked_);
    }

    Asked asked_;
};

using Lines = std::vector<std::string>;

TEST_F(SessionsTest, AnImportThatTakesSomethingFromUsersEndsTheirSessions) {
    add_joe();
    for (const char* name : {"ann", "bob", "eve", "zoe"})
        ASSERT_EQ(run("user add " + std::string(name) + "@example.org --password-stdin", "x\n"), 0);
    auth::AppPassword phone;
    phone.name = "phone";
    phone.password = "{PLAIN}x";
    ASSERT_TRUE(directory()->app_passwords().add("zoe@example.org", phone));
    ASSERT_EQ(run("export --with-hashes"), 0);
    nlohmann::json document = nlohmann::json::parse(out_);
    for (nlohmann::json& user : document["users"]) {
        if (user["email"] == "ann@example.org") user["enabled"] = false;
        if (user["email"] == "bob@example.org") user["quota_mb"] = 7;
        if (user["email"] == "eve@example.org") user["services"] = {"imap"};
        if (user["email"] == "joe@example.org") user["password_hash"] = "{PLAIN}other";
    }
    document["app_passwords"][0]["password_hash"] = "{PLAIN}y";
    const auto imapd = worker("imapd-1");
    ASSERT_EQ(run("import json - --update --dry-run", document.dump()), 0) << err_;
    ASSERT_EQ(run("import json -", document.dump()), 0) << err_;
    EXPECT_EQ(asked_.take(), Lines{});
    ASSERT_EQ(run("import json - --update", document.dump()), 0) << err_;
    EXPECT_EQ(asked_.take(),
              Lines{"imapd-1 /kick ann@example.org\neve@example.org\njoe@example.org\nzoe@example.org\n"});
}

TEST_F(SessionsTest, ARenameTellsAuthdBeforeSessionsEnd) {
    add_joe();
    const auto imapd = worker("imapd-1");
    const auto forgetful = authd();
    ASSERT_EQ(run("user rename joe@example.org jo@example.org"), 0) << err_;
    const Lines asked = asked_.take();
    ASSERT_GE(asked.size(), 2u);
    EXPECT_EQ(asked.front(), "authd");
    // authd, which never answers here, may be asked once more afterwards.
    EXPECT_EQ(std::ranges::count(asked, "imapd-1 /kick joe@example.org\n"), 1) << testing::PrintToString(asked);
}

TEST_F(SessionsTest, AKickSaysWhenAWorkerCouldNotBeAsked) {
    const auto imapd = worker("imapd-1");
    EXPECT_EQ(run("kick joe@example.org @example.net"), 0) << err_;
    EXPECT_EQ(out_, "Ended 1 session.\n");
    EXPECT_EQ(asked_.take(), Lines{"imapd-1 /kick joe@example.org\n@example.net\n"});
    const auto pop3d = worker("pop3d-1", 500, "no\n");
    EXPECT_EQ(run("kick joe@example.org"), 5);
    EXPECT_EQ(out_, "Ended 1 session.\n");
    EXPECT_NE(err_.find("pop3d-1.sock does not answer"), std::string::npos) << err_;
    EXPECT_EQ(run("--json kick joe@example.org"), 5);
    EXPECT_EQ(nlohmann::json::parse(out_)["not_asked"], Lines{folder_ + "/run/control/pop3d-1.sock"});
}

TEST_F(SessionsTest, AKickOfNobodySaysSo) {
    add_joe();
    const auto none = worker("imapd-1", 200, "0\n");
    EXPECT_EQ(run("kick joe@example.org"), 0) << err_;
    EXPECT_EQ(run("kick joe@example.org jo@example.org"), 3);
    EXPECT_EQ(err_, "posthouse: User jo@example.org does not exist\n");
    EXPECT_EQ(run("kick joe@example.net"), 3);
    EXPECT_EQ(err_, "posthouse: Domain example.net does not exist\n");
    EXPECT_EQ(run("kick @example.net"), 3);
    EXPECT_EQ(err_, "posthouse: Domain example.net does not exist\n");
    const auto some = worker("pop3d-1");
    EXPECT_EQ(run("kick jo@example.org"), 0) << "a session of somebody who was removed meanwhile";
}

TEST_F(SessionsTest, WhatIsNeverBannedIsSaidBeforeGuarddIsAsked) {
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "[guard]\nallowed_networks = [\"192.0.2.0/28\"]\n";
    for (const char* network : {"127.0.0.1", "127.1.0.0/16", "::1"}) {
        EXPECT_EQ(run(std::string("auth bans add ") + network), 2) << network;
        EXPECT_NE(err_.find("is never banned: "), err_.npos) << err_;
    }
    EXPECT_EQ(run("auth bans add 192.0.2.7 --account joe@example.org"), 2);
    EXPECT_EQ(err_, "posthouse: 192.0.2.7 is never banned: 192.0.2.0/28 stands in guard.allowed_networks\n");
    EXPECT_EQ(run("auth bans add 192.0.2.0/24"), 5) << "no guardd";
    EXPECT_EQ(err_.find("Note: 192.0.2.0/28 in it is never banned: it stands in guard.allowed_networks\n"), 0u) << err_;
    EXPECT_EQ(run("auth bans add 192.0.2.16"), 5);
    EXPECT_EQ(err_.find("Note"), err_.npos) << err_;
}

TEST_F(SessionsTest, SocketsThatAServerLeftBehindAreNoneToAsk) {
    add_joe();
    static_cast<void>(worker("imapd-1"));
    static_cast<void>(authd());
    EXPECT_EQ(run("kick joe@example.org"), 0) << err_;
    EXPECT_EQ(err_, "");
    EXPECT_EQ(run("user disable joe@example.org"), 0) << err_;
    EXPECT_EQ(err_, "");
}

}  // namespace
}  // namespace posthouse::cli
