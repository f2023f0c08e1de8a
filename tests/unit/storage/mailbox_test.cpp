// One mailbox: append, flags, copy, move, expunge, and what its files look like.
#include "storage/mailbox.h"

#include <algorithm>

#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

using MailboxTest = MailRoot;

TEST_F(MailboxTest, AppendedMessageComesBackWithItsFlagsDateAndSizes) {
    const auto inbox = open();
    const Time date{std::chrono::seconds{1'000'000'000}};
    const Uid uid = append(*inbox, hello, flags({Flag::seen, Flag::flagged}, {"Work", "$Label1"}), date);
    EXPECT_EQ(uid, Uid(1));
    const auto rows = inbox->rows(UidSet::all(), {true, true, true, true, true}).value();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].flags, flags({Flag::seen, Flag::flagged}, {"$label1", "work"}));
    EXPECT_EQ(rows[0].internal_date, date);
    EXPECT_EQ(rows[0].wire_size, hello.size());
    EXPECT_EQ(rows[0].physical_size, hello.size() - 3);
    EXPECT_GT(rows[0].save_date.time_since_epoch().count(), 1'700'000'000);
    EXPECT_EQ(rows[0].email_id.size(), 33u);
    EXPECT_EQ(content(*inbox, uid), hello);
    ASSERT_EQ(files("cur").size(), 1u);
    EXPECT_TRUE(files("cur")[0].ends_with(",S=21,W=24:2,FSab")) << files("cur")[0];
    EXPECT_EQ(read("dovecot-keywords"), "0 $Label1\n1 Work\n");
    EXPECT_TRUE(files("tmp").empty() || files("tmp")[0].starts_with("lock."));
}

TEST_F(MailboxTest, SeveralAppendedAtOnceGetUidsInTheirOrder) {
    const auto inbox = open();
    std::vector<NewMessage> messages;
    for (const std::string_view text : {"1\r\n", "2\r\n", "3\r\n"}) {
        MessageWriter writer = inbox->start_message().value();
        ASSERT_TRUE(writer.write(text));
        messages.push_back({std::move(writer), {}, {}});
    }
    const Appended appended = inbox->append(std::move(messages)).value();
    EXPECT_EQ(values(appended.uids), (Values{1, 2, 3}));
    EXPECT_EQ(appended.uid_validity, inbox->uid_validity());
    EXPECT_EQ(content(*inbox, Uid(3)), "3\r\n");
}

TEST_F(MailboxTest, WriterThatIsDroppedLeavesNothing) {
    const auto inbox = open();
    {
        MessageWriter writer = inbox->start_message().value();
        ASSERT_TRUE(writer.write(hello));
    }
    for (const std::string& name : files("tmp")) EXPECT_TRUE(name.starts_with("lock.")) << name;
    EXPECT_EQ(inbox->status().value().messages, 0u);
}

TEST_F(MailboxTest, EveryKindOfLineEndComesBackAsItCame) {
    const auto inbox = open();
    std::string many;
    for (int i = 0; i < 40'000; ++i) many += "0123456789\r\n";
    for (const std::string& text :
         {std::string(), std::string("no end"), std::string("\r\n\r\n"), std::string("bare \r cr\r\nline\r\n"),
          std::string("a\r\n\r"), std::string("\r\r\n"), std::string("a\r\r\r\nb"), many, many + "bare\rcr" + many,
          many + "\r", std::string("NUL \0 and \xff\r\n", 12)}) {
        const Uid uid = append(*inbox, text);
        EXPECT_EQ(content(*inbox, uid), text);
        EXPECT_EQ(inbox->open_message(uid).value().wire_size(), text.size());
        // The same in pieces of every odd size.
        MessageWriter writer = inbox->start_message().value();
        for (std::size_t at = 0, piece = 1; at < text.size(); at += piece, piece = piece * 3 % 9973)
            ASSERT_TRUE(writer.write(std::string_view(text).substr(at, piece)));
        std::vector<NewMessage> messages;
        messages.push_back({std::move(writer), {}, {}});
        const Uid again = inbox->append(std::move(messages)).value().uids.at(0);
        EXPECT_EQ(content(*inbox, again), text);
        const auto row = inbox->rows(uids({again.value()}), {.wire_size = true}).value().at(0);
        EXPECT_EQ(row.wire_size, text.size());
    }
}

TEST_F(MailboxTest, SeekFindsTheSameOctetsAsReadingThrough) {
    const auto inbox = open();
    for (const std::string text : {"one\r\ntwo\r\n\r\nfour\r\n", "one\r\ntw\ro\r\n\r\nfour\r\n"}) {
        MessageContent message = inbox->open_message(append(*inbox, text)).value();
        for (std::size_t offset = text.size() + 2; offset-- > 0;) {
            ASSERT_TRUE(message.seek(offset));
            EXPECT_EQ(message.read_string(3).value(), text.substr(std::min(offset, text.size()), 3)) << offset;
        }
    }
}

TEST_F(MailboxTest, StoreReplacesAddsAndRemoves) {
    const auto inbox = open();
    append(*inbox, hello, flags({Flag::draft}, {"Old"}));
    append(*inbox, hello);
    const auto stored = inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen}, {"New"})}).value();
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_EQ(stored[0].flags, flags({Flag::draft, Flag::seen}, {"Old", "New"}));
    EXPECT_EQ(stored[1].flags, flags({Flag::seen}, {"New"}));
    EXPECT_EQ(inbox->store_flags(uids({1}), {FlagAction::remove, flags({Flag::draft}, {"old"})}).value()[0].flags,
              flags({Flag::seen}, {"New"}));
    EXPECT_EQ(inbox->store_flags(uids({1}), {FlagAction::replace, flags({Flag::answered})}).value()[0].flags,
              flags({Flag::answered}));
    EXPECT_EQ(inbox->keywords(), (std::vector<std::string>{"Old", "New"}));
    EXPECT_EQ(inbox->status().value().unseen, 1u);
}

TEST_F(MailboxTest, LettersOfOthersStayInTheName) {
    write("cur/1.M1P1.h:2,PSXa", "x\n");
    const auto inbox = open();
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::replace, flags({Flag::flagged})}));
    EXPECT_EQ(files("cur"), (std::vector<std::string>{"1.M1P1.h:2,FPXa"}));
}

TEST_F(MailboxTest, CopyToAMailboxThatWasDeletedSaysSo) {
    const auto inbox = open();
    append(*inbox, hello);
    ASSERT_TRUE(account->create(named("Passing")));
    const auto passing = open("Passing");
    ASSERT_TRUE(account->remove(named("Passing")));
    const Result<Copied> copied = inbox->copy(UidSet::all(), *passing);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, ErrorCode::not_found);
    EXPECT_EQ(copied.error().message(), "Mailbox was deleted");
    EXPECT_EQ(view().count(), 1u);
}

TEST_F(MailboxTest, CopyKeepsDateFlagsAndEmailIdInAHardLink) {
    const auto inbox = open();
    const auto sent = open("Sent");
    const Time date{std::chrono::seconds{1'234'567'890}};
    append(*sent, hello);
    append(*inbox, hello, flags({Flag::answered}, {"Kept"}), date);
    append(*inbox, hello);
    const Copied copied = inbox->copy(UidSet::all(), *sent).value();
    EXPECT_EQ(values(copied.from), (Values{1, 2}));
    EXPECT_EQ(values(copied.to), (Values{2, 3}));
    EXPECT_EQ(copied.uid_validity, sent->uid_validity());
    EXPECT_NE(copied.uid_validity, inbox->uid_validity());
    const Columns columns{.internal_date = true, .email_id = true};
    const auto from = inbox->rows(uids({1}), columns).value().at(0);
    const auto to = sent->rows(uids({2}), columns).value().at(0);
    EXPECT_EQ(to.internal_date, date);
    EXPECT_EQ(to.flags, from.flags);
    EXPECT_EQ(to.email_id, from.email_id);
    EXPECT_EQ(std::filesystem::hard_link_count(path("cur/" + files("cur")[0])), 2u);
    // Also through a second copy, and into the same mailbox.
    const Copied again = sent->copy(uids({2}), *sent).value();
    EXPECT_EQ(sent->rows(UidSet(again.to), columns).value().at(0).email_id, from.email_id);
}

TEST_F(MailboxTest, CopyLeavesOutWhatIsGone) {
    const auto inbox = open();
    const auto sent = open("Sent");
    append(*inbox, hello);
    append(*inbox, "second\r\n");
    std::filesystem::remove(path("new/" + files("new")[0]));
    const Copied copied = inbox->copy(UidSet::all(), *sent).value();
    EXPECT_EQ(values(copied.from), (Values{2}));
    EXPECT_EQ(content(*sent, copied.to.at(0)), "second\r\n");
}

TEST_F(MailboxTest, MoveTakesMessagesAway) {
    const auto inbox = open();
    const auto trash = open("Trash");
    for (int i = 0; i < 5; ++i) append(*inbox, hello);
    const Copied moved = inbox->move(uids({2, 4, 9}), *trash).value();
    EXPECT_EQ(values(moved.from), (Values{2, 4}));
    EXPECT_EQ(inbox->status().value().messages, 3u);
    EXPECT_EQ(trash->status().value().messages, 2u);
    EXPECT_TRUE(inbox->move(uids({2}), *trash).value().from.empty());
}

TEST_F(MailboxTest, ExpungeTakesOnlyWhatIsDeletedUnlessToldOtherwise) {
    const auto inbox = open();
    for (int i = 0; i < 4; ++i) append(*inbox, hello, i % 2 == 0 ? flags({Flag::deleted}) : flags({}));
    EXPECT_EQ(values(inbox->expunge(uids({1, 2}), ExpungeRule::deleted_only).value()), (Values{1}));
    EXPECT_EQ(values(inbox->expunge(UidSet::all(), ExpungeRule::deleted_only).value()), (Values{3}));
    EXPECT_EQ(values(inbox->expunge(uids({4, 77}), ExpungeRule::all_given).value()), (Values{4}));
    EXPECT_EQ(inbox->status().value().messages, 1u);
    const auto gone = inbox->open_message(Uid(4));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::not_found);
    EXPECT_EQ(append(*inbox, hello), Uid(5));
}

TEST_F(MailboxTest, TheHighestUidIsNotGivenAgainAfterARestart) {
    append(*open(), hello, flags({Flag::deleted}));
    ASSERT_TRUE(open()->expunge(UidSet::all(), ExpungeRule::all_given));
    Store other(settings_for(folder.path()));
    EXPECT_EQ(append(*other.open(bob).value()->open(MailboxName()).value(), hello), Uid(2));
}

TEST_F(MailboxTest, UidListIsRewrittenWhenMostOfItIsDead) {
    const auto inbox = open();
    std::vector<NewMessage> messages;
    for (int i = 0; i < 300; ++i) {
        messages.push_back({inbox->start_message().value(), {}, {}});
        ASSERT_TRUE(messages.back().content.write(hello));
    }
    ASSERT_TRUE(inbox->append(std::move(messages)));
    UidSet most;
    most.add(Uid(2), Uid(299));
    ASSERT_EQ(inbox->expunge(most, ExpungeRule::all_given).value().size(), 298u);
    const std::string list = read("dovecot-uidlist");
    EXPECT_EQ(std::ranges::count(list, '\n'), 3) << list;
    EXPECT_NE(list.find(" N301 "), std::string::npos) << list.substr(0, 80);
    EXPECT_EQ(append(*inbox, hello), Uid(301));
    EXPECT_EQ(values(view().uids()), (Values{1, 300, 301}));
}

TEST_F(MailboxTest, ContentStaysReadableWhileTheMessageIsFlaggedAndExpunged) {
    const auto inbox = open();
    const Uid uid = append(*inbox, hello);
    MessageContent message = inbox->open_message(uid).value();
    ASSERT_TRUE(inbox->store_flags(uids({1}), {FlagAction::add, flags({Flag::deleted})}));
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::deleted_only));
    EXPECT_EQ(message.read_string().value(), hello);
}

TEST_F(MailboxTest, MessageThatAnotherRenamedIsFoundUnderItsNewName) {
    const auto inbox = open();
    const Uid uid = append(*inbox, hello, flags({Flag::seen}));
    const std::string name = files("cur").at(0);
    std::filesystem::rename(path("cur/" + name), path("cur/" + name + "T"));
    EXPECT_EQ(content(*inbox, uid), hello);
    EXPECT_EQ(inbox->rows(UidSet::all()).value()[0].flags, flags({Flag::seen, Flag::deleted}));
}

TEST_F(MailboxTest, ARowOpensItsMessageAlsoWhenItIsOld) {
    const auto inbox = open();
    append(*inbox, hello, flags({Flag::seen}));
    const auto read_by = [&](const MessageRow& row) { return inbox->open_message(row).value().read_string().value(); };
    const MessageRow bare = inbox->rows(UidSet::all()).value().at(0);
    const MessageRow row = inbox->rows(UidSet::all(), {.file = true}).value().at(0);
    EXPECT_EQ(row.file_name, files("cur").at(0));
    EXPECT_FALSE(row.is_fresh);
    EXPECT_EQ(row.wire_size, hello.size());
    EXPECT_EQ(read_by(row), hello);
    EXPECT_EQ(read_by(bare), hello) << "without the file's name";
    MessageRow wrong = row;
    wrong.physical_size = 1;
    EXPECT_EQ(read_by(wrong), hello);
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::deleted})}));
    ASSERT_NE(row.file_name, files("cur").at(0));
    EXPECT_EQ(read_by(row), hello) << "under its old name";
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::deleted_only));
    EXPECT_EQ(inbox->open_message(row).error().code, ErrorCode::not_found);
}

TEST_F(MailboxTest, ARowOpensWhatAForeignNameMeasuresWrongly) {
    write("new/1.M1P1.h,S=999,W=5", "two\nlines\n");
    const auto inbox = open();
    const MessageRow row = inbox->rows(UidSet::all(), {.file = true}).value().at(0);
    EXPECT_EQ(inbox->open_message(row).value().read_string().value(), "two\r\nlines\r\n");
}

TEST_F(MailboxTest, WrongSizesInAForeignNameDoNotCutTheMessage) {
    write("new/1.M1P1.h,S=999,W=5", "two\nlines\n");
    const auto inbox = open();
    EXPECT_EQ(content(*inbox, Uid(1)), "two\r\nlines\r\n");
    EXPECT_EQ(inbox->open_message(Uid(1)).value().wire_size(), 12u);
    EXPECT_EQ(inbox->rows(UidSet::all(), {.wire_size = true}).value()[0].wire_size, 12u);
}

TEST_F(MailboxTest, SizesAreComputedWhereNoNameTellsThem) {
    write("new/1.M1P1.h", "two\nlines\n");
    const auto row = open()->rows(UidSet::all(), {.physical_size = true, .wire_size = true}).value().at(0);
    EXPECT_EQ(row.physical_size, 10u);
    EXPECT_EQ(row.wire_size, 12u);
}

TEST_F(MailboxTest, BulkWorkGoesThroughAllPieces) {
    const auto inbox = open();
    const auto trash = open("Trash");
    std::vector<NewMessage> messages;
    for (int i = 0; i < 600; ++i) {
        messages.push_back({inbox->start_message().value(), {}, {}});
        ASSERT_TRUE(messages.back().content.write(hello));
    }
    ASSERT_EQ(inbox->append(std::move(messages)).value().uids.size(), 600u);
    EXPECT_EQ(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}).value().size(), 600u);
    EXPECT_EQ(inbox->status().value().unseen, 0u);
    EXPECT_EQ(inbox->rows(UidSet::all(), {.internal_date = true}).value().size(), 600u);
    EXPECT_EQ(inbox->move(UidSet::all(), *trash).value().to.size(), 600u);
    EXPECT_EQ(trash->status().value().messages, 600u);
    EXPECT_EQ(inbox->status().value().messages, 0u);
}

}  // namespace
}  // namespace posthouse::storage
