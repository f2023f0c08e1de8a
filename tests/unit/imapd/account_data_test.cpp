// Tests of ACL (RFC 4314), METADATA (RFC 5464), LIST-MYRIGHTS (RFC 8440), LIST-METADATA (RFC 9590) and QUOTA (RFC
// 9208).
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

using AccountDataTest = ImapTest;

// RFC 4314 §3
TEST_F(AccountDataTest, RightsAreGivenShownAndTaken) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("MYRIGHTS INBOX"), "* MYRIGHTS INBOX lrwstipekxancd\r\nt OK MYRIGHTS completed\r\n");
    EXPECT_EQ(client.run("GETACL Sent"), "* ACL Sent joe@example.org lrwstipekxancd\r\nt OK GETACL completed\r\n");
    EXPECT_EQ(client.run("SETACL Sent ann@example.org lrs"), "t OK SETACL completed\r\n");
    EXPECT_EQ(client.run("SETACL Sent ann@example.org +i"), "t OK SETACL completed\r\n");
    EXPECT_EQ(client.run("SETACL Sent \"$sales\" lr"), "t OK SETACL completed\r\n");
    EXPECT_EQ(client.run("SETACL Sent -anyone d"), "t OK SETACL completed\r\n");
    EXPECT_EQ(client.run("GETACL Sent"),
              "* ACL Sent joe@example.org lrwstipekxancd -anyone ted $sales lr ann@example.org lrsi\r\n"
              "t OK GETACL completed\r\n");
    EXPECT_EQ(client.run("DELETEACL Sent ann@example.org"), "t OK DELETEACL completed\r\n");
    EXPECT_FALSE(has(client.run("GETACL Sent"), "ann@"));
    EXPECT_EQ(client.run("LISTRIGHTS Sent ann@example.org"),
              "* LISTRIGHTS Sent ann@example.org \"\" l r w s t i p e k x a n\r\nt OK LISTRIGHTS completed\r\n");
    EXPECT_TRUE(client.run("SETACL Sent ann@example.org lrz").starts_with("t BAD"));
    EXPECT_TRUE(client.run("SETACL Sent \"\" lr").starts_with("t BAD"));
    for (const char* command : {"SETACL Nothing anyone l", "GETACL Nothing", "MYRIGHTS Nothing",
                                "DELETEACL Nothing anyone", "LISTRIGHTS Nothing anyone"})
        EXPECT_TRUE(client.run(command).starts_with("t NO [NONEXISTENT]")) << command;
}

// RFC 5464 §4.2, §4.3
TEST_F(AccountDataTest, AnnotationsAreSetReadAndRemoved) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("SETMETADATA Sent (/private/comment \"mine\" /shared/vendor/x/y {5+}\r\na\"b c)"),
              "t OK SETMETADATA completed\r\n");
    EXPECT_EQ(client.run("GETMETADATA Sent /private/comment"),
              "* METADATA Sent (/private/comment \"mine\")\r\nt OK GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("GETMETADATA Sent (/PRIVATE/COMMENT /shared/none)"),
              "* METADATA Sent (/private/comment \"mine\" /shared/none NIL)\r\nt OK GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("GETMETADATA (DEPTH infinity) Sent /shared"),
              "* METADATA Sent (/shared/vendor/x/y \"a\\\"b c\")\r\nt OK GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("GETMETADATA (DEPTH 1) Sent /shared"), "t OK GETMETADATA completed\r\n");
    EXPECT_TRUE(has(client.run("GETMETADATA (DEPTH 1) Sent /shared/vendor/x"), "/shared/vendor/x/y"));
    EXPECT_EQ(client.run("GETMETADATA (MAXSIZE 3) Sent (/private/comment)"),
              "t OK [METADATA LONGENTRIES 4] GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("SETMETADATA Sent (/private/comment NIL)"), "t OK SETMETADATA completed\r\n");
    EXPECT_TRUE(has(client.run("GETMETADATA Sent /private/comment"), "/private/comment NIL"));
    EXPECT_TRUE(client.run("GETMETADATA Nothing /private/comment").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("GETMETADATA Sent /other/comment").starts_with("t BAD"));
    EXPECT_TRUE(client.run("GETMETADATA Sent /private/*").starts_with("t BAD"));
    const std::string large = "SETMETADATA Sent (/private/comment {70000+}\r\n" + std::string(70000, 'x') + ")";
    EXPECT_TRUE(client.run(large).starts_with("t NO [METADATA MAXSIZE 65536] "));
    TestClient again = log_in();
    EXPECT_TRUE(has(again.run("GETMETADATA Sent /shared/vendor/x/y"), "b c")) << "another session sees it";
}

// RFC 5464 §4.2.2: whatever names lead to it. Each name had told all that is below it once more: 60 MB for one command.
TEST_F(AccountDataTest, AnAnnotationIsToldOnceHoweverOftenItIsAskedFor) {
    TestClient client = log_in();
    EXPECT_EQ(
        client.run("SETMETADATA Sent (/private/x \"1\" /private/x/y \"22\" /private/x/y/z \"{\" /shared/x \"(\")"),
        "t OK SETMETADATA completed\r\n");
    const auto told = [&](const std::string& arguments) {
        const std::string reply = client.run("GETMETADATA " + arguments);
        const std::size_t end = reply.find("\r\nt OK ");
        return end == std::string::npos ? reply : reply.substr(0, end);
    };
    EXPECT_EQ(told("Sent (/shared/x /private/x /private/none /Shared/X /private/x /Private/None)"),
              "* METADATA Sent (/shared/x \"(\" /private/x \"1\" /private/none NIL)");
    const std::string all = "* METADATA Sent (/private/x \"1\" /private/x/y \"22\" /private/x/y/z \"{\")";
    EXPECT_EQ(told("(DEPTH infinity) Sent (/private /private /private/x)"), all);
    EXPECT_EQ(told("(DEPTH infinity) Sent (/private/x /private/x/y /private/x/y/z /private)"), all);
    EXPECT_EQ(told("(DEPTH 1) Sent (/private /private/x/y /private/x)"),
              "* METADATA Sent (/private/x \"1\" /private/x/y \"22\" /private/x/y/z \"{\")");
    EXPECT_EQ(told("(DEPTH 1) Sent (/private /private/x)"), "* METADATA Sent (/private/x \"1\" /private/x/y \"22\")");
    EXPECT_EQ(client.run("GETMETADATA (MAXSIZE 1 DEPTH infinity) Sent (/private/x/y /private/x/y /private)"),
              "* METADATA Sent (/private/x/y/z \"{\" /private/x \"1\")\r\n"
              "t OK [METADATA LONGENTRIES 2] GETMETADATA completed\r\n");
    EXPECT_EQ(client.run("LIST \"\" Sent RETURN (METADATA (/shared/x /SHARED/x /private/none /private/none))"),
              "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n"
              "* METADATA Sent (/shared/x \"(\" /private/none NIL)\r\nt OK LIST completed\r\n");
}

TEST_F(AccountDataTest, AnAnswerIsAsLongAsTheAnnotationsAre) {
    TestClient client = log_in();
    const std::string value(60'000, 'v');
    for (int i = 0; i < 16; ++i)
        client.run("SETMETADATA Sent (/private/a/b" + std::to_string(i) + " {60000+}\r\n" + value + ")");
    std::string entries = "/private";
    for (int i = 1; i < 64; ++i) entries += i % 2 == 0 ? " /private" : " /private/a";
    const std::string reply = client.run("GETMETADATA (DEPTH infinity) Sent (" + entries + ")");
    EXPECT_GT(reply.size(), 16 * value.size());
    EXPECT_LT(reply.size(), 17 * value.size());
}

// RFC 5464 §4.2.1
TEST_F(AccountDataTest, TheAccountHasAnnotationsOfItsOwn) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("SETMETADATA \"\" (/private/vendor/x \"v\")"), "t OK SETMETADATA completed\r\n");
    EXPECT_EQ(client.run("GETMETADATA \"\" /private/vendor/x"),
              "* METADATA \"\" (/private/vendor/x \"v\")\r\nt OK GETMETADATA completed\r\n");
    EXPECT_TRUE(has(client.run("GETMETADATA INBOX /private/vendor/x"), "NIL"));
}

TEST_F(AccountDataTest, AnyOctetsCanBeAValue) {
    TestClient client = log_in();
    const std::string octets("a\0b", 3);
    EXPECT_EQ(client.run("SETMETADATA INBOX (/private/comment ~{3+}\r\n" + octets + ")"),
              "t OK SETMETADATA completed\r\n");
    EXPECT_TRUE(has(client.run("GETMETADATA INBOX /private/comment"), "~{3}\r\n" + octets + ")"));
}

// RFC 8440 §4, RFC 9590 §3
TEST_F(AccountDataTest, ListTellsRightsAndAnnotations) {
    TestClient client = log_in();
    client.run("SETMETADATA Sent (/shared/comment \"out\")");
    EXPECT_EQ(client.run("LIST \"\" Sent RETURN (MYRIGHTS METADATA (/shared/comment /private/comment))"),
              "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n* MYRIGHTS Sent lrwstipekxancd\r\n"
              "* METADATA Sent (/shared/comment \"out\" /private/comment NIL)\r\nt OK LIST completed\r\n");
}

// RFC 9208 §4.1
TEST_F(AccountDataTest, WithoutAQuotaThereAreNoLimits) {
    TestClient client = log_in();
    EXPECT_EQ(client.run("GETQUOTAROOT INBOX"),
              "* QUOTAROOT INBOX \"User quota\"\r\n* QUOTA \"User quota\" ()\r\nt OK GETQUOTAROOT completed\r\n");
    EXPECT_EQ(client.run("GETQUOTA \"User quota\""), "* QUOTA \"User quota\" ()\r\nt OK GETQUOTA completed\r\n");
    EXPECT_TRUE(client.run("GETQUOTA \"\"").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("GETQUOTAROOT Nothing").starts_with("t NO [NONEXISTENT]"));
    EXPECT_TRUE(client.run("SETQUOTA \"User quota\" (STORAGE 5)").starts_with("t NO [NOPERM]"));
    EXPECT_TRUE(client.run("SETQUOTA \"User quota\" STORAGE").starts_with("t BAD"));
}

}  // namespace
}  // namespace posthouse::imapd
