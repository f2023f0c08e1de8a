// What an administrator bounds in [imapd]: the size of commands, connections of a user, messages that wait.
#include "imapd/limits.h"

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

class ImapLimits : public ImapTest {
  protected:
    static TestClient log_in(ImapServer& server) {
        TestClient client = server.connect();
        client.read_until("* OK");
        EXPECT_TRUE(client.run("LOGIN joe@example.org secret").starts_with("t OK "));
        return client;
    }
};

TEST_F(ImapLimits, WhatNobodySetsIsWhatTheParsersHaveByThemselves) {
    const imap::CommandBounds bounds = bounds_of(config::Config());
    EXPECT_EQ(bounds.text, imap::kBoundsAfterLogin.text);
    EXPECT_EQ(bounds.literal_sum, imap::kBoundsAfterLogin.literal_sum);
    EXPECT_EQ(bounds.literals, imap::kBoundsAfterLogin.literals);
    const imap::Limits limits = limits_of(config::Config());
    EXPECT_EQ(limits.set_ranges, imap::Limits().set_ranges);
    EXPECT_EQ(limits.search_keys, imap::Limits().search_keys);
    EXPECT_EQ(limits.search_depth, imap::Limits().search_depth);
    EXPECT_EQ(limits.mailbox_name, imap::Limits().mailbox_name);
}

TEST_F(ImapLimits, TheSizeOfACommandIsBoundedAsConfigured) {
    config::Config config = usual_config();
    config.imapd.line_limit = 200'000;
    config.imapd.literal_limit = 9000;
    config.imapd.literals = 10;
    ImapServer other(config);
    TestClient client = log_in(other);
    const std::string longest = "LIST \"\" (" + std::string(199'000, ' ');
    EXPECT_EQ(client.run(longest), "t BAD Too many patterns\r\n") << "it was read";
    EXPECT_EQ(client.run("NOOP " + std::string(200'000, 'x')), "t BAD Command line too long\r\n");
    EXPECT_EQ(client.run("SETMETADATA INBOX (/private/x {9001+}\r\n" + std::string(9001, 'x') + ")"),
              "t BAD Literal too large\r\n");
    std::string names;
    for (int i = 0; i < 11; ++i) names += " {1+}\r\n" + std::to_string(i % 10);
    EXPECT_EQ(client.run("LIST \"\" (" + names.substr(1) + ")"), "t BAD Too many literals\r\n");
}

TEST_F(ImapLimits, WhatArgumentsSayIsBoundedAsConfigured) {
    config::Config config = usual_config();
    config.imapd.set_ranges = 2;
    config.imapd.search_keys = 2;
    config.imapd.search_depth = 1;
    config.imapd.mailbox_name_limit = 10;
    ImapServer other(config);
    TestClient client = log_in(other);
    EXPECT_EQ(client.run("CREATE 12345678901"), "t BAD Mailbox name too long\r\n");
    EXPECT_TRUE(client.run("CREATE 1234567890").starts_with("t OK "));
    client.run("SELECT INBOX");
    EXPECT_EQ(client.run("UID FETCH 1,3,5 FLAGS"), "t BAD Too many ranges in the sequence set\r\n");
    EXPECT_EQ(client.run("UID FETCH 1,3 FLAGS"), "t OK UID FETCH completed\r\n");
    EXPECT_EQ(client.run("SEARCH SEEN SEEN SEEN"), "t BAD Too many search keys\r\n");
    EXPECT_EQ(client.run("SEARCH NOT NOT SEEN"), "t BAD Search keys nested too deep\r\n");
}

TEST_F(ImapLimits, ALiteralForALongNameIsNoMessage) {
    config::Config config = usual_config();
    config.imapd.mailbox_name_limit = 10;
    ImapServer other(config);
    TestClient client = log_in(other);
    EXPECT_EQ(client.run("APPEND 12345678901 {5+}\r\nhello"), "t BAD Mailbox name too long\r\n");
}

TEST_F(ImapLimits, OneConnectionTooManyOfAUserIsRefusedAtLogIn) {
    config::Config config = usual_config();
    config.imapd.connections_per_user = 2;
    ImapServer other(config);
    TestClient first = log_in(other);
    TestClient second = log_in(other);
    TestClient third = other.connect();
    third.read_until("* OK");
    EXPECT_EQ(third.run("LOGIN joe@example.org secret"),
              "t NO [LIMIT] Too many connections of this user: close one of them first\r\n");
    EXPECT_EQ(third.run("SELECT INBOX"), "t BAD Log in first\r\n");
    first.run("LOGOUT");
    first.read_rest();
    EXPECT_TRUE(third.run("LOGIN joe@example.org secret").starts_with("t OK "));
    EXPECT_TRUE(second.run("SELECT INBOX").ends_with("t OK [READ-WRITE] SELECT completed\r\n"));
}

TEST(UserConnections, PlacesAreGivenBackAndEachUserHasTheirOwn) {
    UserConnections connections;
    {
        std::optional<UserConnections::Place> joe = connections.take("joe", 2);
        ASSERT_TRUE(joe);
        UserConnections::Place moved = std::move(*joe);
        EXPECT_EQ(connections.count("joe"), 1u);
        std::optional<UserConnections::Place> again = connections.take("joe", 2);
        ASSERT_TRUE(again);
        EXPECT_FALSE(connections.take("joe", 2));
        EXPECT_TRUE(connections.take("ann", 2));
        again = std::move(moved);
        EXPECT_EQ(connections.count("joe"), 1u) << "the place that was there before is given back";
    }
    EXPECT_EQ(connections.count("joe"), 0u);
    EXPECT_EQ(connections.count("ann"), 0u);
}

TEST_F(ImapLimits, MessagesThatWaitForTheirCommandAreBoundedOverAllSessions) {
    ImapServer other(usual_config(), 3);
    TestClient first = log_in(other);
    first.send("t APPEND INBOX {3}\r\n");
    first.read_until("+");
    for (int i = 0; i < 2; ++i) {
        first.send("x\r\n {3}\r\n");
        EXPECT_EQ(first.read_until("+"), "+ OK\r\n") << "two wait that are not the first of their command";
    }
    TestClient second = log_in(other);
    const std::string three = "APPEND INBOX {3+}\r\nx\r\n {3+}\r\nx\r\n {3+}\r\nx\r\n";
    EXPECT_EQ(second.run(three), "t NO [LIMIT] Too many messages in one command\r\n");
    EXPECT_TRUE(second.run("STATUS INBOX (MESSAGES)").starts_with("* STATUS INBOX (MESSAGES 0)"));
    first.send("x\r\n\r\n");
    EXPECT_TRUE(first.read_until("t ").starts_with("t OK [APPENDUID "));
    EXPECT_TRUE(second.run(three).starts_with("t OK [APPENDUID "));
}

TEST_F(ImapLimits, TheFoldersOfANewUserAreThoseConfigured) {
    config::Config config = usual_config();
    config.general.special_use_folders = {"Entwürfe=\\Drafts", "Mülleimer/Papierkorb=\\Trash"};
    ImapServer other(config);
    TestClient client = log_in(other);
    EXPECT_EQ(client.run("LIST \"\" * RETURN (SPECIAL-USE SUBSCRIBED)"),
              "* LIST (\\HasNoChildren) \"/\" INBOX\r\n"
              "* LIST (\\HasNoChildren \\Drafts \\Subscribed) \"/\" Entw&APw-rfe\r\n"
              "* LIST (\\NonExistent \\HasChildren) \"/\" M&APw-lleimer\r\n"
              "* LIST (\\HasNoChildren \\Trash \\Subscribed) \"/\" M&APw-lleimer/Papierkorb\r\n"
              "t OK LIST completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
