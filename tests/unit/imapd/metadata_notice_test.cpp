// Which annotations a client is told of without asking (RFC 5464 §4.4.2).
#include "storage/server_annotations.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

class MetadataNotices : public ImapTest {
  protected:
    TestClient enabled() {
        TestClient client = select_inbox();
        EXPECT_EQ(client.run("ENABLE METADATA"), "* ENABLED METADATA\r\nt OK ENABLE completed\r\n");
        return client;
    }
};

TEST_F(MetadataNotices, AreForThoseWhoEnabledThem) {
    TestClient told = enabled();
    TestClient untold = select_inbox();
    TestClient other = log_in();
    other.run("SETMETADATA INBOX (/shared/comment \"hi\" /private/x \"1\")");
    other.run("SETMETADATA \"\" (/private/x \"1\")");
    other.run("SETMETADATA Sent (/shared/comment \"not selected\")");
    EXPECT_EQ(told.run("NOOP"),
              "* METADATA \"\" /private/x\r\n* METADATA INBOX /private/x /shared/comment\r\nt OK NOOP completed\r\n");
    EXPECT_EQ(told.run("NOOP"), "t OK NOOP completed\r\n") << "once";
    EXPECT_EQ(untold.run("NOOP"), "t OK NOOP completed\r\n");
}

TEST_F(MetadataNotices, TellOfWhatIsChangedOrGoneToo) {
    TestClient told = log_in();
    TestClient other = log_in();
    other.run("SETMETADATA \"\" (/private/a \"1\" /private/b \"1\" /private/c \"1\")");
    told.run("ENABLE METADATA");
    other.run("SETMETADATA \"\" (/private/a \"2\" /private/b NIL)");
    EXPECT_EQ(told.run("NOOP"), "* METADATA \"\" /private/a /private/b\r\nt OK NOOP completed\r\n");
}

TEST_F(MetadataNotices, WhatTheClientSetsItselfItIsNotToldOf) {
    TestClient told = enabled();
    EXPECT_EQ(told.run("SETMETADATA INBOX (/private/x \"1\")"), "t OK SETMETADATA completed\r\n");
    EXPECT_EQ(told.run("SETMETADATA \"\" (/private/x \"1\")"), "t OK SETMETADATA completed\r\n");
    EXPECT_EQ(told.run("SETMETADATA INBOX (/private/x NIL)"), "t OK SETMETADATA completed\r\n");
}

TEST_F(MetadataNotices, AMailboxIsFollowedFromItsSelectionOn) {
    TestClient told = enabled();
    TestClient other = log_in();
    other.run("SETMETADATA Sent (/private/x \"1\")");
    EXPECT_EQ(told.run("SELECT Sent").find("METADATA"), std::string::npos);
    other.run("SETMETADATA Sent (/private/x \"2\")");
    other.run("SETMETADATA INBOX (/private/x \"2\")");
    EXPECT_EQ(told.run("NOOP"), "* METADATA Sent /private/x\r\nt OK NOOP completed\r\n");
}

TEST_F(MetadataNotices, WhoIdlesHearsOfThemTooAlsoOfTheServers) {
    TestClient told = log_in();
    told.run("ENABLE METADATA");
    told.send("t IDLE\r\n");
    told.read_until("+");
    ASSERT_TRUE(storage::set_server_annotation(server.store().settings(),
                                               storage::EntryName::parse("/shared/comment").value(), "New disks"));
    EXPECT_EQ(told.read_until("* METADATA"), "* METADATA \"\" /shared/comment\r\n");
    told.send("DONE\r\n");
    EXPECT_EQ(told.read_until("t "), "t OK IDLE completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
