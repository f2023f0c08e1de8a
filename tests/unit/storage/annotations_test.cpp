// Annotations, the text that keeps them, and special uses.
#include "storage/annotations.h"

#include <gtest/gtest.h>

#include "storage/special_use.h"

namespace posthouse::storage {
namespace {

EntryName entry(std::string_view text) { return EntryName::parse(text).value(); }

const AnnotationUser owner;

TEST(EntryName, BelongsToOneUserOrToAll) {
    EXPECT_TRUE(entry("/private/comment").is_private());
    EXPECT_FALSE(entry("/shared/vendor/cmu/cyrus-imapd/expire").is_private());
    EXPECT_EQ(entry("/SHARED/Comment"), entry("/shared/comment"));
    for (const std::string text : {"", "/", "comment", "/comment", "/private", "/private/", "/shared//x", "/shared/x/",
                                   "/shared/*", "/shared/%", "/shared/a\tb", "/shared/\xc3\xa4", "private/x"})
        EXPECT_EQ(EntryName::parse(text).error().code, ErrorCode::invalid) << text;
    EXPECT_EQ(EntryName::parse("/shared/" + std::string(248, 'x')).error().code, ErrorCode::limit);
}

TEST(Annotations, HoldAnyOctets) {
    std::string value;
    for (int i = 0; i < 256; ++i) value += static_cast<char>(i);
    Annotations annotations;
    EXPECT_TRUE(annotations.set(entry("/shared/comment"), owner, "My comment").value());
    EXPECT_TRUE(annotations.set(entry("/private/comment"), owner, value).value());
    EXPECT_TRUE(annotations.set(entry("/private/empty"), owner, "").value());
    EXPECT_FALSE(annotations.set(entry("/private/comment"), owner, value).value());
    const Annotations again = Annotations::parse(annotations.text());
    EXPECT_FALSE(again.damaged());
    EXPECT_EQ(again.find(entry("/private/comment"), owner), value);
    EXPECT_EQ(again.find(entry("/private/empty"), owner), "");
    EXPECT_EQ(again.find(entry("/private/none"), owner), std::nullopt);
    EXPECT_TRUE(annotations.set(entry("/private/empty"), owner, std::nullopt).value());
    EXPECT_FALSE(annotations.set(entry("/private/empty"), owner, std::nullopt).value());
}

TEST(Annotations, EachUserHasPrivateValuesOfHisOwn) {
    const AnnotationUser ann = "ann@example.org";
    Annotations annotations;
    ASSERT_TRUE(annotations.set(entry("/private/comment"), owner, "mine"));
    ASSERT_TRUE(annotations.set(entry("/private/comment"), ann, "hers"));
    ASSERT_TRUE(annotations.set(entry("/shared/comment"), ann, "ours"));
    EXPECT_EQ(annotations.text(),
              "posthouse-metadata 1\n/private/comment\t\tmine\n/private/comment\tann@example.org\thers\n"
              "/shared/comment\t\tours\nend 3\n");
    const Annotations again = Annotations::parse(annotations.text());
    EXPECT_EQ(again.find(entry("/private/comment"), owner), "mine");
    EXPECT_EQ(again.find(entry("/private/comment"), ann), "hers");
    EXPECT_EQ(again.find(entry("/shared/comment"), owner), "ours");
    EXPECT_EQ(again.all().size(), 3u);
    ASSERT_EQ(again.visible_to(ann).size(), 2u);
    EXPECT_EQ(again.visible_to(ann)[0].value, "hers");
    for (const std::string& user : {std::string(), std::string("a\tb"), std::string("\xff"), std::string(513, 'x')})
        EXPECT_EQ(annotations.set(entry("/private/comment"), user, "x").error().code, ErrorCode::invalid) << user;
}

TEST(Annotations, AreBounded) {
    Annotations annotations;
    const auto put = [&](const std::string& name, std::size_t bytes) -> ErrorCode {
        const auto set = annotations.set(entry("/shared/" + name), owner, std::string(bytes, '\n'));
        return set ? ErrorCode::internal : set.error().code;
    };
    constexpr ErrorCode none = ErrorCode::internal;
    EXPECT_EQ(put("a", Annotations::max_value_bytes + 1), ErrorCode::limit);
    for (int i = 0; i < 15; ++i) EXPECT_EQ(put(std::to_string(i), Annotations::max_value_bytes), none);
    EXPECT_EQ(put("15", Annotations::max_value_bytes), ErrorCode::limit) << "together";
    EXPECT_EQ(put("3", 5), none);
    EXPECT_EQ(put("15", Annotations::max_value_bytes), none);
    EXPECT_EQ(Annotations::parse(annotations.text()).text(), annotations.text());
    annotations = {};
    for (std::size_t i = 0; i < Annotations::max_entries; ++i) ASSERT_EQ(put(std::to_string(i), 1), none);
    EXPECT_EQ(put("more", 1), ErrorCode::limit);
    EXPECT_EQ(put("7", 2), none);
}

TEST(Annotations, WhatIsReadableOfADamagedFileStays) {
    const std::string good = "posthouse-metadata 1\n/private/a\t\tone\n/shared/b\t\ttwo\nend 2\n";
    ASSERT_FALSE(Annotations::parse(good).damaged());
    const auto names = [](std::string_view text) {
        const Annotations found = Annotations::parse(text);
        EXPECT_TRUE(found.damaged()) << text;
        EXPECT_FALSE(Annotations::parse(found.text()).damaged());
        std::string list;
        for (const Annotation& one : found.all()) list += one.name.text() + "=" + one.value + " ";
        return list;
    };
    EXPECT_EQ(names(""), "");
    EXPECT_EQ(names(std::string(300, '\0')), "");
    EXPECT_EQ(names("posthouse-metadata 1\n/private/a\t\tone\n/shared/b\t\ttw"), "/private/a=one ");
    EXPECT_EQ(names("posthouse-metadata 1\n/private/a\t\tone\n/shared/b\t\ttwo\n"), "/private/a=one /shared/b=two ");
    EXPECT_EQ(names("posthouse-metadata 1\n/private/a\t\tone\nend 2\n"), "/private/a=one ");
    EXPECT_EQ(names("posthouse-metadata 1\n/private/a\t\tone\nend 1"), "/private/a=one ");
    EXPECT_EQ(names("/private/a\t\tone\nend 1\n"), "/private/a=one ");
    EXPECT_EQ(names("posthouse-metadata 1\n/private/a\t\tone\n/Shared/b\t\ttwo\n/shared/b\tann\tx\n/shared/c\t\t\\x4\n"
                    "/shared/c\t\t\\x41\n/shared/c\t\t\\\\\n/private/a\t\tagain\n/shared/d\t\td\x01\nend 1\n"),
              "/private/a=one ");
}

TEST(SpecialUse, IsOneOfFive) {
    EXPECT_EQ(parse_special_use("\\sent"), "\\Sent");
    EXPECT_EQ(parse_special_use(""), "");
    EXPECT_EQ(parse_special_use("\\All").error().code, ErrorCode::unsupported);
    EXPECT_EQ(parse_special_use("\\Sent \\Junk").error().code, ErrorCode::unsupported);
    EXPECT_EQ(parse_special_use("Sent").error().code, ErrorCode::invalid);
    EXPECT_EQ(special_use_entry().text(), "/private/specialuse");
}

TEST(SpecialUse, IsShownForOneMailbox) {
    using Shown = std::vector<std::string>;
    EXPECT_EQ(shown_special_uses({{{}, ""}, {{}, "\\Sent"}, {{}, "\\Junk"}}), (Shown{"", "\\Sent", "\\Junk"}));
    EXPECT_EQ(shown_special_uses({{{}, "\\Sent"}, {"\\Sent", ""}}), (Shown{"", "\\Sent"}))
        << "what was said goes first";
    EXPECT_EQ(shown_special_uses({{"", "\\Sent"}, {"nonsense", "\\Junk"}}), (Shown{"", ""}));
    EXPECT_EQ(shown_special_uses({{"\\Sent", ""}, {"\\Sent", "\\Junk"}}), (Shown{"\\Sent", ""}));
    EXPECT_EQ(shown_special_uses({{"\\Junk", "\\Sent"}, {{}, "\\Junk"}}), (Shown{"\\Junk", ""}));
}

}  // namespace
}  // namespace posthouse::storage
