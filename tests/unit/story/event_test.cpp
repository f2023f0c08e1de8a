// Events as lines of JSON (RFC 8259).
#include "lib/story/event.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/story/line_buffer.h"

namespace posthouse::story {
namespace {

Event example() {
    return {.time = 1'790'000'000'123,
            .id = "01ABC",
            .parent = "01AAA",
            .daemon = "smtpd",
            .kind = Kind::accept,
            .fields = {{"sender", "alice@example.org"}, {"size", "1234"}}};
}

TEST(StoryEvent, IsOneLineOfJson) {
    EXPECT_EQ(to_line(example()),
              "{\"time\":1790000000123,\"id\":\"01ABC\",\"parent\":\"01AAA\",\"daemon\":\"smtpd\",\"event\":\"accept\","
              "\"sender\":\"alice@example.org\",\"size\":\"1234\"}\n");
}

TEST(StoryEvent, IsReadAsItWasWritten) {
    Event event = example();
    event.parent.clear();
    event.fields.emplace_back("text", "a\"b\\c\r\n\t\x01 Grüße \U0001F4EC \u2028");
    const auto read = parse_line(to_line(event));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, event);
}

TEST(StoryEvent, EveryKindHasAName) {
    using enum Kind;
    const std::vector<std::pair<Kind, std::string_view>> names{
        {connect, "connect"}, {tls, "tls"},         {login, "login"},   {verdict, "verdict"},   {accept, "accept"},
        {queue, "queue"},     {attempt, "attempt"}, {answer, "answer"}, {delivery, "delivery"}, {uid, "uid"},
        {bounce, "bounce"},   {refuse, "refuse"},   {lost, "lost"}};
    EXPECT_EQ(names.size(), static_cast<std::size_t>(lost) + 1);
    for (const auto& [kind, name] : names) {
        EXPECT_EQ(to_string(kind), name);
        EXPECT_EQ(parse_kind(name), kind);
    }
    EXPECT_EQ(parse_kind(""), std::nullopt);
    EXPECT_EQ(parse_kind("nonsense"), std::nullopt);
}

TEST(StoryEvent, TheLineIsAsciiWhateverComes) {
    Event event = example();
    event.fields = {{"answer", "550 J\xf6rg\n{\"time\":1}"}};
    const std::string line = to_line(event);
    EXPECT_TRUE(ascii::is_ascii(line));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(parse_line(line)->fields[0].second, "550 J\uFFFDrg\n{\"time\":1}");
}

TEST(StoryEvent, LongValuesAreCutBetweenCharacters) {
    Event event = example();
    event.fields = {{"text", std::string(max_value - 1, 'x') + "ü"}};
    EXPECT_EQ(parse_line(to_line(event))->fields[0].second, std::string(max_value - 1, 'x'));
}

TEST(StoryEvent, ALineIsNeverLongerThanItMayBe) {
    Event event = example();
    event.fields.clear();
    for (int i = 0; i < 40; ++i) event.fields.emplace_back("f" + std::to_string(i), std::string(2000, '\x01'));
    const std::string line = to_line(event);
    EXPECT_LE(line.size(), max_line);
    EXPECT_NE(line.find("\"cut\":\"1\""), std::string::npos);
    const auto read = parse_line(line);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fields.size(), 2u);
}

TEST(StoryEvent, OthersMayWriteItTheirWay) {
    const auto read = parse_line(
        " { \"event\" : \"uid\" , \"uid\":17, \"daemon\":\"imapd\",\"id\":\"x\", \"time\":\"5\", "
        "\"a\":\"\\u00fc\\/\\ud83d\\udcec\" } ");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->kind, Kind::uid);
    EXPECT_EQ(read->time, 5);
    EXPECT_EQ(read->fields, (std::vector<Field>{{"uid", "17"}, {"a", "ü/\U0001F4EC"}}));
}

TEST(StoryEvent, WhatIsNoEventIsRefused) {
    const std::string good = to_line(example());
    for (const std::string& bad : {
             std::string(),
             std::string("{}"),
             std::string("[]"),
             good + "x",
             good.substr(0, good.size() - 2),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"z\"}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\"}"),
             std::string("{\"time\":1.5,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\"}"),
             std::string("{\"time\":99999999999999999999,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\"}"),
             std::string("{\"time\":1,\"id\":\"\",\"daemon\":\"y\",\"event\":\"uid\"}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\",\"a\":{}}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\",\"a\":\"1\",\"a\":\"2\"}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\",\"a\":\"\\ud83d\"}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\",\"a\":\"\xff\"}"),
             std::string("{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\",\"a\":01}"),
         }) {
        const auto read = parse_line(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, ErrorCode::invalid);
    }
}

TEST(StoryEvent, WhatIsTooMuchIsRefused) {
    EXPECT_EQ(parse_line(std::string(max_line + 1, ' ')).error().code, ErrorCode::limit);
    std::string line = "{\"time\":1,\"id\":\"x\",\"daemon\":\"y\",\"event\":\"uid\"";
    for (std::size_t i = 0; i <= max_fields; ++i) line += ",\"f" + std::to_string(i) + "\":1";
    EXPECT_EQ(parse_line(line + "}").error().code, ErrorCode::limit);
}

TEST(StoryLines, WhatHasNoRoomIsDroppedAndCounted) {
    LineBuffer buffer(10);
    EXPECT_TRUE(buffer.add("12345\n"));
    EXPECT_FALSE(buffer.add("12345\n"));
    EXPECT_TRUE(buffer.add("123\n"));
    EXPECT_FALSE(buffer.add("\n"));
    EXPECT_EQ(buffer.dropped(), 2u);
    EXPECT_EQ(buffer.take(), "12345\n123\n");
    EXPECT_EQ(buffer.bytes(), 0u);
    EXPECT_TRUE(buffer.add("12345\n"));
    EXPECT_EQ(buffer.dropped(), 2u);
}

}  // namespace
}  // namespace posthouse::story
