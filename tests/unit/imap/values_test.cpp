// Tests of lib/imap's values: sequence sets, dates, flags, strings.
#include <gtest/gtest.h>

#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"
#include "lib/imap/limits.h"
#include "lib/imap/sequence_set.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

std::string resolved(std::string_view text, std::uint32_t largest) {
    const auto set = parse_sequence_set(text);
    if (!set) return "error";
    std::string out;
    append_ranges(out, set->resolve(largest));
    return out;
}

TEST(SequenceSet, ResolvesTheExamplesOfRfc3501) {
    EXPECT_EQ(resolved("2,4:7,9,12:*", 15), "2,4:7,9,12:15");
    EXPECT_EQ(resolved("*:4,5:7", 10), "4:10");
    EXPECT_EQ(resolved("4:2", 10), "2:4");
}

TEST(SequenceSet, StarMeansTheLargestEvenBelowTheStart) {
    EXPECT_EQ(resolved("559:*", 12), "12:559");
    EXPECT_EQ(resolved("*", 12), "12");
    EXPECT_EQ(resolved("*:*", 12), "12");
    EXPECT_EQ(resolved("1:*,3", 0), "3");
}

TEST(SequenceSet, JoinsNeighboursUpToTheLargestNumber) {
    EXPECT_EQ(resolved("5,4,3,2,1", 9), "1:5");
    EXPECT_EQ(resolved("4294967295,1:4294967295,4294967294:4294967295", 9), "1:4294967295");
}

TEST(SequenceSet, RefusesWhatIsNone) {
    for (const char* text : {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "a", "1 2", "4294967296", "-1", "1:0"}) {
        EXPECT_FALSE(parse_sequence_set(text)) << text;
    }
}

TEST(SequenceSet, TheNumberOfRangesIsBounded) {
    std::string text = "1";
    for (int i = 0; i < 9'999; ++i) text += ",1";
    EXPECT_TRUE(parse_sequence_set(text));
    EXPECT_EQ(parse_sequence_set(text + ",1").error().code, ErrorCode::limit);
}

TEST(SequenceSet, FindsAndPrintsNumbers) {
    const auto ranges = parse_sequence_set("2,4:7,9")->resolve(9);
    for (const std::uint32_t in : {2u, 4u, 7u, 9u}) EXPECT_TRUE(contains(ranges, in));
    for (const std::uint32_t out : {1u, 3u, 8u, 10u}) EXPECT_FALSE(contains(ranges, out));
    EXPECT_EQ(print_numbers(std::vector<std::uint32_t>{304, 319, 320}), "304,319:320");
    EXPECT_EQ(print_numbers({}), "");
}

std::string printed(const DateTime& moment) {
    std::string out;
    append_date_time(out, moment);
    return out;
}
std::optional<DateTime> moment(std::string_view text) {
    Arguments arguments(text);
    const DateTime value = read_date_time(arguments);
    arguments.end();
    if (arguments.failed()) return std::nullopt;
    return value;
}

TEST(DateTime, RoundTripsTheExamplesOfRfc3501) {
    for (const char* text :
         {"\"17-Jul-1996 02:44:25 -0700\"", "\" 7-Feb-1994 21:52:25 -0800\"", "\"29-Feb-2000 23:59:59 +1400\"",
          "\"31-Dec-1969 23:59:59 +0000\"", "\" 1-Jan-9999 00:00:00 +0000\""}) {
        ASSERT_TRUE(moment(text)) << text;
        EXPECT_EQ(printed(*moment(text)), text);
    }
    EXPECT_EQ(moment("\"17-Jul-1996 02:44:25 -0700\"")->seconds, 837596665);
}

TEST(DateTime, RefusesDatesThatDoNotExist) {
    for (const char* text :
         {"\"29-Feb-1999 00:00:00 +0000\"", "\" 0-Jan-1999 00:00:00 +0000\"", "\" 1-Jan-1999 24:00:00 +0000\"",
          "\" 1-Jan-1999 00:60:00 +0000\"", "\" 1-Jan-1999 00:00:00 0000\"", "\" 1-Jan-1999 00:00:00 +00\"",
          "\" 1-Foo-1999 00:00:00 +0000\"", "\" 1-Jan-99 00:00:00 +0000\"", " 1-Jan-1999 00:00:00 +0000", ""}) {
        EXPECT_FALSE(moment(text)) << text;
    }
}

TEST(DateTime, PrintsAnyMoment) {
    EXPECT_EQ(printed({INT64_MAX, 0}), "\"31-Dec-9999 23:59:59 +0000\"");
    EXPECT_EQ(printed({INT64_MIN, 0}), "\" 1-Jan-0000 00:00:00 +0000\"");
    EXPECT_EQ(printed({0, 90}), "\" 1-Jan-1970 01:30:00 +0130\"");
}

TEST(DateTime, DaysBeginAtMidnightOfTheZone) {
    EXPECT_EQ(day_of(0).days, 0);
    EXPECT_EQ(day_of(-1).days, -1);
    EXPECT_EQ(day_of(86'399).days, 0);
    EXPECT_EQ(day_of(86'399, 1).days, 1);
}

TEST(Flags, AreReadInAnyCaseAndPrintedInOne) {
    Arguments arguments("(\\seen \\FLAGGED $Forwarded $forwarded)");
    const Flags flags = read_flag_list(arguments);
    arguments.end();
    ASSERT_FALSE(arguments.failed());
    std::string out;
    append_flags(out, flags, true);
    EXPECT_EQ(out, "(\\Flagged \\Seen $Forwarded \\Recent)");
    out.clear();
    append_flags(out, {});
    EXPECT_EQ(out, "()");
}

TEST(Flags, RefuseWhatIsNone) {
    for (const char* text : {"(\\Recent)", "(\\)", "( )", "(a", "a", "(a  b)", "(\\Seen\\Draft)", "(x]y)"}) {
        Arguments arguments(text);
        read_flag_list(arguments);
        EXPECT_TRUE(arguments.failed()) << text;
    }
    const std::string too_long = "(" + std::string(201, 'x') + ")";
    Arguments arguments(too_long);
    read_flag_list(arguments);
    EXPECT_TRUE(arguments.failed());
}

TEST(Flags, TheirNumberIsBounded) {
    std::string text = "(";
    for (std::size_t i = 0; i <= kMaxFlags; ++i) text += "k" + std::to_string(i) + " ";
    text.back() = ')';
    Arguments arguments(text);
    read_flag_list(arguments);
    ASSERT_TRUE(arguments.failed());
    EXPECT_EQ(arguments.error()->text, "Too many flags");
}

std::string string_of(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}
std::string astring_of(std::string_view text) {
    std::string out;
    append_astring(out, text);
    return out;
}

std::string mailbox_of(std::string_view name) {
    std::string out;
    append_mailbox(out, name);
    return out;
}

// RFC 6855 §3
TEST(Strings, MailboxNamesInUtf8AreQuoted) {
    EXPECT_EQ(mailbox_of("INBOX"), "INBOX");
    EXPECT_EQ(mailbox_of("Entw&APw-rfe"), "Entw&APw-rfe");
    EXPECT_EQ(mailbox_of("a b"), "\"a b\"");
    EXPECT_EQ(mailbox_of("\xC3\xA4\"\\"), "\"\xC3\xA4\\\"\\\\\"");
    EXPECT_EQ(mailbox_of("\xC3\xA4\n"), "{3}\r\n\xC3\xA4\n");
    EXPECT_EQ(mailbox_of("\xE4"), "{1}\r\n\xE4") << "no UTF-8";
}

TEST(Strings, ContentChoosesTheForm) {
    EXPECT_EQ(string_of("a\"b\\c"), "\"a\\\"b\\\\c\"");
    EXPECT_EQ(string_of(""), "\"\"");
    EXPECT_EQ(string_of("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(string_of("\xC3\xA4"), "{2}\r\n\xC3\xA4");
    EXPECT_EQ(string_of(std::string_view("a\0b", 3)),
              "{3}\r\na\x80"
              "b");
    EXPECT_EQ(string_of(std::string(1001, 'x')).substr(0, 8), "{1001}\r\n");
    EXPECT_EQ(astring_of("INBOX"), "INBOX");
    EXPECT_EQ(astring_of("a]b"), "a]b");
    EXPECT_EQ(astring_of("nil"), "\"nil\"");
    EXPECT_EQ(astring_of("a b"), "\"a b\"");
    EXPECT_EQ(astring_of(""), "\"\"");
    std::string out;
    append_nstring(out, std::nullopt);
    EXPECT_EQ(out, "NIL");
}

TEST(Strings, ReplyTextCannotForgeALineOrACode) {
    EXPECT_EQ(reply_text("a\r\nb\xE4"), "a??b?");
    EXPECT_EQ(reply_text("[ALERT] x"), "- [ALERT] x");
    EXPECT_EQ(reply_text(""), "-");
}

}  // namespace
}  // namespace posthouse::imap
