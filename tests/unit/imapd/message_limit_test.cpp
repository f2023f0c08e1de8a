// Tests of MESSAGELIMIT and SAVELIMIT (RFC 9738).
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A server whose commands work on three messages, and INBOX with five: UIDs 1, 3, 5, 6 and 7.
class MessageLimitTest : public ImapTest {
  protected:
    MessageLimitTest() : limited_(with_limit()) {
        client_ = std::make_unique<TestClient>(limited_.connect());
        client_->read_until("* OK");
        client_->run("LOGIN joe@example.org secret");
        client_->run("SELECT INBOX");
        for (int i = 0; i < 7; ++i) append(*client_, "Subject: " + std::to_string(i) + "\r\n\r\nx\r\n");
        client_->run("STORE 2,4 +FLAGS.SILENT (\\Deleted)");
        client_->run("EXPUNGE");
    }
    std::string run(std::string_view command) { return client_->run(command); }

  private:
    static config::Config with_limit() {
        config::Config config = usual_config();
        config.imapd.message_limit = 3;
        return config;
    }

    ImapServer limited_;
    std::unique_ptr<TestClient> client_;
};

// RFC 9738 §3
TEST_F(MessageLimitTest, IsAnnounced) {
    const std::string capabilities = run("CAPABILITY");
    EXPECT_TRUE(has(capabilities, " MESSAGELIMIT=3")) << capabilities;
    EXPECT_TRUE(has(capabilities, " SAVELIMIT=3")) << capabilities;
}

// RFC 9738 §3.1
TEST_F(MessageLimitTest, FetchShowsTheLastMessagesAndTellsWhereToGoOn) {
    EXPECT_EQ(run("FETCH 1:* (UID)"),
              "* 3 FETCH (UID 5)\r\n* 4 FETCH (UID 6)\r\n* 5 FETCH (UID 7)\r\n"
              "t OK [MESSAGELIMIT 3 5] FETCH completed for the last 3 messages\r\n");
    EXPECT_EQ(run("UID FETCH 1:4 (UID)"), "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\nt OK UID FETCH completed\r\n");
    EXPECT_EQ(run("UID FETCH 1,3,6:7 (UID)"),
              "* 2 FETCH (UID 3)\r\n* 4 FETCH (UID 6)\r\n* 5 FETCH (UID 7)\r\n"
              "t OK [MESSAGELIMIT 3 3] UID FETCH completed for the last 3 messages\r\n");
    EXPECT_EQ(run("FETCH 1:3 (UID)"),
              "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 5)\r\nt OK FETCH completed\r\n");
}

TEST_F(MessageLimitTest, OfAFetchWithPartialThePartCounts) {
    EXPECT_EQ(run("UID FETCH 1:* (UID) (PARTIAL 1:2)"),
              "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\nt OK UID FETCH completed\r\n");
}

TEST_F(MessageLimitTest, StoreChangesTheLastMessages) {
    EXPECT_EQ(run("STORE 1:* +FLAGS.SILENT \\Flagged"),
              "t OK [MESSAGELIMIT 3 5] STORE completed for the last 3 messages\r\n");
    EXPECT_EQ(run("SEARCH 3:* FLAGGED"), "* SEARCH 3 4 5\r\nt OK SEARCH completed\r\n");
    EXPECT_EQ(run("UID STORE 1:4 +FLAGS.SILENT \\Flagged"), "t OK UID STORE completed\r\n");
}

// RFC 7377: of several mailboxes no UID can tell where to go on.
TEST_F(MessageLimitTest, ASearchInSeveralMailboxesIsBoundedToo) {
    EXPECT_TRUE(has(run("ESEARCH ALL"),
                    "UID ALL 5:7\r\nt OK [MESSAGELIMIT 3 5] ESEARCH completed for the last 3 messages\r\n"));
    EXPECT_TRUE(has(run("UID COPY 1,3 Sent"), "t OK"));
    EXPECT_TRUE(has(run("UID COPY 5 Drafts"), "t OK"));
    EXPECT_TRUE(has(run("ESEARCH IN (mailboxes (Sent Drafts)) ALL"), "t OK ESEARCH completed\r\n"));
    EXPECT_TRUE(has(run("ESEARCH IN (mailboxes INBOX) ALL"), "t NO [MESSAGELIMIT 3] "));
    EXPECT_TRUE(has(run("UID COPY 5 Drafts"), "t OK"));
    EXPECT_TRUE(has(run("ESEARCH IN (mailboxes (Sent Drafts)) ALL"), "t NO [MESSAGELIMIT 3] "));
}

TEST_F(MessageLimitTest, SearchGoesOnBelowTheLowestUidThatItTold) {
    run("UID STORE 1,5,7 +FLAGS.SILENT \\Flagged");
    EXPECT_EQ(run("UID SEARCH FLAGGED"),
              "* SEARCH 5 7\r\nt OK [MESSAGELIMIT 3 5] UID SEARCH completed for the last 3 messages\r\n");
    EXPECT_EQ(run("UID SEARCH UIDBEFORE 5 FLAGGED"), "* SEARCH 1\r\nt OK UID SEARCH completed\r\n");
    EXPECT_EQ(run("SEARCH UIDAFTER 1 UNFLAGGED"),
              "* SEARCH 4\r\nt OK [MESSAGELIMIT 3 5] SEARCH completed for the last 3 messages\r\n");
    EXPECT_EQ(run("UID SEARCH RETURN (COUNT ALL) 1:3"),
              "* ESEARCH (TAG \"t\") UID ALL 1,3,5 COUNT 3\r\nt OK UID SEARCH completed\r\n");
    run("UID SEARCH RETURN (SAVE) UID 1,5");
    EXPECT_EQ(run("UID SEARCH $ FLAGGED"), "* SEARCH 1 5\r\nt OK UID SEARCH completed\r\n");
}

// RFC 9738 §3.3
TEST_F(MessageLimitTest, WhatIsInOrderIsInOrderAsAWholeOnly) {
    EXPECT_EQ(run("SORT (ARRIVAL) UTF-8 ALL"),
              "t NO [MESSAGELIMIT 3] Too many messages to sort, try a smaller subset\r\n");
    EXPECT_EQ(run("SORT (REVERSE SUBJECT) UTF-8 1:3"), "* SORT 3 2 1\r\nt OK SORT completed\r\n");
    EXPECT_EQ(run("THREAD REFS UTF-8 ALL"),
              "t NO [MESSAGELIMIT 3] Too many messages to thread, try a smaller subset\r\n");
}

TEST_F(MessageLimitTest, CopyTakesAllOrNone) {
    EXPECT_EQ(run("COPY 1:4 Archive"), "t NO [MESSAGELIMIT 3] Too many messages to copy, try a smaller subset\r\n");
    EXPECT_TRUE(has(run("STATUS Archive (MESSAGES)"), "MESSAGES 0"));
    EXPECT_TRUE(has(run("COPY 1:3 Archive"), "t OK [COPYUID "));
}

TEST_F(MessageLimitTest, MoveTakesTheLastMessages) {
    const std::string reply = run("MOVE 1:* Archive");
    EXPECT_TRUE(has(reply, " 5:7 1:3] Moved\r\n* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n")) << reply;
    EXPECT_TRUE(has(reply, "t OK [MESSAGELIMIT 3 5] MOVE completed for the last 3 messages\r\n")) << reply;
    EXPECT_TRUE(has(run("UID MOVE 1:4 Archive"), "t OK MOVE completed\r\n"));
}

TEST_F(MessageLimitTest, ExpungeRemovesTheLastOfTheDeleted) {
    run("STORE 1:2 +FLAGS.SILENT \\Deleted");
    run("STORE 4:5 +FLAGS.SILENT \\Deleted");
    EXPECT_EQ(run("EXPUNGE"),
              "* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 2 EXPUNGE\r\n"
              "t OK [MESSAGELIMIT 3 3] EXPUNGE completed for the last 3 messages\r\n");
    EXPECT_EQ(run("EXPUNGE"), "* 1 EXPUNGE\r\nt OK EXPUNGE completed\r\n");
}

TEST_F(MessageLimitTest, WithQresyncTheModseqIsToldBesideTheLimit) {
    run("ENABLE QRESYNC");
    const std::string reply = run("MOVE 1:* Archive");
    EXPECT_TRUE(has(reply, "* OK [HIGHESTMODSEQ ")) << reply;
    EXPECT_TRUE(has(reply, "t OK [MESSAGELIMIT 3 5] MOVE completed")) << reply;
}

}  // namespace
}  // namespace posthouse::imapd
