// Tests of lib/imap/list_pattern.h.
#include "lib/imap/list_pattern.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    EXPECT_TRUE(matches("*nB*x", "INBOX"));
    EXPECT_FALSE(matches("inb@x", "INBOX"));
    EXPECT_TRUE(matches("", ""));
}

TEST(ListPattern, APatternThatEndsInPercentStopsAtALevel) {
    const auto ends = [](std::string_view pattern) { return ListPattern(pattern, '/').ends_at_level(); };
    EXPECT_TRUE(ends("%"));
    EXPECT_TRUE(ends("*a%"));
    EXPECT_TRUE(ends(std::string(64, 'a') + "%"));
    EXPECT_FALSE(ends("%a"));
    EXPECT_FALSE(ends("%*"));
    EXPECT_FALSE(ends("*%"));
    EXPECT_FALSE(ends(""));
}

/// What a pattern means, place by place and octet by octet.
bool matches_plainly(std::string_view pattern, std::string_view name) {
    std::vector<char> reached(pattern.size() + 1);
    const auto skip_wildcards = [&] {
        for (std::size_t at = 0; at < pattern.size(); ++at)
            if (reached[at] != 0 && (pattern[at] == '*' || pattern[at] == '%')) reached[at + 1] = 1;
    };
    reached[0] = 1;
    skip_wildcards();
    for (const char c : name) {
        std::vector<char> next(pattern.size() + 1);
        for (std::size_t at = 0; at < pattern.size(); ++at) {
            if (reached[at] == 0) continue;
            if (pattern[at] == '*' || (pattern[at] == '%' && c != '/')) next[at] = 1;
            if (pattern[at] == c) next[at + 1] = 1;
        }
        reached = std::move(next);
        skip_wildcards();
    }
    return reached[pattern.size()] != 0;
}

TEST(ListPattern, ManyWildcardsMatchWhatTheyMean) {
    std::mt19937 random(1);
    const auto text = [&](std::string_view alphabet, std::size_t longest) {
        std::string made(random() % longest, ' ');
        for (char& c : made) c = alphabet[random() % alphabet.size()];
        return made;
    };
    std::size_t matching = 0;
    for (int i = 0; i < 2'000; ++i) {
        const std::string pattern = text("ab/*%", i % 3 == 0 ? 10 : i % 3 == 1 ? 40 : 200);
        std::string name = text("aaab/", 200);
        if (i % 2 == 0) {
            // One that begins as the pattern wants it, at least.
            name.clear();
            for (const char c : pattern)
                name += c == '*' ? text("ab/", 9) : c == '%' ? text("ab", 9) : std::string(1, c);
            if (i % 4 == 0 && !name.empty()) name[random() % name.size()] = 'a';
        }
        const bool is_meant = matches_plainly(pattern, name);
        ASSERT_EQ(matches(pattern, name), is_meant) << pattern << " " << name;
        matching += is_meant ? 1 : 0;
    }
    EXPECT_GT(matching, 500U);
}

double processor_time() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A LIST of the longest patterns took the pattern's length for each octet of each name.
TEST(ListPattern, ManyWildcardsCostLittle) {
    std::string repeated;
    for (int i = 0; i < 499; ++i) repeated += "*a";
    const std::string name(1000, 'a');
    const auto time_of = [](const auto& work) {
        const double begun = processor_time();
        work();
        return processor_time() - begun;
    };
    bool matched = false;
    const double plainly = time_of([&] { matched = matches_plainly(repeated + "b", name); });
    EXPECT_FALSE(matched);
    const ListPattern pattern(repeated + "b", '/');
    // So often that it fails where the plain way is made faster by a compiler, too.
    const double many_times = time_of([&] {
        for (int i = 0; i < 30; ++i) matched = pattern.matches(name) || matched;
    });
    EXPECT_FALSE(matched);
    EXPECT_LT(many_times, plainly);
    EXPECT_LE(pattern.steps(name), name.size() * 8);
    EXPECT_TRUE(ListPattern(repeated, '/').matches(name));
}

}  // namespace
}  // namespace posthouse::imap
