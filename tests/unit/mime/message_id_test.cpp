// Tests of lib/mime/message_id.h.
#include "lib/mime/message_id.h"

#include <gtest/gtest.h>

#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

using Ids = std::vector<std::string>;

Ids ids_in(std::string_view value) {
    Ids ids;
    MessageIdReader reader(value);
    for (auto id = reader.next(); !id.empty(); id = reader.next()) ids.push_back(normal_message_id(id));
    return ids;
}

// RFC 5322 Appendix A.2.
TEST(MessageId, ReferencesAreReadInOrder) {
    EXPECT_EQ(ids_in("<1234@local.machine.example>\r\n <3456@example.net>"),
              (Ids{"1234@local.machine.example", "3456@example.net"}));
    EXPECT_EQ(ids_in("<a@b><c@d>,<e@f>"), (Ids{"a@b", "c@d", "e@f"}));
}

TEST(MessageId, WhiteSpaceInsideGoesAndPhrasesAreSkipped) {
    EXPECT_EQ(ids_in("Your message of \"Mon\" <1234 @ local.\r\n example>"), (Ids{"1234@local.example"}));
    EXPECT_EQ(ids_in("<a<b@c> <> < > x@y <unclosed"), (Ids{"b@c"}));
    EXPECT_EQ(ids_in(""), Ids{});
}

TEST(MessageId, AnIdWithoutBracketsIsTakenAsItIs) {
    EXPECT_EQ(parse_message_id(" <1@x> "), "1@x");
    EXPECT_EQ(parse_message_id(" 1@x (comment)"), "1@x");
    EXPECT_EQ(parse_message_id("<1@x"), "1@x");
    EXPECT_FALSE(parse_message_id("  "));
    EXPECT_FALSE(parse_message_id("<>"));
}

// RFC 5256 §3.
TEST(MessageId, QuotesThatChangeNothingGo) {
    EXPECT_EQ(normal_message_id("\"01KF8JCEOCBS0045PS\"@xxx.yyy.com"), "01KF8JCEOCBS0045PS@xxx.yyy.com");
    EXPECT_EQ(normal_message_id("\"a\\\"b c\"@\r\n x"), "a\"bc@x");
    EXPECT_EQ(normal_message_id("\"\""), "");
}

TEST(MessageId, AReaderGivesThemOneByOne) {
    MessageIdReader reader("phrase <a@x> <> <b@\r\n y> <c<d@z>");
    EXPECT_EQ(reader.next(), "a@x");
    EXPECT_EQ(reader.next(), "b@\r\n y");
    EXPECT_EQ(reader.next(), "d@z");
    EXPECT_EQ(reader.next(), "");
    EXPECT_EQ(reader.next(), "");
}

}  // namespace
}  // namespace posthouse::mime
