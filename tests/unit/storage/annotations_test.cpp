// Annotations, the text that keeps them, and special uses.
#include "storage/annotations.h"

#include "storage/annotation_room.h"
#include "storage/special_use.h"
#include "tests/unit/storage/mail_root.h"

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

TEST(Annotations, AReaderTakesNothingFromTheOwnerOrOtherReaders) {
    Annotations annotations;
    const auto put = [&](const AnnotationUser& user, std::size_t number, std::size_t bytes) {
        const auto set = annotations.set(entry("/private/" + std::to_string(number)), user, std::string(bytes, 'x'));
        if (!set) EXPECT_EQ(set.error().code, ErrorCode::limit);
        return set.has_value();
    };
    const AnnotationUser ann = "ann@example.org";
    EXPECT_FALSE(put(ann, 0, Annotations::max_reader_bytes));
    EXPECT_TRUE(put(ann, 0, Annotations::max_reader_bytes / 2));
    EXPECT_FALSE(put(ann, 1, Annotations::max_reader_bytes / 2));
    EXPECT_TRUE(put(ann, 0, 1));
    for (std::size_t i = 1; i < Annotations::max_reader_entries; ++i) ASSERT_TRUE(put(ann, i, 1));
    EXPECT_FALSE(put(ann, Annotations::max_reader_entries, 1));
    for (std::size_t i = 0; i < Annotations::max_entries; ++i) ASSERT_TRUE(put(owner, i, 1));
    EXPECT_FALSE(put(owner, Annotations::max_entries, 1));
    std::size_t readers = 1;
    while (put("reader" + std::to_string(readers), 0, Annotations::max_reader_bytes - 100)) ++readers;
    EXPECT_EQ(readers, Annotations::max_total_bytes / Annotations::max_reader_bytes);
    EXPECT_TRUE(put(owner, 0, Annotations::max_value_bytes)) << "the owner's room is the owner's";
    EXPECT_EQ(Annotations::parse(annotations.text()).text(), annotations.text());
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

class AnnotationsTest : public MailRoot {
  protected:
    Result<> annotate(std::string_view mailbox, std::string_view name, std::optional<std::string> value) {
        return account->set_annotation(named(mailbox), entry(name), owner, std::move(value));
    }
    std::optional<std::string> value(std::string_view mailbox, std::string_view name) {
        return account->annotations(named(mailbox)).value().find(entry(name), owner);
    }
    /// "Sent \\Sent": the mailboxes that show a special use.
    std::vector<std::string> uses() {
        std::vector<std::string> lines;
        const auto list = account->list().value();
        for (const ListedMailbox& mailbox : list)
            if (!mailbox.special_use.empty()) lines.push_back(mailbox.name.text() + " " + mailbox.special_use);
        return lines;
    }
    void only(std::string_view mailbox) {
        for (const DefaultFolder& usual : usual_folders())
            if (usual.name != mailbox) ASSERT_TRUE(account->remove(named(usual.name)));
    }
    static ErrorCode code(const Result<>& result) { return result ? ErrorCode::internal : result.error().code; }
    using Lines = std::vector<std::string>;
};

TEST_F(AnnotationsTest, AMailboxAndTheAccountHaveTheirOwn) {
    ASSERT_TRUE(annotate("INBOX", "/shared/comment", "of INBOX"));
    ASSERT_TRUE(annotate("Sent", "/shared/comment", "of Sent"));
    ASSERT_TRUE(account->set_annotation(std::nullopt, entry("/shared/comment"), owner, "of all"));
    EXPECT_EQ(value("INBOX", "/shared/comment"), "of INBOX");
    EXPECT_EQ(value("Sent", "/shared/comment"), "of Sent");
    EXPECT_EQ(account->annotations(std::nullopt).value().find(entry("/shared/comment"), owner), "of all");
    EXPECT_EQ(read(".Sent/posthouse-metadata"), "posthouse-metadata 1\n/shared/comment\t\tof Sent\nend 1\n");
    EXPECT_EQ(code(annotate("No", "/shared/comment", "x")), ErrorCode::not_found);
    EXPECT_EQ(account->annotations(named("No")).error().code, ErrorCode::not_found);
    ASSERT_TRUE(annotate("Sent", "/shared/comment", std::nullopt));
    EXPECT_EQ(value("Sent", "/shared/comment"), std::nullopt);
}

TEST_F(AnnotationsTest, AnAccountHasRoomForSoMany) {
    const AnnotationUser ann = "ann@example.org";
    const std::string large(uncounted_annotations, 'x');
    const auto size_of_others = [&](std::uint64_t size) {
        write(".Junk/posthouse-metadata", "");
        std::filesystem::resize_file(path(".Junk/posthouse-metadata"), size);
    };
    size_of_others(annotation_room_of_readers);
    ASSERT_TRUE(annotate("Sent", "/shared/a", large)) << "readers can't take all of it";
    EXPECT_EQ(account->set_annotation(named("Sent"), entry("/private/a"), ann, "x").error().code, ErrorCode::limit);
    size_of_others(annotation_room);
    EXPECT_EQ(code(annotate("Sent", "/shared/b", "x")), ErrorCode::limit);
    EXPECT_EQ(value("Sent", "/shared/b"), std::nullopt);
    ASSERT_TRUE(annotate("Trash", "/shared/a", "x")) << "little is never too much";
    ASSERT_TRUE(annotate("Sent", "/shared/a", std::nullopt));
    ASSERT_TRUE(annotate("Sent", "/shared/b", "x"));
}

TEST_F(AnnotationsTest, FollowARenameAndEndWithTheirMailbox) {
    ASSERT_TRUE(account->create(named("Work")));
    ASSERT_TRUE(account->create(named("Work/Open")));
    ASSERT_TRUE(annotate("Work/Open", "/shared/comment", "kept"));
    ASSERT_TRUE(annotate("INBOX", "/shared/comment", "stays"));
    ASSERT_TRUE(account->rename(named("Work"), named("Play")));
    EXPECT_EQ(value("Play/Open", "/shared/comment"), "kept");
    ASSERT_TRUE(account->rename(named("INBOX"), named("Old")));
    EXPECT_EQ(value("INBOX", "/shared/comment"), "stays");
    EXPECT_EQ(value("Old", "/shared/comment"), std::nullopt);
    ASSERT_TRUE(account->remove(named("Play/Open")));
    ASSERT_TRUE(account->create(named("Play/Open")));
    EXPECT_EQ(value("Play/Open", "/shared/comment"), std::nullopt);
}

TEST_F(AnnotationsTest, ADamagedFileIsKeptAsideWhenItIsReplaced) {
    write(".Sent/posthouse-metadata", "posthouse-metadata 1\n/shared/a\t\tone\n/shared/b\t\ttw");
    EXPECT_EQ(value("Sent", "/shared/a"), "one");
    ASSERT_TRUE(annotate("Sent", "/shared/a", "one"));
    EXPECT_EQ(value("Sent", "/shared/a"), "one");
    ASSERT_TRUE(annotate("Sent", "/shared/c", "three"));
    EXPECT_EQ(value("Sent", "/shared/a"), "one");
    EXPECT_FALSE(account->annotations(named("Sent")).value().damaged());
    std::filesystem::remove(path(".Junk/posthouse-metadata"));
    std::filesystem::create_directory(path(".Junk/posthouse-metadata"));
    EXPECT_EQ(uses().size(), 5u) << "LIST goes on";
    ASSERT_TRUE(annotate("Junk", "/shared/a", "one"));
    EXPECT_EQ(value("Junk", "/shared/a"), "one");
    for (const std::string folder : {".Sent", ".Junk"}) {
        const Lines names = files(folder);
        const auto aside = std::ranges::find_if(
            names, [](const std::string& name) { return name.starts_with("posthouse-metadata.damaged."); });
        ASSERT_NE(aside, names.end()) << folder;
        if (folder == ".Sent") EXPECT_TRUE(read(folder + "/" + *aside).ends_with("\ttw"));
    }
}

TEST_F(AnnotationsTest, ASpecialUseIsGivenAndTakenAway) {
    only("Sent");
    ASSERT_TRUE(account->create(named("Gesendet")));
    EXPECT_EQ(uses(), Lines{"Sent \\Sent"});
    ASSERT_TRUE(account->set_special_use(named("Gesendet"), "\\sent"));
    EXPECT_EQ(uses(), Lines{"Gesendet \\Sent"});
    EXPECT_EQ(value("Gesendet", "/private/specialuse"), "\\Sent");
    EXPECT_EQ(code(account->set_special_use(named("Sent"), "\\Sent")), ErrorCode::exists);
    ASSERT_TRUE(account->set_special_use(named("Sent"), ""));
    ASSERT_TRUE(account->set_special_use(named("Gesendet"), ""));
    EXPECT_EQ(uses(), Lines{});
    EXPECT_EQ(value("Sent", "/private/specialuse"), "") << "said, as its name stands for one";
    EXPECT_EQ(value("Gesendet", "/private/specialuse"), std::nullopt);
    ASSERT_TRUE(account->set_special_use(named("Sent"), "\\Junk"));
    EXPECT_EQ(uses(), Lines{"Sent \\Junk"});
    EXPECT_EQ(code(account->set_special_use(named("Sent"), "\\Nonsense")), ErrorCode::invalid);
    EXPECT_EQ(code(account->set_special_use(named("Sent"), "\\All")), ErrorCode::unsupported);
    EXPECT_EQ(code(account->set_special_use(named("No"), "\\Junk")), ErrorCode::not_found);
}

TEST_F(AnnotationsTest, ASpecialUseIsAnAnnotationOfTheOwners) {
    only("Sent");
    ASSERT_TRUE(account->create(named("Gesendet")));
    ASSERT_TRUE(annotate("Gesendet", "/private/specialuse", "\\SENT"));
    EXPECT_EQ(uses(), Lines{"Gesendet \\Sent"});
    EXPECT_EQ(code(annotate("Sent", "/private/specialuse", "\\Sent")), ErrorCode::exists);
    EXPECT_EQ(code(annotate("Sent", "/private/specialuse", "Sent")), ErrorCode::invalid);
    ASSERT_TRUE(account->set_annotation(named("Sent"), special_use_entry(), "ann@example.org", "\\Sent"));
    EXPECT_EQ(uses(), Lines{"Gesendet \\Sent"});
    ASSERT_TRUE(annotate("Gesendet", "/private/specialuse", std::nullopt));
    EXPECT_EQ(uses(), Lines{"Sent \\Sent"});
}

TEST_F(AnnotationsTest, AMailboxIsMadeWithItsSpecialUse) {
    only("Sent");
    ASSERT_TRUE(account->create(named("Mist"), {"\\Trash"}));
    EXPECT_EQ(uses(), (Lines{"Mist \\Trash", "Sent \\Sent"}));
    EXPECT_EQ(code(account->create(named("Muell"), {"\\Trash"})), ErrorCode::exists);
    EXPECT_EQ(code(account->create(named("Muell"), {"\\Flagged"})), ErrorCode::unsupported);
    EXPECT_FALSE(account->exists(named("Muell")).value());
}

TEST_F(AnnotationsTest, ARenamedMailboxKeepsItsSpecialUse) {
    only("Sent");
    ASSERT_TRUE(account->create(named("Mist"), {"\\Trash"}));
    ASSERT_TRUE(account->rename(named("Mist"), named("Muell")));
    ASSERT_TRUE(account->rename(named("Sent"), named("Gesendet")));
    EXPECT_EQ(uses(), (Lines{"Gesendet \\Sent", "Muell \\Trash"}));
    ASSERT_TRUE(account->create(named("Sent")));
    EXPECT_EQ(uses(), (Lines{"Gesendet \\Sent", "Muell \\Trash"}));
    ASSERT_TRUE(account->remove(named("Gesendet")));
    EXPECT_EQ(uses(), (Lines{"Muell \\Trash", "Sent \\Sent"}));
    ASSERT_TRUE(account->create(named("Other"), {"\\Sent"}));
    ASSERT_TRUE(account->rename(named("Sent"), named("Plain")));
    EXPECT_EQ(uses(), (Lines{"Muell \\Trash", "Other \\Sent"})) << "one that wasn't shown isn't kept";
}

}  // namespace
}  // namespace posthouse::storage
