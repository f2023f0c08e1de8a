// Tests of INPROGRESS (RFC 9585): told between the pieces of a command, and while a single one takes long.
#include <unistd.h>

#include <fstream>
#include <regex>
#include <string>

#include "storage/dot_lock.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

config::Config told_after(std::chrono::milliseconds interval) {
    config::Config config;
    config.tls.allow_plain_login = true;
    config.imapd.progress_interval = interval;
    return config;
}

/// Whoever is told is told at once.
class ProgressTest : public ImapTest {
  protected:
    ProgressTest() : ImapTest(told_after(std::chrono::milliseconds(0))) {}

    /// What the lock of a mailbox's UIDs makes wait, until this is destroyed.
    class Locked {
      public:
        Locked(const storage::Store& store, const std::string& folder)
            : path_(store.settings().mail_root + "/example.org/joe/" + folder + storage::uidlist_lock) {
            std::ofstream(path_) << ::getpid() << ":test";
        }
        Locked(const Locked&) = delete;
        Locked& operator=(const Locked&) = delete;
        ~Locked() { ::unlink(path_.c_str()); }

      private:
        std::string path_;
    };

    /// Messages that are each read in a turn of their own.
    TestClient with_large_messages(int count) {
        TestClient client = select_inbox();
        for (int i = 0; i < count; ++i)
            append(client, "Subject: x\r\n\r\n" + std::string(4'500'000, 'x') + "\r\nSchnittlauch\r\n");
        client.run("NOOP");
        return client;
    }
};

// RFC 9585 §5
TEST_F(ProgressTest, ASearchTellsHowManyMessagesItHasLookedAt) {
    TestClient client = with_large_messages(3);
    client.send("A001 SEARCH TEXT Schnittlauch\r\n");
    const std::string reply = client.read_until("A001 ");
    EXPECT_TRUE(has(reply, "* OK [INPROGRESS (\"A001\" 1 3)] ")) << reply;
    EXPECT_TRUE(has(reply, "* OK [INPROGRESS (\"A001\" 2 3)] ")) << reply;
    EXPECT_TRUE(reply.ends_with("* SEARCH 1 2 3\r\nA001 OK SEARCH completed\r\n")) << reply;
}

TEST_F(ProgressTest, SortAndThreadCountTheHeadersToo) {
    TestClient client = with_large_messages(2);
    EXPECT_TRUE(has(client.run("SORT (SUBJECT) UTF-8 TEXT Schnittlauch"), "* OK [INPROGRESS (\"t\" 1 4)] "));
    EXPECT_TRUE(has(client.run("SORT (ARRIVAL) UTF-8 TEXT Schnittlauch"), "* OK [INPROGRESS (\"t\" 1 2)] "));
    EXPECT_TRUE(has(client.run("THREAD REFERENCES UTF-8 TEXT Schnittlauch"), "* OK [INPROGRESS (\"t\" 1 4)] "));
}

TEST_F(ProgressTest, NothingIsToldInTheMiddleOfAMessage) {
    TestClient client = select_inbox();
    const std::string message = "Subject: " + std::string(3000, 's') + "\r\n\r\nbody\r\n";
    for (int i = 0; i < 60; ++i) append(client, message);
    client.run("NOOP");
    std::string reply = client.run("FETCH 1:* (BODY.PEEK[] UID)");
    EXPECT_TRUE(has(reply, "[INPROGRESS (\"t\" ")) << reply.size();
    // Without what is told, the responses are whole.
    reply = std::regex_replace(reply, std::regex(R"(\* OK \[INPROGRESS \("t" \d+ 60\)\] Still working\r\n)"), "");
    std::string expected;
    for (int i = 1; i <= 60; ++i)
        expected += "* " + std::to_string(i) + " FETCH (BODY[] {" + std::to_string(message.size()) + "}\r\n" + message +
                    " UID " + std::to_string(i) + ")\r\n";
    EXPECT_EQ(reply, expected + "t OK FETCH completed\r\n");
}

// RFC 9585 §4: "NIL" where no command runs.
TEST_F(ProgressTest, WhatIsToldUnaskedBelongsToNoCommand) {
    TestClient watcher = select_inbox();
    const std::string set = watcher.run("NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge))");
    EXPECT_TRUE(has(set, "t OK")) << set;
    TestClient other = log_in();
    const std::string message = "Subject: " + std::string(3000, 's') + "\r\n\r\nbody\r\n";
    for (int i = 0; i < 60; ++i) append(other, message, "Archive");
    other.run("SELECT Archive");
    EXPECT_TRUE(has(other.run("COPY 1:* INBOX"), "t OK"));
    EXPECT_TRUE(std::regex_search(watcher.read_until("* OK [INPROGRESS"),
                                  std::regex(R"(\n\* OK \[INPROGRESS \(NIL \d+ 60\)\] )")));
}

// RFC 9585 §4: whatever it is that takes long.
TEST_F(ProgressTest, WhoWaitsForASinglePieceIsToldMeanwhile) {
    TestClient client = select_inbox();
    for (int i = 0; i < 3; ++i) append(client, "Subject: x\r\n\r\nbody\r\n");
    client.run("NOOP");
    client.run("STORE 3 +FLAGS (\\Deleted)");
    const auto run = [&](const std::string& command, const std::string& folder) {
        std::string told;
        {
            const Locked locked(server.store(), folder);
            client.send("t " + command + "\r\n");
            told = client.read_until("* OK [INPROGRESS");
        }
        return told + client.read_until("t ");
    };
    std::string reply = run("COPY 1:3 Archive", ".Archive/");
    EXPECT_TRUE(std::regex_search(reply, std::regex(R"(^\* OK \[INPROGRESS \("t" (\d 3|NIL NIL)\)\] )"))) << reply;
    EXPECT_TRUE(has(reply, "t OK [COPYUID ")) << reply;
    reply = run("STORE 1 +FLAGS (\\Seen)", "");
    EXPECT_TRUE(reply.starts_with("* OK [INPROGRESS (\"t\" 0 1)] ")) << reply;
    EXPECT_TRUE(has(reply, "* 1 FETCH (FLAGS (\\Seen")) << reply;
    reply = run("EXPUNGE", "");
    EXPECT_TRUE(reply.starts_with("* OK [INPROGRESS (\"t\" 0 3)] ")) << reply;
    EXPECT_TRUE(has(reply, "* 3 EXPUNGE\r\nt OK")) << reply;
    reply = run("MOVE 1 Archive", "");
    EXPECT_TRUE(reply.starts_with("* OK [INPROGRESS (\"t\" ")) << reply;
    EXPECT_TRUE(has(reply, " 2)] Still working\r\n")) << "copied and removed: " << reply;
    EXPECT_TRUE(has(reply, "* 1 EXPUNGE\r\nt OK MOVE")) << reply;
}

class UnhurriedProgressTest : public ImapTest {};

TEST_F(UnhurriedProgressTest, WhatIsDoneSoonTellsNothing) {
    TestClient client = select_inbox();
    for (int i = 0; i < 3; ++i) append(client, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_TRUE(has(client.run("CAPABILITY"), " INPROGRESS "));
    for (const char* command : {"SEARCH TEXT body", "SORT (SUBJECT) UTF-8 ALL", "FETCH 1:* BODY.PEEK[]",
                                "COPY 1:3 Archive", "MOVE 1 Archive", "SELECT INBOX"})
        EXPECT_FALSE(has(client.run(command), "INPROGRESS")) << command;
}

}  // namespace
}  // namespace posthouse::imapd
