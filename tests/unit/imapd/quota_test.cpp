// What IMAP clients see of a quota: OVERQUOTA (RFC 9208 §4.3.1), room after an EXPUNGE, warnings.
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

constexpr std::string_view message_of_100 =
    "Subject: x\r\n\r\n"
    "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 1234\r\n";

class ImapQuota : public testing::Test {
  protected:
    static config::Config with(std::vector<std::string> rules) {
        config::Config config;
        config.tls.allow_plain_login = true;
        config.quota.rule = std::move(rules);
        config.quota.warning = {"storage=80%"};
        return config;
    }
    static TestClient log_in(ImapServer& server) {
        TestClient client = server.connect();
        client.read_until("* OK");
        client.run("LOGIN joe@example.org secret");
        client.run("SELECT INBOX");
        return client;
    }
    static std::string append(TestClient& client, std::string_view mailbox = "INBOX") {
        return client.run("APPEND " + std::string(mailbox) + " {" + std::to_string(message_of_100.size()) + "+}\r\n" +
                          std::string(message_of_100));
    }
    static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(ImapQuota, AppendIsRefusedBeforeTheMessageIsSentAndFitsAfterAnExpunge) {
    ImapServer server(with({"*:bytes=240"}));
    TestClient client = log_in(server);
    EXPECT_TRUE(has(append(client), "t OK [APPENDUID "));
    EXPECT_TRUE(has(append(client), "* NO [ALERT] Your mail takes more than 80% of what it may\r\n"))
        << "above 192 of 240";
    EXPECT_EQ(client.run("APPEND INBOX {100}"), "t NO [OVERQUOTA] Mailbox is full\r\n");
    EXPECT_EQ(client.run("APPEND INBOX {300}"), "t NO [OVERQUOTA] Message is larger than the mailbox may be\r\n");
    EXPECT_TRUE(append(client).starts_with("t NO [OVERQUOTA] "));
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 2"));
    client.run("STORE 1 +FLAGS.SILENT \\Deleted");
    client.run("EXPUNGE");
    EXPECT_TRUE(has(append(client), "t OK [APPENDUID "));
}

TEST_F(ImapQuota, WhatAMessageTakesOnDiskCountsNotItsLiteral) {
    ImapServer server(with({"*:bytes=1000"}));
    TestClient client = log_in(server);
    // Lines of LF beside a CR that ends no line: all are stored with CRLF, here as 1001 and 1000 octets.
    const auto append_lines = [&](std::size_t lines, std::string_view last) {
        const std::string text = std::string(lines, '\n') + std::string(last);
        return client.run("APPEND INBOX {" + std::to_string(text.size()) + "+}\r\n" + text);
    };
    EXPECT_EQ(append_lines(498, "\rxx\r\n"), "t NO [OVERQUOTA] Message is larger than the mailbox may be\r\n");
    EXPECT_TRUE(has(append_lines(498, "\rx\r\n"), "t OK [APPENDUID "));
    EXPECT_TRUE(has(append_lines(1, ""), "t NO [OVERQUOTA] "));
}

TEST_F(ImapQuota, TheLimitOfAppendIsForWhatIsStored) {
    config::Config config = with({});
    config.imapd.append_limit = 1000;
    ImapServer server(std::move(config));
    TestClient client = log_in(server);
    const auto append_lines = [&](std::size_t lines, std::string_view last) {
        const std::string text = std::string(lines, '\n') + std::string(last);
        return client.run("APPEND INBOX {" + std::to_string(text.size()) + "+}\r\n" + text);
    };
    EXPECT_EQ(append_lines(498, "\rxx\r\n"), "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
    EXPECT_TRUE(has(append_lines(498, "\rx\r\n"), "t OK [APPENDUID "));
    EXPECT_EQ(append_lines(500, "\r"), "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
    EXPECT_TRUE(has(append_lines(1000, ""), "t OK [APPENDUID ")) << "stored as it is";
    EXPECT_EQ(append_lines(1001, ""), "t NO [TOOBIG] Message is larger than 1000 octets\r\n");
}

TEST_F(ImapQuota, CopyNeedsRoomMoveDoesNotUnlessItComesFromAnIgnoredMailbox) {
    ImapServer server(with({"*:bytes=250", "Trash:ignore", "Junk:bytes=+100"}));
    TestClient client = log_in(server);
    append(client);
    append(client);
    EXPECT_EQ(client.run("COPY 1 Archive"), "t NO [OVERQUOTA] Mailbox is full\r\n");
    EXPECT_TRUE(has(client.run("COPY 1 Junk"), "COPY completed")) << "which may take 100 more";
    EXPECT_TRUE(has(client.run("MOVE 1 Archive"), "t OK MOVE completed")) << "adds nothing";
    EXPECT_TRUE(has(client.run("COPY 1 Trash"), "COPY completed")) << "is not counted";
    EXPECT_TRUE(has(append(client, "Trash"), "t OK [APPENDUID "));
    client.run("SELECT Trash");
    EXPECT_EQ(client.run("MOVE 1 INBOX"), "t NO [OVERQUOTA] Mailbox is full\r\n");
    EXPECT_EQ(client.run("COPY 1 INBOX"), "t NO [OVERQUOTA] Mailbox is full\r\n");
    client.run("DELETE Junk");
    client.run("SELECT INBOX");
    EXPECT_TRUE(has(client.run("MOVE 1 Trash"), "t OK MOVE completed"));
    client.run("SELECT Trash");
    EXPECT_TRUE(has(client.run("MOVE 1 INBOX"), "t OK MOVE completed"));
}

TEST_F(ImapQuota, NumbersOfMessagesAreLimitedToo) {
    ImapServer server(with({"*:messages=2"}));
    TestClient client = log_in(server);
    append(client);
    append(client);
    EXPECT_TRUE(append(client).starts_with("t NO [OVERQUOTA] "));
    EXPECT_EQ(client.run("COPY 1:2 Archive"), "t NO [OVERQUOTA] Mailbox is full\r\n");
}

// RFC 9208 §4.1.4
TEST_F(ImapQuota, StatusTellsWhatAnExpungeGivesBack) {
    ImapServer server(with({"*:bytes=500"}));
    TestClient client = log_in(server);
    append(client);
    append(client);
    EXPECT_TRUE(has(client.run("STATUS INBOX (DELETED-STORAGE)"), "(DELETED-STORAGE 0)"));
    client.run("STORE 2 +FLAGS.SILENT \\Deleted");
    EXPECT_TRUE(has(client.run("STATUS INBOX (DELETED DELETED-STORAGE)"),
                    "(DELETED 1 DELETED-STORAGE " + std::to_string(message_of_100.size() - 3) + ")"))
        << "lines are stored with LF";
}

TEST_F(ImapQuota, SwitchedOffNothingIsLimited) {
    config::Config config = with({"*:bytes=50"});
    config.quota.enabled = false;
    ImapServer server(config);
    TestClient client = log_in(server);
    EXPECT_TRUE(has(append(client), "t OK [APPENDUID "));
    EXPECT_TRUE(has(client.run("COPY 1 Archive"), "COPY completed"));
}

}  // namespace
}  // namespace posthouse::imapd
