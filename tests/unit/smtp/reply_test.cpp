// Replies: RFC 5321 §4.2, enhanced status codes of RFC 2034 and RFC 3463.
#include "lib/smtp/reply.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

TEST(Reply, OneLineCarriesItsStatus) {
    EXPECT_EQ(Reply(250, "2.1.5", "Recipient ok").to_wire(), "250 2.1.5 Recipient ok\r\n");
}

TEST(Reply, EveryLineCarriesCodeAndStatus) {
    Reply reply(550, "5.7.1", "one");
    reply.lines.emplace_back("two");
    EXPECT_EQ(reply.to_wire(), "550-5.7.1 one\r\n550 5.7.1 two\r\n");
}

TEST(Reply, WithoutStatusAndText) { EXPECT_EQ(Reply(354, "", "").to_wire(), "354 \r\n"); }

TEST(Reply, ControlBytesCannotForgeAnotherReply) {
    EXPECT_EQ(Reply(550, "", "a\r\n250 ok").to_wire(), "550 a??250 ok\r\n");
}

TEST(Reply, LongTextIsBrokenAtSpaces) {
    std::string text;
    while (text.size() < 2000) text += "word ";
    text.pop_back();
    std::string joined;
    const std::string wire = Reply(550, "5.7.1", text).to_wire();
    for (auto line : ascii::split(wire.substr(0, wire.size() - 2), '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        EXPECT_LE(line.size() + 2, max_reply_line);
        joined += (joined.empty() ? "" : " ") + std::string(line.substr(10));
    }
    EXPECT_EQ(joined, text);
}

TEST(Reply, TextWithoutSpacesIsBrokenBetweenCharacters) {
    std::string text;
    while (text.size() < 3000) text += "€";
    std::string joined;
    const std::string wire = Reply(550, "", text).to_wire();
    for (auto line : ascii::split(wire.substr(0, wire.size() - 2), '\n')) {
        EXPECT_LE(line.size() + 1, max_reply_line);
        if (line.ends_with('\r')) line.remove_suffix(1);
        EXPECT_TRUE(ascii::is_utf8(line));
        joined += line.substr(4);
    }
    EXPECT_EQ(joined, text);
}

TEST(ReplyParser, ReadsWhatTheWriterWrote) {
    Reply reply(452, "4.2.2", "one");
    reply.lines.emplace_back("two");
    ReplyParser parser;
    EXPECT_EQ(parser.add_line("452-4.2.2 one"), false);
    EXPECT_EQ(parser.add_line("452 4.2.2 two"), true);
    EXPECT_EQ(parser.take(), reply);
    EXPECT_EQ(parser.add_line("250"), true);
    EXPECT_EQ(parser.take(), Reply(250, "", ""));
}

TEST(ReplyParser, StatusOfAnotherClassIsText) {
    ReplyParser parser;
    EXPECT_EQ(parser.add_line("250 5.1.1 strange"), true);
    EXPECT_EQ(parser.take(), Reply(250, "", "5.1.1 strange"));
    EXPECT_EQ(enhanced_status_length(250, "2.0.0 ok"), 5u);
    EXPECT_EQ(enhanced_status_length(550, "5.10.123"), 8u);
    EXPECT_EQ(enhanced_status_length(550, "5.1.1234 x"), 0u);
    EXPECT_EQ(enhanced_status_length(550, "5.1"), 0u);
    EXPECT_EQ(enhanced_status_length(550, "5.1.x"), 0u);
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
    for (const char* line : {"", "25", "2x0 a", "250x", "999 a", "150 a", "ok"}) {
        ReplyParser parser;
        EXPECT_FALSE(parser.add_line(line)) << line;
    }
    ReplyParser parser;
    ASSERT_TRUE(parser.add_line("250-a"));
    EXPECT_FALSE(parser.add_line("251 b"));
}

TEST(ReplyParser, IsBounded) {
    ReplyParser lines;
    for (std::size_t i = 0; i < ReplyParser::max_lines; ++i) ASSERT_TRUE(lines.add_line("250-a"));
    EXPECT_EQ(lines.add_line("250-a").error().code, ErrorCode::limit);
    ReplyParser bytes;
    EXPECT_EQ(bytes.add_line("250-" + std::string(ReplyParser::max_bytes, 'a')).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::smtp
