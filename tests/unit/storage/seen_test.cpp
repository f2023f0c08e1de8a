// posthouse-seen: what readers of another's mailbox have seen; kept, told, and not lost to damage.
#include "storage/seen_file.h"

#include <atomic>
#include <thread>

#include "storage/seen_records.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

TEST(SeenRecords, WhatIsWrittenIsRead) {
    const SeenHeader header{UidValidity(7), "ann@example.org"};
    EXPECT_EQ(to_record(header), "V 7 ann@example.org");
    EXPECT_EQ(parse_seen_header(to_record(header)), header);
    EXPECT_EQ(to_records({true, uids({1, 2, 3, 9})}), std::vector<std::string>{"S 1:3,9"});
    EXPECT_EQ(parse_seen_change("U 1:3,9"), (SeenChange{false, uids({1, 2, 3, 9})}));
    EXPECT_TRUE(to_records({true, {}}).empty());
    for (const char* bad : {"S ", "S 0", "S 3:1", "S 1,,2", "S 4294967296", "X 1", "S1", ""})
        EXPECT_FALSE(parse_seen_change(bad)) << bad;
    EXPECT_FALSE(parse_seen_header("V 0 ann"));
}

TEST(SeenRecords, ManyUidsTakeSeveralRecords) {
    UidSet many;
    for (std::uint32_t uid = 1; uid < 20'000; uid += 2) many.add(Uid(uid));
    UidSet again;
    const std::vector<std::string> records = to_records({true, many});
    EXPECT_GT(records.size(), 1U);
    for (const std::string& record : records) {
        EXPECT_LE(record.size(), max_record_bytes);
        again.add(parse_seen_change(record).value().uids);
    }
    EXPECT_EQ(again, many);
}

TEST(UidSets, OneIsTakenOutOfAnother) {
    UidSet set = uids({1, 2, 3, 4, 5, 8, 9});
    set.remove(uids({1, 3, 4, 9, 20}));
    EXPECT_EQ(set, uids({2, 5, 8}));
    set.remove({});
    EXPECT_EQ(set, uids({2, 5, 8}));
    set.remove(UidSet::all());
    EXPECT_TRUE(set.empty());
}

const FlagChange see{FlagAction::add, {{Flag::seen}, {}}, {{Flag::seen}, false}};
const FlagChange unsee{FlagAction::remove, {{Flag::seen}, {}}, {{Flag::seen}, false}};

class SeenTest : public MailRoot {
  protected:
    SeenTest() {
        for (int i = 0; i < 4; ++i) append(*inbox, "Subject: x\n\ny\n");
    }
    static UidSet seen(const std::shared_ptr<Mailbox>& mailbox, const std::string& viewer = "ann@example.org") {
        return *mailbox->seen_by(viewer).value();
    }
    std::string file(const std::string& viewer = "ann@example.org") { return SeenFile::file_name(viewer); }

    std::shared_ptr<Mailbox> inbox = open();
};

TEST_F(SeenTest, EachReaderHasAFileOfTheirOwn) {
    ASSERT_TRUE(inbox->store_flags(uids({1, 2}), see, std::nullopt, "ann@example.org"));
    ASSERT_TRUE(inbox->store_flags(uids({2}), unsee, std::nullopt, "ann@example.org"));
    ASSERT_TRUE(inbox->store_flags(uids({4}), see, std::nullopt, "joe@example.org"));
    EXPECT_EQ(seen(inbox), uids({1}));
    EXPECT_EQ(seen(inbox, "joe@example.org"), uids({4}));
    EXPECT_EQ(inbox->status().value().unseen, 4U);
    EXPECT_EQ(inbox->status_of("ann@example.org").value().unseen, 3U);
    EXPECT_NE(read(file()).find(" ann@example.org\n"), std::string::npos);
    EXPECT_EQ(files("cur").size() + files("new").size(), 4U);
    for (const std::string& name : files("cur")) EXPECT_EQ(name.find('S', name.find(":2,") + 1), std::string::npos);
}

TEST_F(SeenTest, AnotherProcessSeesWhatWasMarked) {
    ASSERT_TRUE(inbox->store_flags(uids({1, 2}), see, std::nullopt, "ann@example.org"));
    Store other{settings_for(folder.path())};
    const auto there = other.open(bob).value()->open(MailboxName()).value();
    EXPECT_EQ(seen(there), uids({1, 2}));
    ASSERT_TRUE(there->store_flags(uids({3}), see, std::nullopt, "ann@example.org"));
    EXPECT_EQ(seen(inbox), uids({1, 2, 3}));
}

TEST_F(SeenTest, OtherFlagsAreEverybodysWhoeverSetsThem) {
    const FlagChange flag{FlagAction::replace, {{Flag::flagged}, {}}, {{Flag::flagged}, false}};
    const ConditionalStore done = inbox->store_flags(uids({1}), flag, std::nullopt, "new@example.org").value();
    ASSERT_EQ(done.stored.size(), 1U);
    EXPECT_EQ(done.stored[0].flags, flags({Flag::flagged}));
    EXPECT_EQ(inbox->rows(uids({1})).value().at(0).flags, flags({Flag::flagged}));
    EXPECT_TRUE(seen(inbox, "new@example.org").empty());
}

TEST_F(SeenTest, ChangesHaveModseqs) {
    View mine = View::open(open(), Access::read_write, Rights::all(), "ann@example.org").value();
    View another = View::open(open(), Access::read_write, Rights::all(), "ann@example.org").value();
    const ModSeq before = mine.highest_modseq();
    const ConditionalStore done = mine.store_flags(uids({2}), see).value();
    ASSERT_EQ(done.stored.size(), 1U);
    EXPECT_TRUE(done.stored[0].flags.system.has(Flag::seen));
    const Changes told = another.refresh(Expunges::reveal).value();
    ASSERT_EQ(told.flags.size(), 1U);
    EXPECT_EQ(told.flags[0].uid, Uid(2));
    EXPECT_TRUE(told.flags[0].flags.system.has(Flag::seen));
    EXPECT_EQ(values(inbox->changes_since(before).value().changed), Values{2});
    EXPECT_EQ(values(mine.store_flags(uids({1, 2}), unsee, before).value().modified), Values{2});
    EXPECT_EQ(mine.first_unseen(), SequenceNumber(1));
}

TEST_F(SeenTest, AMessageThatComesSeenDuringARefreshIsShownOnce) {
    Store other{settings_for(folder.path())};
    const auto there = other.open(bob).value()->open(MailboxName()).value();
    View mine = View::open(inbox, Access::read_write, Rights::all(), "ann@example.org").value();
    constexpr std::uint32_t last = 304;
    std::atomic<bool> is_over = false;
    std::jthread writer([&] {
        for (std::uint32_t uid = 5; uid <= last; ++uid) {
            append(*there, "Subject: x\n\ny\n");
            EXPECT_TRUE(there->store_flags(uids({uid}), see, std::nullopt, "ann@example.org"));
        }
        is_over = true;
    });
    Values added;
    for (bool more = true; more;) {
        more = !is_over;
        const Changes changes = mine.refresh(Expunges::reveal).value();
        for (const Uid uid : changes.added) added.push_back(uid.value());
    }
    Values expected;
    for (std::uint32_t uid = 5; uid <= last; ++uid) expected.push_back(uid);
    EXPECT_EQ(added, expected);
    EXPECT_EQ(mine.count(), last);
}

TEST_F(SeenTest, TheFileOfAReaderGoesWithTheirRights) {
    const Identifier ann = Identifier::parse("user=ann@example.org").value();
    const auto change = [&](AccessChange::Action action, Rights rights) {
        ASSERT_TRUE(account->set_acl(MailboxName(), ann, false, {action, rights}));
    };
    const auto is_there = [&] { return std::filesystem::exists(path(file())); };
    change(AccessChange::Action::replace, {Right::lookup, Right::read, Right::seen});
    ASSERT_TRUE(inbox->store_flags(uids({1}), see, std::nullopt, "ann@example.org"));
    ASSERT_TRUE(inbox->store_flags(uids({2}), see, std::nullopt, "joe@example.org"));
    change(AccessChange::Action::remove, {Right::seen});
    EXPECT_TRUE(is_there());
    ASSERT_TRUE(account->set_acl(MailboxName(), Identifier::parse("anyone").value(), false,
                                 {AccessChange::Action::replace, {Right::lookup, Right::read}}));
    change(AccessChange::Action::forget, {});
    EXPECT_TRUE(is_there()) << "she has anyone's rights";
    change(AccessChange::Action::replace, {});
    EXPECT_FALSE(is_there());
    EXPECT_TRUE(seen(inbox).empty());
    EXPECT_EQ(seen(inbox, "joe@example.org"), uids({2}));
}

TEST_F(SeenTest, StatusIsOfOneMoment) {
    Store other{settings_for(folder.path())};
    const auto there = other.open(bob).value()->open(MailboxName()).value();
    std::atomic<bool> is_over = false;
    std::jthread writer([&] {
        for (int i = 0; i < 200; ++i) append(*there, "Subject: x\n\ny\n");
        is_over = true;
    });
    for (bool more = true; more;) {
        more = !is_over;
        const Status status = inbox->status_of("ann@example.org").value();
        ASSERT_EQ(status.unseen, status.messages) << "Ann has seen none";
    }
}

TEST_F(SeenTest, WhoReadsWhatIsNotToldToOthers) {
    View owners = View::open(inbox, Access::read_write).value();
    View joes = View::open(inbox, Access::read_write, Rights::all(), "joe@example.org").value();
    View anns = View::open(inbox, Access::read_write, Rights::all(), "ann@example.org").value();
    const ModSeq before = owners.highest_modseq();
    for (const FlagChange& change : {see, unsee, see}) {
        ASSERT_TRUE(inbox->store_flags(uids({2, 3}), change, std::nullopt, "ann@example.org"));
        EXPECT_TRUE(owners.refresh(Expunges::reveal).value().empty());
        EXPECT_TRUE(joes.refresh(Expunges::reveal).value().empty());
        EXPECT_EQ(anns.refresh(Expunges::reveal).value().flags.size(), 2U);
    }
    EXPECT_GT(owners.highest_modseq(), before) << "there is one for all";
    // What is everybody's is told, also when the reader's flag came after it.
    const FlagChange flag{FlagAction::add, {{Flag::flagged}, {}}, {}};
    ASSERT_TRUE(inbox->store_flags(uids({2}), flag));
    ASSERT_TRUE(inbox->store_flags(uids({2}), unsee, std::nullopt, "ann@example.org"));
    append(*inbox, "Subject: x\n\ny\n");
    ASSERT_TRUE(inbox->store_flags(uids({2, 5}), see, std::nullopt, "ann@example.org"));
    const Changes told = owners.refresh(Expunges::reveal).value();
    ASSERT_EQ(told.flags.size(), 1U);
    EXPECT_EQ(told.flags[0].flags, flags({Flag::flagged}));
    EXPECT_EQ(values(told.added), Values{5});
    ASSERT_TRUE(inbox->store_flags(uids({2, 3}), unsee, std::nullopt, "ann@example.org"));
    ASSERT_TRUE(inbox->expunge(uids({2}), ExpungeRule::all_given));
    EXPECT_EQ(owners.refresh(Expunges::reveal).value().expunged.size(), 1U);
}

TEST_F(SeenTest, AViewKnowsWhatItHasStoredItself) {
    View mine = View::open(inbox, Access::read_write, Rights::all(), "ann@example.org").value();
    mine.acknowledge(mine.store_flags(uids({2}), see).value().stored);
    const Changes changes = mine.refresh(Expunges::reveal).value();
    EXPECT_TRUE(changes.flags.empty());
    EXPECT_EQ(values(changes.acknowledged), Values{2}) << "a search may find it now";
    EXPECT_TRUE(mine.refresh(Expunges::reveal).value().acknowledged.empty());
}

TEST_F(SeenTest, WhatChangesNothingGivesNoModseq) {
    ASSERT_TRUE(inbox->store_flags(uids({1}), see, std::nullopt, "ann@example.org"));
    const ModSeq before = inbox->status().value().highest_modseq;
    const std::string text = read(file());
    ASSERT_TRUE(inbox->store_flags(uids({1}), see, std::nullopt, "ann@example.org"));
    EXPECT_EQ(inbox->status().value().highest_modseq, before);
    EXPECT_EQ(read(file()), text);
}

TEST_F(SeenTest, ATornOrDamagedRecordCostsNoOther) {
    for (const std::uint32_t uid : {1U, 2U, 3U})
        ASSERT_TRUE(inbox->store_flags(uids({uid}), see, std::nullopt, "ann@example.org"));
    std::string text = read(file());
    write(file(), text + "0123456");
    EXPECT_EQ(seen(inbox), uids({1, 2, 3})) << "torn";
    ASSERT_TRUE(inbox->store_flags(uids({4}), see, std::nullopt, "ann@example.org"));
    EXPECT_EQ(seen(inbox), uids({1, 2, 3, 4}));
    text = read(file());
    const std::size_t place = text.find("S 2");
    ASSERT_NE(place, std::string::npos);
    text[place + 2] = '9';
    write(file(), text);
    Store other{settings_for(folder.path())};
    EXPECT_EQ(seen(other.open(bob).value()->open(MailboxName()).value()), uids({1, 3, 4}));
    std::filesystem::remove(path(file()));
    EXPECT_TRUE(seen(inbox).empty());
}

TEST_F(SeenTest, AMailboxThatIsNumberedAnewHasNothingSeen) {
    ASSERT_TRUE(inbox->store_flags(uids({1}), see, std::nullopt, "ann@example.org"));
    std::string text = read(file());
    std::filesystem::remove(path("dovecot-uidlist"));
    const std::shared_ptr<Mailbox> anew = open();
    EXPECT_TRUE(seen(anew).empty());
    ASSERT_TRUE(anew->store_flags(uids({3}), see, std::nullopt, "ann@example.org"));
    EXPECT_EQ(seen(anew), uids({3}));
    EXPECT_EQ(read(file()).find(text), std::string::npos);
}

TEST_F(SeenTest, AFileOfSupersededRecordsIsWrittenAnew) {
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(inbox->store_flags(uids({1}), i % 2 == 0 ? see : unsee, std::nullopt, "ann@example.org"));
    EXPECT_LT(std::ranges::count(read(file()), '\n'), 100);
    EXPECT_TRUE(seen(inbox).empty());
}

}  // namespace
}  // namespace posthouse::storage
