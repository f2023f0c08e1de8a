// Tests of OBJECTID (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970), STATUS=SIZE (RFC 8438), APPENDLIMIT (RFC
// 7889), CREATE-SPECIAL-USE (RFC 6154) and the PARTIAL modifier of FETCH (RFC 9394).
#include <regex>
#include <string>

#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// What the first group of `pattern` matches in `text`.
std::string found_in(const std::string& text, const std::string& pattern) {
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : "";
}

using ObjectTest = ImapTest;

// RFC 8474 §4
TEST_F(ObjectTest, AMailboxKeepsItsIdWhateverItIsCalled) {
    TestClient client = log_in();
    const std::string id = found_in(client.run("CREATE Work"), "t OK \\[MAILBOXID \\((F[0-9a-f]+)\\)\\]");
    EXPECT_EQ(id.size(), 33u);
    EXPECT_EQ(found_in(client.run("SELECT Work"), "\\* OK \\[MAILBOXID \\(([^)]+)\\)\\]"), id);
    client.run("RENAME Work Play");
    EXPECT_EQ(client.run("STATUS Play (MAILBOXID)"),
              "* STATUS Play (MAILBOXID (" + id + "))\r\nt OK STATUS completed\r\n");
    EXPECT_FALSE(has(client.run("STATUS INBOX (MAILBOXID)"), id));
    EXPECT_TRUE(has(client.run("LIST \"\" Play RETURN (STATUS (MAILBOXID))"), "MAILBOXID (" + id + ")"));
}

// RFC 8474 §5
TEST_F(ObjectTest, CopiesAreOneMessageAndRepliesOneThread) {
    TestClient client = select_inbox();
    append(client, "Message-ID: <1@x>\r\nSubject: a\r\n\r\none\r\n");
    append(client, "Message-ID: <2@x>\r\nReferences: <1@x>\r\nSubject: Re: a\r\n\r\ntwo\r\n");
    append(client, "Subject: alone\r\n\r\nthree\r\n");
    client.run("NOOP");
    const std::string fetched = client.run("FETCH 1:3 (EMAILID THREADID)");
    const std::string email = found_in(fetched, "\\* 1 FETCH \\(EMAILID \\((M[0-9a-f]+)\\)");
    const std::string thread = found_in(fetched, "\\* 1 FETCH \\([^\n]*THREADID \\((T[0-9a-f]+)\\)");
    EXPECT_FALSE(email.empty()) << fetched;
    EXPECT_EQ(found_in(fetched, "\\* 2 FETCH \\([^\n]*THREADID \\((T[0-9a-f]+)\\)"), thread) << fetched;
    EXPECT_TRUE(has(fetched, "* 3 FETCH (EMAILID (M")) << fetched;
    EXPECT_TRUE(has(client.run("SEARCH EMAILID " + email), "* SEARCH 1\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH THREADID " + thread), "* SEARCH 1 2\r\n"));
    EXPECT_TRUE(has(client.run("SEARCH THREADID Tnone"), "* SEARCH\r\n"));
    client.run("COPY 1 Archive");
    client.run("SELECT Archive");
    EXPECT_TRUE(has(client.run("FETCH 1 (EMAILID THREADID)"), "EMAILID (" + email + ") THREADID (" + thread + ")"));
}

// RFC 8514 §4.2
TEST_F(ObjectTest, TheSaveDateIsNotTheMessagesOwn) {
    TestClient client = select_inbox();
    client.run("APPEND INBOX \"17-Jul-1996 02:44:25 -0700\" {4+}\r\nA: b");
    client.run("NOOP");
    const std::string date = found_in(client.run("FETCH 1 SAVEDATE"), "SAVEDATE \"([^\"]+) \\+0000\"");
    EXPECT_EQ(date.size(), 20u);
    EXPECT_FALSE(has(date, "1996"));
}

// RFC 8970 §3
TEST_F(ObjectTest, APreviewIsTheBeginningOfTheText) {
    TestClient client = select_inbox();
    append(client, "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nHello\r\nsch\xF6n\r\n");
    append(client, "Content-Type: image/png\r\n\r\nPNG\r\n");
    client.run("NOOP");
    EXPECT_TRUE(has(client.run("FETCH 1 (PREVIEW)"), "Hello sch\xC3\xB6n")) << client.run("FETCH 1 (PREVIEW)");
    EXPECT_TRUE(has(client.run("FETCH 1 (UID PREVIEW (LAZY))"), "UID 1 PREVIEW "));
    EXPECT_TRUE(std::regex_search(client.run("FETCH 2 PREVIEW"), std::regex("PREVIEW (\"\"|NIL)\\)")));
    EXPECT_TRUE(client.run("FETCH 1 (PREVIEW (FAST))").starts_with("t BAD"));
}

// RFC 8438 §3, RFC 9051 §6.3.11, RFC 7889 §3.2
TEST_F(ObjectTest, StatusTellsTheSumOfTheSizes) {
    TestClient client = select_inbox();
    const auto status = [&] { return client.run("STATUS INBOX (SIZE DELETED)"); };
    EXPECT_TRUE(has(status(), "(SIZE 0 DELETED 0)"));
    append(client, "A: b\r\n\r\n");
    append(client, "A: b\nC: d\n\n");
    EXPECT_TRUE(has(status(), "(SIZE 22 DELETED 0)")) << status();
    append(client, "A: b\r\n\r\n");
    EXPECT_TRUE(has(status(), "(SIZE 30 DELETED 0)")) << status();
    client.run("STORE 2 +FLAGS (\\Deleted)");
    EXPECT_TRUE(has(status(), "(SIZE 30 DELETED 1)")) << status();
    client.run("EXPUNGE");
    append(client, "A: b\r\n\r\n");
    EXPECT_TRUE(has(status(), "(SIZE 24 DELETED 0)")) << status();
    const std::string capability = client.run("CAPABILITY");
    const std::string limit = found_in(capability, "APPENDLIMIT=(\\d+)");
    EXPECT_TRUE(has(client.run("STATUS INBOX (APPENDLIMIT)"), "(APPENDLIMIT " + limit + ")"));
}

// RFC 6154 §3
TEST_F(ObjectTest, AMailboxIsCreatedForAUse) {
    TestClient client = log_in();
    EXPECT_TRUE(client.run("CREATE Spam (USE (\\Junk))").starts_with("t OK "));
    EXPECT_TRUE(has(client.run("LIST (SPECIAL-USE) \"\" Spam"), "\\Junk) \"/\" Spam"));
    EXPECT_TRUE(client.run("CREATE Odd (USE (\\Flagged))").starts_with("t NO [USEATTR] "));
    EXPECT_TRUE(client.run("CREATE Two (USE (\\Sent \\Junk))").starts_with("t NO [USEATTR] "));
    EXPECT_TRUE(client.run("CREATE Bad (SIZE 5)").starts_with("t BAD"));
    EXPECT_FALSE(has(client.run("LIST \"\" *"), "Odd"));
}

// RFC 9394 §3.2
TEST_F(ObjectTest, APartOfTheMessagesIsFetched) {
    TestClient client = select_inbox();
    for (int i = 0; i < 6; ++i) append(client, "A: b\r\n\r\n");
    client.run("NOOP");
    client.run("STORE 3 +FLAGS (\\Deleted)");
    client.run("EXPUNGE");
    const auto fetched = [&](const std::string& set, const std::string& partial) {
        const std::string reply = client.run("UID FETCH " + set + " (UID) (PARTIAL " + partial + ")");
        std::string uids;
        const std::regex uid("UID (\\d+)\\)");
        for (std::sregex_iterator at(reply.begin(), reply.end(), uid), end; at != end; ++at)
            uids += (*at)[1].str() + " ";
        return uids;
    };
    EXPECT_EQ(fetched("1:*", "1:2"), "1 2 ");
    EXPECT_EQ(fetched("1:*", "2:4"), "2 4 5 ");
    EXPECT_EQ(fetched("1:*", "-1:-2"), "5 6 ");
    EXPECT_EQ(fetched("2,5:6", "2:9"), "5 6 ");
    EXPECT_EQ(fetched("1:*", "7:9"), "");
}

}  // namespace
}  // namespace posthouse::imapd
