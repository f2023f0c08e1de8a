// Watcher: the file descriptor becomes readable when a watched mailbox changes, and tells whose.
#include "storage/watch.h"

#include <poll.h>

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
