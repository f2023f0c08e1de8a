// Tests of authd's sockets as foreign programs use them.
#include <gtest/gtest.h>

#include "auth/directory/sqlite.h"
#include "lib/base/base64.h"
#include "lib/net/connect.h"
#include "lib/sasl/socketmap.h"
#include "tests/unit/auth/running_authd.h"
#include "tests/unit/sasl/scram_client.h"

namespace posthouse::auth {
namespace {

using namespace std::string_view_literals;

net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

/// Runs `body(loop, authd)`, an Async<>, beside a running authd.
template <typename F>
void with_authd(F body, const RunningAuthd::Change& change = {}) {
    net::Loop loop;
    RunningAuthd authd(loop, change);
    loop.run_until_complete([](F run, net::Loop& l, RunningAuthd& a) -> net::Async<> {
        co_await run(l, a);
        co_await a.stop();
    }(body, loop, authd));
}

net::Async<net::Stream> connect(net::Loop& loop, RunningAuthd& authd, std::string socket) {
    Result<net::Stream> stream = co_await net::connect_unix(loop, authd.socket(socket), soon());
    if (!stream) throw std::runtime_error(stream.error().message());
    co_return std::move(*stream);
}

net::Async<std::string> line(net::Stream& stream) {
    Result<std::string> text = co_await stream.read_line(20000, soon());
    co_return text ? *text : "error: " + text.error().message();
}

net::Async<std::string> ask(net::Stream& stream, std::string request) {
    (void)co_await stream.write(request, soon());
    (void)co_await stream.flush(soon());
    std::string answer = co_await line(stream);
    co_return answer;
}

net::Async<> read_greeting(net::Stream& stream) {
    for (std::string text; text != "DONE" && !text.starts_with("error");) text = co_await line(stream);
}

std::string plain(int id, std::string_view message) {
    return "AUTH\t" + std::to_string(id) + "\tPLAIN\tservice=smtp\tnologin\tsecured\tresp=" + base64::encode(message) +
           '\n';
}

TEST(Authd, GreetsAtOnceWithMechanismsBeforeItsPid) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        std::vector<std::string> names;
        for (int i = 0; i < 7; ++i) {
            std::string text = co_await line(stream);
            names.push_back(text.substr(0, text.find('\t')));
            if (i == 0) EXPECT_EQ(text, "VERSION\t1\t2");
        }
        EXPECT_EQ(names, (std::vector<std::string>{"VERSION", "MECH", "MECH", "SPID", "CUID", "COOKIE", "DONE"}));
        net::Stream login = co_await connect(loop, authd, "login");
        const std::string version = co_await line(login);
        EXPECT_EQ(version, "VERSION\t1\t3");
    });
}

TEST(Authd, TellsGoodPasswordsFromBadOnes) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer =
            co_await ask(stream, "VERSION\t1\t1\nCPID\t42\n" + plain(1, "\0Joe@Example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
        answer = co_await ask(stream, plain(2, "\0joe@example.org\0wrong"sv));
        EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org");
        answer = co_await ask(stream, plain(3, "\0nobody@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t3\tuser=nobody@example.org");
        answer = co_await ask(stream, plain(4, "\0joe\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t4\tuser=joe");
        answer = co_await ask(stream, plain(5, "ann@example.org\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t5\tuser=joe@example.org\tcode=authzfail\tauthz");
        answer = co_await ask(stream, plain(6, "joe@example.org\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t6\tuser=joe@example.org\tquota_rule=*:storage=5M");
    });
}

TEST(Authd, OnlyWhoKnowsThePasswordLearnsThatAnAccountIsDisabled) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, plain(1, "\0ann@example.org\0wrong"sv));
        EXPECT_EQ(answer, "FAIL\t1\tuser=ann@example.org");
        answer = co_await ask(stream, plain(2, "\0ann@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t2\tuser=ann@example.org\tcode=user_disabled\tuser_disabled");
    });
}

TEST(Authd, LoginAsksTwice) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, "AUTH\t7\tLOGIN\tservice=smtp\n");
        EXPECT_EQ(answer, "CONT\t7\tVXNlcm5hbWU6");
        answer = co_await ask(stream, "CONT\t7\t" + base64::encode("joe@example.org") + '\n');
        EXPECT_EQ(answer, "CONT\t7\tUGFzc3dvcmQ6");
        answer = co_await ask(stream, "CONT\t7\t" + base64::encode("secret") + '\n');
        EXPECT_EQ(answer, "OK\t7\tuser=joe@example.org\tquota_rule=*:storage=5M");
        answer = co_await ask(stream, "CONT\t7\tAAAA\n");
        EXPECT_TRUE(answer.starts_with("FAIL\t7")) << answer;
    });
}

TEST(Authd, BadExchangesFailAndTheConnectionGoesOn) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, "AUTH\t1\tCRAM-MD5\tservice=smtp\n");
        EXPECT_TRUE(answer.starts_with("FAIL\t1\t")) << answer;
        answer = co_await ask(stream, plain(2, "no nul in here"sv));
        EXPECT_TRUE(answer.starts_with("FAIL\t2\t")) << answer;
        answer = co_await ask(stream, "AUTH\t4\tPLAIN\tservice=smtp\tresp=***\n");
        EXPECT_EQ(answer, "FAIL\t4\treason=Invalid base64 data in a SASL response");
        answer = co_await ask(stream, "AUTH\t5\tLOGIN\tservice=smtp\n");
        EXPECT_EQ(answer, "CONT\t5\tVXNlcm5hbWU6");
        answer = co_await ask(stream, "CONT\t5\tAGE=AGE=\n");
        EXPECT_TRUE(answer.starts_with("FAIL\t5\t")) << answer;
        answer = co_await ask(stream, "CONT\t5\t" + base64::encode("joe@example.org") + '\n');
        EXPECT_TRUE(answer.starts_with("FAIL\t5\t")) << answer;
        answer = co_await ask(stream, "FUTURE\tcommand\n" + plain(3, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t3\tuser=joe@example.org\tquota_rule=*:storage=5M");
    });
}

TEST(Authd, NonsenseEndsOnlyItsOwnConnection) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream good = co_await connect(loop, authd, "auth");
        co_await read_greeting(good);
        for (const std::string& nonsense : {std::string("AUTH\n"), std::string("\n"), std::string("AUTH\tx\tPLAIN\n"),
                                            std::string("VERSION\t2\t0\n"), std::string(100000, 'x')}) {
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string answer = co_await ask(stream, nonsense);
            EXPECT_TRUE(answer.starts_with("error: ")) << answer;
        }
        const std::string answer = co_await ask(good, plain(1, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
    });
}

TEST(Authd, AChangedPasswordHoldsAtOnce) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, plain(1, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
        EXPECT_TRUE(authd.open()->set_password("joe@example.org", "{PLAIN}fresh"));
        answer = co_await ask(stream, plain(2, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org");
        answer = co_await ask(stream, plain(3, "\0joe@example.org\0fresh"sv));
        EXPECT_EQ(answer, "OK\t3\tuser=joe@example.org\tquota_rule=*:storage=5M");
        EXPECT_TRUE(authd.open()->remove_user("joe@example.org"));
        answer = co_await ask(stream, plain(4, "\0joe@example.org\0fresh"sv));
        EXPECT_EQ(answer, "FAIL\t4\tuser=joe@example.org");
    });
}

TEST(Authd, WithoutADatabaseItFailsForNowAndHeals) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream auth = co_await connect(loop, authd, "auth");
        co_await read_greeting(auth);
        net::Stream userdb = co_await connect(loop, authd, "userdb");
        (void)co_await line(userdb);
        (void)co_await line(userdb);
        std::filesystem::rename(authd.database(), authd.database() + ".away");
        std::string answer = co_await ask(auth, "VERSION\t1\t1\n" + plain(1, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t1\tuser=joe@example.org\tcode=temp_fail\ttemp");
        answer = co_await ask(userdb, "USER\t1\tjoe@example.org\n");
        EXPECT_TRUE(answer.starts_with("FAIL\t1")) << answer;
        answer = co_await ask(userdb, "LIST\t2\n");
        EXPECT_EQ(answer, "DONE\t2\tfail");
        std::filesystem::rename(authd.database() + ".away", authd.database());
        answer = co_await ask(auth, plain(2, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t2\tuser=joe@example.org\tquota_rule=*:storage=5M");
    });
}

TEST(Authd, ToPostfixATemporaryFailureIsTheEndOfTheConnection) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        std::filesystem::rename(authd.database(), authd.database() + ".away");
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, "VERSION\t1\t0\nCPID\t42\nAUTH\t1\tLOGIN\tservice=smtp\n");
        EXPECT_EQ(answer, "CONT\t1\tVXNlcm5hbWU6");
        answer = co_await ask(stream, plain(2, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org\tcode=temp_fail\ttemp");  // 1 goes on
        answer = co_await ask(stream, "CANCEL\t1\n" + plain(3, "\0joe@example.org\0secret"sv));
        EXPECT_TRUE(answer.starts_with("error: ")) << answer;
        stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        answer = co_await ask(stream, "VERSION\t1\t2\nCPID\t42\n" + plain(1, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "FAIL\t1\tuser=joe@example.org\tcode=temp_fail\ttemp") << "Dovecot knows it";
        std::filesystem::rename(authd.database() + ".away", authd.database());
        stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        answer = co_await ask(stream, plain(4, "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t4\tuser=joe@example.org\tquota_rule=*:storage=5M");
    });
}

TEST(Authd, MastersLookUpUsersAndFetchLogInsOnce) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream auth = co_await connect(loop, authd, "login");
        std::string cookie;
        for (std::string text; text != "DONE";) {
            text = co_await line(auth);
            if (text.starts_with("COOKIE\t")) cookie = text.substr(7);
        }
        const std::string login =
            "CPID\t42\nAUTH\t9\tPLAIN\tservice=imap\tresp=" + base64::encode("\0joe@example.org\0secret"sv) + '\n';
        std::string answer = co_await ask(auth, login);
        EXPECT_EQ(answer, "OK\t9\tuser=joe@example.org\tquota_rule=*:storage=5M");

        net::Stream userdb = co_await connect(loop, authd, "userdb");
        answer = co_await line(userdb);
        EXPECT_EQ(answer, "VERSION\t1\t1");
        answer = co_await line(userdb);
        EXPECT_TRUE(answer.starts_with("SPID\t")) << answer;
        const std::string fields = "\tjoe@example.org\thome=" + authd.home("joe") + "\tquota_rule=*:storage=5M";
        answer = co_await ask(userdb, "VERSION\t1\t1\nREQUEST\t1\t42\t9\t" + cookie + '\n');
        EXPECT_EQ(answer, "USER\t1" + fields);
        answer = co_await ask(userdb, "REQUEST\t2\t42\t9\t" + cookie + '\n');
        EXPECT_EQ(answer, "NOTFOUND\t2");
        answer = co_await ask(userdb, "USER\t3\tJOE@example.org\tservice=lmtp\n");
        EXPECT_EQ(answer, "USER\t3" + fields);
        answer = co_await ask(userdb, "USER\t4\tnobody@example.org\n");
        EXPECT_EQ(answer, "NOTFOUND\t4");
        answer = co_await ask(userdb, "LIST\t5\n");
        EXPECT_EQ(answer, "LIST\t5\tann@example.org");
        answer = co_await line(userdb);
        EXPECT_EQ(answer, "LIST\t5\tjoe@example.org");
        answer = co_await line(userdb);
        EXPECT_EQ(answer, "DONE\t5");
        answer = co_await ask(userdb, "PASS\t6\tjoe@example.org\n");
        EXPECT_TRUE(answer.starts_with("error: ")) << answer;
    });
}

TEST(Authd, PipelinedSocketmapLookUpsAreAnsweredInOrder) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        net::Stream stream = co_await connect(loop, authd, "socketmap");
        std::string requests;
        std::string expected;
        for (int i = 0; i < 300; ++i) {
            requests += sasl::encode_netstring("resolve u" + std::to_string(i) + "@elsewhere.example");
            expected += sasl::encode_netstring("OK remote\tu" + std::to_string(i) + "@elsewhere.example\n");
        }
        requests += sasl::encode_netstring("domain example.org");
        expected += sasl::encode_netstring("OK example.org");
        (void)co_await stream.write(requests, soon());
        (void)co_await stream.flush(soon());
        Result<std::string> replies = co_await stream.read_exactly(expected.size(), soon());
        EXPECT_TRUE(replies);
        EXPECT_EQ(replies.value_or(""), expected);
    });
}

TEST(Authd, SocketmapOutOfStepIsClosed) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        for (const std::string& nonsense : {std::string("hello\n"), std::string("999999:x"), std::string("3:abcd")}) {
            net::Stream stream = co_await connect(loop, authd, "socketmap");
            const std::string answer = co_await ask(stream, nonsense);
            EXPECT_TRUE(answer.starts_with("error: ")) << answer;
        }
        net::Stream stream = co_await connect(loop, authd, "socketmap");
        (void)co_await stream.write(sasl::encode_netstring("nospace") + sasl::encode_netstring("domain example.org"),
                                    soon());
        (void)co_await stream.flush(soon());
        const std::string expected =
            sasl::encode_netstring("PERM Request without map and key") + sasl::encode_netstring("OK example.org");
        Result<std::string> replies = co_await stream.read_exactly(expected.size(), soon());
        EXPECT_EQ(replies.value_or(""), expected);
    });
}

/// A whole exchange by SCRAM; gives authd's last line, and the salt that was shown. `between` is what happens before
/// the client proves that it knows the password.
net::Async<std::string> scram(
    net::Stream& stream, int id, std::string mechanism, sasl::ScramClient client, std::string parameters,
    std::string* salt = nullptr, std::function<void()> between = [] {}) {
    const std::string number = std::to_string(id);
    std::string answer =
        co_await ask(stream, "AUTH\t" + number + '\t' + mechanism + "\tservice=imap\tnologin\tsecured" + parameters +
                                 "\tresp=" + base64::encode(client.first()) + '\n');
    const std::string challenge = "CONT\t" + number + '\t';
    if (!answer.starts_with(challenge)) co_return answer;
    const std::string final = client.final(*base64::decode(answer.substr(challenge.size())));
    if (salt != nullptr) *salt = client.salt();
    between();
    answer = co_await ask(stream, challenge + base64::encode(final) + '\n');
    if (answer != challenge + base64::encode(client.server_final())) co_return answer;
    answer = co_await ask(stream, challenge + '\n');
    co_return answer;
}

std::string scram_hash(std::string_view password) {
    PasswordSettings settings;
    settings.scheme = "SCRAM-SHA-256";
    return *hash_password(password, settings);
}

void offer_scram(config::Config& config) { config.auth.mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"}; }

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

std::string external(int id, std::string_view user, std::string_view act_as) {
    return "AUTH\t" + std::to_string(id) +
           "\tEXTERNAL\tservice=imap\tnologin\tsecured\tvalid-client-cert\tcert_username=" + std::string(user) +
           "\tresp=" + (act_as.empty() ? "=" : base64::encode(act_as)) + '\n';
}

TEST(Authd, ACertificateIsEnoughForExternal) {
    const auto settings = [](config::Config& config) {
        config.auth.mechanisms = {"PLAIN", "EXTERNAL"};
        config.auth.master_users = {"boss@example.org"};
    };
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            // An empty password keeps everything else out.
            EXPECT_TRUE(authd.open()->add_user({"boss@example.org", "", 0, true, false}));
            net::Stream others = co_await connect(loop, authd, "auth");
            for (std::string text; text != "DONE" && !text.starts_with("error"); text = co_await line(others))
                EXPECT_NE(text, "MECH\tEXTERNAL");
            net::Stream stream = co_await connect(loop, authd, "login");
            std::string greeting;
            for (std::string text; text != "DONE" && !text.starts_with("error"); greeting += text + '\n')
                text = co_await line(stream);
            EXPECT_NE(greeting.find("MECH\tEXTERNAL\n"), std::string::npos) << greeting;
            const std::string joe = "user=joe@example.org\tquota_rule=*:storage=5M";
            std::string answer = co_await ask(stream, external(1, "Joe@example.org", ""));
            EXPECT_EQ(answer, "OK\t1\t" + joe);
            answer = co_await ask(stream, external(2, "joe@example.org", "JOE@example.org"));
            EXPECT_EQ(answer, "OK\t2\t" + joe);
            answer = co_await ask(stream, external(3, "joe@example.org", "ann@example.org"));
            EXPECT_EQ(answer, "FAIL\t3\tuser=joe@example.org\tcode=authzfail\tauthz");
            answer = co_await ask(stream, external(4, "ann@example.org", ""));
            EXPECT_EQ(answer, "FAIL\t4\tuser=ann@example.org\tcode=user_disabled\tuser_disabled");
            answer = co_await ask(stream, external(5, "nobody@example.org", ""));
            EXPECT_EQ(answer, "FAIL\t5\tuser=nobody@example.org");
            answer = co_await ask(stream, external(6, "boss@example.org", "joe@example.org"));
            EXPECT_EQ(answer, "OK\t6\t" + joe + "\tmaster_user=boss@example.org");
            // What the certificate names is one user, whatever it looks like.
            answer = co_await ask(stream, external(7, "joe@example.org*boss@example.org", ""));
            EXPECT_EQ(answer, "FAIL\t7\tuser=joe@example.org*boss@example.org");
            answer = co_await ask(stream,
                                  "AUTH\t8\tEXTERNAL\tservice=imap\tsecured\tcert_username=joe@example.org\tresp==\n");
            EXPECT_TRUE(answer.starts_with("FAIL\t8\treason=Unsupported")) << answer;
            answer = co_await ask(
                stream, "AUTH\t9\tEXTERNAL\tservice=imap\tsecured\tvalid-client-cert\tcert_username=joe@example.org\n");
            EXPECT_EQ(answer, "CONT\t9\t");
            answer = co_await ask(stream, "CONT\t9\t\n");
            EXPECT_EQ(answer, "OK\t9\t" + joe);
        },
        settings);
}

std::string plain_for(int id, std::string service, std::string_view message) {
    return "AUTH\t" + std::to_string(id) + "\tPLAIN\tservice=" + service +
           "\tnologin\tsecured\tresp=" + base64::encode(message) + '\n';
}

TEST(Authd, AUserLogsInToTheirServicesOnly) {
    const auto settings = [](config::Config& config) { config.auth.master_users = {"boss@example.org"}; };
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto directory = authd.open();
            EXPECT_TRUE(directory->set_services("joe@example.org", Services("imap http")));
            EXPECT_TRUE(directory->add_user({"boss@example.org", "{PLAIN}master", 0, true, false, Services("pop3")}));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string_view joe = "\0joe@example.org\0secret"sv;
            const std::string refusal = "\tcode=authzfail\tauthz\treason=This account may not use this service";
            std::string answer = co_await ask(stream, plain_for(1, "imap", joe));
            EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await ask(stream, plain_for(2, "pop3", joe));
            EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org" + refusal);
            answer = co_await ask(stream, plain_for(3, "submissions", joe));
            EXPECT_EQ(answer, "FAIL\t3\tuser=joe@example.org" + refusal);
            answer = co_await ask(stream, plain_for(4, "pop3", "\0joe@example.org\0wrong"sv));
            EXPECT_EQ(answer, "FAIL\t4\tuser=joe@example.org") << "only who knows the password is told";
            // Whoever acts as another does so where that one may.
            const std::string_view boss = "\0joe@example.org*boss@example.org\0master"sv;
            answer = co_await ask(stream, plain_for(5, "imap", boss));
            EXPECT_EQ(answer, "OK\t5\tuser=joe@example.org\tquota_rule=*:storage=5M\tmaster_user=boss@example.org");
            answer = co_await ask(stream, plain_for(6, "pop3", boss));
            EXPECT_EQ(answer, "FAIL\t6\tuser=joe@example.org*boss@example.org" + refusal);
            EXPECT_TRUE(directory->set_services("joe@example.org", {}));
            answer = co_await ask(stream, plain_for(7, "smtp", joe));
            EXPECT_EQ(answer, "OK\t7\tuser=joe@example.org\tquota_rule=*:storage=5M") << "at once";
        },
        settings);
}

AppPassword app_password(std::string name, std::string password, std::string scope = {}) {
    AppPassword app;
    app.name = std::move(name);
    app.password = "{PLAIN}" + std::move(password);
    app.scope = Services(std::move(scope));
    return app;
}

TEST(Authd, AnAppPasswordServesWithinItsTerms) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        const auto directory = authd.open();
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone", "imap smtp")));
        AppPassword office = app_password("Office", "at work");
        office.networks = "192.0.2.0/24";
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", office));
        AppPassword old = app_password("Old", "of old");
        old.expires_at = 1'000'000;
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", old));
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        const std::string ok = "\tuser=joe@example.org\tquota_rule=*:storage=5M";
        const std::string_view phone = "\0joe@example.org\0telephone"sv;
        const std::string_view work = "\0joe@example.org\0at work"sv;
        std::string answer = co_await ask(stream, plain_for(1, "imap", phone));
        EXPECT_EQ(answer, "OK\t1" + ok);
        answer = co_await ask(stream, plain_for(2, "pop3", phone));
        EXPECT_EQ(answer,
                  "FAIL\t2\tuser=joe@example.org\tcode=authzfail\tauthz\treason=This app password is not for this "
                  "service");
        answer = co_await ask(stream, plain_for(3, "imap\trip=192.0.2.9", work));
        EXPECT_EQ(answer, "OK\t3" + ok);
        answer = co_await ask(stream, plain_for(4, "imap\trip=198.51.100.9", work));
        EXPECT_EQ(answer,
                  "FAIL\t4\tuser=joe@example.org\tcode=authzfail\tauthz\treason=This app password may not be used "
                  "from there");
        answer = co_await ask(stream, plain_for(5, "imap", "\0joe@example.org\0of old"sv));
        EXPECT_EQ(answer,
                  "FAIL\t5\tuser=joe@example.org\tcode=pass_expired\tpass_expired\treason=This app password has "
                  "expired");
        answer = co_await ask(stream, plain_for(6, "imap", "\0joe@example.org\0secret"sv));
        EXPECT_EQ(answer, "OK\t6" + ok) << "the password itself goes on";
        answer = co_await ask(stream, plain_for(7, "imap", "\0joe@example.org\0wrong"sv));
        EXPECT_EQ(answer, "FAIL\t7\tuser=joe@example.org");
        EXPECT_TRUE(directory->app_passwords().remove("joe@example.org", "Phone"));
        answer = co_await ask(stream, plain_for(8, "imap", phone));
        EXPECT_EQ(answer, "FAIL\t8\tuser=joe@example.org") << "at once";
        EXPECT_TRUE(directory->app_passwords().add("ann@example.org", app_password("Phone", "telephone")));
        answer = co_await ask(stream, plain_for(9, "imap", "\0ann@example.org\0telephone"sv));
        EXPECT_EQ(answer, "FAIL\t9\tuser=ann@example.org\tcode=user_disabled\tuser_disabled");
        // What is remembered of a password says nothing of its terms.
        EXPECT_TRUE(directory->set_services("joe@example.org", Services("pop3")));
        answer = co_await ask(stream, plain_for(10, "imap\trip=192.0.2.9", work));
        EXPECT_EQ(answer,
                  "FAIL\t10\tuser=joe@example.org\tcode=authzfail\tauthz\treason=This account may not use this "
                  "service");
        answer = co_await ask(stream, plain_for(11, "pop3\trip=192.0.2.9", work));
        EXPECT_EQ(answer, "OK\t11" + ok);
    });
}

TEST(Authd, InAnOutageTheAppPasswordsThatAreKnownGoOn) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        const auto directory = authd.open();
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone")));
        EXPECT_TRUE(directory->add_user({"pat@example.org", "{PLAIN}secret", 0, true, false}));
        net::Stream stream = co_await connect(loop, authd, "login");
        co_await read_greeting(stream);
        const std::string_view phone = "\0joe@example.org\0telephone"sv;
        std::string answer = co_await ask(stream, plain_for(1, "imap", phone));
        EXPECT_TRUE(answer.starts_with("OK\t1")) << answer;
        answer = co_await ask(stream, plain_for(2, "imap", "\0pat@example.org\0secret"sv));
        EXPECT_TRUE(answer.starts_with("OK\t2")) << answer;
        std::filesystem::rename(authd.database(), authd.database() + ".away");
        answer = co_await ask(stream, plain_for(3, "imap", phone));
        EXPECT_TRUE(answer.starts_with("OK\t3")) << answer;
        answer = co_await ask(stream, plain_for(4, "imap", "\0joe@example.org\0wrong"sv));
        EXPECT_EQ(answer, "FAIL\t4\tuser=joe@example.org") << "all of joe's are known";
        answer = co_await ask(stream, plain_for(5, "imap", "\0pat@example.org\0secret"sv));
        EXPECT_TRUE(answer.starts_with("OK\t5")) << answer;
        std::filesystem::rename(authd.database() + ".away", authd.database());
    });
}

TEST(Authd, AnAppPasswordThatCannotBeVerifiedIsNone) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        AppPassword broken = app_password("Broken", "x");
        broken.password = "{NTLM}abc";
        const auto directory = authd.open();
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", broken));
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone")));
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        std::string answer = co_await ask(stream, plain_for(1, "imap", "\0joe@example.org\0telephone"sv));
        EXPECT_TRUE(answer.starts_with("OK\t1")) << answer;
        answer = co_await ask(stream, plain_for(2, "imap", "\0joe@example.org\0wrong"sv));
        EXPECT_EQ(answer, "FAIL\t2\tuser=joe@example.org");
        answer = co_await ask(stream, plain_for(3, "imap", "\0joe@example.org\0secret"sv));
        EXPECT_TRUE(answer.starts_with("OK\t3")) << answer;
    });
}

TEST(Authd, APasswordThatMustBeChangedServesForWebmailOnly) {
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto directory = authd.open();
            EXPECT_TRUE(directory->set_password("joe@example.org", scram_hash("secret"), true));
            EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone")));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string refusal =
                "\tuser=joe@example.org\tcode=pass_expired\tpass_expired\treason=The password must be changed first";
            const std::string ok = "\tuser=joe@example.org\tquota_rule=*:storage=5M";
            const std::string_view joe = "\0joe@example.org\0secret"sv;
            std::string answer = co_await ask(stream, plain_for(1, "imap", joe));
            EXPECT_EQ(answer, "FAIL\t1" + refusal);
            answer = co_await ask(stream, plain_for(2, "submission", joe));
            EXPECT_EQ(answer, "FAIL\t2" + refusal);
            answer = co_await scram(stream, 3, "SCRAM-SHA-256",
                                    sasl::ScramClient(sasl::ScramHash::sha_256, "joe@example.org", "secret"), "");
            EXPECT_EQ(answer, "FAIL\t3" + refusal);
            answer = co_await ask(stream, plain_for(4, "imap", "\0joe@example.org\0wrong"sv));
            EXPECT_EQ(answer, "FAIL\t4\tuser=joe@example.org");
            answer = co_await ask(stream, plain_for(5, "http", joe));
            EXPECT_EQ(answer, "OK\t5" + ok + "\tmust_change_password=yes");
            answer = co_await ask(stream, plain_for(6, "imap", "\0joe@example.org\0telephone"sv));
            EXPECT_EQ(answer, "OK\t6" + ok);
            EXPECT_TRUE(directory->set_password("joe@example.org", "{PLAIN}another"));
            answer = co_await ask(stream, plain_for(7, "imap", "\0joe@example.org\0another"sv));
            EXPECT_EQ(answer, "OK\t7" + ok);
        },
        offer_scram);
}

TEST(Authd, TheUseOfAnAppPasswordIsWrittenDownOnceInAWhile) {
    with_authd([](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
        const auto directory = authd.open();
        EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone")));
        net::Stream stream = co_await connect(loop, authd, "auth");
        co_await read_greeting(stream);
        const std::string_view phone = "\0joe@example.org\0telephone"sv;
        std::string answer = co_await ask(stream, plain_for(1, "imap", phone));
        EXPECT_TRUE(answer.starts_with("OK\t1")) << answer;
        const auto last_used = [&] { return (*directory->find_app_passwords("joe@example.org", 1))[0].last_used_at; };
        for (int i = 0; i < 2000 && !last_used(); ++i)
            co_await loop.sleep_until(net::Deadline::in(std::chrono::milliseconds(10)));
        EXPECT_TRUE(last_used());
        const std::int64_t recently = *last_used() - 60;
        EXPECT_TRUE((*SqliteConnection::open(authd.database(), SqliteConnection::Open::existing, 1000))
                        ->execute("UPDATE app_passwords SET last_used_at = " + std::to_string(recently)));
        answer = co_await ask(stream, plain_for(2, "imap", phone));
        EXPECT_TRUE(answer.starts_with("OK\t2")) << answer;
        co_await authd.stop();
        EXPECT_EQ(last_used(), recently) << "a minute ago is near enough";
        authd.restart();
    });
}

TEST(Authd, WithAppPasswordsOnlyThePasswordServesForWebmail) {
    const auto settings = [](config::Config& config) {
        config.auth.master_users = {"boss@example.org"};
        config.auth.mechanisms = {"PLAIN", "SCRAM-SHA-256"};
    };
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            const auto directory = authd.open();
            EXPECT_TRUE(directory->set_password("joe@example.org", scram_hash("secret")));
            EXPECT_TRUE(directory->set_app_passwords_only("joe@example.org", true));
            EXPECT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone", "telephone")));
            EXPECT_TRUE(directory->add_user({"boss@example.org", "{PLAIN}master", 0, true, false}));
            EXPECT_TRUE(directory->app_passwords().add("boss@example.org", app_password("Phone", "telephone")));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            const std::string refusal = "\tcode=authzfail\tauthz\treason=This account needs an app password here";
            const std::string_view joe = "\0joe@example.org\0secret"sv;
            int id = 0;
            for (const char* service : {"imap", "pop3", "submission", "sieve"}) {
                const std::string answer = co_await ask(stream, plain_for(++id, service, joe));
                EXPECT_EQ(answer, "FAIL\t" + std::to_string(id) + "\tuser=joe@example.org" + refusal);
            }
            std::string answer =
                co_await scram(stream, 5, "SCRAM-SHA-256",
                               sasl::ScramClient(sasl::ScramHash::sha_256, "joe@example.org", "secret"), "");
            EXPECT_EQ(answer, "FAIL\t5\tuser=joe@example.org" + refusal);
            answer = co_await ask(stream, plain_for(6, "http", joe));
            EXPECT_EQ(answer, "OK\t6\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await ask(stream, plain_for(7, "imap", "\0joe@example.org\0telephone"sv));
            EXPECT_EQ(answer, "OK\t7\tuser=joe@example.org\tquota_rule=*:storage=5M");
            answer = co_await ask(stream, plain_for(8, "imap", "\0joe@example.org*boss@example.org\0telephone"sv));
            EXPECT_EQ(answer, "FAIL\t8\tuser=joe@example.org*boss@example.org\tcode=authzfail\tauthz")
                << "a master user's app password is their own";
            answer = co_await ask(stream, plain_for(9, "imap", "\0joe@example.org*boss@example.org\0master"sv));
            EXPECT_EQ(answer, "OK\t9\tuser=joe@example.org\tquota_rule=*:storage=5M\tmaster_user=boss@example.org");
        },
        settings);
}

TEST(Authd, AMasterUserActsAsAnother) {
    const auto settings = [](config::Config& config) { config.auth.master_users = {"Boss@example.org"}; };
    with_authd(
        [](net::Loop& loop, RunningAuthd& authd) -> net::Async<> {
            EXPECT_TRUE(authd.open()->add_user({"boss@example.org", "{PLAIN}master", 0, true, false}));
            net::Stream stream = co_await connect(loop, authd, "auth");
            co_await read_greeting(stream);
            std::string answer = co_await ask(stream, plain(1, "\0joe@example.org*boss@example.org\0master"sv));
            EXPECT_EQ(answer, "OK\t1\tuser=joe@example.org\tquota_rule=*:storage=5M\tmaster_user=boss@example.org");
            answer = co_await ask(stream, plain(2, "joe@example.org\0boss@example.org\0master"sv));
            EXPECT_EQ(answer, "OK\t2\tuser=joe@example.org\tquota_rule=*:storage=5M\tmaster_user=boss@example.org");
            answer = co_await ask(stream, plain(3, "\0joe@example.org*boss@example.org\0secret"sv));
            EXPECT_EQ(answer, "FAIL\t3\tuser=joe@example.org*boss@example.org");
            answer = co_await ask(stream, plain(4, "\0boss@example.org*joe@example.org\0secret"sv));
            EXPECT_EQ(answer, "FAIL\t4\tuser=boss@example.org*joe@example.org\tcode=authzfail\tauthz");
            answer = co_await ask(stream, plain(5, "\0ann@example.org*boss@example.org\0master"sv));
            EXPECT_EQ(answer, "FAIL\t5\tuser=ann@example.org*boss@example.org\tcode=authzfail\tauthz");
            answer = co_await ask(stream, plain(6, "\0no@example.org*boss@example.org\0master"sv));
            EXPECT_EQ(answer, "FAIL\t6\tuser=no@example.org*boss@example.org\tcode=authzfail\tauthz");
            answer = co_await ask(stream, plain(7, "\0boss@example.org\0master"sv));
            EXPECT_EQ(answer, "OK\t7\tuser=boss@example.org");
            answer = co_await ask(stream, plain(8, "ann@example.org\0joe@example.org*boss@example.org\0master"sv));
            EXPECT_EQ(answer, "FAIL\t8\tuser=joe@example.org*boss@example.org");
        },
        settings);
}

}  // namespace
}  // namespace posthouse::auth
