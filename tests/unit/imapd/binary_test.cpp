// Tests of BINARY (RFC 3516).
#include <string>

#include "imapd/binary_literal.h"
#include "lib/base/base64.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The untagged lines.
std::string untagged(const std::string& reply) { return reply.substr(0, reply.rfind("t OK")); }

const std::string kWithNul("a\0b\r\n\xff", 6);

class BinaryTest : public ImapTest {
  protected:
    /// Base64 with a NUL, quoted-printable, no encoding, one that nobody knows, a message.
    TestClient with_parts() {
        TestClient client = select_inbox();
        append(client,
               "Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
               "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                   base64::encode(kWithNul) +
                   "\r\n"
                   "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\nsch=F6n=\r\n ist \r\nes\r\n"
                   "--b\r\n\r\nplain\r\ntext\r\n"
                   "--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n"
                   "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\naW5uZXI=\r\n--b--\r\n");
        client.run("NOOP");
        return client;
    }
};

// RFC 3516 §4.2
TEST_F(BinaryTest, PartsComeWithoutTheirEncoding) {
    TestClient client = with_parts();
    EXPECT_EQ(client.run("FETCH 1 BINARY.PEEK[2]"),
              "* 1 FETCH (BINARY[2] {13}\r\nsch\xF6n ist\r\nes)\r\nt OK FETCH completed\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[3]")), "* 1 FETCH (BINARY[3] {11}\r\nplain\r\ntext)\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[5.1]")), "* 1 FETCH (BINARY[5.1] {5}\r\ninner)\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[9]")), "* 1 FETCH (BINARY[9] NIL)\r\n");
}

// RFC 3516 §4.2
TEST_F(BinaryTest, OctetsThatAreNulComeInALiteral8) {
    TestClient client = with_parts();
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[1]")), "* 1 FETCH (BINARY[1] ~{6}\r\n" + kWithNul + ")\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[1]<0.2>")),
              std::string("* 1 FETCH (BINARY[1]<0> ~{2}\r\na\0)\r\n", 35));
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[1]<2.9>")), "* 1 FETCH (BINARY[1]<2> {4}\r\nb\r\n\xff)\r\n");
}

// RFC 3516 §4.2: the offsets are those of the decoded octets.
TEST_F(BinaryTest, PartialsCountDecodedOctets) {
    TestClient client = with_parts();
    const auto part = [&](const std::string& partial) {
        return untagged(client.run("FETCH 1 BINARY.PEEK[2]" + partial));
    };
    EXPECT_EQ(part("<3.2>"), "* 1 FETCH (BINARY[2]<3> {2}\r\n\xF6n)\r\n");
    EXPECT_EQ(part("<5.100>"), "* 1 FETCH (BINARY[2]<5> {8}\r\n ist\r\nes)\r\n") << "after the one before";
    EXPECT_EQ(part("<0.1>"), "* 1 FETCH (BINARY[2]<0> {1}\r\ns)\r\n") << "backwards";
    EXPECT_EQ(part("<13.1>"), "* 1 FETCH (BINARY[2]<13> {0}\r\n)\r\n");
    EXPECT_EQ(part("<9223372036854775807.9223372036854775807>"),
              "* 1 FETCH (BINARY[2]<9223372036854775807> {0}\r\n)\r\n");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.PEEK[3]<6.3>")), "* 1 FETCH (BINARY[3]<6> {3}\r\n\nte)\r\n");
}

// RFC 3516 §4.3
TEST_F(BinaryTest, SizesAreThoseOfTheDecodedOctets) {
    TestClient client = with_parts();
    EXPECT_EQ(client.run("FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2] BINARY.SIZE[3] BINARY.SIZE[5.1] BINARY.SIZE[9])"),
              "* 1 FETCH (BINARY.SIZE[1] 6 BINARY.SIZE[2] 13 BINARY.SIZE[3] 11 BINARY.SIZE[5.1] 5 BINARY.SIZE[9] 0)\r\n"
              "t OK FETCH completed\r\n");
}

TEST_F(BinaryTest, AMessageHasNoEncodingOfItsOwn) {
    TestClient client = with_parts();
    const auto content = [](const std::string& reply) { return reply.substr(reply.find(" {")); };
    EXPECT_EQ(content(client.run("FETCH 1 BINARY.PEEK[]")), content(client.run("FETCH 1 BODY.PEEK[]")));
    EXPECT_EQ(content(client.run("FETCH 1 BINARY.PEEK[5]")), content(client.run("FETCH 1 BODY.PEEK[5]")));
    const std::string size = client.run("FETCH 1 (BINARY.SIZE[] RFC822.SIZE)");
    const auto number = [&](const std::string& item) {
        return std::atoi(size.c_str() + size.find(item) + item.size());
    };
    EXPECT_EQ(number("BINARY.SIZE[] "), number("RFC822.SIZE ")) << size;
}

// RFC 3516 §4.3
TEST_F(BinaryTest, AnEncodingThatNobodyKnowsIsSaid) {
    TestClient client = with_parts();
    append(client, "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n");
    client.run("NOOP");
    EXPECT_TRUE(client.run("FETCH 1 BINARY.PEEK[4]").starts_with("t NO [UNKNOWN-CTE]"));
    EXPECT_TRUE(client.run("FETCH 1 BINARY.SIZE[4]").starts_with("t NO [UNKNOWN-CTE]"));
    const std::string both = client.run("FETCH 1:2 (UID BINARY.PEEK[1])");
    EXPECT_TRUE(has(both, "* 2 FETCH (UID 2 BINARY[1] {1}\r\na)\r\nt OK")) << both;
    append(client, "Content-Transfer-Encoding: x-none\r\n\r\nYQ==\r\n");
    client.run("NOOP");
    const std::string some = client.run("FETCH 2:3 BINARY[1]");
    EXPECT_TRUE(has(some, "* 2 FETCH (BINARY[1] {1}\r\na FLAGS (\\Seen")) << some;
    EXPECT_TRUE(has(some, "* 3 FETCH (UID 3 FLAGS (\\Seen")) << some;
    EXPECT_FALSE(has(some, "* 3 FETCH (BINARY")) << some;
    EXPECT_TRUE(has(some, "t NO [UNKNOWN-CTE]")) << some;
}

// RFC 3516 §4.2
TEST_F(BinaryTest, OnlyWhatDoesNotPeekSetsSeen) {
    TestClient client = with_parts();
    EXPECT_FALSE(has(client.run("FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1])"), "\\Seen"));
    EXPECT_TRUE(has(client.run("FETCH 1 BINARY[1]"), "FLAGS (\\Seen"));
}

TEST_F(BinaryTest, ALargePartComesWholeAndInPieces) {
    TestClient client = select_inbox();
    std::string octets;
    for (int i = 0; i < 500'000; ++i) octets += std::to_string(i) + std::string(1, static_cast<char>(i % 251));
    const std::string encoded = base64::encode(octets);
    std::string message = "Content-Transfer-Encoding: base64\r\n\r\n";
    for (std::size_t i = 0; i < encoded.size(); i += 76) message += encoded.substr(i, 76) + "\r\n";
    append(client, message);
    client.run("NOOP");
    EXPECT_EQ(untagged(client.run("FETCH 1 BINARY.SIZE[1]")),
              "* 1 FETCH (BINARY.SIZE[1] " + std::to_string(octets.size()) + ")\r\n");
    EXPECT_TRUE(untagged(client.run("FETCH 1 BINARY.PEEK[1]")) ==
                "* 1 FETCH (BINARY[1] ~{" + std::to_string(octets.size()) + "}\r\n" + octets + ")\r\n");
    for (const std::size_t offset : {0UL, 700'001UL, 1'400'002UL, 3UL}) {
        const std::string reply = client.run("FETCH 1 BINARY.PEEK[1]<" + std::to_string(offset) + ".700001>");
        EXPECT_TRUE(has(reply, "~{700001}\r\n" + octets.substr(offset, 700'001) + ")\r\n")) << offset;
    }
}

// RFC 3516 §4.4: what was appended in binary comes back octet by octet.
TEST_F(BinaryTest, WhatIsAppendedInBinaryIsKeptInBase64) {
    TestClient client = select_inbox();
    const std::string octets("a\nb\0\r\r\n\xff", 8);
    const auto append8 = [&](const std::string& message) {
        return client.run("APPEND INBOX ~{" + std::to_string(message.size()) + "+}\r\n" + message);
    };
    EXPECT_TRUE(has(append8("Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets), "t OK"));
    EXPECT_TRUE(has(client.run("FETCH 1 BINARY.PEEK[1]"), "BINARY[1] ~{8}\r\n" + octets + ")\r\n"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODY.PEEK[]"), "Content-Transfer-Encoding: base64\r\n\r\nYQpiAA0NCv8=\r\n)"));
    EXPECT_TRUE(has(client.run("FETCH 1 BODYSTRUCTURE"), "\"image\" \"png\" NIL NIL NIL \"base64\" 14 "));
    EXPECT_TRUE(has(append8("Subject: x\r\n\r\ntext\r\n"), "t OK")) << "and text is text";
    EXPECT_TRUE(has(client.run("FETCH 2 BODY.PEEK[]"), "{20}\r\nSubject: x\r\n\r\ntext\r\n)"));
    EXPECT_TRUE(append8("Subject: " + std::string(1, '\0') + "\r\n\r\nx").starts_with("t NO [UNKNOWN-CTE]"));
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 2"));
}

TEST_F(BinaryTest, WhatIsTooLargeToBeKeptIsTakenOnlyAsText) {
    TestClient client = log_in();
    std::string message = "Content-Transfer-Encoding: binary\r\n\r\n";
    while (message.size() <= BinaryLiteral::kMaxKept) message += std::string(998, 'x') + "\r\n";
    const auto append8 = [&] {
        return client.run("APPEND INBOX ~{" + std::to_string(message.size()) + "+}\r\n" + message);
    };
    EXPECT_TRUE(has(append8(), "t OK [APPENDUID "));
    message.back() = '\0';
    EXPECT_TRUE(append8().starts_with("t NO [UNKNOWN-CTE]"));
    message.resize(BinaryLiteral::kMaxKept - 1);
    message.back() = '\0';
    EXPECT_TRUE(has(append8(), "t OK [APPENDUID ")) << "the room of the one before is free again";
    EXPECT_TRUE(has(client.run("STATUS INBOX (MESSAGES)"), "MESSAGES 2"));
}

// One whose octets trickle in has no more than a user's share of the room, and nobody is told that it is for ever.
TEST_F(BinaryTest, TheRoomOfOneUserIsNotThatOfOthers) {
    const std::string message = "Content-Transfer-Encoding: binary\r\n\r\n" + std::string(100, '\0');
    const std::string command = "APPEND INBOX ~{" + std::to_string(message.size()) + "+}\r\n" + message;
    TestClient joe = log_in();
    TestClient ann = log_in("ann");
    {
        BinaryLiteral on_its_way("joe@example.org");
        on_its_way.add(std::string(BinaryLiteral::kMaxKeptByUser - 100, '\0'));
        EXPECT_TRUE(joe.run(command).starts_with("t NO [UNAVAILABLE] "));
        EXPECT_TRUE(has(ann.run(command), "t OK [APPENDUID "));
    }
    EXPECT_TRUE(has(joe.run(command), "t OK [APPENDUID ")) << "now there is room";
}

TEST(BinaryLiteral, KeepsWhatThereIsRoomFor) {
    const std::string most(BinaryLiteral::kMaxKeptByUser, '\0');
    BinaryLiteral first("joe");
    first.add(most);
    EXPECT_TRUE(first.kept());
    {
        BinaryLiteral second("joe");
        second.add("\n");
        EXPECT_EQ(second.kept().error().code, ErrorCode::unavailable);
    }
    BinaryLiteral others("ann");
    others.add(most);
    EXPECT_TRUE(others.kept());
    others.add("\n");
    EXPECT_EQ(others.kept().error().code, ErrorCode::invalid) << "not even alone";
}

TEST_F(BinaryTest, IsAnnounced) {
    TestClient client = log_in();
    EXPECT_TRUE(has(client.run("CAPABILITY"), " BINARY "));
}

}  // namespace
}  // namespace posthouse::imapd
