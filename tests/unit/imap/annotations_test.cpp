// Annotations of messages (RFC 5257).
#include "lib/imap/annotations.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

template <typename T>
std::optional<T> read_all(T (*read)(Arguments&), std::string_view text) {
    Arguments arguments(text);
    T value = read(arguments);
    arguments.end();
    return arguments.failed() ? std::nullopt : std::optional<T>(std::move(value));
}

const auto query = [](std::string_view text) { return read_all(read_annotation_query, text); };
const auto values = [](std::string_view text) { return read_all(read_annotation_values, text); };
const auto search = [](std::string_view text) { return read_all(read_annotation_search, text); };

// RFC 5257 §4.3
TEST(MessageAnnotations, FetchNamesEntriesAndAttributes) {
    EXPECT_EQ(query("(/comment value)"), (AnnotationQuery{{"/comment"}, {.value_priv = true, .value_shared = true}}));
    EXPECT_EQ(query("((/comment /altsubject) (value.priv size.shared))"),
              (AnnotationQuery{{"/comment", "/altsubject"}, {.value_priv = true, .size_shared = true}}));
    EXPECT_EQ(query("(* (value.shared size))"),
              (AnnotationQuery{{"*"}, {.value_shared = true, .size_priv = true, .size_shared = true}}));
    EXPECT_EQ(query("(/1.2/% *)"), (AnnotationQuery{{"/1.2/%"}, {true, true, true, true}}));
    for (const char* bad : {"/comment value", "(/comment)", "(/comment colour)", "(() value)", "(/comment ())",
                            "(/comment value", "((/comment value)"})
        EXPECT_FALSE(query(bad)) << bad;
}

// RFC 5257 §4.4
TEST(MessageAnnotations, StoreSetsAndRemovesValues) {
    EXPECT_EQ(values("(/comment (value.priv \"My new comment\"))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, "My new comment"}}));
    EXPECT_EQ(values("(/comment (value.priv NIL))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, std::nullopt}}));
    EXPECT_EQ(values("(/comment (VALUE.PRIV {3}\r\na\nb value.shared \"s\") /altsubject (value.priv \"\"))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, "a\nb"},
                                            {"/comment", AnnotationScope::shared, "s"},
                                            {"/altsubject", AnnotationScope::priv, ""}}));
    for (const char* bad : {"(/comment (value \"x\"))", "(/comment (size.priv \"1\"))", "(comment (value.priv \"x\"))",
                            "(/com*ment (value.priv \"x\"))", "(/comment/ (value.priv \"x\"))",
                            "(/comment (value.priv word))", "()", "(/comment ())"})
        EXPECT_FALSE(values(bad)) << bad;
}

// RFC 5257 §4.6
TEST(MessageAnnotations, SearchLooksForText) {
    EXPECT_EQ(search("/comment value \"IMAP4\""), (AnnotationSearch{"/comment", std::nullopt, "IMAP4"}));
    EXPECT_EQ(search("* value.shared NIL"), (AnnotationSearch{"*", AnnotationScope::shared, std::nullopt}));
    for (const char* bad : {"/comment size \"1\"", "/comment value", "/comment value x"})
        EXPECT_FALSE(search(bad)) << bad;
}

TEST(MessageAnnotations, NamesBeginWithASlashAndHaveNoWildcards) {
    for (const char* name : {"/comment", "/1.2.3/flags/seen", "/vendor/acme/colour"})
        EXPECT_TRUE(is_annotation_entry(name)) << name;
    for (const std::string& name :
         {std::string("comment"), std::string("/"), std::string("/a//b"), std::string("/a/"), std::string("/a b"),
          std::string("/a%"), std::string("/\xc3\xa4"), "/" + std::string(kMaxAnnotationName, 'a')})
        EXPECT_FALSE(is_annotation_entry(name)) << name;
}

TEST(MessageAnnotations, ShownAsFetchAnswers) {
    std::string out;
    append_annotation(out, "/comment", {{"value.priv", "My comment"}, {"value.shared", std::nullopt}});
    EXPECT_EQ(out, "/comment (value.priv \"My comment\" value.shared NIL)");
}

TEST(MessageAnnotations, CountsAreBounded) {
    std::string many = "((";
    for (int i = 0; i < 100'000; ++i) many += "/a ";
    EXPECT_FALSE(query(many + "/a) value)"));
}

}  // namespace
}  // namespace posthouse::imap
