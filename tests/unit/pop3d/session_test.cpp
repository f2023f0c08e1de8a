// Tests of pop3d's sessions: what a client sees, from greeting to QUIT.
#include <fstream>

#include "tests/unit/pop3d/conversation.h"

namespace posthouse::pop3d {
namespace {

const std::string log_in = "USER joe@example.org\r\nPASS secret\r\n";

class Pop3Session : public ConversationTest {
  protected:
    /// What comes back after a log-in.
    std::string after_log_in(const std::string& script) {
        const std::string transcript = converse(log_in + script);
        const std::string expected = "+OK Password, please\r\n+OK Logged in";
        EXPECT_EQ(transcript.substr(0, expected.size()), expected);
        const std::size_t end = transcript.find('\n', expected.size());
        return end == std::string::npos ? "" : transcript.substr(end + 1);
    }
};

TEST_F(Pop3Session, ReadsWhatWasDeliveredByteForByteWithDotsStuffed) {
    deliver("Subject: one\r\n\r\n.\r\n..dots\r\nend\r\n");
    EXPECT_EQ(after_log_in("STAT\r\nLIST\r\nLIST 1\r\nRETR 1\r\nQUIT\r\n"),
              "+OK 1 32\r\n+OK 1 messages\r\n1 32\r\n.\r\n+OK 1 32\r\n"
              "+OK Message follows\r\nSubject: one\r\n\r\n..\r\n...dots\r\nend\r\n.\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, UserIsNotOfferedWherePlainIsNot) {
    config.auth.mechanisms = {"SCRAM-SHA-256"};
    const std::string transcript = converse("CAPA\r\nUSER joe@example.org\r\nPASS secret\r\nQUIT\r\n");
    EXPECT_EQ(transcript.find("\r\nUSER\r\n"), std::string::npos) << transcript;
    EXPECT_NE(transcript.find("\r\nSASL SCRAM-SHA-256\r\n"), std::string::npos) << transcript;
    EXPECT_NE(transcript.find("-ERR USER is not offered\r\n-ERR USER comes first\r\n+OK Bye\r\n"), std::string::npos)
        << transcript;
}

TEST_F(Pop3Session, XclientIsForHostsThatAreTrustedAndBeforeTheLogIn) {
    EXPECT_EQ(converse("XCLIENT ADDR=198.51.100.7\r\nQUIT\r\n"),
              "-ERR XCLIENT is not permitted from your address\r\n+OK Bye\r\n");
    config.listen.origin_trusted_networks = {"192.0.2.1"};
    const std::string capabilities = converse("CAPA\r\n" + log_in + "CAPA\r\nQUIT\r\n");
    EXPECT_NE(capabilities.find("\r\nXCLIENT\r\n"), std::string::npos) << capabilities;
    EXPECT_EQ(capabilities.find("\r\nXCLIENT\r\n"), capabilities.rfind("\r\nXCLIENT\r\n")) << capabilities;
    EXPECT_EQ(
        converse("XCLIENT ADDR=IPV6:2001:db8::7 PORT=4711 SESSION=x TTL=5\r\nXCLIENT TTL=5\r\nXCLIENT ADDR=nowhere\r\n"
                 "XCLIENT ADDR=192.0.2.9 PORT=x\r\nQUIT\r\n"),
        "+OK Updated\r\n+OK Updated\r\n-ERR \"nowhere\" is not an IP address\r\n-ERR That is no port\r\n+OK Bye\r\n");
    EXPECT_TRUE(after_log_in("XCLIENT ADDR=192.0.2.9\r\n").starts_with("-ERR Already logged in"));
}

TEST_F(Pop3Session, TopSendsHeaderAndLines) {
    deliver("Subject: one\r\n\r\nfirst\r\nsecond\r\nthird\r\n");
    EXPECT_EQ(after_log_in("TOP 1 0\r\nTOP 1 2\r\nQUIT\r\n"),
              "+OK Top of message follows\r\nSubject: one\r\n\r\n.\r\n"
              "+OK Top of message follows\r\nSubject: one\r\n\r\nfirst\r\nsecond\r\n.\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, AMessageOfManyPiecesArrivesWhole) {
    std::string content = "Subject: long\r\n\r\n";
    while (content.size() < 300'000) content += "line " + std::to_string(content.size()) + "\r\n";
    deliver(content);
    EXPECT_EQ(after_log_in("RETR 1\r\nQUIT\r\n"), "+OK Message follows\r\n" + content + ".\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, UniqueIdsAreDovecotsAndStay) {
    deliver("a\r\n");
    deliver("b\r\n");
    const std::string first = after_log_in("UIDL\r\nQUIT\r\n");
    EXPECT_TRUE(first.starts_with("+OK 2 messages\r\n1 00000001")) << first;
    EXPECT_NE(first.find("\r\n2 00000002"), std::string::npos) << first;
    EXPECT_EQ(first.size(), std::string_view("+OK 2 messages\r\n1 0000000112345678\r\n2 0000000212345678\r\n.\r\n"
                                             "+OK Bye\r\n")
                                .size());
    EXPECT_EQ(after_log_in("UIDL\r\nQUIT\r\n"), first);
}

/// joe's mail as another server left it: three messages, and what it kept beside them.
void leave(const std::string& folder, const std::string& file, std::string_view text) {
    for (const char* part : {"/cur", "/new", "/tmp"}) std::filesystem::create_directories(folder + part);
    for (const char* name : {"/cur/a:2,", "/cur/b:2,", "/cur/c:2,"}) std::ofstream(folder + name) << "text\n";
    std::ofstream(folder + "/" + file) << text;
}

TEST_F(Pop3Session, CouriersUniqueIdsStay) {
    leave(mail_path(), "courierimapuiddb", "1 5 4\n1 a\n2 b\n3 c\n");
    leave(mail_path(), "courierpop3dsizelist", "/3 9 17\na:2, 21 8:17:0\nc:2,S 21 4:17:1\n");
    const std::string expected =
        "+OK 3 messages\r\n1 UID8-17\r\n2 0000000200000005\r\n3 UID4-17\r\n.\r\n+OK 3 UID4-17\r\n+OK Bye\r\n";
    EXPECT_EQ(after_log_in("UIDL\r\nUIDL 3\r\nQUIT\r\n"), expected);
    EXPECT_EQ(after_log_in("UIDL\r\nUIDL 3\r\nQUIT\r\n"), expected);
}

TEST_F(Pop3Session, NoTwoMessagesHaveTheSameUniqueId) {
    leave(mail_path(), "dovecot-uidlist",
          "3 V5 N9 G3c7952266d9a036b113c000083ecc375\n1 Psame :a\n2 Psame :b\n3 Pother :c\n");
    EXPECT_EQ(after_log_in("UIDL\r\nQUIT\r\n"),
              "+OK 3 messages\r\n1 same\r\n2 0000000200000005\r\n3 other\r\n.\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, MessagesAreRemovedAtQuitOnly) {
    deliver("a\r\n");
    deliver("bb\r\n");
    // Without QUIT nothing is removed (RFC 1939 §6).
    EXPECT_EQ(after_log_in("DELE 1\r\nSTAT\r\n"), "+OK Marked as deleted\r\n+OK 1 4\r\n");
    EXPECT_EQ(after_log_in("DELE 1\r\nDELE 1\r\nRETR 1\r\nLIST\r\nRSET\r\nSTAT\r\nDELE 2\r\nQUIT\r\n"),
              "+OK Marked as deleted\r\n-ERR No such message\r\n-ERR No such message\r\n+OK 1 messages\r\n2 4\r\n.\r\n"
              "+OK 2 messages, 7 octets\r\n+OK 2 7\r\n+OK Marked as deleted\r\n+OK Bye\r\n");
    EXPECT_EQ(after_log_in("LIST\r\nQUIT\r\n"), "+OK 1 messages\r\n1 3\r\n.\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, AuthPlainAndLogin) {
    EXPECT_EQ(converse("AUTH PLAIN AGpvZUBleGFtcGxlLm9yZwBzZWNyZXQ=\r\nSTAT\r\nQUIT\r\n"),
              "+OK Logged in, 0 messages, 0 octets\r\n+OK 0 0\r\n+OK Bye\r\n");
    EXPECT_EQ(converse("AUTH PLAIN\r\nAGpvZUBleGFtcGxlLm9yZwBzZWNyZXQ=\r\nQUIT\r\n"),
              "+ \r\n+OK Logged in, 0 messages, 0 octets\r\n+OK Bye\r\n");
    EXPECT_EQ(converse("AUTH LOGIN\r\nam9lQGV4YW1wbGUub3Jn\r\nc2VjcmV0\r\nQUIT\r\n"),
              "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK Logged in, 0 messages, 0 octets\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, AuthCanBeCancelledAndListed) {
    EXPECT_EQ(converse("AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n!\r\nAUTH CRAM-MD5\r\nAUTH\r\nNOOP\r\n"),
              "+ \r\n-ERR Authentication cancelled\r\n+ \r\n-ERR Invalid base64 data in response\r\n"
              "-ERR Mechanism is not offered\r\n+OK Mechanisms follow\r\nPLAIN\r\nLOGIN\r\n.\r\n-ERR Log in first\r\n");
}

TEST_F(Pop3Session, WrongPasswordsAndAbsentPartsAreToldApart) {
    const std::string wrong = converse("USER joe@example.org\r\nPASS wrong\r\n");
    EXPECT_NE(wrong.find("\r\n-ERR [AUTH] "), std::string::npos) << wrong;
    const std::string service = converse("USER webonly@example.org\r\nPASS secret\r\n");
    EXPECT_NE(service.find("\r\n-ERR [AUTH] Not by POP3\r\n"), std::string::npos) << service;
    const std::string expired = converse("USER newcomer@example.org\r\nPASS secret\r\n");
    EXPECT_NE(expired.find("\r\n-ERR [AUTH] Password has expired\r\n"), std::string::npos) << expired;
    const std::string later = converse("USER later@example.org\r\nPASS secret\r\n");
    EXPECT_NE(later.find("\r\n-ERR [SYS/TEMP] "), std::string::npos) << later;
}

TEST_F(Pop3Session, PasswordsAreRefusedWithoutTls) {
    config.tls.allow_plain_login = false;
    const std::string transcript =
        converse("CAPA\r\nUSER joe@example.org\r\nPASS secret\r\nAUTH PLAIN\r\nSTLS\r\nQUIT\r\n");
    EXPECT_EQ(transcript.find("USER\r\n"), std::string::npos) << transcript;
    EXPECT_EQ(transcript.find("SASL"), std::string::npos) << transcript;
    const std::string refusal = "-ERR [SYS/PERM] Passwords are taken only over TLS: use STLS first\r\n";
    EXPECT_TRUE(transcript.ends_with(".\r\n" + refusal + refusal + refusal +
                                     "-ERR TLS is not available or already active\r\n+OK Bye\r\n"))
        << transcript;
}

TEST_F(Pop3Session, CommandsOutOfOrderAndNonsenseLeaveTheSessionUsable) {
    EXPECT_EQ(converse("STAT\r\nPASS x\r\nXYZZY\r\n" + std::string(20'000, 'a') + "\r\nRETR 0\r\nAPOP a b\r\nQUIT\r\n"),
              "-ERR Log in first\r\n-ERR USER comes first\r\n-ERR Unknown command\r\n-ERR Line too long\r\n"
              "-ERR Message number expected\r\n-ERR APOP is not offered\r\n+OK Bye\r\n");
    EXPECT_EQ(after_log_in("USER joe\r\nRETR 1\r\nNOOP\r\nQUIT\r\n"),
              "-ERR Already logged in\r\n-ERR No such message\r\n+OK\r\n+OK Bye\r\n");
}

TEST_F(Pop3Session, TooManyErrorsEndTheSession) {
    config.pop3d.error_limit = 3;
    EXPECT_EQ(converse("A\r\nB\r\nC\r\nQUIT\r\n"),
              "-ERR Unknown command\r\n-ERR Unknown command\r\n-ERR Unknown command\r\n-ERR Too many errors\r\n");
}

}  // namespace
}  // namespace posthouse::pop3d
