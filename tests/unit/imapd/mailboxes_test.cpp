// Tests of CREATE, DELETE, RENAME, SUBSCRIBE, LIST, LSUB, STATUS, SELECT, CLOSE.
#include <string>

#include <chrono>
#include <filesystem>

#include "imapd/failure_log.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

using MailboxesTest = ImapTest;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(MailboxesTest, ANewAccountHasItsSpecialFolders) {
    TestClient client = log_in();
    const std::string listed = client.run("LIST \"\" *");
    EXPECT_TRUE(has(listed, "* LIST (\\HasNoChildren) \"/\" INBOX\r\n")) << listed;
    EXPECT_TRUE(has(listed, "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n")) << listed;
    EXPECT_TRUE(has(client.run("LIST (SPECIAL-USE) \"\" *"), "\\Trash) \"/\" Trash\r\n"));
    EXPECT_FALSE(has(client.run("LIST (SPECIAL-USE) \"\" *"), "INBOX"));
}

TEST_F(MailboxesTest, TheEmptyPatternAsksForTheSeparator) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("LIST \"\" \"\""), "* LIST (\\Noselect) \"/\" \"\"\r\nt OK LIST completed\r\n");
    EXPECT_EQ(
        client.run("NAMESPACE"),
        "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))\r\nt OK NAMESPACE completed\r\n");
}

TEST_F(MailboxesTest, CreateRenameAndDeleteShowInList) {
    TestClient client = log_in();
    EXPECT_TRUE(client.run("CREATE Work/Open/").starts_with("t OK [MAILBOXID (F"));
    EXPECT_TRUE(client.run("CREATE Work/Open").starts_with("t NO [ALREADYEXISTS]"));
    EXPECT_EQ(client.run("LIST \"\" Work%"), "* LIST (\\Noselect \\HasChildren) \"/\" Work\r\nt OK LIST completed\r\n");
    EXPECT_EQ(client.run("LIST Work/ %"), "* LIST (\\HasNoChildren) \"/\" Work/Open\r\nt OK LIST completed\r\n");
    EXPECT_EQ(client.run("RENAME Work/Open Entw&APw-rfe"), "t OK RENAME completed\r\n");
    EXPECT_EQ(client.run("LIST \"\" (Work* Entw*)"),
              "* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe\r\nt OK LIST completed\r\n");
    EXPECT_EQ(client.run("DELETE Entw&APw-rfe"), "t OK DELETE completed\r\n");
    EXPECT_TRUE(client.run("DELETE Entw&APw-rfe").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("DELETE inbox").starts_with("t NO "));
    EXPECT_TRUE(client.run("CREATE \"Entw\xC3\xBCrfe\"").starts_with("t NO [CANNOT]"));
}

TEST_F(MailboxesTest, LsubShowsTheWayToWhatIsSubscribedBelow) {
    TestClient client = log_in();
    client.run("CREATE News/Misc");
    client.run("SUBSCRIBE News/Misc");
    EXPECT_TRUE(has(client.run("LSUB \"\" %"), "* LSUB (\\Noselect) \"/\" News\r\n"));
    EXPECT_TRUE(has(client.run("LSUB \"\" *"), "* LSUB () \"/\" News/Misc\r\n"));
    EXPECT_FALSE(has(client.run("LSUB \"\" *"), "LSUB (\\Noselect) \"/\" News\r\n"));
    const std::string recursive = client.run("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" News");
    EXPECT_TRUE(has(recursive, "\"/\" News (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n")) << recursive;
    client.run("UNSUBSCRIBE News/Misc");
    EXPECT_FALSE(has(client.run("LSUB \"\" *"), "News"));
}

TEST_F(MailboxesTest, ASubscribedNameWithoutMailboxShowsOnlyAsSubscribed) {
    TestClient client = log_in();
    client.run("SUBSCRIBE Gone");
    EXPECT_FALSE(has(client.run("LIST \"\" *"), "Gone"));
    EXPECT_TRUE(has(client.run("LSUB \"\" Gone"), "Gone"));
    EXPECT_TRUE(has(client.run("LIST (SUBSCRIBED) \"\" Gone"), "\\NonExistent"));
}

TEST_F(MailboxesTest, StatusAndListStatusCount) {
    TestClient client = log_in();
    client.run("CREATE Box");
    append(client, "Subject: one\r\n\r\nbody\r\n", "Box");
    EXPECT_TRUE(
        has(client.run("STATUS Box (MESSAGES UNSEEN UIDNEXT)"), "* STATUS Box (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n"));
    const std::string listed = client.run("LIST \"\" Box RETURN (STATUS (MESSAGES))");
    EXPECT_EQ(listed, "* LIST (\\HasNoChildren) \"/\" Box\r\n* STATUS Box (MESSAGES 1)\r\nt OK LIST completed\r\n");
    EXPECT_TRUE(client.run("STATUS Nothing (MESSAGES)").starts_with("t NO [NONEXISTENT]"));
}

TEST_F(MailboxesTest, SelectTellsTheMailboxAndExamineProtectsIt) {
    TestClient client = log_in();
    append(client, "Subject: one\r\n\r\nbody\r\n");
    const std::string selected = client.run("EXAMINE INBOX");
    for (const char* line : {"* FLAGS (\\Answered ", "* OK [PERMANENTFLAGS ()]", "* 1 EXISTS\r\n", "* OK [UNSEEN 1]",
                             "* OK [UIDVALIDITY ", "* OK [UIDNEXT 2]", "t OK [READ-ONLY] "}) {
        EXPECT_TRUE(has(selected, line)) << line << " in\n" << selected;
    }
    EXPECT_TRUE(client.run("STORE 1 +FLAGS (\\Deleted)").starts_with("t NO [READ-ONLY]"));
    EXPECT_TRUE(client.run("EXPUNGE").starts_with("t NO [READ-ONLY]"));
    EXPECT_TRUE(client.run("MOVE 1 Trash").starts_with("t NO [READ-ONLY]"));
    client.run("FETCH 1 BODY[]");
    EXPECT_TRUE(has(client.run("FETCH 1 FLAGS"), "FLAGS (\\Recent)"));
    EXPECT_TRUE(has(client.run("SELECT Nothing"), "Previous mailbox closed\r\nt NO [NONEXISTENT]"));
    EXPECT_EQ(client.run("FETCH 1 FLAGS"), "t BAD Select a mailbox first\r\n");
}

TEST_F(MailboxesTest, CloseExpungesAndUnselectDoesNot) {
    TestClient client = select_inbox();
    append(client, "Subject: one\r\n\r\nbody\r\n");
    client.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_EQ(client.run("UNSELECT"), "t OK UNSELECT completed\r\n");
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 1"));
    client.run("SELECT INBOX");
    EXPECT_EQ(client.run("CLOSE"), "t OK CLOSE completed\r\n");
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 0"));
}

TEST_F(MailboxesTest, WhoeverHasADeletedMailboxSelectedHearsBye) {
    TestClient client = log_in();
    client.run("CREATE Box");
    client.run("SELECT Box");
    TestClient other = log_in();
    other.run("SELECT Box");
    EXPECT_EQ(client.run("DELETE Box"), "t OK DELETE completed\r\n");
    EXPECT_EQ(client.run("NOOP"), "t OK NOOP completed\r\n");
    other.send("t NOOP\r\n");
    EXPECT_TRUE(has(other.read_rest(), "* BYE The selected mailbox was deleted\r\n"));
}

TEST_F(MailboxesTest, FailuresThatAnAdministratorMustKnowAreLogged) {
    TestClient client = log_in();
    client.run("CREATE Work");
    const storage::AccountName joe = storage::AccountName::parse("joe@example.org").value();
    const std::string root = server.store().open(joe).value()->root();
    std::filesystem::remove_all(root + "/.Work/dovecot-uidlist");
    std::filesystem::create_directories(root + "/.Work/dovecot-uidlist");
    testing::internal::CaptureStderr();
    client.run("SELECT None");
    const std::string reply = client.run("SELECT Work");
    for (int i = 0; i < 50; ++i) client.run("SELECT Work");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(reply.starts_with("t NO [UNAVAILABLE] ")) << reply;
    EXPECT_EQ(log.find("mailbox=None"), std::string::npos) << log;
    EXPECT_NE(log.find("command failed user=joe@example.org command=SELECT mailbox=Work code=io error="),
              std::string::npos)
        << log;
}

TEST(FailureBudget, GivesSoManyLinesInASecondAndCountsTheRest) {
    using Clock = FailureBudget::Clock;
    FailureBudget budget;
    const Clock::time_point now{std::chrono::hours(1)};
    for (std::uint32_t i = 0; i < FailureBudget::lines_per_second; ++i) EXPECT_TRUE(budget.take(now));
    EXPECT_EQ(budget.suppressed(), 0u);
    EXPECT_FALSE(budget.take(now));
    EXPECT_FALSE(budget.take(now + std::chrono::milliseconds(999)));
    EXPECT_TRUE(budget.take(now + std::chrono::seconds(1)));
    EXPECT_EQ(budget.suppressed(), 2u);
    EXPECT_EQ(budget.suppressed(), 0u);
}

}  // namespace
}  // namespace posthouse::imapd
