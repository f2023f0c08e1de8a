// How sessions end when the server stops.
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

using Goodbye = ImapTest;

TEST_F(Goodbye, ComesAfterTheReplyOfACommandThatWasBegun) {
    TestClient client = log_in();
    client.send("t APPEND INBOX {5}\r\n");
    EXPECT_EQ(client.read_until("+"), "+ OK\r\n");
    server.drain();
    client.send("hello\r\n");
    const std::string rest = client.read_rest();
    EXPECT_TRUE(rest.starts_with("t OK [APPENDUID ")) << rest;
    EXPECT_TRUE(rest.ends_with("APPEND completed\r\n* BYE Server is shutting down, try again later\r\n")) << rest;
}

TEST_F(Goodbye, IsSaidBeforeLogInToo) {
    TestClient client = server.connect();
    client.read_until("* OK");
    server.drain();
    EXPECT_EQ(client.read_rest(), "* BYE Server is shutting down, try again later\r\n");
}

TEST_F(Goodbye, IsCompressedWhereAllIs) {
    TestClient client = log_in();
    client.run("COMPRESS DEFLATE");
    client.start_compression();
    client.run("NOOP");
    server.drain();
    EXPECT_EQ(client.read_rest(), "* BYE Server is shutting down, try again later\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
