// Tests of lib/imap/append_command.h.
#include "lib/imap/append_command.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

template <typename C>
Result<C> parse(std::string_view command) {
    return parse_arguments<C>(*read_head(command));
}
template <typename C>
std::string error_of(std::string_view command) {
    const auto parsed = parse<C>(command);
    return parsed ? "" : parsed.error().text;
}

/// "message 42~ url(x) end …", with "more" where CATENATE's list goes on.
std::string steps_of(const AppendSection& section) {
    std::string text;
    for (const AppendStep& step : section.steps) {
        if (!text.empty()) text += ' ';
        if (std::holds_alternative<MessageBegin>(step)) text += "message";
        if (const auto* octets = std::get_if<MessageOctets>(&step)) {
            text += std::to_string(octets->size) + (octets->binary ? "~" : "");
            if (octets->place == AppendPlace::list) text += " more";
            if (octets->place == AppendPlace::utf8) text += " utf8";
        }
        if (const auto* part = std::get_if<MessagePart>(&step)) text += "url(" + part->url + ")";
        if (std::holds_alternative<MessageEnd>(step)) text += "end";
    }
    return text;
}
const MessageBegin& first_of(const AppendSection& section) { return std::get<MessageBegin>(section.steps.front()); }

TEST(Append, ReadsTheExampleOfRfc3501) {
    const auto append = parse<Append>("A003 APPEND saved-messages (\\Seen) {310}");
    ASSERT_TRUE(append);
    EXPECT_EQ(append->mailbox, "saved-messages");
    EXPECT_EQ(steps_of(append->section), "message 310");
    EXPECT_EQ(first_of(append->section).flags.system, kSeen);
    EXPECT_FALSE(first_of(append->section).date);
}

TEST(Append, TakesFlagsAndDateOnlyInThisOrder) {
    const auto append = parse<Append>("a APPEND INBOX ($Label \\Draft) \" 7-Feb-1994 21:52:25 -0800\" ~{5+}");
    ASSERT_TRUE(append);
    EXPECT_EQ(steps_of(append->section), "message 5~");
    EXPECT_EQ(first_of(append->section).flags.keywords, std::vector<std::string>{"$Label"});
    EXPECT_EQ(first_of(append->section).date->zone_minutes, -480);
    EXPECT_FALSE(parse<Append>("a APPEND INBOX \" 7-Feb-1994 21:52:25 -0800\" () {5}"));
    EXPECT_EQ(error_of<Append>("a APPEND INBOX message"), "Expected the message as a literal");
    EXPECT_EQ(error_of<Append>("a APPEND INBOX \"31-Feb-1994 21:52:25 -0800\" {5}"), "Invalid date");
    EXPECT_TRUE(ends_in_message_literal("a append INBOX {5}"));
    EXPECT_FALSE(ends_in_message_literal("a APPEND {5}"));
    EXPECT_FALSE(ends_in_message_literal("a SEARCH TEXT {5}"));
}

TEST(Append, ReadsTheExampleOfRfc4469) {
    const auto append = parse<Append>(
        "A003 APPEND Drafts (\\Seen \\Draft $MDNSent) CATENATE (URL "
        "\"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER\" TEXT {42}");
    ASSERT_TRUE(append);
    EXPECT_EQ(append->mailbox, "Drafts");
    EXPECT_EQ(first_of(append->section).flags.keywords, std::vector<std::string>{"$MDNSent"});
    EXPECT_EQ(steps_of(append->section), "message url(/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER) 42 more");
    const auto second = parse_append_section(
        " URL \"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME\" URL "
        "\"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1\" TEXT {42}",
        AppendPlace::list);
    ASSERT_TRUE(second);
    EXPECT_EQ(steps_of(*second),
              "url(/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME) "
              "url(/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1) 42 more");
    EXPECT_EQ(steps_of(*parse_append_section(")", AppendPlace::list)), "end");
}

TEST(Append, OfSeveralMessagesSomeMayBeCatenated) {
    EXPECT_EQ(
        steps_of(parse<Append>("a APPEND x CATENATE (URL a URL {1}\r\nb) (\\Seen) CATENATE (URL c) {7}")->section),
        "message url(a) url(b) end message url(c) end message 7");
    EXPECT_EQ(steps_of(parse<Append>("a APPEND x CATENATE (URL a)")->section), "message url(a) end");
    EXPECT_EQ(steps_of(*parse_append_section(" URL b) CATENATE (TEXT ~{8+}", AppendPlace::list)),
              "url(b) end message 8~ more");
    EXPECT_EQ(steps_of(*parse_append_section(" (\\Draft) CATENATE (URL a)", AppendPlace::message)),
              "message url(a) end");
    EXPECT_TRUE(ends_in_message_literal("a APPEND x CATENATE (URL a TEXT {0}"));
    EXPECT_FALSE(ends_in_message_literal("a APPEND x CATENATE (URL a)"));
    EXPECT_FALSE(ends_in_message_literal("a APPEND x CATENATE (URL {5}"));
}

// RFC 6855 §4
TEST(Append, AMessageInUtf8StandsInParentheses) {
    EXPECT_EQ(steps_of(parse<Append>("a APPEND x (\\Seen) UTF8 (~{5+}")->section), "message 5~ utf8");
    EXPECT_EQ(steps_of(*parse_append_section(")", AppendPlace::utf8)), "");
    EXPECT_EQ(steps_of(*parse_append_section(") CATENATE (URL a) UTF8 (~{7}", AppendPlace::utf8)),
              "message url(a) end message 7~ utf8");
    EXPECT_EQ(error_of<Append>("a APPEND x UTF8 ({5}"), "Expected a literal8 after UTF8");
    EXPECT_FALSE(parse_append_section("", AppendPlace::utf8));
    EXPECT_FALSE(parse_append_section(" UTF8 (~{7}", AppendPlace::utf8));
}

TEST(Append, CatenateOfWrongSyntaxIsRefused) {
    for (const char* wrong : {"CATENATE", "CATENATE ()", "CATENATE (URL)", "CATENATE (URL a", "CATENATE (URL a )",
                              "CATENATE (TEXT \"x\")", "CATENATE (TEXT {5}) x", "CATENATE URL a", "CATENATE (FILE a)",
                              "CATENATE (URL a)(URL b)", "CATENATE (URL a) URL b", "CATENATE (URL a) "})
        EXPECT_FALSE(parse<Append>("a APPEND x " + std::string(wrong))) << wrong;
    for (const char* wrong : {"", " ", "TEXT {5}", " )", " (\\Seen) {5}", " URL a", ") x"})
        EXPECT_FALSE(parse_append_section(wrong, AppendPlace::list)) << wrong;
}

TEST(Append, ASectionHasSoManySteps) {
    const auto with = [](std::size_t urls) {
        std::string command = "a APPEND x CATENATE (";
        for (std::size_t i = 0; i < urls; ++i) command += i == 0 ? "URL u" : " URL u";
        return command + ")";
    };
    EXPECT_TRUE(parse<Append>(with(kMaxAppendSteps - 1)));
    EXPECT_EQ(error_of<Append>(with(kMaxAppendSteps)), "Too many parts of messages");
    std::string messages = "a APPEND x";
    for (std::size_t i = 0; i < kMaxAppendSteps; ++i) messages += " CATENATE (URL u)";
    EXPECT_EQ(error_of<Append>(messages), "Too many parts of messages");
}

TEST(Append, ReadsWhatFollowsAMessageOfRfc3502) {
    const auto section = parse_append_section(" (\\Seen) \" 7-Feb-1994 22:43:04 -0800\" {295}", AppendPlace::message);
    ASSERT_TRUE(section);
    EXPECT_EQ(steps_of(*section), "message 295");
    EXPECT_TRUE(first_of(*section).date);
    EXPECT_EQ(steps_of(*parse_append_section("", AppendPlace::message)), "");
    for (const char* wrong : {"(\\Seen) {5}", " (\\Seen)", " {5} x", " \"x\" {5}", " {5", " ", ")"})
        EXPECT_FALSE(parse_append_section(wrong, AppendPlace::message)) << wrong;
}

TEST(Replace, ReadsTheExampleOfRfc8508) {
    const auto replace = parse<Replace>("a REPLACE 4 Drafts (\\Seen \\Draft $MDNSent) {312}");
    ASSERT_TRUE(replace);
    EXPECT_EQ(replace->message, 4u);
    EXPECT_EQ(replace->mailbox, "Drafts");
    EXPECT_EQ(steps_of(replace->section), "message 312");
    EXPECT_TRUE(parse<Replace>("a UID REPLACE 2000 Drafts {5+}")->by_uid);
    EXPECT_EQ(parse<Replace>("a REPLACE * Drafts {5+}")->message, 0u);
    EXPECT_EQ(steps_of(parse<Replace>("a REPLACE 4 Drafts CATENATE (URL a TEXT {3}")->section),
              "message url(a) 3 more");
    EXPECT_FALSE(parse<Replace>("a REPLACE 1:2 Drafts {5+}"));
    EXPECT_FALSE(parse<Replace>("a REPLACE 0 Drafts {5+}"));
    EXPECT_TRUE(ends_in_message_literal("a UID REPLACE 2000 Drafts {5+}"));
    EXPECT_FALSE(ends_in_message_literal("a REPLACE 2000 {5+}"));
}

}  // namespace
}  // namespace posthouse::imap
