// Watcher: the file descriptor becomes readable when a watched mailbox changes, and tells whose.
#include "storage/watch.h"

#include <poll.h>

#include <chrono>
#include <filesystem>

#include "storage/wake/wake_file.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nline\r\n";

class WatchTest : public MailRoot {
  protected:
    bool is_readable() {
        pollfd ready{store.watcher().fd(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }
};

TEST_F(WatchTest, DeliveryFromAnotherStoreIsTold) {
    const WatchId inbox = store.watcher().add(*open());
    const WatchId again = store.watcher().add(*open());
    store.watcher().add(*open("Sent"));
    EXPECT_TRUE(store.watcher().drain().empty());
    EXPECT_FALSE(is_readable());
    Store other(settings_for(folder.path()));
    ASSERT_TRUE(deliver(other, bob, hello));
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{inbox, again}));
    EXPECT_FALSE(is_readable());
    EXPECT_GT(store.watcher().poll_interval(inbox), store.watcher().poll_interval(999));
}

TEST_F(WatchTest, WhatMovesNoFileIsToldToOtherProcesses) {
    Store other(settings_for(folder.path()));
    append(*open(), hello);
    const WatchId id = store.watcher().add(*open());
    const auto theirs = other.open(bob).value()->open(MailboxName()).value();
    ASSERT_TRUE(theirs->store_flags(UidSet::all(), {FlagAction::add, flags({}, {"Fresh"})}));
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
}

TEST_F(WatchTest, OneChangeIsToldOnce) {
    Store other(settings_for(folder.path()));
    append(*open(), hello);
    const WatchId id = store.watcher().add(*open());
    const auto theirs = other.open(bob).value()->open(MailboxName()).value();
    ASSERT_TRUE(theirs->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
    // The kernel told of the same: not a second time, also not later.
    pollfd ready{store.watcher().fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 150), 0);
    EXPECT_TRUE(store.watcher().drain().empty());
}

TEST_F(WatchTest, ForeignProgramsAreToldOfByTheKernel) {
    append(*open(), hello, flags({Flag::seen}));
    View shown = view();
    const WatchId id = store.watcher().add(*open());
    const std::string name = files("cur").at(0);
    for (const std::string& end : {std::string("F"), std::string("FS")}) {  // twice within the tick of a folder's time
        std::filesystem::rename(path("cur/" + files("cur").at(0)),
                                path("cur/" + name.substr(0, name.find(":2,")) + ":2," + end));
        std::vector<WatchId> told;
        while (told.empty()) {
            pollfd ready{store.watcher().fd(), POLLIN, 0};
            ASSERT_EQ(::poll(&ready, 1, 1000), 1);
            told = store.watcher().drain();
        }
        EXPECT_EQ(told, (std::vector<WatchId>{id}));
        const Changes changes = shown.refresh(Expunges::reveal).value();
        ASSERT_EQ(changes.flags.size(), 1u);
        EXPECT_EQ(changes.flags.front().flags.system.has(Flag::seen), end == "FS");
    }
}

TEST_F(WatchTest, IndexThatIsDeletedUnderWaitingSessionsIsNoticed) {
    Store other(settings_for(folder.path()));
    append(*open(), hello);
    const auto theirs = other.open(bob).value()->open(MailboxName()).value();
    const WatchId id = store.watcher().add(*open());
    ASSERT_TRUE(theirs->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_FALSE(store.watcher().drain().empty());
    std::filesystem::remove_all(folder.path() + "/.index");
    while (!is_readable()) {
    }
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
    EXPECT_LT(store.watcher().poll_interval(id), std::chrono::seconds(10)) << "others may not know yet";
    // Whoever tells begins anew as well, a second later at most.
    bool is_told = false;
    for (int round = 0; !is_told; ++round) {
        const FlagAction action = round % 2 == 0 ? FlagAction::add : FlagAction::remove;
        ASSERT_TRUE(theirs->store_flags(UidSet::all(), {action, flags({}, {"Fresh"})}));
        is_told = !store.watcher().drain().empty();
    }
}

TEST_F(WatchTest, WhoFindsNoPlaceAmongTheMarksPolls) {
    const auto marks = WakeFile::open(settings_for(folder.path()).index_root).value();
    std::vector<WakeSlot> slots;
    for (std::uint32_t i = 0; i < WakeFile::slot_count; ++i) slots.push_back(marks->take_slot().value());
    EXPECT_EQ(marks->take_slot().error().code, ErrorCode::limit);
    const WatchId id = store.watcher().add(*open());
    EXPECT_LT(store.watcher().poll_interval(id), std::chrono::seconds(10));
    ASSERT_TRUE(deliver(store, bob, hello));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id})) << "its own process needs no place";
    slots.pop_back();
    while (store.watcher().poll_interval(id) < std::chrono::seconds(10)) {
    }
}

TEST_F(WatchTest, FlagsAndExpungesAreTold) {
    const auto inbox = open();
    append(*inbox, hello);
    const WatchId id = store.watcher().add(*inbox);
    ASSERT_TRUE(inbox->store_flags(UidSet::all(), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::all_given));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
}

TEST_F(WatchTest, EndedWatchIsNotTold) {
    const WatchId first = store.watcher().add(*open());
    const WatchId second = store.watcher().add(*open());
    store.watcher().remove(first);
    ASSERT_TRUE(deliver(store, bob, hello));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{second}));
    store.watcher().remove(second);
    store.watcher().remove(second);
    ASSERT_TRUE(deliver(store, bob, hello));
    EXPECT_TRUE(store.watcher().drain().empty());
}

TEST_F(WatchTest, DeletedMailboxIsTold) {
    ASSERT_TRUE(account->create(named("Gone")));
    const WatchId id = store.watcher().add(*open("Gone"));
    ASSERT_TRUE(account->remove(named("Gone")));
    EXPECT_EQ(store.watcher().drain(), (std::vector<WatchId>{id}));
    store.watcher().remove(id);
}

}  // namespace
}  // namespace posthouse::storage
