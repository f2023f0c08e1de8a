// What guardd knows after a restart, and what becomes of questions meanwhile.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "guardd/administration.h"
#include "lib/base/file.h"
#include "tests/unit/guardd/running_guardd.h"

namespace posthouse::guard {
namespace {

net::Async<> fail_and_stop(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    for (int i = 0; i < 5; ++i) client.auth_failure("192.0.2.1", "a@example.org");
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalty->delay, seconds(2));
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

net::Async<std::optional<milliseconds>> start_and_ask(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "b@example.org");
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
    co_return penalty ? std::optional(penalty->delay) : std::nullopt;
}

TEST_F(GuardTest, FailuresSurviveARestartAndADamagedSnapshotDoesNoHarm) {
    loop_.run_until_complete(fail_and_stop(loop_, folder_.path()));
    EXPECT_EQ(loop_.run_until_complete(start_and_ask(loop_, folder_.path())), seconds(2));
    ASSERT_TRUE(write_file_durably(snapshot(), "{\"version\": 1, \"networks\": [["));
    EXPECT_EQ(loop_.run_until_complete(start_and_ask(loop_, folder_.path())), seconds(0));
}

/// A guardd that is left as a killed one: without a last snapshot.
net::Async<> fail_without_end(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    for (int i = 0; i < 20; ++i) client.auth_failure("192.0.2.1", "user" + std::to_string(i) + "@example.org");
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_TRUE(penalty->refused);
    const auto journal_holds = [&](std::string_view text) {
        const Result<std::string> journal = read_file(folder + "/guard.journal");
        return journal && journal->contains(text);
    };
    const net::Deadline deadline = soon();
    while (!journal_holds("\"ban\"") && !deadline.passed())
        co_await loop.sleep_until(net::Deadline::in(milliseconds(1)));
    std::filesystem::copy(folder + "/guard.journal", folder + "/killed.journal");
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

net::Async<> start_and_be_refused(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_TRUE(penalty && penalty->refused);
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

TEST_F(GuardTest, TheJournalAloneIsEnoughForARestart) {
    loop_.run_until_complete(fail_without_end(loop_, folder_.path()));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/guard.journal")) << "the last snapshot holds it";
    ASSERT_TRUE(std::filesystem::remove(snapshot()));
    std::filesystem::rename(folder_.path() + "/killed.journal", folder_.path() + "/guard.journal");
    loop_.run_until_complete(start_and_be_refused(loop_, folder_.path()));
    loop_.run_until_complete(start_and_be_refused(loop_, folder_.path()));
}

/// What guardd says of a message to so many recipients: "ok", "later", "never", or another error.
net::Async<std::string> send_to(Client& client, std::uint64_t recipients) {
    const Result<> taken =
        co_await client.message(about_message("192.0.2.1", "a@example.org", "a@example.org", recipients));
    if (taken) co_return "ok";
    if (taken.error().code == ErrorCode::limit) {
        EXPECT_TRUE(taken.error().text.starts_with("Too many recipients: a@example.org may have "))
            << taken.error().text;
        co_return "later";
    }
    co_return taken.error().code == ErrorCode::denied ? "never" : taken.error().message();
}

net::Async<> send_and_stop(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    std::string answers;
    for (const std::uint64_t recipients : {600U, 600U, 1001U, 400U, 1U}) {
        const std::string answer = co_await send_to(client, recipients);
        answers += answer + ' ';
    }
    EXPECT_EQ(answers, "ok later never ok later ");
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

/// guardd dies, whatever is saved is saved, and it starts anew when a message has been asked about already.
net::Async<> send_while_it_restarts(net::Loop& loop, std::string folder) {
    Client client(loop, folder + "/guard.sock", {milliseconds(200), milliseconds(5), seconds(20)});
    {
        Server server(loop, folder);
        Result<> started = co_await server.guardd().start();
        EXPECT_TRUE(started);
        const std::string answer = co_await send_to(client, 1000);
        EXPECT_EQ(answer, "ok");
        co_await server.stop();
        co_await server.daemon().end();
    }
    std::string answer;
    net::Scope scope(loop);
    scope.spawn([](Client* asked, std::string* got) -> net::Async<> { *got = co_await send_to(*asked, 1); }, &client,
                &answer);
    while (!client.away()) co_await loop.sleep_until(net::Deadline::in(milliseconds(1)));
    EXPECT_EQ(answer, "") << "it waits";
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    co_await scope.join();
    EXPECT_EQ(answer, "later");
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

TEST_F(GuardTest, AMessageWaitsForAGuarddThatStartsAnew) {
    loop_.run_until_complete(send_while_it_restarts(loop_, folder_.path()));
}

net::Async<> start_and_be_put_off(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Result<> started = co_await server.guardd().start();
    EXPECT_TRUE(started);
    Client client(loop, folder + "/guard.sock");
    const std::string answer = co_await send_to(client, 1);
    EXPECT_EQ(answer, "later");
    Administration administration(loop, folder + "/guard.sock");
    const Result<std::vector<Rate>> rates = co_await administration.rates();
    EXPECT_TRUE(rates && rates->size() == 1 && rates->front().used[0][index(Measure::recipients)] == 1000);
    const Result<std::size_t> reset = co_await administration.reset({RateKind::user, "a@example.org"});
    EXPECT_EQ(reset.value_or(0), 1u);
    const std::string again = co_await send_to(client, 1);
    EXPECT_EQ(again, "ok");
    co_await client.stop();
    co_await server.stop();
    co_await server.daemon().end();
}

TEST_F(GuardTest, WhatWasSentSurvivesARestartAndIsResetByHand) {
    loop_.run_until_complete(send_and_stop(loop_, folder_.path()));
    loop_.run_until_complete(start_and_be_put_off(loop_, folder_.path()));
}

net::Async<> send_without_guardd(net::Loop& loop, std::string socket) {
    Client client(loop, socket, {milliseconds(1000), seconds(60), milliseconds(0)});
    // With no patience left none waits for the next attempt, which is a minute away.
    for (const std::uint64_t recipients : {5000U, 5000U, 5000U}) {
        const std::string answer = co_await send_to(client, recipients);
        EXPECT_EQ(answer, "ok");
    }
    EXPECT_EQ(client.away(), !socket.empty());
    co_await client.stop();
}

TEST_F(GuardTest, NoMessageWaitsForAGuarddThatStaysAway) {
    const auto begun = net::Clock::now();
    loop_.run_until_complete(send_without_guardd(loop_, socket()));
    loop_.run_until_complete(send_without_guardd(loop_, ""));
    EXPECT_LT(net::Clock::now() - begun, seconds(60));
}

}  // namespace
}  // namespace posthouse::guard
