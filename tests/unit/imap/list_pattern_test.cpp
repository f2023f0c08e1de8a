// Tests of lib/imap/list_pattern.h.
#include "lib/imap/list_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace posthouse::imap {
namespace {

bool matches(std::string_view pattern, std::string_view name) { return ListPattern(pattern, '/').matches(name); }

TEST(ListPattern, PercentStopsAtTheSeparator) {
    EXPECT_TRUE(matches("*", "a/b/c"));
    EXPECT_TRUE(matches("%", "a"));
    EXPECT_FALSE(matches("%", "a/b"));
    EXPECT_TRUE(matches("%/%", "a/b"));
    EXPECT_FALSE(matches("%/%", "a/b/c"));
    EXPECT_TRUE(matches("a*c", "a/b/c"));
    EXPECT_FALSE(matches("a%c", "a/b/c"));
    EXPECT_TRUE(matches("a%c", "abc"));
    EXPECT_TRUE(matches("a%", "a"));
    EXPECT_TRUE(matches("%*%", "a/b"));
    EXPECT_TRUE(matches("*%", "a/b"));
    EXPECT_TRUE(matches("%b*d", "ab/c/d"));
    EXPECT_FALSE(matches("%b*d", "a/b/c/d"));
}

TEST(ListPattern, LiteralTextMustMatchWhole) {
    EXPECT_TRUE(matches("Sent", "Sent"));
    EXPECT_FALSE(matches("Sent", "sent"));
    EXPECT_FALSE(matches("Sent", "Sent2"));
    EXPECT_FALSE(matches("Sent2", "Sent"));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_TRUE(matches("inbox", "INBOX"));
    EXPECT_TRUE(matches("inb%", "INBOX"));
    EXPECT_FALSE(matches("inb%", "INBOX2"));
}

TEST(ListPattern, ManyWildcardsTakeNoExponentialTime) {
    std::string pattern;
    for (int i = 0; i < 400; ++i) pattern += "*a";
    EXPECT_FALSE(matches(pattern + "b", std::string(1000, 'a')));
    EXPECT_TRUE(matches(pattern, std::string(1000, 'a')));
}

}  // namespace
}  // namespace posthouse::imap
