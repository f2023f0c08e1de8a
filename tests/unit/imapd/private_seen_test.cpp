// Tests of imapd.private_seen: a reader of another's mailbox has a \Seen flag of their own.
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kMessage = "From: joe@example.org\r\nSubject: hello\r\n\r\nText\r\n";
constexpr std::string_view kWork = "\"Other Users/joe@example.org/Work\"";

class PrivateSeenTest : public ImapTest {
  protected:
    PrivateSeenTest() {
        joe.run("CREATE Work");
        for (int i = 0; i < 3; ++i) append(joe, kMessage, "Work");
        joe.run("SETACL Work ann@example.org lrswite");
        joe.run("SETACL Work bob@example.org lrs");
        joe.run("SELECT Work");
        EXPECT_TRUE(has(ann.run("SELECT " + std::string(kWork)), "t OK [READ-WRITE]"));
    }
    static std::string status(TestClient& client, std::string_view items = "(UNSEEN)") {
        return client.run("STATUS " + std::string(kWork) + " " + std::string(items));
    }

    TestClient joe = log_in();
    TestClient ann = log_in("ann");
    TestClient bob = log_in("bob");
};

TEST_F(PrivateSeenTest, WhatOneReadsIsNewToOthers) {
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[TEXT]"), "\\Seen"));
    EXPECT_EQ(ann.run("STORE 2 +FLAGS (\\Seen \\Flagged)"),
              "* 2 FETCH (FLAGS (\\Flagged \\Seen))\r\nt OK STORE completed\r\n");
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH 1 2\r\n"));
    EXPECT_TRUE(has(ann.run("SORT (ARRIVAL) UTF-8 UNSEEN"), "* SORT 3\r\n"));
    EXPECT_TRUE(has(status(ann), "(UNSEEN 1)"));
    EXPECT_TRUE(has(joe.run("SEARCH SEEN"), "* SEARCH\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH FLAGGED"), "* SEARCH 2\r\n")) << "other flags are everybody's";
    EXPECT_TRUE(has(joe.run("STATUS Work (UNSEEN)"), "(UNSEEN 3)"));
    EXPECT_TRUE(has(joe.run("STORE 3 FLAGS (\\Seen)"), "t OK"));
    EXPECT_TRUE(has(status(bob), "(UNSEEN 3)"));
    EXPECT_TRUE(has(ann.run("SEARCH UNSEEN"), "* SEARCH 3\r\n"));
    const std::string selected = bob.run("SELECT " + std::string(kWork));
    EXPECT_TRUE(has(selected, "[UNSEEN 1]")) << selected;
    EXPECT_TRUE(has(ann.run("SELECT " + std::string(kWork)), "[UNSEEN 3]"));
}

TEST_F(PrivateSeenTest, ItIsTakenAwayAndStays) {
    ann.run("STORE 1:3 +FLAGS.SILENT (\\Seen)");
    EXPECT_TRUE(has(ann.run("STORE 2 -FLAGS (\\Seen)"), "* 2 FETCH (FLAGS ())"));
    EXPECT_TRUE(has(ann.run("STORE 3 FLAGS (\\Answered)"), "* 3 FETCH (FLAGS (\\Answered))"));
    TestClient later = log_in("ann");
    EXPECT_TRUE(has(later.run("EXAMINE " + std::string(kWork)), "t OK"));
    EXPECT_TRUE(has(later.run("SEARCH SEEN"), "* SEARCH 1\r\n"));
    append(joe, kMessage, "Work");
    EXPECT_TRUE(has(later.run("NOOP"), "* 4 EXISTS"));
    EXPECT_TRUE(has(later.run("SEARCH UNSEEN"), "* SEARCH 2 3 4\r\n"));
}

// RFC 7162 §3.1
TEST_F(PrivateSeenTest, ChangesAreToldToTheReadersOtherSessions) {
    TestClient again = log_in("ann");
    again.run("SELECT " + std::string(kWork) + " (CONDSTORE)");
    const std::string before = status(ann, "(HIGHESTMODSEQ)");
    const std::size_t begin = before.find("(HIGHESTMODSEQ ") + 15;
    const std::string modseq = before.substr(begin, before.find(')', begin) - begin);
    EXPECT_TRUE(has(ann.run("STORE 2 +FLAGS (\\Seen)"), "t OK"));
    EXPECT_TRUE(has(again.run("NOOP"), "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ"));
    const std::string since = again.run("UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + modseq + ")");
    EXPECT_TRUE(has(since, "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ")) << since;
    EXPECT_FALSE(has(since, "* 1 FETCH"));
    EXPECT_TRUE(has(again.run("STORE 2 (UNCHANGEDSINCE " + modseq + ") -FLAGS (\\Seen)"), "[MODIFIED 2]"));
    EXPECT_TRUE(has(again.run("STORE 1 (UNCHANGEDSINCE " + modseq + ") +FLAGS (\\Seen)"), "t OK"));
    EXPECT_TRUE(has(ann.run("NOOP"), "* 1 FETCH"));
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH 1 2\r\n"));
}

TEST_F(PrivateSeenTest, OthersAreNotToldWhoReadsWhat) {
    bob.run("SELECT " + std::string(kWork));
    joe.run("NOOP");
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[TEXT]"), "\\Seen"));
    EXPECT_EQ(joe.run("NOOP"), "t OK NOOP completed\r\n");
    EXPECT_EQ(bob.run("NOOP"), "t OK NOOP completed\r\n");
    ann.run("STORE 1 +FLAGS (\\Flagged)");
    EXPECT_TRUE(has(joe.run("NOOP"), "* 1 FETCH (UID 1 FLAGS (\\Flagged"));
}

TEST_F(PrivateSeenTest, CopiesAndNewMessagesAreSeenByWhoMadeThem) {
    ann.run("STORE 1 +FLAGS (\\Seen)");
    joe.run("STORE 2 +FLAGS (\\Seen)");
    EXPECT_TRUE(has(ann.run("COPY 1:2 INBOX"), "t OK [COPYUID"));
    EXPECT_TRUE(has(ann.run("STATUS INBOX (MESSAGES UNSEEN)"), "(MESSAGES 2 UNSEEN 1)"));
    const std::string size = std::to_string(kMessage.size());
    EXPECT_TRUE(has(ann.run("APPEND " + std::string(kWork) + " (\\Seen) {" + size + "+}\r\n" + std::string(kMessage)),
                    "t OK [APPENDUID"));
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH 1 4\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH SEEN"), "* SEARCH 2\r\n"));
    ann.run("SELECT INBOX");
    EXPECT_TRUE(has(ann.run("FETCH 1:2 FLAGS"), "* 1 FETCH (FLAGS (\\Seen"));
    EXPECT_TRUE(has(ann.run("MOVE 1:2 " + std::string(kWork)), "t OK"));
    ann.run("SELECT " + std::string(kWork));
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH 1 4 5\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH SEEN"), "* SEARCH 2\r\n")) << "new to the owner";
}

TEST_F(PrivateSeenTest, WithoutTheRightToKeepItThereIsNone) {
    joe.run("SETACL Work bob@example.org lrw");
    bob.run("SELECT " + std::string(kWork));
    EXPECT_TRUE(has(bob.run("STORE 1 +FLAGS (\\Seen)"), "t NO [NOPERM]"));
    EXPECT_FALSE(has(bob.run("FETCH 1 (BODY[TEXT] FLAGS)"), "\\Seen"));
}

/// A server where all have one flag together: Joe's INBOX is Ann's to read.
class CommonSeenTest : public testing::Test {
  protected:
    CommonSeenTest() {
        joe.run("LOGIN joe@example.org secret");
        ann.run("LOGIN ann@example.org secret");
        EXPECT_TRUE(has(joe.run(append_command("INBOX")), "t OK"));
    }
    static config::Config config() {
        config::Config config;
        config.tls.allow_plain_login = true;
        config.imapd.private_seen = false;
        return config;
    }
    static std::string append_command(const std::string& mailbox, std::string_view flags = {}) {
        return "APPEND " + mailbox + " " + std::string(flags) + "{" + std::to_string(kMessage.size()) + "+}\r\n" +
               std::string(kMessage);
    }
    const std::string inbox = "\"Other Users/joe@example.org/INBOX\"";

    ImapServer server{config()};
    TestClient joe = server.connect();
    TestClient ann = server.connect();
};

TEST_F(CommonSeenTest, AllHaveOneTogetherIfSwitchedOff) {
    joe.run("SETACL INBOX ann@example.org lrs");
    ann.run("SELECT " + inbox);
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[TEXT]"), "\\Seen"));
    EXPECT_TRUE(has(joe.run("STATUS INBOX (UNSEEN)"), "(UNSEEN 0)"));
}

// RFC 4314 §4: APPEND, COPY
TEST_F(CommonSeenTest, CopiesAndNewMessagesAreSeenByRightOnly) {
    ann.run(append_command("INBOX", "(\\Seen) "));
    ann.run("SELECT INBOX");
    for (const std::string rights : {"lri", "lris"}) {
        joe.run("SETACL INBOX ann@example.org " + rights);
        EXPECT_TRUE(has(ann.run(append_command(inbox, "(\\Seen) ")), "t OK [APPENDUID"));
        EXPECT_TRUE(has(ann.run("COPY 1 " + inbox), "t OK [COPYUID"));
    }
    joe.run("SELECT INBOX");
    EXPECT_TRUE(has(joe.run("SEARCH SEEN"), "* SEARCH 4 5\r\n"));
}

}  // namespace
}  // namespace posthouse::imapd
