// Tests of lib/imap/fetch_command.h.
#include "lib/imap/fetch_command.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

Result<Fetch> parse(std::string_view command) { return parse_arguments<Fetch>(*read_head(command)); }
std::string error_of(std::string_view command) {
    const auto parsed = parse(command);
    return parsed ? "" : parsed.error().text;
}
/// The names under which the items are answered, joined by spaces.
std::string names(std::string_view command) {
    const auto parsed = parse(command);
    if (!parsed) return "error: " + parsed.error().text;
    std::string out;
    for (const FetchItem& item : parsed->items) {
        if (!out.empty()) out += ' ';
        append_item_name(out, item);
    }
    return out;
}

TEST(Fetch, ReadsTheExampleOfRfc3501) {
    EXPECT_EQ(names("A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])"), "FLAGS BODY[HEADER.FIELDS (DATE FROM)]");
}

TEST(Fetch, MacrosExpand) {
    EXPECT_EQ(names("a FETCH 1 fast"), "FLAGS INTERNALDATE RFC822.SIZE");
    EXPECT_EQ(names("a FETCH 1 ALL"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE");
    EXPECT_EQ(names("a FETCH 1 FULL"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY");
    EXPECT_EQ(error_of("a FETCH 1 (FAST)"), "Unknown FETCH item FAST");
}

TEST(Fetch, EverySectionKeepsItsName) {
    for (const char* section :
         {"", "HEADER", "TEXT", "1", "1.2.3", "4.MIME", "4.1.HEADER", "4.2.TEXT", "1.HEADER.FIELDS.NOT (To X-Y)"}) {
        const std::string name = std::string("BODY[") + section + "]";
        EXPECT_EQ(names("a FETCH 1 " + name), name);
    }
    EXPECT_EQ(names("a FETCH 1 (body.peek[header] body bodystructure rfc822 rfc822.header rfc822.text uid)"),
              "BODY[HEADER] BODY BODYSTRUCTURE RFC822 RFC822.HEADER RFC822.TEXT UID");
}

TEST(Fetch, OnlySomeItemsSetSeen) {
    const auto peeks = [](std::string_view item) {
        return parse("a FETCH 1 " + std::string(item))->items.front().peek;
    };
    EXPECT_FALSE(peeks("BODY[]"));
    EXPECT_FALSE(peeks("BODY[1]<0.10>"));
    EXPECT_FALSE(peeks("RFC822"));
    EXPECT_FALSE(peeks("RFC822.TEXT"));
    EXPECT_TRUE(peeks("BODY.PEEK[]"));
    EXPECT_TRUE(peeks("RFC822.HEADER"));
    EXPECT_TRUE(peeks("BODY"));
    EXPECT_TRUE(peeks("ENVELOPE"));
}

TEST(Fetch, PartialsAreReadAndAnsweredByOffset) {
    const auto fetch = parse("a FETCH 1 BODY[TEXT]<100.2048>");
    ASSERT_TRUE(fetch);
    EXPECT_EQ(fetch->items[0].partial, (Partial{100, 2048}));
    EXPECT_EQ(names("a FETCH 1 BODY[TEXT]<100.2048>"), "BODY[TEXT]<100>");
    EXPECT_FALSE(parse("a FETCH 1 BODY[]<0.0>"));
    EXPECT_FALSE(parse("a FETCH 1 BODY[]<5>"));
    EXPECT_EQ(parse("a FETCH 1 BODY[]<4294967296.4294967296>")->items[0].partial, (Partial{1ULL << 32, 1ULL << 32}))
        << "RFC 9051 §9: number64";
    EXPECT_FALSE(parse("a FETCH 1 BODY[]<9223372036854775808.1>"));
}

// RFC 3516 §7
TEST(Fetch, BinaryNamesAPartAndNothingOfIt) {
    EXPECT_EQ(names("a FETCH 1 (BINARY[1.2]<5.10> BINARY.PEEK[] BINARY.SIZE[3])"),
              "BINARY[1.2]<5> BINARY[] BINARY.SIZE[3]");
    const auto fetch = parse("a FETCH 1 (binary[1] BINARY.PEEK[1] BINARY.SIZE[1])");
    ASSERT_TRUE(fetch);
    EXPECT_FALSE(fetch->items[0].peek);
    EXPECT_TRUE(fetch->items[1].peek);
    EXPECT_TRUE(fetch->items[2].peek);
    for (const char* item : {"BINARY", "BINARY.SIZE", "BINARY[TEXT]", "BINARY[1.MIME]", "BINARY[1.]", "BINARY[0]",
                             "BINARY.SIZE[1]<0.1>", "BINARY[1", "BINARY.PEEK[1]<0.0>"})
        EXPECT_FALSE(parse(std::string("a FETCH 1 ") + item)) << item;
}

TEST(Fetch, UidFetchAlwaysAnswersTheUid) {
    EXPECT_EQ(names("a UID FETCH 1:* FLAGS"), "UID FLAGS");
    EXPECT_EQ(names("a UID FETCH 1:* (FLAGS UID)"), "FLAGS UID");
}

TEST(Fetch, RefusesWrongSections) {
    for (const char* section :
         {"0", "1.", ".1", "MIME", "1.0", "HEADERS", "TEXT.1", "HEADER.FIELDS", "HEADER.FIELDS ()", "1..2"}) {
        EXPECT_FALSE(parse(std::string("a FETCH 1 BODY[") + section + "]")) << section;
    }
    EXPECT_FALSE(parse("a FETCH 1 BODY[TEXT"));
    EXPECT_FALSE(parse("a FETCH 1 BODY.PEEK"));
    EXPECT_EQ(error_of("a FETCH 1 ()"), "Missing FETCH item");
    EXPECT_EQ(error_of("a FETCH 1"), "Missing argument");
    EXPECT_EQ(error_of("a FETCH 1 COLOUR"), "Unknown FETCH item COLOUR");
    EXPECT_FALSE(parse("a FETCH 1 (FLAGS"));
}

TEST(Fetch, CountsAreBounded) {
    std::string items;
    for (int i = 0; i < 65; ++i) items += "FLAGS ";
    items.pop_back();
    EXPECT_EQ(error_of("a FETCH 1 (" + items + ")"), "Too many FETCH items");
    std::string deep = "1";
    for (int i = 0; i < 100; ++i) deep += ".1";
    EXPECT_EQ(error_of("a FETCH 1 BODY[" + deep + "]"), "Section too deep");
    std::string fields;
    for (int i = 0; i < 101; ++i) fields += "X ";
    fields.pop_back();
    EXPECT_EQ(error_of("a FETCH 1 BODY[HEADER.FIELDS (" + fields + ")]"), "Too many header field names");
}

}  // namespace
}  // namespace posthouse::imap
