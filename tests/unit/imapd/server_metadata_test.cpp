// What IMAP clients see of the annotations of the server (RFC 5464 §6.2.1).
#include "storage/server_annotations.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

class ServerMetadataTest : public ImapTest {
  protected:
    void set(std::string_view entry, std::string value) {
        ASSERT_TRUE(storage::set_server_annotation(server.store().settings(), storage::EntryName::parse(entry).value(),
                                                   std::move(value)));
    }
};

TEST_F(ServerMetadataTest, AllUsersSeeWhatTheAdministratorSet) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("GETMETADATA \"\" /shared/admin"),
              "* METADATA \"\" (/shared/admin NIL)\r\nt OK GETMETADATA completed\r\n");
    set("/shared/admin", "mailto:postmaster@example.org");
    set("/shared/comment", "New disks on Friday");
    set("/shared/vendor/acme/motd", "hello");
    EXPECT_EQ(
        client.run("GETMETADATA \"\" (/shared/admin /shared/comment /shared/vendor/acme/motd)"),
        "* METADATA \"\" (/shared/admin \"mailto:postmaster@example.org\" /shared/comment \"New disks on Friday\" "
        "/shared/vendor/acme/motd \"hello\")\r\nt OK GETMETADATA completed\r\n");
}

TEST_F(ServerMetadataTest, OnlyTheAdministratorSetsThem) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("SETMETADATA \"\" (/shared/admin \"me\")"),
              "t NO [NOPERM] Only the administrator sets /shared/admin\r\n");
    EXPECT_EQ(client.run("SETMETADATA \"\" (/shared/comment \"mine\" /private/comment \"too\")"),
              "t OK SETMETADATA completed\r\n");
    set("/shared/comment", "New disks on Friday");
    EXPECT_EQ(client.run("SETMETADATA \"\" (/private/x \"1\" /shared/comment NIL)"),
              "t NO [NOPERM] Only the administrator sets /shared/comment\r\n");
    EXPECT_EQ(client.run("GETMETADATA \"\" (/shared/comment /private/comment /private/x)"),
              "* METADATA \"\" (/shared/comment \"New disks on Friday\" /private/comment \"too\" /private/x NIL)\r\n"
              "t OK GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("SETMETADATA INBOX (/shared/comment \"of INBOX\")"), "t OK SETMETADATA completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
