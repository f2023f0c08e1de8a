// posthouse-annotations: annotations of messages; kept, told, and not lost to damage.
#include "storage/message_annotations.h"

#include "storage/annotation_room.h"
#include "storage/message_annotation_file.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using imap::AnnotationScope;
using imap::AnnotationValue;
using Annotating = std::vector<AnnotationValue>;

TEST(AnnotationRecords, WhatIsWrittenIsRead) {
    const auto is_read = [](const auto& record, std::string_view text) {
        EXPECT_EQ(to_record(record), text);
        EXPECT_EQ(parse_annotation_record(text), AnyAnnotationRecord(record)) << text;
    };
    is_read(AnnotationHeader{UidValidity(7), "ann@example.org"}, "V 7 ann@example.org");
    is_read(AnnotationRecord{Uid(9), "/comment", "two\nlines \\ and\ttabs"},
            "A 9 /comment\ttwo\\nlines \\\\ and\ttabs");
    is_read(AnnotationRecord{Uid(9), "/comment", std::string("\0", 1)}, std::string_view("A 9 /comment\t\0", 14));
    is_read(AnnotationRecord{Uid(9), "/comment", ""}, "A 9 /comment\t");
    is_read(AnnotationRecord{Uid(9), "/comment", std::nullopt}, "N 9 /comment");
    is_read(AnnotationDrop{Uid(9)}, "D 9");
    for (const char* bad : {"", "A", "A 9", "A 9 /comment", "A 0 /a\tx", "A 09 /a\tx", "A 9 a\tx", "A 9 /a\tx\\",
                            "V x y", "A 9 /a\tx\\y", "N 9 /a\tx", "D 9 x", "D 4294967296", "X 9 /a\tx"})
        EXPECT_FALSE(parse_annotation_record(bad)) << bad;
}

TEST(AnnotationTables, ValuesAreBounded) {
    AnnotationTable table;
    EXPECT_EQ(table.set(Uid(1), "/a", std::string(max_message_annotation_bytes, 'x')), true);
    EXPECT_EQ(table.set(Uid(1), "/a", std::string(max_message_annotation_bytes + 1, 'x')).error().code,
              ErrorCode::limit);
    for (std::size_t i = 1; i < max_message_annotations; ++i)
        EXPECT_EQ(table.set(Uid(1), "/n" + std::to_string(i), "x"), true);
    EXPECT_EQ(table.set(Uid(1), "/more", "x").error().code, ErrorCode::limit);
    EXPECT_EQ(table.set(Uid(1), "/n1", "y"), true) << "the place of another";
    std::uint32_t uid = 2;
    while (table.set(Uid(uid), "/a", std::string(max_message_annotation_bytes, 'x'))) ++uid;
    EXPECT_LE(table.bytes(), max_annotation_table_bytes);
    EXPECT_GT(table.bytes(), max_annotation_table_bytes - 2 * max_message_annotation_bytes);
    table.drop(Uid(2));
    EXPECT_EQ(table.set(Uid(uid), "/a", "x"), true);
    for (std::uint32_t gone = 1; gone <= uid; ++gone) table.drop(Uid(gone));
    EXPECT_EQ(table.bytes(), 0U);
    EXPECT_EQ(table.size(), 0U);
}

TEST(AnnotationTables, DifferAsFarAsTheirValuesDo) {
    AnnotationTable before;
    ASSERT_TRUE(before.set(Uid(1), "/a", "x"));
    ASSERT_TRUE(before.set(Uid(1), "/b", "x"));
    ASSERT_TRUE(before.set(Uid(2), "/a", "x"));
    AnnotationTable now = before;
    EXPECT_TRUE(differences(before, now).empty());
    EXPECT_EQ(now.set(Uid(1), "/a", "x"), false);
    ASSERT_TRUE(now.set(Uid(1), "/a", "y"));
    ASSERT_TRUE(now.set(Uid(2), "/a", std::nullopt));
    ASSERT_TRUE(now.set(Uid(3), "/c", ""));
    const std::map<std::uint32_t, std::set<std::string>> expected{{1, {"/a"}}, {2, {"/a"}}, {3, {"/c"}}};
    EXPECT_EQ(differences(before, now), expected);
}

class MessageAnnotationsTest : public MailRoot {
  protected:
    MessageAnnotationsTest() {
        for (int i = 0; i < 4; ++i) append(*inbox, "Subject: x\n\ny\n");
    }
    static AnnotationValue shared(std::string entry, std::optional<std::string> value) {
        return {std::move(entry), AnnotationScope::shared, std::move(value)};
    }
    static AnnotationValue own(std::string entry, std::optional<std::string> value) {
        return {std::move(entry), AnnotationScope::priv, std::move(value)};
    }
    static Result<ConditionalStore> store(const std::shared_ptr<Mailbox>& mailbox, const UidSet& uids,
                                          const Annotating& values, const AnnotationUser& user = {}) {
        return mailbox->store_annotations(uids, values, user, std::nullopt);
    }
    /// A message's values as text: those of all, "|", the user's.
    static std::string values_of(const std::shared_ptr<Mailbox>& mailbox, std::uint32_t uid,
                                 const AnnotationUser& user = {}) {
        const AnnotationTables tables = mailbox->annotations(user).value();
        std::string text;
        for (const auto& [entry, value] : tables.shared->of(Uid(uid))) text += entry + "=" + value + " ";
        text += "|";
        for (const auto& [entry, value] : tables.own->of(Uid(uid))) text += " " + entry + "=" + value;
        return text;
    }
    std::shared_ptr<Mailbox> elsewhere() { return other.open(bob).value()->open(MailboxName()).value(); }

    std::shared_ptr<Mailbox> inbox = open();
    Store other{settings_for(folder.path())};
    const AnnotationUser ann = "ann@example.org";
    const std::string file = MessageAnnotationFile::shared().file;
};

TEST_F(MessageAnnotationsTest, EachUserHasTheirOwnBesideThoseOfAll) {
    ASSERT_TRUE(store(inbox, uids({1, 2}), {shared("/comment", "all"), own("/comment", "mine")}));
    ASSERT_TRUE(store(inbox, uids({2}), {own("/comment", "hers")}, ann));
    EXPECT_EQ(values_of(inbox, 1), "/comment=all | /comment=mine");
    EXPECT_EQ(values_of(inbox, 2, ann), "/comment=all | /comment=hers");
    EXPECT_EQ(values_of(inbox, 2, "joe@example.org"), "/comment=all |");
    ASSERT_TRUE(store(inbox, uids({1, 2}), {shared("/comment", std::nullopt)}));
    EXPECT_EQ(values_of(inbox, 2), "| /comment=mine");
}

TEST_F(MessageAnnotationsTest, AnotherProcessSeesThemAndAddsToThem) {
    ASSERT_TRUE(store(inbox, uids({1}), {shared("/comment", "two\nlines")}));
    EXPECT_EQ(values_of(elsewhere(), 1), "/comment=two\nlines |");
    ASSERT_TRUE(store(elsewhere(), uids({1}), {shared("/altsubject", "x")}));
    EXPECT_EQ(values_of(inbox, 1), "/altsubject=x /comment=two\nlines |");
}

TEST_F(MessageAnnotationsTest, WithoutThemThereIsNoFile) {
    ASSERT_TRUE(inbox->annotations(ann));
    ASSERT_TRUE(inbox->copy(uids({1}), *inbox));
    ASSERT_TRUE(inbox->expunge(uids({1}), ExpungeRule::all_given));
    EXPECT_TRUE(store(inbox, uids({2}), {shared("/comment", std::nullopt)}));
    for (const std::string& name : files("")) EXPECT_FALSE(name.starts_with(file)) << name;
}

TEST_F(MessageAnnotationsTest, CopiesAndNewMessagesHaveThem) {
    ASSERT_TRUE(store(inbox, uids({1}), {shared("/comment", "all"), own("/comment", "mine")}));
    ASSERT_TRUE(store(inbox, uids({1}), {own("/comment", "hers")}, ann));
    ASSERT_TRUE(inbox->copy(uids({1, 2}), *inbox));
    EXPECT_EQ(values_of(inbox, 5), "/comment=all | /comment=mine");
    EXPECT_EQ(values_of(inbox, 5, ann), "/comment=all |") << "only of the user who copies";
    EXPECT_EQ(values_of(inbox, 6), "|");
    Carried carried;
    carried.shared_annotations = false;
    carried.user = ann;
    carried.own_annotations = false;
    ASSERT_TRUE(inbox->copy(uids({1}), *inbox, carried));
    EXPECT_EQ(values_of(inbox, 7, ann), "|");
    carried.own_annotations = true;
    ASSERT_TRUE(inbox->move(uids({1}), *inbox, carried));
    EXPECT_EQ(values_of(inbox, 8), "| /comment=hers");
    EXPECT_EQ(values_of(inbox, 1), "|") << "went with its message";
    NewMessage message{inbox->start_message().value(), {}, {}, {{{"/a", "1"}}, {{"/b", "2"}}, ann}};
    ASSERT_TRUE(message.content.write("Subject: x\r\n\r\ny\r\n"));
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    ASSERT_TRUE(inbox->append(std::move(messages)));
    EXPECT_EQ(values_of(elsewhere(), 9, ann), "/a=1 | /b=2");
}

TEST_F(MessageAnnotationsTest, AnAccountHasRoomForSoMany) {
    const std::string large(max_message_annotation_bytes, 'x');
    const auto fill = [&](const std::string& name) {
        write(".Sent/" + name, "");
        std::filesystem::resize_file(path(".Sent/" + name), annotation_room);
    };
    fill(MessageAnnotationFile::of(ann).file);
    const auto add = [&](const AnnotationValue& value, const AnnotationUser& user) {
        const auto stored = store(inbox, uids({1, 2}), {value}, user);
        return stored ? std::string("stored") : stored.error().text;
    };
    EXPECT_EQ(add(own("/a", large), {}), "stored");
    EXPECT_EQ(add(own("/a", large), ann), "The account's annotations are too large");
    EXPECT_EQ(add(shared("/a", large), ann), "stored") << "they aren't ann's";
    fill(file);
    EXPECT_EQ(add(own("/b", large), {}), "The account's annotations are too large");
    EXPECT_EQ(add(shared("/b", large), ann), "The account's annotations are too large");
    EXPECT_EQ(add(own("/a", std::nullopt), {}), "stored");
    // A copy goes without them.
    ASSERT_TRUE(inbox->copy(uids({1}), *inbox));
    EXPECT_EQ(values_of(inbox, 5), "|");
}

TEST_F(MessageAnnotationsTest, ThoseOfReadersGoWhenTheirFileIsWrittenAnew) {
    ASSERT_TRUE(store(inbox, uids({1}), {own("/comment", "hers")}, ann));
    ASSERT_TRUE(inbox->expunge(uids({1}), ExpungeRule::all_given));
    const std::string hers = MessageAnnotationFile::of(ann).file;
    EXPECT_NE(read(hers).find("hers"), std::string::npos);
    write(hers, read(hers) + "torn");
    ASSERT_TRUE(store(inbox, uids({2}), {own("/comment", "second")}, ann));
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(store(inbox, uids({2}), {own("/comment", std::to_string(i))}, ann));
    EXPECT_EQ(read(hers).find("hers"), std::string::npos);
    EXPECT_EQ(values_of(elsewhere(), 2, ann), "| /comment=599");
}

TEST_F(MessageAnnotationsTest, ChangesHaveModseqsAndConditions) {
    const ModSeq before = inbox->status().value().highest_modseq;
    ASSERT_TRUE(store(inbox, uids({2}), {own("/comment", "x")}));
    EXPECT_EQ(values(inbox->changes_since(before).value().changed), Values{2});
    const ModSeq after = inbox->status().value().highest_modseq;
    EXPECT_GT(after, before);
    const auto done = inbox->store_annotations(uids({1, 2}), {shared("/comment", "y")}, {}, before);
    ASSERT_TRUE(done);
    EXPECT_EQ(values(done->modified), Values{2});
    EXPECT_EQ(values_of(inbox, 2), "| /comment=x");
    EXPECT_EQ(values_of(inbox, 1), "/comment=y |");
    ASSERT_TRUE(store(inbox, uids({1}), {shared("/comment", "y")}));
    EXPECT_EQ(values(inbox->changes_since(after).value().changed), Values{1}) << "nothing new the second time";
}

TEST_F(MessageAnnotationsTest, AViewThatWatchesTellsWhatOthersChange) {
    View watching = View::open(inbox, Access::read_write).value();
    View blind = View::open(inbox, Access::read_write).value();
    ASSERT_TRUE(watching.watch_annotations({}));
    ASSERT_TRUE(store(elsewhere(), uids({2}), {shared("/comment", "x"), own("/altsubject", "y")}));
    ASSERT_TRUE(store(elsewhere(), uids({3}), {own("/comment", "hers")}, ann));
    const Changes told = watching.refresh(Expunges::reveal).value();
    ASSERT_EQ(told.annotated.size(), 1U);
    EXPECT_EQ(told.annotated[0].uid, Uid(2));
    EXPECT_EQ(told.annotated[0].entries, (std::vector<std::string>{"/altsubject", "/comment"}));
    EXPECT_EQ(told.annotated[0].modseq, inbox->rows(uids({2})).value().at(0).modseq);
    EXPECT_TRUE(told.flags.empty());
    EXPECT_TRUE(blind.refresh(Expunges::reveal).value().empty());
    ASSERT_TRUE(watching.store_annotations(uids({1}), {shared("/comment", "mine")}, {}, std::nullopt));
    const Changes own_change = watching.refresh(Expunges::reveal).value();
    EXPECT_TRUE(own_change.annotated.empty()) << "its own";
    EXPECT_EQ(values(own_change.acknowledged), Values{1});
    ASSERT_TRUE(store(elsewhere(), uids({1}), {shared("/comment", "theirs")}));
    ASSERT_TRUE(elsewhere()->copy(uids({1}), *elsewhere()));
    EXPECT_EQ(watching.refresh(Expunges::reveal).value().annotated.size(), 1U) << "new messages are told of as such";
}

TEST_F(MessageAnnotationsTest, AnotherUidValidityHasNone) {
    ASSERT_TRUE(store(inbox, uids({1}), {shared("/comment", "x")}));
    std::string list = read("dovecot-uidlist");
    const auto begin = list.find('V');
    list.replace(begin, list.find(' ', begin) - begin, "V77");
    write("dovecot-uidlist", list);
    const auto anew = elsewhere();
    ASSERT_TRUE(anew->status());
    EXPECT_EQ(values_of(anew, 1), "|");
    ASSERT_TRUE(store(anew, uids({2}), {shared("/comment", "y")}));
    EXPECT_EQ(values_of(anew, 1), "|");
    EXPECT_EQ(values_of(anew, 2), "/comment=y |");
}

TEST_F(MessageAnnotationsTest, DamageCostsWhatIsDamaged) {
    ASSERT_TRUE(store(inbox, uids({1}), {shared("/comment", "one")}));
    ASSERT_TRUE(store(inbox, uids({2}), {shared("/comment", "two")}));
    std::string text = read(file);
    const auto place = text.find("one");
    text.replace(place, 3, "0ne");
    write(file, text + "01234567 A 3 /comm");
    EXPECT_EQ(values_of(elsewhere(), 1), "|");
    EXPECT_EQ(values_of(elsewhere(), 2), "/comment=two |");
    ASSERT_TRUE(store(inbox, uids({3}), {shared("/comment", "three")}));
    EXPECT_EQ(values_of(elsewhere(), 2), "/comment=two |");
    EXPECT_EQ(values_of(elsewhere(), 3), "/comment=three |");
    EXPECT_EQ(read(file).find("0ne"), std::string::npos);
}

TEST_F(MessageAnnotationsTest, TheFileStaysInProportionToWhatCounts) {
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(
            store(inbox, uids({1}), {shared("/comment", std::string(max_message_annotation_bytes, 'a' + i % 26))}));
    EXPECT_LT(read(file).size(), (4U << 20));
    EXPECT_EQ(values_of(elsewhere(), 1).size(), max_message_annotation_bytes + 11);
}

TEST_F(MessageAnnotationsTest, WhatAReaderHadGoesWithTheirRights) {
    const auto account = other.open(bob).value();
    const Identifier who{Identifier::Kind::user, *ann};
    ASSERT_TRUE(account->set_acl(MailboxName(), who, false, {AccessChange::Action::replace, Rights::all()}));
    ASSERT_TRUE(store(inbox, uids({1}), {own("/comment", "hers"), shared("/comment", "all")}, ann));
    EXPECT_NE(read("dovecot-acl").find("user=ann@example.org lrwstipekxa :annotate\n"), std::string::npos);
    ASSERT_TRUE(account->set_acl(MailboxName(), who, false, {AccessChange::Action::forget, {}}));
    EXPECT_EQ(values_of(inbox, 1, ann), "/comment=all |");
}

}  // namespace
}  // namespace posthouse::storage
