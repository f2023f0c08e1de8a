// Tests of auth/directory/address.h.
#include "auth/directory/address.h"

#include <gtest/gtest.h>

namespace posthouse::auth {
namespace {

TEST(CanonicalDomain, IsLowerCaseWithoutAFinalDot) {
    EXPECT_EQ(canonical_domain("Example.ORG."), "example.org");
    EXPECT_EQ(canonical_domain("localhost"), "localhost");
}

TEST(CanonicalDomain, InternationalLabelsBecomeALabels) {
    EXPECT_EQ(canonical_domain("B\xC3\xBC"
                               "cher.example"),
              "xn--bcher-kva.example");
    EXPECT_EQ(canonical_domain("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(CanonicalDomain, RefusesWhatIsNoDomain) {
    for (const std::string_view bad : {"", ".", "a..b", ".a", "-a.b", "a-.b", "a b", "[192.0.2.1]", "a/b", "\xFF.org"})
        EXPECT_FALSE(canonical_domain(bad)) << bad;
    EXPECT_TRUE(canonical_domain(std::string(63, 'a') + ".org"));
    EXPECT_FALSE(canonical_domain(std::string(64, 'a') + ".org"));
    EXPECT_FALSE(canonical_domain(std::string(100000, 'a')));
    std::string long_name;
    for (int i = 0; i < 127; ++i) long_name += "a.";
    EXPECT_FALSE(canonical_domain(long_name + "a"));
}

TEST(ParseAddress, IgnoresCaseAndNeedlessQuotes) {
    EXPECT_EQ(parse_address("Joe@Example.ORG")->text(), "joe@example.org");
    EXPECT_EQ(parse_address("\"Joe\"@example.org")->text(), "joe@example.org");
    EXPECT_EQ(parse_address("\"j\\oe\"@example.org")->text(), "joe@example.org");
    EXPECT_EQ(parse_address("\"joe doe\"@example.org")->text(), "\"joe doe\"@example.org");
    EXPECT_EQ(parse_address("\"a@b\"@example.org")->local, "\"a@b\"");
}

TEST(ParseAddress, RefusesWhatIsNoAddress) {
    for (const std::string_view bad : {"", "joe", "@example.org", "joe@", "joe@a..b", "jo\ne@example.org"})
        EXPECT_FALSE(parse_address(bad)) << bad;
    EXPECT_TRUE(parse_address(std::string(64, 'a') + "@example.org"));
    EXPECT_FALSE(parse_address(std::string(65, 'a') + "@example.org"));
}

TEST(ParseUserAddress, NamesThatCannotBeFoldersAreRefused) {
    for (const std::string_view bad : {"a/b@example.org", "../x@example.org", ".@example.org", "..@example.org",
                                       "a.@example.org", "\"a b\"@example.org", "@example.org"})
        EXPECT_FALSE(parse_user_address(bad)) << bad;
    EXPECT_TRUE(parse_user_address("joe.doe+x@example.org"));
    EXPECT_TRUE(parse_user_address("j\xC3\xBCrgen@example.org"));
}

TEST(ParseAliasSource, MayBeAWholeDomain) {
    EXPECT_EQ(parse_alias_source("@Example.org")->text(), "@example.org");
    EXPECT_FALSE(parse_alias_source("@"));
    EXPECT_FALSE(parse_alias_source("\"a b\"@example.org"));
}

}  // namespace
}  // namespace posthouse::auth
