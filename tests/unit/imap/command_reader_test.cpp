// Tests of lib/imap/command_reader.h: literals at line ends, and the bounds of a command.
#include "lib/imap/command_reader.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

using Destination = CommandReader::ReadLiteral::Destination;

CommandReader::ReadLiteral literal(const CommandReader::Next& next) {
    const auto* wanted = std::get_if<CommandReader::ReadLiteral>(&next);
    EXPECT_NE(wanted, nullptr);
    return wanted != nullptr ? *wanted : CommandReader::ReadLiteral{};
}
bool complete(const CommandReader::Next& next) { return std::holds_alternative<CommandReader::Complete>(next); }
bool refused(const CommandReader::Next& next) { return std::holds_alternative<CommandReader::Refused>(next); }

TEST(LiteralAtEnd, ReadsEachForm) {
    const auto plain = literal_at_end("a LOGIN {11}");
    ASSERT_TRUE(plain && *plain);
    EXPECT_EQ((*plain)->size, 11u);
    EXPECT_TRUE((*plain)->synchronizing);
    EXPECT_EQ((*plain)->length, 4u);
    const auto plus = literal_at_end("a LOGIN {11+}");
    ASSERT_TRUE(plus && *plus);
    EXPECT_FALSE((*plus)->synchronizing);
    const auto binary = literal_at_end("a APPEND x ~{0}");
    ASSERT_TRUE(binary && *binary);
    EXPECT_TRUE((*binary)->binary);
    EXPECT_EQ((*binary)->length, 4u);
}

TEST(LiteralAtEnd, OtherEndsAreNoLiteral) {
    for (const char* line :
         {"", "a NOOP", "a {", "a }", "a {}", "a {+}", "a {1x}", "a {-1}", "a {1} ", "a {1++}", "a {1-}"}) {
        const auto found = literal_at_end(line);
        ASSERT_TRUE(found) << line;
        EXPECT_FALSE(*found) << line;
    }
}

TEST(LiteralAtEnd, SizesBeyond63BitsAreRefused) {
    EXPECT_TRUE(literal_at_end("{9223372036854775807}"));
    EXPECT_FALSE(literal_at_end("{9223372036854775808}"));
    EXPECT_FALSE(literal_at_end("{99999999999999999999999999}"));
}

TEST(CommandReader, JoinsLinesAndLiteralsOfRfc3501Section631) {
    CommandReader reader(kBoundsAfterLogin);
    EXPECT_EQ(literal(reader.add_line("A001 LOGIN {11}")).size, 11u);
    reader.add_literal("FRED FOOBAR");
    EXPECT_EQ(literal(reader.add_line(" {7}")).size, 7u);
    reader.add_literal("fat man");
    EXPECT_TRUE(complete(reader.add_line("")));
    EXPECT_EQ(reader.bytes(), "A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man");
}

TEST(CommandReader, OnlyTheMessageOfAppendIsStreamed) {
    CommandReader reader(kBoundsAfterLogin);
    EXPECT_EQ(literal(reader.add_line("a APPEND {5}")).destination, Destination::command);
    reader.add_literal("Draft");
    const auto message = literal(reader.add_line(" (\\Seen) \" 1-Feb-2003 04:05:06 +0000\" {9000000000+}"));
    EXPECT_EQ(message.destination, Destination::message);
    EXPECT_EQ(message.size, 9000000000u);
    EXPECT_FALSE(message.synchronizing);
    reader.message_done();
    EXPECT_TRUE(complete(reader.add_line("")));
}

TEST(CommandReader, BeforeLoginNoMessageIsStreamed) {
    CommandReader reader(kBoundsBeforeLogin);
    EXPECT_TRUE(refused(reader.add_line("a APPEND INBOX {100000}")));
}

TEST(CommandReader, AnAppendOfWrongSyntaxIsNotStreamed) {
    CommandReader reader(kBoundsAfterLogin);
    EXPECT_EQ(literal(reader.add_line("a APPEND INBOX (\\Wrong) {5}")).destination, Destination::command);
}

TEST(CommandReader, AWaitingClientIsRefusedAtOnce) {
    CommandReader reader(kBoundsBeforeLogin);
    EXPECT_TRUE(refused(reader.add_line("a LOGIN {8193}")));
    EXPECT_EQ(recover_tag(reader.bytes()), "a");
}

TEST(CommandReader, WhatComesAnywayIsDiscardedBeforeTheRefusal) {
    CommandReader reader(kBoundsBeforeLogin);
    const auto first = literal(reader.add_line("a LOGIN {8193+}"));
    EXPECT_EQ(first.destination, Destination::discard);
    EXPECT_EQ(first.size, 8193u);
    EXPECT_EQ(literal(reader.add_line(" {3+}")).destination, Destination::discard);
    EXPECT_TRUE(refused(reader.add_line("")));
    reader.reset(kBoundsBeforeLogin);
    EXPECT_TRUE(complete(reader.add_line("b NOOP")));
    EXPECT_EQ(reader.bytes(), "b NOOP");
}

TEST(CommandReader, OfCatenateOnlyTheTextsAreStreamed) {
    CommandReader reader(kBoundsAfterLogin);
    EXPECT_EQ(literal(reader.add_line("a APPEND INBOX CATENATE (URL {13}")).destination, Destination::command);
    reader.add_literal("/INBOX/;UID=1");
    EXPECT_EQ(literal(reader.add_line(" TEXT {42}")).destination, Destination::message);
    EXPECT_EQ(reader.bytes(), "a APPEND INBOX CATENATE (URL {13}\r\n/INBOX/;UID=1 TEXT {42}");
    reader.message_done(AppendPlace::list);
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_EQ(literal(reader.add_line(" URL {13}")).destination, Destination::command);
    reader.add_literal("/INBOX/;UID=2");
    EXPECT_EQ(literal(reader.add_line(" URL x) (\\Seen) ~{7+}")).destination, Destination::message);
    reader.message_done();
    EXPECT_TRUE(complete(reader.add_line("")));
}

TEST(CommandReader, BehindAMessageTheBoundsBeginAnew) {
    CommandReader reader({40, 4, 1, true});
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(literal(reader.add_line(i == 0 ? "a APPEND INBOX CATENATE (TEXT {1}" : " TEXT {1}")).destination,
                  Destination::message);
        reader.message_done(AppendPlace::list);
        EXPECT_EQ(literal(reader.add_line(" URL {4}")).destination, Destination::command);
        reader.add_literal("1234");
    }
    EXPECT_TRUE(refused(reader.add_line(" URL {1}")));
}

TEST(CommandReader, TheSumOfLiteralsTheirNumberAndTheTextAreBounded) {
    CommandReader sum({1000, 10, 100, false});
    EXPECT_EQ(literal(sum.add_line("a X {6}")).destination, Destination::command);
    sum.add_literal("123456");
    EXPECT_TRUE(refused(sum.add_line(" {5}")));

    CommandReader count({1000, 10, 1, false});
    EXPECT_EQ(literal(count.add_line("a X {1}")).destination, Destination::command);
    count.add_literal("1");
    EXPECT_TRUE(refused(count.add_line(" {1}")));

    CommandReader text({10, 10, 1, false});
    EXPECT_TRUE(refused(text.add_line("a NOOP     ")));
    text.reset({10, 10, 1, false});
    EXPECT_TRUE(complete(text.add_line("a NOOP    ")));
}

TEST(CommandReader, ACommandRefusedFromOutsideStaysRefused) {
    CommandReader reader(kBoundsAfterLogin);
    EXPECT_EQ(literal(reader.add_line("a APPEND INBOX {5+}")).destination, Destination::message);
    reader.refuse({ErrorCode::no_space, "Disk full", {}});
    reader.message_done();
    const auto next = reader.add_line("");
    ASSERT_TRUE(refused(next));
    EXPECT_EQ(std::get<CommandReader::Refused>(next).error.text, "Disk full");
}

}  // namespace
}  // namespace posthouse::imap
