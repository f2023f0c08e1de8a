// Tests of lmtpd's sessions: what a client sees, and what lies in the Maildir afterwards.
#include <sys/stat.h>

#include "tests/unit/lmtpd/conversation.h"

namespace posthouse::lmtpd {
namespace {

class LmtpSession : public ConversationTest {
  protected:
    /// What comes back after LHLO.
    std::string after_lhlo(const std::string& script) {
        const std::string transcript = converse("LHLO relay.example.org\r\n" + script);
        const std::size_t end = transcript.find("\r\n250 ");
        EXPECT_NE(end, std::string::npos) << transcript;
        return transcript.substr(transcript.find('\n', end + 2) + 1);
    }
};

const std::string to_joe = "MAIL FROM:<a@example.net>\r\nRCPT TO:<joe@example.org>\r\nDATA\r\n";
const std::string invitation = "354 End data with <CR><LF>.<CR><LF>\r\n";

TEST_F(LmtpSession, LhloOffersWhatRfc2033AsksFor) {
    const std::string transcript = converse("LHLO x\r\nQUIT\r\n");
    for (const char* extension :
         {"-PIPELINING\r\n", "-ENHANCEDSTATUSCODES\r\n", "-8BITMIME\r\n", "-SIZE\r\n", "-CHUNKING\r\n", "XFORWARD "})
        EXPECT_NE(transcript.find(extension), std::string::npos) << extension;
    EXPECT_TRUE(transcript.ends_with("\r\n221 2.0.0 Bye\r\n"));
}

TEST_F(LmtpSession, AMessageIsStoredWithTraceFieldsAndItsDotsUnstuffed) {
    EXPECT_EQ(after_lhlo("XFORWARD IDENT=01ABC123ABC12345 ADDR=192.0.2.1\r\n" + to_joe +
                         "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\nQUIT\r\n"),
              "250 2.0.0 OK\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n" + invitation +
                  "250 2.0.0 <joe@example.org> 01ABC123ABC12345 Delivered\r\n221 2.0.0 Bye\r\n");
    ASSERT_EQ(delivered("joe").size(), 1u);
    const std::string content = delivered("joe")[0];
    EXPECT_TRUE(content.starts_with("Return-Path: <a@example.net>\nDelivered-To: joe@example.org\nReceived: "))
        << content;
    EXPECT_NE(content.find("LMTP id 01ABC123ABC12345"), std::string::npos) << content;
    EXPECT_TRUE(content.ends_with("\nSubject: x\n\n.dot\nend\n")) << content;
    EXPECT_NE(delivered_files("joe")[0].find("01ABC123ABC12345"), std::string::npos);
}

TEST_F(LmtpSession, ASenderOfThisSiteNeedsNoDomain) {
    after_lhlo("MAIL FROM:<root>\r\nRCPT TO:<joe@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    ASSERT_EQ(delivered("joe").size(), 1u);
    EXPECT_TRUE(delivered("joe")[0].starts_with("Return-Path: <root>\n")) << delivered("joe")[0];
    EXPECT_NE(after_lhlo("MAIL FROM:<>\r\nRCPT TO:<joe>\r\nQUIT\r\n").find("501 5.1.3"), std::string::npos)
        << "recipients do";
}

TEST_F(LmtpSession, EachRecipientGetsAReplyInOrderAndTheyShareOneFile) {
    EXPECT_EQ(
        after_lhlo("XFORWARD IDENT=01MMMMMMMMMMMMM1\r\nMAIL FROM:<>\r\nRCPT TO:<joe@example.org>\r\nRCPT "
                   "TO:<no@example.org>\r\n"
                   "RCPT TO:<later@example.org>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<joe@example.org>\r\n"
                   "DATA\r\nx\r\n.\r\nQUIT\r\n"),
        "250 2.0.0 OK\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n550 5.1.1 <no@example.org> User unknown\r\n"
        "451 4.3.0 <later@example.org> Cannot be looked up now, try again later\r\n250 2.1.5 OK\r\n250 2.1.5 OK\r\n" +
            invitation +
            "250 2.0.0 <joe@example.org> 01MMMMMMMMMMMMM1 Delivered\r\n250 2.0.0 <ann@example.org> 01MMMMMMMMMMMMM1 "
            "Delivered\r\n"
            "250 2.0.0 <joe@example.org> 01MMMMMMMMMMMMM1 Delivered\r\n221 2.0.0 Bye\r\n");
    ASSERT_EQ(delivered("joe").size(), 1u);
    ASSERT_EQ(delivered("ann").size(), 1u);
    EXPECT_TRUE(delivered("joe")[0].starts_with("Return-Path: <>\nReceived: ")) << delivered("joe")[0];
    struct stat joe{};
    struct stat ann{};
    ASSERT_EQ(::stat(delivered_files("joe")[0].c_str(), &joe), 0);
    ASSERT_EQ(::stat(delivered_files("ann")[0].c_str(), &ann), 0);
    EXPECT_EQ(joe.st_ino, ann.st_ino);
}

TEST_F(LmtpSession, ARepeatedTransactionIsAnsweredAndNotStoredAgain) {
    const std::string transaction = "XFORWARD IDENT=01SAME0SAME0SAME\r\n" + to_joe + "once\r\n.\r\n";
    const std::string replies = "250 2.0.0 OK\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n" + invitation +
                                "250 2.0.0 <joe@example.org> 01SAME0SAME0SAME Delivered\r\n";
    EXPECT_EQ(after_lhlo(transaction + transaction + "QUIT\r\n"), replies + replies + "221 2.0.0 Bye\r\n");
    EXPECT_EQ(after_lhlo(transaction + "QUIT\r\n"), replies + "221 2.0.0 Bye\r\n");
    EXPECT_EQ(delivered("joe").size(), 1u);
}

TEST_F(LmtpSession, TransactionsWithoutIdAreEachTheirOwn) {
    after_lhlo(to_joe + "one\r\n.\r\n" + to_joe + "two\r\n.\r\nXFORWARD IDENT=../../x\r\n" + to_joe +
               "three\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(delivered("joe").size(), 3u);
}

TEST_F(LmtpSession, AnIdOfAnotherServerIsNoProofOfARepeat) {
    const std::string first = "XFORWARD IDENT=3F1A2B4C5D\r\n" + to_joe + "one\r\n.\r\nQUIT\r\n";
    const std::string second = "XFORWARD IDENT=3F1A2B4C5D\r\n" + to_joe + "two\r\n.\r\nQUIT\r\n";
    after_lhlo(first);
    after_lhlo(second);
    EXPECT_EQ(delivered("joe").size(), 2u);
}

TEST_F(LmtpSession, ALargeMessageArrivesWhole) {
    std::string content = "Subject: long\r\n\r\n";
    while (content.size() < 1'000'000) content += "line " + std::to_string(content.size()) + "\r\n";
    after_lhlo(to_joe + content + ".\r\nQUIT\r\n");
    ASSERT_EQ(delivered("joe").size(), 1u);
    std::string stored = content;
    std::erase(stored, '\r');
    EXPECT_TRUE(delivered("joe")[0].ends_with("\n" + stored));
}

TEST_F(LmtpSession, AMessageThatIsCutOffLeavesNothing) {
    EXPECT_EQ(after_lhlo(to_joe + std::string(300'000, 'x') + "\r\n"), "250 2.1.0 OK\r\n250 2.1.5 OK\r\n" + invitation);
    EXPECT_EQ(delivered("joe").size(), 0u);
}

TEST_F(LmtpSession, OnlyCrlfDotCrlfEndsTheData) {
    after_lhlo(to_joe + "a\n.\nMAIL FROM:<b@example.net>\r\n.\r\nQUIT\r\n");
    ASSERT_EQ(delivered("joe").size(), 1u);
    EXPECT_TRUE(delivered("joe")[0].ends_with("\na\n.\nMAIL FROM:<b@example.net>\n")) << delivered("joe")[0];
}

/// Its octets, behind BDAT.
std::string chunk(const std::string& octets, bool last) {
    return "BDAT " + std::to_string(octets.size()) + (last ? " LAST\r\n" : "\r\n") + octets;
}

const std::string envelope = "MAIL FROM:<a@example.net>\r\nRCPT TO:<joe@example.org>\r\n";

TEST_F(LmtpSession, ChunksMakeAMessageInWhichDotsMeanNothing) {
    EXPECT_EQ(after_lhlo("XFORWARD IDENT=01ABC123ABC12345\r\n" + envelope + "RCPT TO:<no@example.org>\r\n" +
                         "RCPT TO:<ann@example.org>\r\n" + chunk("Subject: x\r\n\r\n.\r", false) +
                         chunk("\nbare\nend\r\n", true) + "QUIT\r\n"),
              "250 2.0.0 OK\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n550 5.1.1 <no@example.org> User unknown\r\n"
              "250 2.1.5 OK\r\n250 2.0.0 16 octets received\r\n"
              "250 2.0.0 <joe@example.org> 01ABC123ABC12345 Delivered\r\n"
              "250 2.0.0 <ann@example.org> 01ABC123ABC12345 Delivered\r\n221 2.0.0 Bye\r\n");
    for (const char* user : {"joe", "ann"}) {
        ASSERT_EQ(delivered(user).size(), 1u);
        EXPECT_TRUE(delivered(user)[0].ends_with("\nSubject: x\n\n.\nbare\nend\n")) << delivered(user)[0];
    }
}

TEST_F(LmtpSession, AChunkThatNobodyWantsIsReadAway) {
    const std::string octets = "RCPT TO:<joe@example.org>\r\n.\r\nQUIT\r\n";
    EXPECT_EQ(converse(chunk(octets, true) + "LHLO x\r\nQUIT\r\n").substr(0, 30), "503 5.5.1 LHLO comes first\r\n25");
    EXPECT_EQ(after_lhlo(chunk(octets, true) + "MAIL FROM:<>\r\nRCPT TO:<no@example.org>\r\n" + chunk(octets, true) +
                         "RSET\r\n" + envelope + chunk("x\r\n", false) +
                         "RCPT TO:<ann@example.org>\r\nDATA\r\nRSET\r\nQUIT\r\n"),
              "503 5.5.1 MAIL comes first\r\n250 2.1.0 OK\r\n550 5.1.1 <no@example.org> User unknown\r\n"
              "503 5.5.1 No valid recipients\r\n250 2.0.0 OK\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n"
              "250 2.0.0 3 octets received\r\n503 5.5.1 BDAT has begun: only BDAT and RSET can follow\r\n"
              "503 5.5.1 BDAT has begun: only BDAT and RSET can follow\r\n250 2.0.0 OK\r\n221 2.0.0 Bye\r\n");
    EXPECT_EQ(
        after_lhlo("MAIL FROM:<>\r\n" + chunk("Subject: x\r\n\r\n", false) + "RCPT TO:<joe@example.org>\r\n" +
                   chunk("rest\r\n", true) + "RSET\r\nQUIT\r\n"),
        "250 2.1.0 OK\r\n503 5.5.1 No valid recipients\r\n503 5.5.1 BDAT has begun: only BDAT and RSET can follow\r\n"
        "503 5.5.1 No valid recipients\r\n250 2.0.0 OK\r\n221 2.0.0 Bye\r\n")
        << "half a message";
    EXPECT_EQ(delivered("joe").size(), 0u);
}

TEST_F(LmtpSession, ALargeMessageInChunksArrivesWholeAndOneThatIsCutOffLeavesNothing) {
    std::string content = "Subject: long\r\n\r\n";
    while (content.size() < 500'000) content += "line " + std::to_string(content.size()) + "\r\n";
    after_lhlo(envelope + chunk(content.substr(0, 200'001), false) + chunk(content.substr(200'001), false) +
               chunk("", true) + envelope + chunk(content, true).substr(0, 300'000));
    ASSERT_EQ(delivered("joe").size(), 1u);
    std::string stored = content;
    std::erase(stored, '\r');
    EXPECT_TRUE(delivered("joe")[0].ends_with("\n" + stored));
}

TEST_F(LmtpSession, WhereNobodyKnowsHowLongAChunkIsTheSessionEnds) {
    const std::string output = after_lhlo(envelope + "BDAT many LAST\r\nQUIT\r\n");
    EXPECT_NE(output.find("\r\n501 5.5.4 "), std::string::npos) << output;
    EXPECT_EQ(output.find("221"), std::string::npos) << output;
    const std::string spaces(20'000, ' ');
    EXPECT_FALSE(after_lhlo(envelope + "BDAT 6 LAST" + spaces + "\r\nNOOP\r\nQUIT\r\n").contains("221"));
}

TEST_F(LmtpSession, AFirstAttemptIsOneUntilTheTimeThatIsTold) {
    const std::string begin = "XFORWARD IDENT=01SAME0SAME0SAME FIRST=";
    const std::string late = "1000000000000\r\n" + envelope + chunk("x\r\n", true);
    after_lhlo(begin + late);
    after_lhlo(begin + late);
    EXPECT_EQ(delivered("joe").size(), 1u) << "the time is over: it is looked for";
    after_lhlo(begin + "9000000000000\r\n" + envelope + chunk("x\r\n", true));
    EXPECT_EQ(delivered("joe").size(), 2u) << "who says so is believed";
    after_lhlo(begin + "99999999999999999999\r\n" + envelope + chunk("x\r\n", true));
    EXPECT_EQ(delivered("joe").size(), 2u) << "that is no time";
}

TEST_F(LmtpSession, CommandsOutOfOrderAndNonsenseLeaveTheSessionUsable) {
    EXPECT_EQ(converse("MAIL FROM:<a@example.net>\r\nEHLO x\r\nSTARTTLS\r\nXYZZY\r\nRSET\r\n" +
                       std::string(20'000, 'a') + "\r\nQUIT\r\n"),
              "503 5.5.1 LHLO comes first\r\n500 5.5.1 This is LMTP: use LHLO\r\n502 5.5.1 Command is not offered\r\n"
              "500 5.5.1 Command is not offered\r\n250 2.0.0 OK\r\n500 5.5.2 Line too long\r\n221 2.0.0 Bye\r\n");
    EXPECT_EQ(
        after_lhlo("RCPT TO:<joe@example.org>\r\nDATA\r\nMAIL FROM:<a@example.net>\r\nMAIL FROM:<b@example.net>\r\n"
                   "XFORWARD IDENT=01XXXXXXXXXXXXXX\r\nDATA\r\nRSET\r\nVRFY joe\r\nNOOP\r\nQUIT\r\n"),
        "503 5.5.1 MAIL comes first\r\n503 5.5.1 MAIL comes first\r\n250 2.1.0 OK\r\n"
        "503 5.5.1 A transaction is under way\r\n503 5.5.1 A transaction is under way\r\n"
        "503 5.5.1 No valid recipients\r\n250 2.0.0 OK\r\n252 2.5.0 Try RCPT\r\n250 2.0.0 OK\r\n221 2.0.0 Bye\r\n");
}

}  // namespace
}  // namespace posthouse::lmtpd
