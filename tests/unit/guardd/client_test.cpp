// Tests of the client against guardd itself, over a Unix socket: counting, and a guardd that is away.
#include "guardd/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "guardd/questions.h"
#include "guardd/read_answer.h"
#include "lib/net/connect.h"
#include "tests/unit/guardd/running_guardd.h"

namespace posthouse::guard {
namespace {

net::Async<> count_connections(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Client client(loop, folder + "/guard.sock");
    Result<Admission> first = co_await client.connect("imap", client_at("192.0.2.1"));
    EXPECT_TRUE(first);
    Result<Admission> second = co_await client.connect("imap", client_at("192.0.2.1"));
    EXPECT_TRUE(second);
    Result<Admission> third = co_await client.connect("imap", client_at("192.0.2.1"));
    EXPECT_EQ(third.error().code, ErrorCode::limit);
    EXPECT_EQ(third.error().text, "Too many connections from your address");
    Result<Admission> other = co_await client.connect("imap", client_at("192.0.2.2"));
    EXPECT_TRUE(other);
    EXPECT_EQ(server.counted(), 3u);
    first->end();
    third = co_await client.connect("imap", client_at("192.0.2.1"));
    EXPECT_TRUE(third);
    Admission moved = std::move(*second);
    second->end();
    moved = Admission();
    bool counted = co_await server.counts(2);
    EXPECT_TRUE(counted) << server.counted();
    co_await client.stop();
    counted = co_await server.counts(0);
    EXPECT_TRUE(counted) << "a worker's counts end with its connection";
    co_await server.stop();
}

TEST_F(GuardTest, CountsConnectionsForAsLongAsTheirAdmissions) {
    loop_.run_until_complete(count_connections(loop_, folder_.path()));
}

net::Async<> count_unix_clients(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Client client(loop, folder + "/guard.sock");
    for (int i = 0; i < 5; ++i) {
        const Result<Admission> admission = co_await client.connect("lmtp", net::Address::unix_path("/run/x.sock"));
        EXPECT_TRUE(admission);
    }
    EXPECT_EQ(server.counted(), 0u);
    co_await client.stop();
    co_await server.stop();
}

TEST_F(GuardTest, OnlyIpAddressesAreCounted) { loop_.run_until_complete(count_unix_clients(loop_, folder_.path())); }

net::Async<> fail_logins(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Client client(loop, folder + "/guard.sock");
    std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalty->delay, milliseconds(0));
    for (int i = 0; i < 5; ++i) client.auth_failure("192.0.2.1", "a@example.org");
    penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalty->delay, seconds(2));
    penalty = co_await client.auth_penalty("", "a@example.org");
    EXPECT_EQ(penalty->delay, seconds(2));
    penalty = co_await client.auth_penalty("192.0.2.2", "b@example.org");
    EXPECT_EQ(penalty->delay, seconds(0));
    client.auth_success("192.0.2.1", "a@example.org");
    penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_EQ(penalty->delay, milliseconds(0));
    co_await client.stop();
    co_await server.stop();
}

TEST_F(GuardTest, FailedLoginsDelayTheNextAndASuccessForgives) {
    loop_.run_until_complete(fail_logins(loop_, folder_.path()));
}

net::Async<> ask_many(Client* client, int* answered) {
    const std::optional<Penalty> penalty = co_await client->auth_penalty("192.0.2.1", "a@example.org");
    if (penalty) ++*answered;
}

net::Async<> ask_at_once(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    Client client(loop, folder + "/guard.sock", {seconds(20), seconds(20)});
    int answered = 0;
    net::Scope scope(loop);
    for (int i = 0; i < 5000; ++i) scope.spawn(ask_many, &client, &answered);
    co_await scope.join();
    EXPECT_EQ(answered, 5000);
    co_await client.stop();
    co_await server.stop();
}

TEST_F(GuardTest, AnswersThousandsOfQuestionsAtOnce) { loop_.run_until_complete(ask_at_once(loop_, folder_.path())); }

net::Async<> restart(net::Loop& loop, std::string folder) {
    Client client(loop, folder + "/guard.sock", {seconds(20), milliseconds(1)});
    std::vector<Admission> admissions;
    {
        Server server(loop, folder);
        for (const char* ip : {"192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1"}) {
            Result<Admission> admission = co_await client.connect("smtp", client_at(ip));
            EXPECT_TRUE(admission);
            if (admission) admissions.push_back(std::move(*admission));
        }
        EXPECT_EQ(server.counted(), 4u);
        co_await server.stop();
    }
    admissions.pop_back();
    Server server(loop, folder);
    const bool counted = co_await server.counts(3);
    EXPECT_TRUE(counted) << server.counted();
    Result<Admission> more = co_await client.connect("smtp", client_at("192.0.2.1"));
    EXPECT_EQ(more.error().code, ErrorCode::limit);
    admissions.clear();
    more = co_await client.connect("smtp", client_at("192.0.2.1"));
    EXPECT_TRUE(more);
    EXPECT_EQ(server.counted(), 1u);
    co_await client.stop();
    co_await server.stop();
}

TEST_F(GuardTest, AnIdleWorkerTellsARestartedGuarddWhatIsOpen) {
    loop_.run_until_complete(restart(loop_, folder_.path()));
}

net::Async<> without_guardd(net::Loop& loop, std::string socket) {
    Client client(loop, std::move(socket));
    std::vector<Admission> admissions;
    for (int i = 0; i < 10; ++i) {
        Result<Admission> admission = co_await client.connect("imap", client_at("192.0.2.1"));
        EXPECT_TRUE(admission);
        if (admission) admissions.push_back(std::move(*admission));
    }
    client.auth_failure("192.0.2.1", "a@example.org");
    client.auth_success("192.0.2.1", "a@example.org");
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_FALSE(penalty);
    admissions.clear();
    co_await client.stop();
}

TEST_F(GuardTest, WithoutGuarddEverybodyIsLetIn) {
    loop_.run_until_complete(without_guardd(loop_, socket()));
    loop_.run_until_complete(without_guardd(loop_, ""));
}

net::Async<> with_silent_guardd(net::Loop& loop, std::string socket) {
    const Result<UniqueFd> listening = net::listen_unix(socket);  // accepts into its backlog, and never answers
    EXPECT_TRUE(listening);
    Client client(loop, socket, {milliseconds(20), seconds(60)});
    EXPECT_FALSE(client.away());
    Result<Admission> admission = co_await client.connect("imap", client_at("192.0.2.1"));
    EXPECT_TRUE(admission);
    EXPECT_TRUE(client.away());
    const std::optional<Penalty> penalty = co_await client.auth_penalty("192.0.2.1", "a@example.org");
    EXPECT_FALSE(penalty);
    admission->end();
    co_await client.stop();
}

TEST_F(GuardTest, ASilentGuarddCostsOneShortWait) { loop_.run_until_complete(with_silent_guardd(loop_, socket())); }

/// What comes back for `sent`, until guardd closes or drains.
net::Async<std::string> converse(net::Loop& loop, std::string folder, std::string sent, std::size_t expected) {
    Server server(loop, folder);
    std::string got;
    {
        Result<net::Stream> stream = co_await net::connect_unix(loop, folder + "/guard.sock", soon());
        EXPECT_TRUE(stream);
        Result<> written = co_await stream->write(sent, soon());
        EXPECT_TRUE(written);
        for (;;) {
            const Result<std::string_view> bytes = co_await stream->peek(soon());
            if (!bytes) break;
            got += *bytes;
            stream->consume(bytes->size());
            if (got.size() >= expected) server.drain();
        }
    }
    co_await server.stop();
    co_return got;
}

TEST_F(GuardTest, SpeaksThePolicyProtocolWithPostfix) {
    const std::string request =
        "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=SMTP\nhelo_name=some.domain.tld\n"
        "queue_id=8045F2AB23\nsender=foo@bar.tld\nrecipient=bar@foo.tld\nrecipient_count=0\n"
        "client_address=192.0.2.1\nclient_name=another.domain.tld\nreverse_client_name=another.domain.tld\n"
        "instance=123.456.7\n\n";
    const std::string answer = "action=DUNNO\n\n";
    EXPECT_EQ(loop_.run_until_complete(converse(loop_, folder_.path(), request + request, 2 * answer.size())),
              answer + answer);
}

/// A connection of the user nobody, made at once: the kernel keeps whose it is.
UniqueFd connect_as_nobody(const std::string& path) {
    constexpr uid_t nobody = 65'534;
    UniqueFd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::seteuid(nobody), 0);
    EXPECT_EQ(::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::seteuid(::getuid()), 0);
    return made;
}

net::Async<> ask_as_nobody(net::Loop& loop, std::string folder) {
    Server server(loop, folder);
    const std::string path = folder + "/guard.sock";
    EXPECT_EQ(::chmod(folder.c_str(), 0755), 0);
    EXPECT_EQ(::chmod(path.c_str(), 0666), 0);
    {
        net::Stream stream(loop, connect_as_nobody(path));
        for (const policy::Request& request :
             {bans_after({}), ban_request(*ban_subject({}, "a@example.org"), std::nullopt, {}),
              lift_request(*ban_subject({}, "a@example.org")), rates_after({}),
              reset_request({RateKind::user, "a@example.org"})}) {
            const Result<> written = co_await stream.write(policy::to_wire(request), soon());
            EXPECT_TRUE(written);
            const Result<std::string> action = co_await read_answer(stream, soon());
            EXPECT_EQ(action.value_or("no answer"), "REJECT Only root and the user of guardd may ask for that")
                << request.get("request");
        }
    }
    EXPECT_EQ(server.guardd().answers().bans().size(), 0u);
    co_await server.stop();
}

TEST_F(GuardTest, WhatIsOfAdministratorsIsRefusedToOtherUsersOfTheSocket) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can act for others";
    loop_.run_until_complete(ask_as_nobody(loop_, folder_.path()));
}

TEST_F(GuardTest, AMalformedRequestEndsTheConnection) {
    for (const std::string& request :
         {std::string("no equals sign\n"), std::string("=value\n"), "name=" + std::string(10'000, 'x') + "\n\n"})
        EXPECT_EQ(loop_.run_until_complete(converse(loop_, folder_.path(), request, 1000)), "");
    std::string many;
    for (int i = 0; i < 200; ++i) many += "name=value\n";
    EXPECT_EQ(loop_.run_until_complete(converse(loop_, folder_.path(), many, 1000)), "");
}

}  // namespace
}  // namespace posthouse::guard
