// Tests of lib/mime/header.h.
#include "lib/mime/header.h"

#include <gtest/gtest.h>

#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

TEST(Header, EndsWithItsFirstEmptyLineWhateverTheLineEnds) {
    EXPECT_EQ(find_header("A: 1\r\n\r\nbody"), (Range{0, 8}));
    EXPECT_EQ(find_header("A: 1\nB: 2\n\nbody"), (Range{0, 11}));
    EXPECT_EQ(find_header("A: 1\r\nB: 2\n\r\nbody"), (Range{0, 13}));
    EXPECT_EQ(find_header("\nbody"), (Range{0, 1}));
    EXPECT_EQ(find_header("A: 1"), (Range{0, 4}));
    EXPECT_EQ(find_header(""), (Range{0, 0}));
}

// RFC 5322 §2.2.3.
TEST(Header, UnfoldingRemovesOnlyTheLineEnd) {
    EXPECT_EQ(unfold(" This\r\n is a test"), "This is a test");
    EXPECT_EQ(unfold("a\n\tb\r\n  c\r\n"), "a\tb  c");
    EXPECT_EQ(unfold(" \r\n \r\n x \r\n "), "x");
    EXPECT_EQ(unfold("a\rb"), "a\rb");
}

TEST(Header, FieldsComeInOrderWithTheirRanges) {
    const std::string_view message = "Subject: one\r\n two\r\nto:x\nX-Empty:\n\nbody: no\n";
    HeaderReader reader(message, find_header(message));
    const auto subject = reader.next();
    ASSERT_TRUE(subject);
    EXPECT_TRUE(subject->is("SUBJECT"));
    EXPECT_EQ(subject->value, " one\r\n two");
    EXPECT_EQ(subject->text(), "one two");
    EXPECT_EQ(subject->whole.of(message), "Subject: one\r\n two\r\n");
    const auto to = reader.next();
    ASSERT_TRUE(to);
    EXPECT_EQ(to->name, "to");
    EXPECT_EQ(to->value, "x");
    const auto empty = reader.next();
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->text(), "");
    EXPECT_FALSE(reader.next());
}

TEST(Header, LinesThatAreNoFieldsHaveNoNameAndHideNothing) {
    const std::string_view message =
        "From alice Mon Jan  1 00:00:00 2001\n folded\nno colon\n: nameless\nb\xE4"
        "d: 1\nSubject : real\n\n";
    HeaderReader reader(message);
    for (const std::string_view line : {"From alice Mon Jan  1 00:00:00 2001\n folded", "no colon", ": nameless",
                                        "b\xE4"
                                        "d: 1"}) {
        const auto field = reader.next();
        ASSERT_TRUE(field);
        EXPECT_EQ(field->name, "");
        EXPECT_EQ(field->value, line);
    }
    const auto subject = reader.next();
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->name, "Subject");
    EXPECT_EQ(subject->text(), "real");
}

TEST(Header, NulAndBareCrStayInTheValue) {
    using namespace std::string_view_literals;
    const auto field = HeaderReader("A: x\0y\rz\r\n"sv).next();
    ASSERT_TRUE(field);
    EXPECT_EQ(field->text(), "x\0y\rz"sv);
}

TEST(Header, FirstAndAllFieldsAreFoundWithoutCase) {
    const std::string_view message = "Received: 1\nX: y\nreceived: 2\n\nReceived: 3\n";
    const Range header = find_header(message);
    EXPECT_EQ(first_field(message, header, "RECEIVED")->text(), "1");
    EXPECT_EQ(all_fields(message, header, "Received").size(), 2u);
    EXPECT_FALSE(first_field(message, header, "Subject"));
}

TEST(Header, FieldsOverTheBoundsAreNotRead) {
    std::string many;
    for (std::size_t i = 0; i < max_header_fields + 5; ++i) many += "A: b\n";
    EXPECT_EQ(all_fields(many, {0, many.size()}, "a").size(), max_header_fields);
    const std::string large = "A: " + std::string(max_header_size, 'x') + "\nB: y\n";
    EXPECT_TRUE(first_field(large, {0, large.size()}, "a"));
    EXPECT_FALSE(first_field(large, {0, large.size()}, "b"));
}

}  // namespace
}  // namespace posthouse::mime
