// Tests of the states before and at log-in: greeting, LOGIN, AUTHENTICATE, STARTTLS, bad input.
#include <string>

#include "lib/base/base64.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

using LoginTest = ImapTest;

TEST_F(LoginTest, TheGreetingTellsTheCapabilities) {
    TestClient client = server.connect();
    const std::string greeting = client.read_until("* OK");
    EXPECT_TRUE(greeting.starts_with("* OK [CAPABILITY IMAP4rev1 ")) << greeting;
    EXPECT_TRUE(has(greeting, " AUTH=PLAIN "));
    EXPECT_TRUE(has(greeting, "mx.example.org"));
}

TEST(LoginWithoutTls, NoPasswordIsTaken) {
    ImapServer server{config::Config()};
    TestClient client = server.connect();
    const std::string greeting = client.read_until("* OK");
    EXPECT_TRUE(has(greeting, " LOGINDISABLED")) << greeting;
    EXPECT_FALSE(has(greeting, "AUTH="));
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t NO [PRIVACYREQUIRED]"));
    EXPECT_TRUE(client.run("AUTHENTICATE PLAIN AGpvZQB4").starts_with("t NO [PRIVACYREQUIRED]"));
    EXPECT_TRUE(client.run("STARTTLS").starts_with("t NO "));
}

TEST(LoginWithoutPlain, IsNotOffered) {
    config::Config config;
    config.tls.allow_plain_login = true;
    config.auth.mechanisms = {"SCRAM-SHA-256"};
    ImapServer server{config};
    TestClient client = server.connect();
    const std::string greeting = client.read_until("* OK");
    EXPECT_TRUE(has(greeting, " AUTH=SCRAM-SHA-256 LOGINDISABLED]")) << greeting;
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t NO [CANNOT]"));
}

TEST_F(LoginTest, EveryFormOfLoginWorks) {
    const std::string plain = base64::encode(std::string("\0joe@example.org\0secret", 23));
    for (const std::string& command :
         {std::string("LOGIN joe@example.org secret"), std::string("LOGIN \"joe@example.org\" {6+}\r\nsecret"),
          "AUTHENTICATE PLAIN " + plain, "AUTHENTICATE PLAIN\r\n" + plain,
          "AUTHENTICATE LOGIN\r\n" + base64::encode("joe@example.org") + "\r\n" + base64::encode("secret")}) {
        TestClient client = server.connect();
        client.read_until("* OK");
        const std::string reply = client.run(command);
        EXPECT_TRUE(has(reply, "t OK [CAPABILITY IMAP4rev1 ")) << command << "\n" << reply;
        EXPECT_TRUE(has(reply, " UIDPLUS ")) << reply;
    }
}

TEST_F(LoginTest, ASynchronizingLiteralIsAskedFor) {
    TestClient client = server.connect();
    client.read_until("* OK");
    client.send("t LOGIN {15}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("joe@example.org {6}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    client.send("secret\r\n");
    EXPECT_TRUE(client.read_until("t ").starts_with("t OK "));
}

TEST_F(LoginTest, FailuresAreToldApart) {
    TestClient client = server.connect();
    client.read_until("* OK");
    EXPECT_TRUE(client.run("LOGIN joe@example.org wrong").starts_with("t NO [AUTHENTICATIONFAILED]"));
    EXPECT_TRUE(client.run("LOGIN later@example.org x").starts_with("t NO [UNAVAILABLE]"));
    EXPECT_EQ(client.run("LOGIN webonly@example.org x"), "t NO [AUTHORIZATIONFAILED] Not authorized\r\n");
    EXPECT_EQ(client.run("LOGIN newcomer@example.org x"), "t NO [EXPIRED] Password has expired\r\n");
    EXPECT_TRUE(client.run("AUTHENTICATE KERBEROS").starts_with("t NO "));
    EXPECT_TRUE(has(client.run("AUTHENTICATE PLAIN\r\n*"), "t BAD "));
    EXPECT_TRUE(has(client.run("AUTHENTICATE PLAIN\r\n???"), "t BAD "));
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK "));
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t BAD "));
}

TEST_F(LoginTest, CommandsOutOfTheirStateAreBad) {
    TestClient client = server.connect();
    client.read_until("* OK");
    EXPECT_EQ(client.run("SELECT INBOX"), "t BAD Log in first\r\n");
    EXPECT_EQ(client.run("FETCH 1 FLAGS"), "t BAD Log in first\r\n");
    EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK "));
    EXPECT_EQ(client.run("FETCH 1 FLAGS"), "t BAD Select a mailbox first\r\n");
    EXPECT_EQ(client.run("CLOSE"), "t BAD Select a mailbox first\r\n");
}

TEST_F(LoginTest, BadInputIsAnsweredAndTheConnectionStaysUsable) {
    TestClient client = server.connect();
    client.read_until("* OK");
    const auto answer = [&](std::string_view line) {
        client.send(line);
        return client.read_until("");
    };
    EXPECT_EQ(answer("\r\n"), "* BAD Empty command line\r\n");
    EXPECT_EQ(answer("x\r\n"), "x BAD Missing command\r\n");
    EXPECT_EQ(answer("x FROB\r\n"), "x BAD Unknown command\r\n");
    EXPECT_EQ(answer("+ NOOP\r\n"), "* BAD Invalid tag\r\n");
    EXPECT_EQ(answer(std::string_view("x LO\0GIN a b\r\n", 14)).substr(0, 6), "x BAD ");
    EXPECT_EQ(answer("x LOGIN \xE4 b\r\n").substr(0, 6), "x BAD ");
    EXPECT_EQ(answer("x LOGIN {9000}\r\n"), "x BAD Literal too large\r\n");
    EXPECT_EQ(answer("x LOGIN {9000+}\r\n" + std::string(9000, 'y') + " z\r\n"), "x BAD Literal too large\r\n");
    EXPECT_EQ(answer("x LOGIN " + std::string(9000, 'y') + "\r\n"), "x BAD Command line too long\r\n");
    EXPECT_EQ(answer("x LOGIN " + std::string(1'000'000, 'y') + "\r\n"), "x BAD Command line too long\r\n");
    EXPECT_EQ(answer("x LOGIN {99999999999999999999}\r\n"), "x BAD Literal size is out of range\r\n");
    EXPECT_EQ(answer("x NOOP\n"), "x OK NOOP completed\r\n");
}

TEST_F(LoginTest, TooManyBadCommandsInARowEndTheConnection) {
    TestClient client = server.connect();
    client.read_until("* OK");
    for (int i = 0; i < 19; ++i) client.run("FROB");
    client.run("NOOP");
    for (int i = 0; i < 20; ++i) client.run("FROB");
    EXPECT_EQ(client.read_rest(), "* BYE Too many invalid commands\r\n");
}

TEST_F(LoginTest, AStoppingDaemonSaysBye) {
    TestClient idle = log_in();
    idle.send("t IDLE\r\n");
    idle.read_until("+");
    TestClient other = log_in();
    server.drain();
    EXPECT_TRUE(has(idle.read_rest(), "* BYE Server is shutting down"));
    EXPECT_TRUE(has(other.read_rest(), "* BYE Server is shutting down"));
}

TEST(Timeouts, WhoDoesNotLogInInTimeHearsBye) {
    config::Config config;
    config.imapd.login_timeout = std::chrono::milliseconds(20);
    ImapServer server{config};
    TestClient silent = server.connect();
    EXPECT_TRUE(has(silent.read_rest(), "* BYE Log-in took too long\r\n"));
    TestClient slow = server.connect();
    slow.send("a LOG");
    EXPECT_TRUE(has(slow.read_rest(), "* BYE Log-in took too long\r\n"));
}

TEST(Timeouts, WhoIsSilentTooLongHearsByeAlsoInIdle) {
    config::Config config;
    config.tls.allow_plain_login = true;
    config.imapd.idle_timeout = std::chrono::milliseconds(100);
    ImapServer server{config};
    for (const char* command : {"b SELECT INBOX\r\n", "b SELECT INBOX\r\nc IDLE\r\n", "b APPEND INBOX {5}\r\nhel"}) {
        TestClient client = server.connect();
        client.send("a LOGIN joe@example.org secret\r\n" + std::string(command));
        const std::string all = client.read_rest();
        EXPECT_TRUE(has(all, "a OK")) << all;
        const bool in_message = std::string_view(command).starts_with("b APPEND");
        EXPECT_EQ(has(all, "* BYE Autologout; idle for too long\r\n"), !in_message) << all;
    }
}

TEST_F(LoginTest, LogoutSaysByeBeforeOk) {
    TestClient client = log_in();
    client.send("t LOGOUT\r\n");
    EXPECT_EQ(client.read_rest(), "* BYE Logging out\r\nt OK LOGOUT completed\r\n");
}

TEST_F(LoginTest, IdAndEnableAreAnswered) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("ID (\"name\" \"test\")"), "* ID (\"name\" \"Posthouse\")\r\nt OK ID completed\r\n");
    EXPECT_EQ(client.run("ENABLE X-UNKNOWN"), "* ENABLED\r\nt OK ENABLE completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
