// Tests of cli/csv.h, user_rows.h and table.h.
#include "cli/csv.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/table.h"
#include "cli/user_rows.h"

namespace posthouse::cli {
namespace {

using Fields = std::vector<std::string>;

TEST(Csv, FieldsMayBeQuoted) {
    const auto records = parse_csv("a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\n\n,\n\"two\nlines\",z");
    ASSERT_TRUE(records);
    ASSERT_EQ(records->size(), 4u);
    EXPECT_EQ((*records)[0].fields, (Fields{"a", "b"}));
    EXPECT_EQ((*records)[1].fields, (Fields{"x, y", "say \"hi\""}));
    EXPECT_EQ((*records)[2].fields, (Fields{"", ""}));
    EXPECT_EQ((*records)[3].fields, (Fields{"two\nlines", "z"}));
    EXPECT_EQ((*records)[1].line, 2u);
    EXPECT_EQ((*records)[2].line, 4u);
}

TEST(Csv, MalformedTextNamesItsLine) {
    EXPECT_EQ(parse_csv("a\n\"b").error().text, "Line 2: quoted field without an end");
    EXPECT_EQ(parse_csv("a\nb\"c\n").error().text, "Line 2: quote inside a field");
    EXPECT_EQ(parse_csv("\"a\"b\n").error().text, "Line 1: text after a quoted field");
    EXPECT_TRUE(parse_csv("")->empty());
    EXPECT_TRUE(parse_csv("\xEF\xBB\xBF"
                          "a\n")
                    ->front()
                    .fields.front() == "a");
}

TEST(UserRows, ColumnsAreEmailPasswordQuota) {
    const auto rows = parse_user_rows("Joe@Example.org,secret,5\nann@example.org,\" a,b \"\n", false);
    ASSERT_TRUE(rows) << rows.error().text;
    EXPECT_EQ((*rows)[0].user.email, "joe@example.org");
    EXPECT_EQ((*rows)[0].password, "secret");
    EXPECT_EQ((*rows)[0].user.quota_mb, 5);
    EXPECT_EQ((*rows)[1].password, " a,b ");
    EXPECT_TRUE((*rows)[1].user.enabled);
}

TEST(UserRows, AHeadingNamesColumns) {
    const auto rows = parse_user_rows("Email,enabled,ADMIN,password_hash\njoe@example.org,no,yes,{PLAIN}x\n", false);
    ASSERT_TRUE(rows) << rows.error().text;
    EXPECT_FALSE((*rows)[0].user.enabled);
    EXPECT_TRUE((*rows)[0].user.admin);
    EXPECT_EQ((*rows)[0].user.password, "{PLAIN}x");
    EXPECT_FALSE(parse_user_rows("email,colour\n", false));
    EXPECT_FALSE(parse_user_rows("email,email\n", false));
}

TEST(UserRows, EveryFaultyLineIsNamed) {
    const auto rows = parse_user_rows(
        "email,password,password_hash,quota_mb,enabled\n"
        "joe,x\n"
        "joe@example.org,x,,many\n"
        "a@example.org,,{NTLM}x\n"
        "b@example.org,x,{PLAIN}y\n"
        "c@example.org\n"
        "d@example.org,x,,1,maybe\n"
        "e@example.org,x\n"
        "E@example.org,x\n"
        "f@example.org,x,,,,,\n",
        false);
    ASSERT_FALSE(rows);
    for (const char* part : {"Line 2: Invalid address", "Line 3: quota_mb", "Line 4: Password cannot be verified",
                             "Line 5: both", "Line 6: no password", "Line 7: enabled",
                             "Line 9: e@example.org is on line 8 already", "Line 10: too many fields"})
        EXPECT_NE(rows.error().text.find(part), std::string::npos) << part << " in\n" << rows.error().text;
    EXPECT_EQ(rows.error().text.find("Line 8:"), std::string::npos);
}

TEST(UserRows, MissingPasswordsAreGeneratedWhenAsked) {
    const auto rows = parse_user_rows("a@example.org\nb@example.org,x\n", true);
    ASSERT_TRUE(rows);
    EXPECT_TRUE((*rows)[0].generated);
    EXPECT_EQ((*rows)[0].password.size(), 20u);
    EXPECT_FALSE((*rows)[1].generated);
}

TEST(Table, NothingInItMovesTheCursor) {
    EXPECT_EQ(printable("a\x1b[2Jb\r\n\x7f"), "a\\x1b[2Jb\\x0d\\x0a\\x7f");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              "\\xc2\\x9b31m");
    EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xAC"), "gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xAC");
    EXPECT_EQ(printable("\xFF\xC3"), "\\xff\\xc3");
    EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82");
}

TEST(Table, WithoutARowItSaysSo) {
    Table table({"NAME", "N"});
    std::ostringstream empty;
    table.print_or("No names.", empty);
    EXPECT_EQ(empty.str(), "No names.\n");
    table.add({"a", "1"});
    std::ostringstream full;
    table.print_or("No names.", full);
    EXPECT_EQ(full.str(), "NAME  N\na     1\n");
}

TEST(Table, ColumnsAreAligned) {
    Table table({"NAME", "N"});
    table.add(
        {"gr\xC3\xBC\xC3\x9F"
         "e",
         "1"});
    table.add({"x", "22"});
    std::ostringstream out;
    table.print(out);
    EXPECT_EQ(out.str(),
              "NAME   N\ngr\xC3\xBC\xC3\x9F"
              "e  1\nx      22\n");
}

}  // namespace
}  // namespace posthouse::cli
