// Tests of the clients in auth/client against a running authd, and against none.
#include <gtest/gtest.h>

#include "auth/client/auth_client.h"
#include "auth/client/policy_client.h"
#include "auth/client/socketmap_client.h"
#include "auth/client/userdb_client.h"
#include "tests/unit/auth/running_authd.h"

namespace posthouse::auth {
namespace {

net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

LoginContext context() { return {"imap", *net::Address::from_ip("192.0.2.7", 4711), {}, true, "session"}; }

/// Runs `body(client, authd)`, an Async<>, with a client of authd's socket `name`.
template <typename Client, typename F>
void with_client(const std::string& name, F body) {
    net::Loop loop;
    RunningAuthd authd(loop);
    Client client(loop, authd.socket(name));
    loop.run_until_complete([](F run, Client& c, RunningAuthd& a) -> net::Async<> {
        co_await run(c, a);
        co_await c.close();
        co_await a.stop();
    }(body, client, authd));
}

TEST(AuthClient, LogsInAndIsRefused) {
    with_client<AuthClient>("login", [](AuthClient& client, RunningAuthd&) -> net::Async<> {
        Result<Login> login = co_await client.log_in(context(), "Joe@example.org", Secret("secret"), soon());
        EXPECT_TRUE(login);
        if (login) EXPECT_EQ(login->user, "joe@example.org");
        login = co_await client.log_in(context(), "joe@example.org", Secret("wrong"), soon());
        EXPECT_EQ(login.error().code, ErrorCode::denied);
        login = co_await client.log_in(context(), "ann@example.org", Secret("secret"), soon());
        EXPECT_EQ(login.error().code, ErrorCode::denied);
        login = co_await client.log_in(context(), "joe@example.org", Secret(std::string(20000, 'x')), soon());
        EXPECT_EQ(login.error().code, ErrorCode::invalid);
    });
}

TEST(AuthClient, RelaysAnExchangeStepByStep) {
    with_client<AuthClient>("auth", [](AuthClient& client, RunningAuthd&) -> net::Async<> {
        Result<LoginStep> step = co_await client.begin(context(), "LOGIN", std::nullopt, soon());
        EXPECT_TRUE(step);
        LoginChallenge challenge = std::get<LoginChallenge>(*step);
        EXPECT_EQ(challenge.bytes, "Username:");
        step = co_await client.respond(challenge.exchange, Secret("joe@example.org"), soon());
        challenge = std::get<LoginChallenge>(*step);
        EXPECT_EQ(challenge.bytes, "Password:");
        step = co_await client.respond(challenge.exchange, Secret("secret"), soon());
        EXPECT_EQ(std::get<Login>(*step).user, "joe@example.org");

        step = co_await client.begin(context(), "LOGIN", std::nullopt, soon());
        challenge = std::get<LoginChallenge>(*step);
        client.cancel(challenge.exchange);
        step = co_await client.respond(challenge.exchange, Secret("joe@example.org"), soon());
        EXPECT_EQ(step.error().code, ErrorCode::denied);
        step = co_await client.begin(context(), "PLAIN", Secret("nonsense"), soon());
        EXPECT_EQ(step.error().code, ErrorCode::denied);
    });
}

TEST(AuthClient, ManyLogInsShareTheConnection) {
    with_client<AuthClient>("login", [](AuthClient& client, RunningAuthd& authd) -> net::Async<> {
        net::Scope scope(authd.loop());
        int good = 0;
        int bad = 0;
        for (int i = 0; i < 30; ++i) {
            scope.spawn(
                [](AuthClient* c, int number, int* yes, int* no) -> net::Async<> {
                    Result<Login> login = co_await c->log_in(context(), "joe@example.org",
                                                             Secret(number % 3 == 0 ? "wrong" : "secret"), soon());
                    ++*(login ? yes : no);
                },
                &client, i, &good, &bad);
        }
        co_await scope.join();
        EXPECT_EQ(good, 20);
        EXPECT_EQ(bad, 10);
    });
}

TEST(AuthClient, WithoutAuthdLogInsFailForNow) {
    with_client<AuthClient>("login", [](AuthClient& client, RunningAuthd& authd) -> net::Async<> {
        Result<Login> login = co_await client.log_in(context(), "joe@example.org", Secret("secret"), soon());
        EXPECT_TRUE(login);
        co_await authd.stop();
        login = co_await client.log_in(context(), "joe@example.org", Secret("secret"), soon());
        EXPECT_EQ(login.error().code, ErrorCode::unavailable);
        authd.restart();
        login = co_await client.log_in(context(), "joe@example.org", Secret("secret"), soon());
        EXPECT_TRUE(login) << login.error().message();
    });
}

policy::Request usage_of(std::string_view user, std::string_view bytes, std::string_view messages) {
    policy::Request request;
    request.add("request", "mailbox_usage");
    request.add("recipient", user);
    request.add("size", bytes);
    request.add("messages", messages);
    return request;
}

TEST(PolicyClient, ReportsOfUsageAreNoted) {
    with_client<PolicyClient>("usage", [](PolicyClient& client, RunningAuthd& authd) -> net::Async<> {
        net::Scope scope(authd.loop());
        std::vector<std::string> answers(5);
        const auto ask = [](PolicyClient* c, policy::Request request, std::string* answer) -> net::Async<> {
            Result<std::string> action = co_await c->ask(std::move(request), soon());
            *answer = action ? *action : action.error().message();
        };
        scope.spawn(ask, &client, usage_of("Joe@example.org", "5000000", "7"), &answers[0]);
        scope.spawn(ask, &client, usage_of("nobody@example.org", "1", "1"), &answers[1]);
        scope.spawn(ask, &client, usage_of("joe@example.org", "-1", "7"), &answers[2]);
        scope.spawn(ask, &client, usage_of("../..", "1", "7"), &answers[3]);
        scope.spawn(ask, &client, policy::Request(), &answers[4]);
        co_await scope.join();
        EXPECT_EQ(answers[0], "OK");
        EXPECT_EQ(answers[1], "OK") << "what becomes of it is told to nobody";
        for (int i = 2; i < 5; ++i) EXPECT_TRUE(answers[static_cast<std::size_t>(i)].starts_with("REJECT "));
        const net::Deadline deadline = soon();
        std::optional<User> user = *authd.open()->find_user("joe@example.org");
        while (!user->usage && !deadline.passed()) {
            co_await authd.loop().sleep_until(net::Deadline::in(std::chrono::milliseconds(5)));
            user = *authd.open()->find_user("joe@example.org");
        }
        EXPECT_EQ(user->usage->bytes, 5'000'000);
        EXPECT_EQ(user->usage->messages, 7);
    });
}

TEST(PolicyClient, FindsAServerThatWasStartedAgainAndTellsWhenThereIsNone) {
    with_client<PolicyClient>("usage", [](PolicyClient& client, RunningAuthd& authd) -> net::Async<> {
        Result<std::string> action = co_await client.ask(usage_of("joe@example.org", "1", "1"), soon());
        EXPECT_EQ(action, "OK");
        co_await authd.stop();
        action = co_await client.ask(usage_of("joe@example.org", "2", "1"), soon());
        EXPECT_EQ(action.error().code, ErrorCode::unavailable);
        authd.restart();
        action = co_await client.ask(usage_of("joe@example.org", "3", "1"), soon());
        EXPECT_EQ(action, "OK");
    });
}

TEST(UserdbClient, FindsUsers) {
    with_client<UserdbClient>("userdb", [](UserdbClient& client, RunningAuthd& authd) -> net::Async<> {
        Result<UserInfo> user = co_await client.find("Joe@example.org", soon());
        EXPECT_TRUE(user);
        EXPECT_EQ(user->user, "joe@example.org");
        EXPECT_EQ(user->home, authd.home("joe"));
        EXPECT_EQ(user->fields, (sasl::Parameters{{"quota_rule", "*:storage=5M"}}));
        user = co_await client.find("ann@example.org", soon());
        EXPECT_EQ(user->fields, sasl::Parameters{});
        user = co_await client.find("nobody@example.org", soon());
        EXPECT_EQ(user.error().code, ErrorCode::not_found);
        Result<std::vector<std::string>> all = co_await client.list(soon());
        EXPECT_EQ(*all, (std::vector<std::string>{"ann@example.org", "joe@example.org"}));
    });
}

TEST(UserdbClient, SurvivesARestartAndTellsAwayFromUnknown) {
    with_client<UserdbClient>("userdb", [](UserdbClient& client, RunningAuthd& authd) -> net::Async<> {
        Result<UserInfo> user = co_await client.find("joe@example.org", soon());
        EXPECT_TRUE(user);
        co_await authd.stop();
        authd.restart();
        user = co_await client.find("joe@example.org", soon());
        EXPECT_TRUE(user) << user.error().message();
        co_await authd.stop();
        user = co_await client.find("joe@example.org", soon());
        EXPECT_EQ(user.error().code, ErrorCode::unavailable);
        authd.restart();  // and remembers nothing
        std::filesystem::remove(authd.database());
        user = co_await client.find("joe@example.org", soon());
        EXPECT_EQ(user.error().code, ErrorCode::unavailable);
    });
}

TEST(SocketmapClient, LooksUpAndResolves) {
    with_client<SocketmapClient>("socketmap", [](SocketmapClient& client, RunningAuthd& authd) -> net::Async<> {
        Result<bool> local = co_await client.is_local_domain("Example.org", soon());
        EXPECT_TRUE(local && *local);
        local = co_await client.is_local_domain("elsewhere.example", soon());
        EXPECT_TRUE(local && !*local);
        Result<std::optional<Resolution>> resolved = co_await client.resolve("info+x@example.org", soon());
        EXPECT_EQ((*resolved)->recipients,
                  (std::vector<Recipient>{{Recipient::Transport::local, "joe@example.org", "x", "", "", true}}));
        resolved = co_await client.resolve("nobody@example.org", soon());
        EXPECT_TRUE(resolved && !*resolved);
        EXPECT_TRUE(authd.open()->add_alias("a@example.org", "b@example.org"));
        EXPECT_TRUE(authd.open()->add_alias("b@example.org", "a@example.org"));
        resolved = co_await client.resolve("a@example.org", soon());
        EXPECT_EQ(resolved.error().code, ErrorCode::denied);
        EXPECT_EQ(resolved.error().text, "Alias loop: a@example.org > b@example.org > a@example.org");
        std::filesystem::remove(authd.database());
        resolved = co_await client.resolve("ann@example.org", soon());
        EXPECT_EQ(resolved.error().code, ErrorCode::unavailable);
        // What is known goes on.
        resolved = co_await client.resolve("info+x@example.org", soon());
        EXPECT_TRUE(resolved && *resolved);
        resolved = co_await client.resolve("nobody@example.org", soon());
        EXPECT_TRUE(resolved && !*resolved);
    });
}

TEST(SocketmapClient, ALookUpThatWaitsTooLongDoesNotGetTheNextOnesReply) {
    net::Loop loop;
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/socketmap";
    net::Listener listener(loop, std::move(*net::listen_unix(path)));
    SocketmapClient client(loop, path);
    loop.run_until_complete([](net::Loop& l, net::Listener& server, SocketmapClient& c) -> net::Async<> {
        Result<std::optional<std::string>> first =
            co_await c.look_up("m", "first", net::Deadline::in(std::chrono::milliseconds(200)));
        EXPECT_EQ(first.error().code, ErrorCode::unavailable);
        Result<net::Accepted> accepted = co_await server.accept();
        net::Stream stream(l, std::move(accepted->socket));
        net::Scope scope(l);
        scope.spawn(
            [](net::Stream* s) -> net::Async<> {
                // Both requests have come before any is answered.
                Result<std::string> requests = co_await s->read_exactly(10 + 11, soon());
                EXPECT_EQ(requests.value_or(""), "7:m first,8:m second,");
                (void)co_await s->write("4:OK 1,4:OK 2,", soon());
                (void)co_await s->flush(soon());
            },
            &stream);
        Result<std::optional<std::string>> second = co_await c.look_up("m", "second", soon());
        EXPECT_TRUE(second && *second && **second == "2");
        co_await scope.join();
        co_await c.close();
    }(loop, listener, client));
}

TEST(Clients, AfterCloseNothingIsAsked) {
    net::Loop loop;
    UserdbClient client(loop, "/nonexistent/socket");
    loop.run_until_complete([](UserdbClient& c) -> net::Async<> {
        Result<UserInfo> user = co_await c.find("joe@example.org", soon());
        EXPECT_EQ(user.error().code, ErrorCode::unavailable);
        co_await c.close();
        user = co_await c.find("joe@example.org", soon());
        EXPECT_EQ(user.error().code, ErrorCode::cancelled);
    }(client));
}

}  // namespace
}  // namespace posthouse::auth
