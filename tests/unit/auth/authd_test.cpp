// Tests of authd's sockets as foreign programs use them.
#include <gtest/gtest.h>

#include "auth/directory/sqlite.h"
#include "lib/sasl/socketmap.h"
#include "tests/unit/auth/authd_conversation.h"

namespace posthouse::auth {
namespace {

using namespace std::string_view_literals;

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

}  // namespace
}  // namespace posthouse::auth
