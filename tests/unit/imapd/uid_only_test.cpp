// Tests of UIDONLY (RFC 9586).
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class UidOnlyTest : public ImapTest {
  protected:
    TestClient with_messages(int count) {
        TestClient client = select_inbox();
        for (int i = 0; i < count; ++i) append(client, "A: b\r\n\r\n");
        client.run("NOOP");
        EXPECT_EQ(client.run("ENABLE UIDONLY"), "* ENABLED UIDONLY\r\nt OK ENABLE completed\r\n");
        return client;
    }
};

// RFC 9586 §3.1
TEST_F(UidOnlyTest, CommandsThatNameNumbersAreRefused) {
    TestClient client = with_messages(2);
    for (const char* command : {"FETCH 1 FLAGS", "STORE 1 +FLAGS (x)", "COPY 1 Sent", "MOVE 1 Sent", "SEARCH ALL",
                                "SORT (DATE) UTF-8 ALL", "THREAD REFS UTF-8 ALL", "UID SEARCH 1:2", "UID SEARCH NOT 1",
                                "UID SORT (DATE) UTF-8 OR UID 1 2", "REPLACE 1 INBOX {4+}\r\nA: b"})
        EXPECT_TRUE(client.run(command).starts_with("t BAD [UIDREQUIRED] ")) << command;
    EXPECT_TRUE(has(client.run("UID SEARCH RETURN (SAVE ALL) UID 1:*"), "ALL 1:2"));
    EXPECT_TRUE(has(client.run("UID SEARCH $"), "* SEARCH 1 2"));
}

// RFC 9586 §3.3, §3.4
TEST_F(UidOnlyTest, ResponsesNameUids) {
    TestClient client = with_messages(3);
    client.run("UID STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_TRUE(has(client.run("EXPUNGE"), "* VANISHED 1\r\n"));
    EXPECT_TRUE(has(client.run("UID FETCH 2 (FLAGS)"), "* 2 UIDFETCH (UID 2 FLAGS ("));
    EXPECT_TRUE(has(client.run("UID STORE 3 +FLAGS (\\Seen)"), "* 3 UIDFETCH (FLAGS ("));
    {
        TestClient other = select_inbox();
        other.run("UID STORE 2 +FLAGS (\\Flagged)");
        append(other, "A: b\r\n\r\n");
    }
    const std::string changes = client.run("NOOP");
    EXPECT_TRUE(has(changes, "* 3 EXISTS\r\n")) << changes;
    EXPECT_TRUE(has(changes, "* 2 UIDFETCH (FLAGS (\\Flagged")) << changes;
    EXPECT_FALSE(has(client.run("SELECT INBOX"), "[UNSEEN"));
}

// RFC 5267 §4.3.1
TEST_F(UidOnlyTest, ResultsThatAreNumbersAreNoLongerKeptUpToDate) {
    TestClient client = select_inbox();
    append(client, "A: b\r\n\r\n");
    client.run("NOOP");
    for (const char* search : {"N SEARCH RETURN (UPDATE) UNSEEN", "K UID SEARCH RETURN (UPDATE) 1 UNSEEN",
                               "U UID SEARCH RETURN (UPDATE) UNSEEN"}) {
        client.send(std::string(search) + "\r\n");
        client.read_until(std::string(search).substr(0, 2));
    }
    const std::string reply = client.run("ENABLE UIDONLY");
    EXPECT_TRUE(has(reply, "* OK [NOUPDATE \"N\"] ")) << reply;
    EXPECT_TRUE(has(reply, "* OK [NOUPDATE \"K\"] ")) << reply;
    EXPECT_FALSE(has(reply, "[NOUPDATE \"U\"]")) << reply;
    const std::string stored = client.run("UID STORE 1 +FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(stored, "* ESEARCH (TAG \"U\") UID REMOVEFROM (0 1)\r\n")) << stored;
    EXPECT_FALSE(has(stored, "(TAG \"N\")") || has(stored, "(TAG \"K\")")) << stored;
}

}  // namespace
}  // namespace posthouse::imapd
