// Another server at work between two system calls of a look.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "storage/dot_lock.h"
#include "storage/uidlist_file.h"
#include "storage/usage_look.h"
#include "tests/crash/system_calls.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage::crash {
namespace {

namespace fs = std::filesystem;

/// Takes a message from new/ to cur/ and numbers it when a look begins to read new/; changes its flags while the look
/// reads cur/, so that this reading meets neither the old name nor the new one.
class OtherServer : public Tap {
  public:
    OtherServer(std::string path, std::string base) : path_(std::move(path)), base_(std::move(base)) {}

    int before(const Call& call) override {
        const bool opens = call.kind == CallKind::open && call.path != nullptr && std::string_view(call.path) == ".";
        if (opens && ++readings_ == 1) number();
        if (opens && readings_ == 3) fs::rename(in("cur/", ":2,"), in("tmp/", ""));
        // The next thing after that reading.
        if (!opens && readings_ == 3 && call.kind != CallKind::read && call.kind != CallKind::open) show_again();
        return 0;
    }
    bool has_hidden_it() const { return is_shown_again_; }

  private:
    std::string in(const std::string& part, const std::string& suffix) const {
        return path_ + "/" + part + base_ + suffix;
    }
    void number() const {
        const Folder inbox = Folder::open(path_, "", MissingParts::make).value();
        PreparedLocks locks({"other"});
        const auto lock = DotLock::take(inbox, uidlist_lock, locks, std::chrono::seconds(10)).value();
        fs::rename(in("new/", ""), in("cur/", ":2,"));
        UidListFile list;
        ASSERT_TRUE(list.reload(inbox));
        const std::vector<UidListEntry> entries = {{list.next_uid(), "", base_}};
        ASSERT_TRUE(list.append(inbox, entries));
    }
    void show_again() {
        if (std::exchange(is_shown_again_, true)) return;
        fs::rename(in("tmp/", ""), in("cur/", ":2,F"));
    }

    std::string path_;
    std::string base_;
    int readings_ = 0;  ///< new/ alone, as nothing else has changed; then both, as cur/ has
    bool is_shown_again_ = false;
};

/// Takes a message that is delivered this moment from new/ to cur/ while another is expunged here, unless
/// dovecot-uidlist.lock keeps it out, and has not numbered it yet.
class OtherServerInTheMiddle : public Tap {
  public:
    OtherServerInTheMiddle(std::string path, std::string base) : path_(std::move(path)), base_(std::move(base)) {}

    int before(const Call& call) override {
        if (call.kind != CallKind::unlink || std::string_view(call.path).find(",S=") == std::string_view::npos)
            return 0;
        if (std::exchange(has_tried_, true)) return 0;
        std::ofstream(path_ + "/new/" + base_) << "hi\n\n";
        const Folder inbox = Folder::open(path_, "", MissingParts::make).value();
        Result<DotLock> lock = DotLock::take(inbox, uidlist_lock, locks_, std::chrono::milliseconds(50));
        if (!lock) return 0;
        folder_.emplace(Folder::open(path_, "", MissingParts::make).value());
        lock_.emplace(std::move(*lock));
        fs::rename(path_ + "/new/" + base_, path_ + "/cur/" + base_ + ":2,");
        return 0;
    }
    bool has_tried() const { return has_tried_; }

  private:
    std::string path_;
    std::string base_;
    PreparedLocks locks_{std::vector<std::string>{"other"}};
    std::optional<Folder> folder_;
    std::optional<DotLock> lock_;
    bool has_tried_ = false;
};

/// Takes a message that is delivered this moment from new/ to cur/ and numbers it, before the lock that an APPEND here
/// is about to take.
class OtherServerBeforeTheLock : public Tap {
  public:
    OtherServerBeforeTheLock(std::string path, std::string base) : path_(std::move(path)), base_(std::move(base)) {}

    int before(const Call& call) override {
        const bool locks = call.to_path != nullptr && std::string_view(call.to_path) == uidlist_lock;
        if (!locks || std::exchange(was_there_, true)) return 0;
        std::ofstream(path_ + "/new/" + base_) << "hi\n\n";
        const Folder inbox = Folder::open(path_, "", MissingParts::make).value();
        PreparedLocks prepared(std::vector<std::string>{"other"});
        const auto lock = DotLock::take(inbox, uidlist_lock, prepared, std::chrono::seconds(1)).value();
        fs::rename(path_ + "/new/" + base_, path_ + "/cur/" + base_ + ":2,");
        UidListFile list;
        EXPECT_TRUE(list.reload(inbox));
        const std::vector<UidListEntry> entries = {{list.next_uid(), "", base_}};
        EXPECT_TRUE(list.append(inbox, entries));
        return 0;
    }
    bool was_there() const { return was_there_; }

  private:
    std::string path_;
    std::string base_;
    bool was_there_ = false;
};

/// Makes the mailbox at `place` anew, with one message in each of new/ and cur/, whenever somebody looks which folder
/// it is.
class AnotherMailboxEachTime : public Tap {
  public:
    AnotherMailboxEachTime(std::string path, std::string place) : path_(std::move(path)), place_(std::move(place)) {}

    int before(const Call& call) override {
        if (call.kind != CallKind::stat || call.path == nullptr || call.path != place_) return 0;
        // Kept, so that the next one's inode is another.
        fs::rename(path_ + "/" + place_, path_ + "/old-" + std::to_string(++made_));
        for (const char* part : {"/tmp", "/new", "/cur"}) fs::create_directories(path_ + "/" + place_ + part);
        std::ofstream(path_ + "/" + place_ + "/new/1700000000.M1P1.other") << "hi\n\n";
        std::ofstream(path_ + "/" + place_ + "/cur/1700000000.M2P1.other:2,S") << "hi\n\n";
        return 0;
    }
    int made() const { return made_; }

  private:
    std::string path_;
    std::string place_;
    int made_ = 0;
};

class LookRaceTest : public MailRoot {};

TEST_F(LookRaceTest, WhatTakesRoomIsToldThoughAMailboxIsMadeAnewAllTheTime) {
    append(*open(), "1234\r\n");
    ASSERT_TRUE(account->create(named("Temp")));
    UsageLook look(store.shared_state(), path());
    AnotherMailboxEachTime other(path(), ".Temp");
    Result<Usage> usage = Usage{};
    {
        const Tapped tapped(other);
        usage = look.usage(QuotaLimits());
    }
    EXPECT_GT(other.made(), 5);
    ASSERT_TRUE(usage) << usage.error().message();
    EXPECT_EQ(*usage, (Usage{5 + 4 + 4, 3}));
}

TEST_F(LookRaceTest, AMessageThatIsNumberedBeforeTheLockOfAnAppendIsShown) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    View session = view("INBOX", Access::read_only);
    OtherServerBeforeTheLock other(path(), "1700000000.M1P1.other,S=4");
    {
        const Tapped tapped(other);
        append(*inbox, "two\r\n", flags({Flag::seen}));
    }
    ASSERT_TRUE(other.was_there());
    EXPECT_EQ(session.refresh(Expunges::reveal)->count, 3u);
}

TEST_F(LookRaceTest, AMessageThatComesToCurDuringAnExpungeIsShown) {
    const auto inbox = open();
    append(*inbox, "one\r\n", flags({Flag::seen}));
    append(*inbox, "two\r\n", flags({Flag::seen}));
    View session = view("INBOX", Access::read_only);
    const std::string base = "1700000000.M1P1.other,S=4";
    OtherServerInTheMiddle other(path(), base);
    {
        const Tapped tapped(other);
        ASSERT_EQ(inbox->expunge(uids({1}), ExpungeRule::all_given)->size(), 1u);
    }
    ASSERT_TRUE(other.has_tried());
    const Result<Changes> changes = session.refresh(Expunges::reveal);
    ASSERT_TRUE(changes) << changes.error().message();
    EXPECT_EQ(changes->count, 2u);
}

TEST_F(LookRaceTest, AMessageThatIsNumberedAndFlaggedElsewhereDuringALookIsShownByIt) {
    append(*open(), "one\r\n", flags({Flag::seen}));
    View session = view();
    const std::string base = "1700000000.M1P1.other,S=4";
    write("new/" + base, "hi\n\n");
    OtherServer other(path(), base);
    Changes changes;
    {
        const Tapped tapped(other);
        changes = session.refresh(Expunges::reveal).value();
    }
    ASSERT_TRUE(other.has_hidden_it());
    EXPECT_EQ(changes.count, 2u);
    EXPECT_EQ(files("cur").size(), 2u);
}

}  // namespace
}  // namespace posthouse::storage::crash
