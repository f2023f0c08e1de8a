// A session's view: numbers, changes, held expunges, \Recent.
#include "storage/view.h"

#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

using ViewTest = MailRoot;

TEST_F(ViewTest, NumbersFollowUids) {
    const auto inbox = open();
    for (int i = 0; i < 4; ++i) append(*inbox, hello, flags({Flag::seen}));
    ASSERT_TRUE(inbox->expunge(uids({2}), ExpungeRule::all_given));
    const View session = view();
    EXPECT_EQ(values(session.uids()), (Values{1, 3, 4}));
    EXPECT_EQ(session.uid(SequenceNumber(2)), Uid(3));
    EXPECT_EQ(session.uid(SequenceNumber(0)), std::nullopt);
    EXPECT_EQ(session.uid(SequenceNumber(4)), std::nullopt);
    EXPECT_EQ(session.number(Uid(4)), SequenceNumber(3));
    EXPECT_EQ(session.number(Uid(2)), std::nullopt);
    EXPECT_EQ(session.uid_next(), Uid(5));
    EXPECT_EQ(session.first_unseen(), std::nullopt);
}

TEST_F(ViewTest, OneThatBeginsLaterHasWhatIsThereByThen) {
    const auto inbox = open();
    for (int i = 0; i < 5; ++i) append(*inbox, hello);
    EXPECT_EQ(values(view().uids()), (Values{1, 2, 3, 4, 5}));
    ASSERT_TRUE(inbox->expunge(uids({2, 3}), ExpungeRule::all_given));
    append(*inbox, hello);
    EXPECT_EQ(values(view().uids()), (Values{1, 4, 5, 6}));
    EXPECT_EQ(values(view().uids()), (Values{1, 4, 5, 6}));
    // A file that somebody takes away, and puts back where it was.
    const std::string name = files("cur").at(1);
    std::filesystem::rename(path("cur/" + name), path("tmp/" + name));
    EXPECT_EQ(view().count(), 3u);
    std::filesystem::rename(path("tmp/" + name), path("cur/" + name));
    const View last = view();
    const View again = view();
    EXPECT_EQ(values(last.uids()), values(again.uids()));
    EXPECT_EQ(last.count(), 4u);
}

TEST_F(ViewTest, RefreshWithoutChangesIsEmpty) {
    append(*open(), hello);
    View session = view();
    EXPECT_TRUE(session.refresh(Expunges::reveal).value().empty());
}

TEST_F(ViewTest, DeliveredMessageIsAddedAndRecentForTheFirstSessionOnly) {
    View first = view();
    View second = view("INBOX", Access::read_only);
    ASSERT_TRUE(deliver(store, bob, hello));
    const Changes looked = second.refresh(Expunges::hold).value();
    EXPECT_EQ(looked.recent, 1u);
    EXPECT_EQ(open()->status().value().recent, 1u);
    const Changes changes = first.refresh(Expunges::hold).value();
    EXPECT_EQ(values(changes.added), (Values{1}));
    EXPECT_EQ(changes.count, 1u);
    EXPECT_EQ(changes.recent, 1u);
    EXPECT_TRUE(first.is_recent(Uid(1)));
    EXPECT_EQ(first.first_unseen(), SequenceNumber(1));
    View third = view();
    EXPECT_EQ(third.count(), 1u);
    EXPECT_EQ(third.recent(), 0u);
    EXPECT_EQ(open()->status().value().recent, 0u);
    EXPECT_EQ(files("new").size(), 0u);
    EXPECT_TRUE(files("cur").at(0).ends_with(":2,"));
}

TEST_F(ViewTest, ExpungesAreHeldUntilTheyMayBeRevealed) {
    const auto inbox = open();
    for (int i = 0; i < 5; ++i) append(*inbox, hello);
    View session = view();
    ASSERT_TRUE(inbox->expunge(uids({2, 4}), ExpungeRule::all_given));
    append(*inbox, hello);
    const Changes held = session.refresh(Expunges::hold).value();
    EXPECT_TRUE(held.expunged.empty());
    EXPECT_EQ(held.count, 6u);
    EXPECT_EQ(session.number(Uid(5)), SequenceNumber(5));
    const Changes revealed = session.refresh(Expunges::reveal).value();
    ASSERT_EQ(revealed.expunged.size(), 2u);
    EXPECT_EQ(revealed.expunged[0].number, SequenceNumber(4));
    EXPECT_EQ(revealed.expunged[0].uid, Uid(4));
    EXPECT_EQ(revealed.expunged[1].number, SequenceNumber(2));
    EXPECT_EQ(values(session.uids()), (Values{1, 3, 5, 6}));
    EXPECT_EQ(revealed.count, 4u);
}

TEST_F(ViewTest, FlagsChangedElsewhereAreToldOwnOnesNotAgain) {
    const auto inbox = open();
    append(*inbox, hello);
    append(*inbox, hello);
    View mine = view();
    View other = view();
    mine.acknowledge(inbox->store_flags(uids({1}), {FlagAction::add, flags({Flag::seen})}).value());
    EXPECT_TRUE(mine.refresh(Expunges::reveal).value().empty());
    const Changes told = other.refresh(Expunges::reveal).value();
    ASSERT_EQ(told.flags.size(), 1u);
    EXPECT_EQ(told.flags[0].uid, Uid(1));
    EXPECT_EQ(told.flags[0].flags, flags({Flag::seen}));
    // Acknowledged, but changed again by another before the refresh: told.
    mine.acknowledge(inbox->store_flags(uids({2}), {FlagAction::add, flags({Flag::seen})}).value());
    ASSERT_TRUE(inbox->store_flags(uids({2}), {FlagAction::remove, flags({Flag::seen})}));
    EXPECT_EQ(mine.refresh(Expunges::reveal).value().flags.size(), 1u);
}

TEST_F(ViewTest, MessageThatCameAndWentIsNeverShown) {
    const auto inbox = open();
    View session = view();
    append(*inbox, hello);
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::all_given));
    const Changes changes = session.refresh(Expunges::reveal).value();
    EXPECT_TRUE(changes.empty());
    EXPECT_EQ(session.uid_next(), Uid(2));
}

TEST_F(ViewTest, FileRemovedByAnotherProgramIsAnExpunge) {
    const auto inbox = open();
    append(*inbox, hello, flags({Flag::seen}));
    append(*inbox, hello, flags({Flag::seen}));
    View session = view();
    std::filesystem::remove(path("cur/" + files("cur").at(0)));
    const Changes changes = session.refresh(Expunges::reveal).value();
    ASSERT_EQ(changes.expunged.size(), 1u);
    EXPECT_EQ(session.count(), 1u);
}

TEST_F(ViewTest, SessionOfADeletedMailboxEnds) {
    ASSERT_TRUE(account->create(named("Gone")));
    View session = view("Gone");
    ASSERT_TRUE(account->remove(named("Gone")));
    const auto refreshed = session.refresh(Expunges::reveal);
    ASSERT_FALSE(refreshed);
    EXPECT_EQ(refreshed.error().code, ErrorCode::not_found);
    EXPECT_FALSE(session.mailbox().start_message());
}

TEST_F(ViewTest, SessionSurvivesARename) {
    ASSERT_TRUE(account->create(named("Old")));
    append(*open("Old"), hello);
    View session = view("Old");
    ASSERT_TRUE(account->rename(named("Old"), named("New")));
    append(*open("New"), hello);
    EXPECT_EQ(session.refresh(Expunges::reveal).value().count, 2u);
    ASSERT_TRUE(session.mailbox().store_flags(uids({1}), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(open("New")->status().value().unseen, 1u);
}

TEST_F(ViewTest, SessionFarBehindTheLogStillLearnsEverything) {
    Settings settings = settings_for(folder.path());
    settings.remembered_changes = 10;
    Store small(settings);
    const auto inbox = small.open(bob).value()->open(MailboxName()).value();
    for (int i = 0; i < 3; ++i) append(*inbox, hello);
    View session = View::open(inbox, Access::read_write).value();
    for (int i = 0; i < 20; ++i) append(*inbox, hello);
    ASSERT_TRUE(inbox->store_flags(uids({1}), {FlagAction::add, flags({Flag::seen})}));
    ASSERT_TRUE(inbox->expunge(uids({2, 7}), ExpungeRule::all_given));
    for (int i = 0; i < 20; ++i) append(*inbox, hello);
    const Changes changes = session.refresh(Expunges::reveal).value();
    EXPECT_EQ(changes.added.size(), 39u);
    EXPECT_EQ(changes.expunged.size(), 1u);
    EXPECT_EQ(session.count(), 41u);
    ASSERT_FALSE(changes.flags.empty());
    EXPECT_EQ(changes.flags[0].flags, flags({Flag::seen}));
}

}  // namespace
}  // namespace posthouse::storage
