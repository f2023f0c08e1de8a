// Tests of CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267).
#include <chrono>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class ContextTest : public ImapTest {
  protected:
    explicit ContextTest(config::Config config = usual_config()) : ImapTest(std::move(config)) {}

    TestClient with_messages(int count) {
        TestClient client = select_inbox();
        for (int i = 0; i < count; ++i) append(client, "Subject: x\r\n\r\nbody\r\n");
        client.run("NOOP");
        return client;
    }
    static std::string run_as(TestClient& client, const std::string& tag, const std::string& command) {
        client.send(tag + " " + command + "\r\n");
        return client.read_until(tag + " ");
    }
    /// The lines of `reply` about results.
    static std::string updates(const std::string& reply) {
        std::string found;
        for (std::size_t at = 0; at < reply.size();) {
            const std::size_t end = reply.find('\n', at) + 1;
            const std::string line = reply.substr(at, end - at);
            if (line.starts_with("* ESEARCH")) found += line;
            at = end;
        }
        return found;
    }
};

// RFC 5267 §4.2
TEST_F(ContextTest, AHintChangesNothing) {
    TestClient client = with_messages(3);
    EXPECT_TRUE(has(client.run("CAPABILITY"), " CONTEXT=SEARCH CONTEXT=SORT "));
    EXPECT_EQ(run_as(client, "A01", "SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk"),
              "* ESEARCH (TAG \"A01\") COUNT 3\r\nA01 OK SEARCH completed\r\n");
    EXPECT_EQ(updates(client.run("STORE 1 +FLAGS (\\Deleted)")), "");
}

// RFC 5267 §4.3.3, §4.3.4: the RFC's tags and options.
TEST_F(ContextTest, WhatComesAndGoesIsTold) {
    TestClient client = with_messages(3);
    EXPECT_EQ(run_as(client, "B01", "UID SEARCH RETURN (COUNT UPDATE) UNDELETED UNSEEN"),
              "* ESEARCH (TAG \"B01\") UID COUNT 3\r\nB01 OK UID SEARCH completed\r\n");
    TestClient other = select_inbox();
    append(other, "Subject: x\r\n\r\nbody\r\n");
    append(other, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(updates(client.run("NOOP")), "* ESEARCH (TAG \"B01\") UID ADDTO (0 4:5)\r\n");
    other.run("STORE 2 +FLAGS (\\Seen)");
    EXPECT_EQ(updates(client.run("NOOP")), "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 2)\r\n");
    other.run("STORE 2 -FLAGS (\\Seen)");
    other.run("STORE 1 +FLAGS (\\Deleted)");
    EXPECT_EQ(updates(client.run("NOOP")), "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 1) ADDTO (0 2)\r\n");
    other.run("STORE 1 +FLAGS (\\Flagged)");
    EXPECT_EQ(updates(client.run("NOOP")), "") << "no result before, and none now";
}

TEST_F(ContextTest, OnesOwnChangesAreToldToo) {
    TestClient client = with_messages(3);
    run_as(client, "B01", "SEARCH RETURN (UPDATE) UNSEEN");
    EXPECT_EQ(updates(client.run("STORE 2 +FLAGS.SILENT (\\Seen)")), "* ESEARCH (TAG \"B01\") REMOVEFROM (0 2)\r\n");
    EXPECT_EQ(updates(client.run("FETCH 3 BODY[]")), "* ESEARCH (TAG \"B01\") REMOVEFROM (0 3)\r\n");
    EXPECT_EQ(updates(client.run("STORE 2:3 -FLAGS (\\Seen)")), "* ESEARCH (TAG \"B01\") ADDTO (0 2:3)\r\n");
}

/// Numbers mean what they mean at that moment (RFC 5267 §4.3.2).
TEST_F(ContextTest, ARemovedMessageGoesOutOfTheResultsBeforeItsNumberGoes) {
    TestClient client = with_messages(4);
    run_as(client, "N", "SEARCH RETURN (UPDATE) ALL");
    run_as(client, "U", "UID SEARCH RETURN (UPDATE) UNSEEN");
    TestClient other = select_inbox();
    other.run("STORE 2,4 +FLAGS (\\Deleted)");
    client.run("NOOP");
    other.run("EXPUNGE");
    EXPECT_EQ(client.run("NOOP"),
              "* ESEARCH (TAG \"N\") REMOVEFROM (0 2,4)\r\n* ESEARCH (TAG \"U\") UID REMOVEFROM (0 2,4)\r\n"
              "* 4 EXPUNGE\r\n* 2 EXPUNGE\r\nt OK NOOP completed\r\n");
    append(other, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(updates(client.run("NOOP")),
              "* ESEARCH (TAG \"N\") ADDTO (0 3)\r\n* ESEARCH (TAG \"U\") UID ADDTO (0 5)\r\n");
}

// RFC 5267 §4.3: as the changes themselves, also in IDLE.
TEST_F(ContextTest, WhoIdlesIsToldAtOnce) {
    TestClient client = with_messages(1);
    run_as(client, "B01", "UID SEARCH RETURN (UPDATE) ALL");
    client.send("i IDLE\r\n");
    client.read_until("+ ");
    TestClient other = select_inbox();
    append(other, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_TRUE(has(client.read_until("* ESEARCH"), "* ESEARCH (TAG \"B01\") UID ADDTO (0 2)\r\n"));
    client.send("DONE\r\n");
    client.read_until("i OK");
}

// RFC 5267 §4.3.3
TEST_F(ContextTest, SortedResultsAreToldWithTheirPositions) {
    TestClient client = select_inbox();
    for (const char* subject : {"d", "b", "f"}) append(client, "Subject: " + std::string(subject) + "\r\n\r\nbody\r\n");
    client.run("NOOP");
    EXPECT_EQ(run_as(client, "C01", "UID SORT RETURN (ALL UPDATE) (SUBJECT) UTF-8 UNSEEN"),
              "* ESEARCH (TAG \"C01\") UID ALL 2,1,3\r\nC01 OK UID SORT completed\r\n");
    run_as(client, "C02", "SORT RETURN (UPDATE) (REVERSE SUBJECT) UTF-8 UNSEEN");
    const auto add = [&](const std::string& subject) { append(client, "Subject: " + subject + "\r\n\r\nbody\r\n"); };
    add("c");
    EXPECT_EQ(updates(client.run("NOOP")), "") << "told with the reply of APPEND";
    client.run("STORE 4 +FLAGS (\\Seen)");
    EXPECT_EQ(updates(client.run("STORE 4 -FLAGS (\\Seen)")),
              "* ESEARCH (TAG \"C01\") UID ADDTO (2 4)\r\n* ESEARCH (TAG \"C02\") ADDTO (3 4)\r\n");
    TestClient other = select_inbox();
    append(other, "Subject: g\r\n\r\nx\r\n");
    append(other, "Subject: a\r\n\r\nx\r\n");
    append(other, "Subject: h\r\n\r\nx\r\n");
    append(other, "Subject: c\r\n\r\nx\r\n");
    // Now: a b c c d f g h, which are 6 2 4 8 1 3 5 7.
    EXPECT_EQ(updates(client.run("NOOP")),
              "* ESEARCH (TAG \"C01\") UID ADDTO (1 6 4 8 7 5,7)\r\n"
              "* ESEARCH (TAG \"C02\") ADDTO (1 7,5 6 8 8 6)\r\n");
    other.run("STORE 4,6,7,8 +FLAGS (\\Seen)");
    EXPECT_EQ(updates(client.run("NOOP")),
              "* ESEARCH (TAG \"C01\") UID REMOVEFROM (8 7 3 4,8 1 6)\r\n"
              "* ESEARCH (TAG \"C02\") REMOVEFROM (8 6 5 4,8 1 7)\r\n")
        << "from the last position to the first";
}

// RFC 5267 §4.3.3
TEST_F(ContextTest, PositionsAreRightAmongMessagesThatAreGoneAndNotToldOfYet) {
    TestClient client = select_inbox();
    for (const char* subject : {"a", "c", "e", "g", "i"})
        append(client, "Subject: " + std::string(subject) + "\r\n\r\nbody\r\n");
    client.run("NOOP");
    run_as(client, "C01", "UID SORT RETURN (ALL UPDATE) (SUBJECT) UTF-8 ALL");
    TestClient other = select_inbox();
    other.run("STORE 3:4 +FLAGS.SILENT (\\Deleted)");
    other.run("EXPUNGE");
    append(other, "Subject: d\r\n\r\nbody\r\n");
    std::string told = updates(client.run("SEARCH ALL"));  // no EXPUNGE may be told now (RFC 3501 §7.4.1)
    told += updates(client.run("NOOP"));
    EXPECT_NE(told.find("ADDTO (3 6)"), std::string::npos) << told;
}

// RFC 5267 §4.3.1
class FewContextsTest : public ContextTest {
  protected:
    FewContextsTest() : ContextTest(few()) {}
    static config::Config few() {
        config::Config config = usual_config();
        config.imapd.contexts = 2;
        return config;
    }
};

TEST_F(FewContextsTest, TooManySearchesAreNotKeptUpToDate) {
    TestClient client = with_messages(2);
    run_as(client, "B01", "SEARCH RETURN (UPDATE COUNT) UNSEEN");
    run_as(client, "B02", "SEARCH RETURN (UPDATE COUNT) SEEN");
    const std::string third = run_as(client, "B03", "SEARCH RETURN (UPDATE COUNT) ALL");
    EXPECT_TRUE(has(third, "* OK [NOUPDATE \"B03\"] ")) << third;
    EXPECT_TRUE(has(third, "* ESEARCH (TAG \"B03\") COUNT 2\r\nB03 OK ")) << third;
    EXPECT_TRUE(run_as(client, "B01", "SEARCH RETURN (UPDATE) ALL").starts_with("B01 BAD ")) << "its tag is in use";
    // RFC 5267 §4.3.5
    EXPECT_EQ(run_as(client, "B04", "CANCELUPDATE \"B01\""), "B04 OK No further updates\r\n");
    EXPECT_TRUE(client.run("CANCELUPDATE \"B02\" \"B01\"").starts_with("t BAD ")) << "all or none";
    EXPECT_EQ(updates(client.run("STORE 1 +FLAGS (\\Seen)")), "* ESEARCH (TAG \"B02\") ADDTO (0 1)\r\n");
    EXPECT_FALSE(has(run_as(client, "B05", "SEARCH RETURN (UPDATE COUNT) ALL"), "NOUPDATE"));
    client.run("SELECT INBOX");
    EXPECT_EQ(updates(client.run("STORE 1 -FLAGS (\\Seen)")), "") << "another SELECT ends all";
    EXPECT_TRUE(client.run("CANCELUPDATE \"B02\"").starts_with("t BAD "));
}

// A session kept 16 times the texts of a command.
TEST_F(ContextTest, SearchesThatAreTooLongTogetherAreNotKeptUpToDate) {
    TestClient client = with_messages(2);
    const auto subject = [](std::size_t size) {
        return "SEARCH RETURN (UPDATE COUNT) SUBJECT {" + std::to_string(size) + "+}\r\n" + std::string(size, 'x');
    };
    EXPECT_FALSE(has(run_as(client, "B01", subject(100'000)), "NOUPDATE"));
    EXPECT_FALSE(has(run_as(client, "B02", subject(100'000)), "NOUPDATE"));
    const std::string third = run_as(client, "B03", subject(100'000));
    EXPECT_TRUE(has(third, "* OK [NOUPDATE \"B03\"] ")) << third;
    EXPECT_TRUE(has(third, "* ESEARCH (TAG \"B03\") COUNT 0\r\nB03 OK ")) << third;
    EXPECT_FALSE(has(run_as(client, "B04", "SEARCH RETURN (UPDATE COUNT) UNSEEN"), "NOUPDATE"));
    EXPECT_EQ(run_as(client, "B05", "CANCELUPDATE \"B01\""), "B05 OK No further updates\r\n");
    EXPECT_FALSE(has(run_as(client, "B06", subject(100'000)), "NOUPDATE"));
}

// Each "$" is kept as what it means (RFC 5182 §2.1).
TEST_F(ContextTest, SavedResultsCountAsOftenAsTheyAreNamed) {
    TestClient client = select_inbox();
    std::string many;
    for (int i = 0; i < 100; ++i) many += "{15+}\r\nSubject: x\r\n\r\ny ";
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(has(client.run("APPEND INBOX " + many.substr(0, many.size() - 1)), "t OK"));
    client.run("NOOP");
    std::string odd = "1";
    for (int i = 3; i < 800; i += 2) odd += "," + std::to_string(i);
    ASSERT_TRUE(has(client.run("SEARCH RETURN (SAVE COUNT) " + odd), "COUNT 400"));
    std::string keys = " $";
    EXPECT_FALSE(has(run_as(client, "B01", "UID SEARCH RETURN (UPDATE COUNT)" + keys), "NOUPDATE"));
    for (int i = 1; i < 100; ++i) keys += " $";
    const std::string reply = run_as(client, "B02", "UID SEARCH RETURN (UPDATE COUNT)" + keys);
    EXPECT_TRUE(has(reply, "* OK [NOUPDATE \"B02\"] ")) << reply;
    EXPECT_TRUE(has(reply, "COUNT 400")) << reply;
}

TEST_F(ContextTest, WhatDependsOnOtherMessagesIsLookedAtAgain) {
    TestClient client = with_messages(3);
    run_as(client, "N", "UID SEARCH RETURN (UPDATE) 2");
    run_as(client, "S", "UID SEARCH RETURN (UPDATE) UID *");
    TestClient other = select_inbox();
    other.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    client.run("NOOP");
    other.run("EXPUNGE");
    EXPECT_EQ(updates(client.run("NOOP")), "* ESEARCH (TAG \"N\") UID REMOVEFROM (0 2) ADDTO (0 3)\r\n");
    append(other, "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(updates(client.run("NOOP")), "* ESEARCH (TAG \"S\") UID REMOVEFROM (0 3) ADDTO (0 4)\r\n");
}

// RFC 5267 §4.3.1: what would read the whole mailbox at each change.
TEST_F(ContextTest, WhatDependsOnOthersAndReadsMessagesIsNotKeptUpToDate) {
    TestClient client = with_messages(3);
    for (const char* key : {"1:2 TEXT body", "OLDER 1000 BODY body", "NOT 3 HEADER Subject x", "UID * TEXT y"}) {
        const std::string reply = run_as(client, "B01", "UID SEARCH RETURN (UPDATE COUNT) " + std::string(key));
        EXPECT_TRUE(has(reply, "* OK [NOUPDATE \"B01\"] ")) << reply;
        EXPECT_TRUE(has(reply, "* ESEARCH (TAG \"B01\") UID COUNT ")) << reply;
    }
    for (const char* key : {"TEXT body", "1:2 SUBJECT x", "YOUNGER 1000"}) {
        const std::string reply = run_as(client, "B02", "UID SEARCH RETURN (UPDATE COUNT) " + std::string(key));
        EXPECT_FALSE(has(reply, "NOUPDATE")) << reply;
        client.run("CANCELUPDATE \"B02\"");
    }
}

// RFC 5182 §2.1
TEST_F(ContextTest, ASavedResultStaysWhatItWas) {
    TestClient client = with_messages(3);
    client.run("SEARCH RETURN (SAVE) 1:2");
    run_as(client, "S", "SEARCH RETURN (UPDATE) $ FLAGGED");
    client.run("SEARCH RETURN (SAVE) 3");
    EXPECT_EQ(updates(client.run("STORE 2:3 +FLAGS (\\Flagged)")), "* ESEARCH (TAG \"S\") ADDTO (0 2)\r\n");
}

// RFC 5032 §3
TEST_F(ContextTest, MessagesAgeWhileTheyAreWatched) {
    TestClient client = with_messages(1);
    EXPECT_TRUE(has(run_as(client, "Y", "SEARCH RETURN (UPDATE COUNT) YOUNGER 2"), "COUNT 1"));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string told;
    while (told.empty() && std::chrono::steady_clock::now() < deadline) told = updates(client.run("NOOP"));
    EXPECT_EQ(told, "* ESEARCH (TAG \"Y\") REMOVEFROM (0 1)\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
