// Annotations of messages (RFC 5257).
#include "lib/imap/annotations.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"
#include "lib/imap/sort.h"

namespace posthouse::imap {
namespace {

using namespace std::string_view_literals;

template <typename T>
std::optional<T> read_all(T (*read)(Arguments&), std::string_view text) {
    Arguments arguments(text);
    T value = read(arguments);
    arguments.end();
    return arguments.failed() ? std::nullopt : std::optional<T>(std::move(value));
}

template <typename C>
Result<C> parse(std::string_view command) {
    return parse_arguments<C>(*read_head(command));
}

const auto query = [](std::string_view text) { return read_all(read_annotation_query, text); };
const auto values = [](std::string_view text) { return read_all(read_annotation_values, text); };
const auto search = [](std::string_view text) { return read_all(read_annotation_search, text); };

// RFC 5257 §4.3
TEST(MessageAnnotations, FetchNamesEntriesAndAttributes) {
    EXPECT_EQ(query("(/comment value)"), (AnnotationQuery{{"/comment"}, {.value_priv = true, .value_shared = true}}));
    EXPECT_EQ(query("(/* (value.priv size.priv))"), (AnnotationQuery{{"/*"}, {.value_priv = true, .size_priv = true}}));
    EXPECT_EQ(query("((/comment /altsubject) (VALUE.priv size.shared))"),
              (AnnotationQuery{{"/comment", "/altsubject"}, {.value_priv = true, .size_shared = true}}));
    EXPECT_EQ(query("(* (value.shared size))"),
              (AnnotationQuery{{"*"}, {.value_shared = true, .size_priv = true, .size_shared = true}}));
    for (const char* bad : {"/comment value", "(/comment)", "(/comment colour)", "(() value)", "(/comment ())",
                            "(/comment value", "((/comment value)", "(comment value)"})
        EXPECT_FALSE(query(bad)) << bad;
}

// RFC 5257 §4.3: "%" stops at the separator, which is "." in attributes.
TEST(MessageAnnotations, AttributesHaveWildcards) {
    for (const char* all : {"*", "%"})
        EXPECT_EQ(query("(/1.2/% " + std::string(all) + ")"), (AnnotationQuery{{"/1.2/%"}, {true, true, true, true}}));
    EXPECT_EQ(query("(/a *.priv)"), (AnnotationQuery{{"/a"}, {.value_priv = true, .size_priv = true}}));
    EXPECT_EQ(query("(/a val%.%)"), (AnnotationQuery{{"/a"}, {.value_priv = true, .value_shared = true}}));
    EXPECT_FALSE(query("(/a %priv)"));
}

TEST(MessageAnnotations, FetchHasThemAmongItsItems) {
    const auto fetch = parse<Fetch>("a UID FETCH 1123 (UID ANNOTATION (/* (value.priv size.priv)) FLAGS)");
    ASSERT_TRUE(fetch);
    ASSERT_EQ(fetch->items.size(), 3U);
    EXPECT_EQ(fetch->items[1].kind, FetchItem::Kind::annotation);
    EXPECT_EQ(fetch->items[1].annotation.entries, std::vector<std::string>{"/*"});
    EXPECT_TRUE(parse<Fetch>("a FETCH 1 ANNOTATION (/comment value) (CHANGEDSINCE 5)"));
    EXPECT_FALSE(parse<Fetch>("a FETCH 1 (ANNOTATION)"));
    EXPECT_FALSE(parse<Fetch>("a FETCH 1 (ANNOTATION (/a value) ANNOTATION (/b value))"));
}

// RFC 5257 §4.5
TEST(MessageAnnotations, StoreSetsAndRemovesValues) {
    EXPECT_EQ(values("(/comment (value.priv \"My new comment\"))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, "My new comment"}}));
    EXPECT_EQ(values("(/comment (value.priv NIL))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, std::nullopt}}));
    EXPECT_EQ(values("(/comment (VALUE.PRIV {3}\r\na\nb value.shared \"s\") /altsubject (value.priv \"\"))"),
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, "a\nb"},
                                            {"/comment", AnnotationScope::shared, "s"},
                                            {"/altsubject", AnnotationScope::priv, ""}}));
    EXPECT_EQ(values("(/a (value.priv ~{3}\r\na\0b))"sv)->at(0).value, std::string("a\0b", 3));
    for (const char* bad : {"(/comment (value \"x\"))", "(/comment (size.priv \"1\"))", "(comment (value.priv \"x\"))",
                            "(/com*ment (value.priv \"x\"))", "(/comment/ (value.priv \"x\"))",
                            "(/comment (value.priv word))", "()", "(/comment ())"})
        EXPECT_FALSE(values(bad)) << bad;
}

TEST(MessageAnnotations, StoreTakesThemInThePlaceOfFlags) {
    const auto store = parse<Store>("a STORE 1 (UNCHANGEDSINCE 12) ANNOTATION (/comment (value.shared \"x\"))");
    ASSERT_TRUE(store);
    EXPECT_EQ(store->unchanged_since, 12U);
    EXPECT_EQ(store->annotations.size(), 1U);
    EXPECT_FALSE(parse<Store>("a STORE 1 +ANNOTATION (/comment (value.shared \"x\"))"));
    EXPECT_FALSE(parse<Store>("a STORE 1 ANNOTATION (/comment (value.shared \"x\")) FLAGS ()"));
}

// RFC 5257 §4.2
TEST(MessageAnnotations, SelectAsksForChanges) {
    EXPECT_TRUE(parse<Select>("a SELECT INBOX (ANNOTATE)")->annotate);
    EXPECT_TRUE(parse<Select>("a EXAMINE INBOX (CONDSTORE ANNOTATE)")->annotate);
    EXPECT_FALSE(parse<Select>("a SELECT INBOX")->annotate);
}

// RFC 5257 §4.7
TEST(MessageAnnotations, AppendTakesThemBeforeTheMessage) {
    const auto append = parse<Append>(
        "a APPEND drafts (\\Draft) ANNOTATION (/comment (value.priv \"Don't send until I say so\")) {310}\r\n");
    ASSERT_TRUE(append);
    const auto& begin = std::get<MessageBegin>(append->section.steps.at(0));
    EXPECT_EQ(begin.annotations,
              (std::vector<AnnotationValue>{{"/comment", AnnotationScope::priv, "Don't send until I say so"}}));
    EXPECT_EQ(append->section.octets()->size, 310U);
    EXPECT_TRUE(parse<Append>("a APPEND x ANNOTATION (/a (value.shared {1}\r\nb)) CATENATE (URL \"/INBOX/;UID=1\")"));
    EXPECT_FALSE(parse<Append>("a APPEND x ANNOTATION () {310}\r\n"));
    EXPECT_FALSE(ends_in_message_literal("a APPEND x ANNOTATION (/a (value.shared {1}\r\n")) << "a value, no message";
}

// RFC 5257 §4.8
TEST(MessageAnnotations, SearchLooksForText) {
    EXPECT_EQ(search("/comment value \"IMAP4\""), (AnnotationSearch{"/comment", std::nullopt, "IMAP4"}));
    EXPECT_EQ(search("* value.shared NIL"), (AnnotationSearch{"*", AnnotationScope::shared, std::nullopt}));
    for (const char* bad : {"/comment size \"1\"", "/comment value", "/comment value x"})
        EXPECT_FALSE(search(bad)) << bad;
    EXPECT_TRUE(parse<Search>("a SEARCH NOT ANNOTATION /comment value.priv \"IMAP4\" SEEN"));
    EXPECT_FALSE(parse<Search>("a SEARCH ANNOTATION /comment value {1}\r\n\xff"));
}

// RFC 5257 §4.9
TEST(MessageAnnotations, SortOrdersByThem) {
    const auto sort = parse<Sort>(
        "a SORT (REVERSE ANNOTATION /altsubject value.shared SIZE ANNOTATION /comment value.priv) UTF-8 ALL");
    ASSERT_TRUE(sort);
    ASSERT_EQ(sort->criteria.size(), 3U);
    EXPECT_TRUE(sort->criteria[0].reverse);
    EXPECT_EQ(sort->criteria[0].entry, "/altsubject");
    EXPECT_EQ(sort->criteria[2].annotation, 1U);
    for (const char* bad : {"a SORT (ANNOTATION) UTF-8 ALL", "a SORT (ANNOTATION /a) UTF-8 ALL",
                            "a SORT (ANNOTATION /a value) UTF-8 ALL", "a SORT (ANNOTATION /* value.priv) UTF-8 ALL"})
        EXPECT_FALSE(parse<Sort>(bad)) << bad;
    const std::vector<SortMessage> messages{{.number = 1, .size = 5, .annotations = {"B", ""}},
                                            {.number = 2, .size = 5, .annotations = {"B", "A"}},
                                            {.number = 3, .annotations = {"C", ""}}};
    EXPECT_EQ(sort_messages(messages, sort->criteria), (std::vector<std::uint32_t>{3, 1, 2}));
}

TEST(MessageAnnotations, NamesBeginWithASlashAndHaveNoWildcards) {
    for (const char* name : {"/comment", "/1.2.3/flags/seen", "/vendor/acme/colour", "/vendor/acme/f\xc3\xa4rbung"})
        EXPECT_TRUE(is_annotation_entry(name)) << name;
    for (const std::string& name :
         {std::string("comment"), std::string("/"), std::string("/a//b"), std::string("/a/"), std::string("/a\tb"),
          std::string("/a%"), std::string("/a*"), std::string("/\xe4"), "/" + std::string(kMaxAnnotationName, 'a')})
        EXPECT_FALSE(is_annotation_entry(name)) << name;
}

TEST(MessageAnnotations, AreShownAsFetchAnswers) {
    const auto shown = [](const AnnotationShown& annotation, const AnnotationAttributes& attributes) {
        std::string out;
        append_annotation(out, annotation, attributes);
        return out;
    };
    EXPECT_EQ(shown({"/comment", "My comment", "Group note"}, {.value_priv = true, .value_shared = true}),
              "/comment (value.priv \"My comment\" value.shared \"Group note\")");
    EXPECT_EQ(shown({"/comment", "My comment", {}}, {true, true, true, true}),
              "/comment (value.priv \"My comment\" size.priv \"10\" value.shared NIL size.shared \"0\")");
    EXPECT_EQ(shown({"/a", std::string_view("\0", 1), {}}, {.value_priv = true}), "/a (value.priv ~{1}\r\n\0)"sv);
    std::string changed;
    append_changed_annotations(changed, std::vector<std::string>{"/altsubject", "/comment"});
    EXPECT_EQ(changed, "ANNOTATION (/altsubject /comment)");
}

TEST(MessageAnnotations, CountsAreBounded) {
    std::string many = "((";
    std::string stored = "(";
    for (int i = 0; i < 100'000; ++i) {
        many += "/a ";
        stored += "/a (value.priv \"\") ";
    }
    EXPECT_FALSE(query(many + "/a) value)"));
    std::string attributes = "(/a (value";
    for (int i = 0; i < 1000; ++i) attributes += " value";
    EXPECT_FALSE(query(attributes + "))"));
    EXPECT_FALSE(values(stored + "/a (value.priv \"\"))"));
}

}  // namespace
}  // namespace posthouse::imap
