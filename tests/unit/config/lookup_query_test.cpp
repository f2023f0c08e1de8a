// Tests of lib/config/lookup_query.h.
#include "lib/config/lookup_query.h"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using Values = std::vector<std::string>;

/// The SQL and, for joe@example.org, what is bound.
std::pair<std::string, Values> read(std::string_view text, std::string_view key = "joe@example.org") {
    const Result<LookupQuery> query = LookupQuery::parse(text);
    if (!query) return {"error: " + query.error().text, {}};
    return {query->sql(), query->values(key)};
}

TEST(LookupQuery, ParametersAreBound) {
    EXPECT_EQ(read("SELECT password FROM users WHERE name = %n AND domain = %d OR address = %u OR x = %s;"),
              std::pair(std::string("SELECT password FROM users WHERE name = ? AND domain = ? OR address = ? OR x = ?"),
                        Values{"joe", "example.org", "joe@example.org", "joe@example.org"}));
    EXPECT_EQ(read("SELECT %{user}, %{username}, %{domain}, %Lu").second,
              (Values{"joe@example.org", "joe", "example.org", "joe@example.org"}));
}

TEST(LookupQuery, AStringWithParametersIsBoundAsAWhole) {
    EXPECT_EQ(read("SELECT p FROM u WHERE email = '%u' AND home = '/mail/%d/it''s %n%%' AND q = \"%n\""),
              std::pair(std::string("SELECT p FROM u WHERE email = ? AND home = ? AND q = ?"),
                        Values{"joe@example.org", "/mail/example.org/it's joe%", "joe"}));
}

TEST(LookupQuery, WhatIsLookedUpNeverReachesTheSql) {
    const std::string evil = "x' OR '1'='1%u\\\"; --@evil'.example";
    EXPECT_EQ(read("SELECT p FROM u WHERE e = '%u' AND d = \"%d\"", evil),
              std::pair(std::string("SELECT p FROM u WHERE e = ? AND d = ?"), Values{evil, "evil'.example"}));
}

TEST(LookupQuery, StringsWithoutParametersNamesAndCommentsStayAsTheyAre) {
    const std::string text = "SELECT 'it''s', \"x\", `a'b%u` -- %q it's\n FROM t /* ' %q */ WHERE a % 2 = 1 # %z";
    EXPECT_EQ(read(text), std::pair(text, Values{}));
    EXPECT_EQ(read("SELECT 'a%%b' LIKE '%%'").first, "SELECT 'a%b' LIKE '%'");
    EXPECT_EQ(read("SELECT 'a\\'%%b'").first, "SELECT 'a\\'%b'");
}

TEST(LookupQuery, OfADomainEverythingIsTheDomain) {
    EXPECT_EQ(read("%u %d", "example.org").second, (Values{"example.org", "example.org"}));
    EXPECT_EQ(read("%u %n %d", "@example.org").second, (Values{"@example.org", "", "example.org"}));
}

TEST(LookupQuery, WhatCannotBeBoundIsRefused) {
    for (const char* text : {"SELECT ?", "SELECT 1; SELECT 2", "SELECT %x", "SELECT 'a", "SELECT `a", "SELECT %{user",
                             "SELECT %{user | upper}", "SELECT 'a\\\\%u'", "SELECT '%q'"})
        EXPECT_FALSE(LookupQuery::parse(text)) << text;
}

TEST(LookupQuery, NoTextIsNoQuery) {
    EXPECT_TRUE(LookupQuery::parse("  ")->empty());
    EXPECT_TRUE(LookupQuery::parse(";")->empty());
    EXPECT_TRUE(LookupQuery().empty());
}

}  // namespace
}  // namespace posthouse::config
