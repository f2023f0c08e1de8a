// SCRAM by authd's sockets: what it proves, what it hides, and where its keys come from.
#include <gtest/gtest.h>

#include "auth/directory/sqlite.h"
#include "tests/unit/auth/scram_conversation.h"

namespace posthouse::auth {
namespace {

using namespace std::string_view_literals;

TEST(Authd, WhatChangesDuringAnExchangeCounts) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto directory = authd.open();
            for (const char* user : {"pat@example.org", "ray@example.org", "sue@example.org"})
                EXPECT_TRUE(directory->add_user({user, "{PLAIN}secret", 0, true, false}));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const auto begun = [](const char* user) {
                return sasl::ScramClient(sasl::ScramHash::sha_256, user, "secret");
            };
            const std::string name = "SCRAM-SHA-256";
            // How a temporary failure is told on this socket.
            const std::string ended = "error: Connection closed";
            std::string answer = co_await scram(stream, 1, name, begun("pat@example.org"), "", nullptr,
                                                [&] { EXPECT_TRUE(directory->set_enabled("pat@example.org", false)); });
            EXPECT_TRUE(answer.starts_with("FAIL\t1\tuser=pat@example.org\tcode=user_disabled")) << answer;
            answer = co_await scram(stream, 2, name, begun("ray@example.org"), "", nullptr,
                                    [&] { EXPECT_TRUE(directory->set_password("ray@example.org", "{PLAIN}other")); });
            EXPECT_EQ(answer, ended) << "to be tried again";
            net::Stream another = co_await connect(loop, authd, "auth");
            co_await read_greeting(another);
            answer = co_await scram(another, 3, name, begun("sue@example.org"), "", nullptr,
                                    [&] { EXPECT_TRUE(directory->remove_user("sue@example.org")); });
            EXPECT_EQ(answer, ended);
        },
        offer_scram);
}

TEST(Authd, ScramProvesBothSidesToEachOther) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto directory = authd.open();
            EXPECT_TRUE(directory->set_password("joe@example.org", scram_hash("s\xC3\xA9"
                                                                              "cret")));
            EXPECT_TRUE(directory->add_user({"pat@example.org", "{PLAIN}secret", 0, true, false}));
            EXPECT_TRUE(directory->add_user(
                {"ray@example.org", *hash_password("secret", {.argon2 = {8192, 1}}), 0, true, false}));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            using Client = sasl::ScramClient;
            const auto sha_256 = sasl::ScramHash::sha_256;
            const std::string name = "SCRAM-SHA-256";
            std::string answer = co_await scram(stream, 1, name,
                                                Client(sha_256, "Joe@example.org",
                                                       "s\xC3\xA9"
                                                       "cret"),
                                                "");
            EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await scram(stream, 2, name, Client(sha_256, "joe@example.org", "wrong"), "");
            EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org");
            // A readable password has keys for both; SCRAM-SHA-256's are none for SCRAM-SHA-1.
            answer = co_await scram(stream, 3, "SCRAM-SHA-1",
                                    Client(sasl::ScramHash::sha_1, "pat@example.org", "secret"), "");
            EXPECT_EQ(answer, "OK\t3\tuser=pat@example.org");
            answer = co_await scram(stream, 4, name, Client(sha_256, "pat@example.org", "secret"), "");
            EXPECT_EQ(answer, "OK\t4\tuser=pat@example.org");
            answer = co_await scram(stream, 5, "SCRAM-SHA-1",
                                    Client(sasl::ScramHash::sha_1, "joe@example.org",
                                           "s\xC3\xA9"
                                           "cret"),
                                    "");
            EXPECT_EQ(answer, "FAIL\t5\tuser=joe@example.org");
            answer = co_await scram(stream, 6, name, Client(sha_256, "ray@example.org", "secret"), "");
            EXPECT_EQ(answer, "FAIL\t6\tuser=ray@example.org");
            answer = co_await scram(stream, 7, name,
                                    Client(sha_256, "pat@example.org", "secret", "n,a=joe@example.org,"), "");
            EXPECT_EQ(answer, "FAIL\t7\tuser=pat@example.org\tcode=authzfail\tauthz");
            // A hash that SCRAM can't use is none the less good for PLAIN, and SCRAM's keys are, too.
            answer = co_await ask(stream, plain(8,
                                                "\0joe@example.org\0s\xC3\xA9"
                                                "cret"sv));
            EXPECT_EQ(answer, "OK\t8\tuser=joe@example.org\tquota_rule=*:storage=5M");
        },
        offer_scram);
}

net::Async<> wait_for_scram_keys(net::Loop& loop, RunningAuthd& authd) {
    const net::Deadline deadline = soon();
    while ((*authd.open()->find_user("joe@example.org"))->scram_keys.empty() && !deadline.passed())
        co_await loop.sleep_until(net::Deadline::in(std::chrono::milliseconds(5)));
}

TEST(Authd, KeysForScramAreMadeAtALogInThatSendsThePassword) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto client = [](std::string password) {
                return sasl::ScramClient(sasl::ScramHash::sha_256, "joe@example.org", std::move(password));
            };
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            std::string answer = co_await scram(stream, 1, "SCRAM-SHA-256", client("secret"), "");
            EXPECT_EQ(answer, "FAIL\t1\tuser=joe@example.org");
            answer = co_await ask(stream, plain(2, "\0joe@example.org\0secret"sv));
            EXPECT_EQ(answer, "OK\t2\tuser=joe@example.org\tquota_rule=*:storage=5M");
            co_await wait_for_scram_keys(loop, authd);
            answer = co_await scram(stream, 3, "SCRAM-SHA-256", client("secret"), "");
            EXPECT_EQ(answer, "OK\t3\tuser=joe@example.org\tquota_rule=*:storage=5M");
            EXPECT_TRUE((*authd.open()->find_user("joe@example.org"))->password.starts_with("{ARGON2ID}"));
            // Somebody changes the password by SQL, and leaves the keys.
            const auto sql = SqliteConnection::open(authd.database(), SqliteConnection::Open::existing, 1000);
            EXPECT_TRUE((*sql)->execute("UPDATE virtual_users SET password = '" +
                                        *hash_password("fresh", {.argon2 = {8192, 1}}) +
                                        "' WHERE email = 'joe@example.org'"));
            answer = co_await scram(stream, 4, "SCRAM-SHA-256", client("secret"), "");
            EXPECT_EQ(answer, "FAIL\t4\tuser=joe@example.org");
            answer = co_await scram(stream, 5, "SCRAM-SHA-256", client("fresh"), "");
            EXPECT_EQ(answer, "FAIL\t5\tuser=joe@example.org");
        },
        [](config::Config& config) {
            offer_scram(config);
            config.auth.scram_keys = {"SCRAM-SHA-256"};
            config.auth.rehash = false;
        });
}

net::Async<std::string> salt_shown(net::Stream& stream, std::string user) {
    std::string salt;
    const std::string answer = co_await scram(stream, 1, "SCRAM-SHA-256",
                                              sasl::ScramClient(sasl::ScramHash::sha_256, user, "secret"), "", &salt);
    EXPECT_EQ(answer, "FAIL\t1\tuser=" + user);
    co_return salt;
}

TEST(Authd, ScramDoesNotTellWhoExists) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string first = co_await salt_shown(stream, "nobody@example.org");
            const std::string typed_otherwise = co_await salt_shown(stream, "Nobody@example.org");
            const std::string other = co_await salt_shown(stream, "somebody@example.org");
            const std::string no_address = co_await salt_shown(stream, "nobody");
            const std::string argon2 = co_await salt_shown(stream, "joe@example.org");
            EXPECT_EQ(first.size(), 16u);
            EXPECT_EQ(argon2.size(), 16u);
            EXPECT_EQ(no_address.size(), 16u);
            EXPECT_EQ(first, typed_otherwise);
            EXPECT_NE(first, other);
            co_await authd.stop();
            authd.restart();
            stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string later = co_await salt_shown(stream, "nobody@example.org");
            EXPECT_EQ(first, later);
        },
        offer_scram);
}

TEST(Authd, ScramPlusIsForDaemonsThatTellTheChannel) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            EXPECT_TRUE(authd.open()->set_password("joe@example.org", scram_hash("secret")));
            net::Stream stream = co_await connect(loop, authd, "login");
            std::string greeting;
            for (std::string text; text != "DONE" && !text.starts_with("error"); greeting += text + '\n')
                text = co_await line(stream);
            EXPECT_NE(greeting.find("MECH\tSCRAM-SHA-256-PLUS\tmutual-auth\tchannel-binding\n"), std::string::npos)
                << greeting;
            const std::string binding = "\tchannel-binding=tls-exporter:" + base64::encode("bound");
            const auto client = [](std::string header, std::string bound) {
                return sasl::ScramClient(sasl::ScramHash::sha_256, "joe@example.org", "secret", std::move(header),
                                         std::move(bound));
            };
            std::string answer =
                co_await scram(stream, 1, "SCRAM-SHA-256-PLUS", client("p=tls-exporter,,", "bound"), binding);
            EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await scram(stream, 2, "SCRAM-SHA-256-PLUS", client("p=tls-exporter,,", "other"), binding);
            EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org");
            answer = co_await scram(stream, 3, "SCRAM-SHA-256", client("y,,", ""), binding);
            EXPECT_EQ(answer, "FAIL\t3\tuser=joe@example.org");
            answer = co_await scram(stream, 4, "SCRAM-SHA-256", client("n,,", ""), binding);
            EXPECT_EQ(answer, "OK\t4\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await scram(stream, 5, "SCRAM-SHA-256-PLUS", client("p=tls-exporter,,", "bound"), "");
            EXPECT_TRUE(answer.starts_with("FAIL\t5\treason=Unsupported")) << answer;
        },
        offer_scram);
}

}  // namespace
}  // namespace posthouse::auth
