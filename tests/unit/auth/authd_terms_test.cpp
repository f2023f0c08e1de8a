// What a log-in by authd is good for: services, app passwords, passwords that must be changed, master users.
#include <gtest/gtest.h>

#include <filesystem>

#include "auth/directory/sqlite.h"
#include "tests/unit/auth/scram_conversation.h"

namespace posthouse::auth {
namespace {

using namespace std::string_view_literals;

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
