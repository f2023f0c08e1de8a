// kill -9 and refused system calls in the middle of taking over a mailbox of Courier's: whoever opens it next finds
// Courier's UIDs, UIDVALIDITY, keywords, unique-ids and subscriptions.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "lib/base/log.h"
#include "tests/crash/setting.h"
#include "tests/crash/system_calls.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

namespace fs = std::filesystem;

/// Ends the process before the n-th call, or refuses this one and, if it `lasts`, those after it.
struct StopAt : Tap {
    StopAt(unsigned call, int with_error, bool until_end) : left(call), error(with_error), lasts(until_end) {}
    int before(const Call&) override {
        if (left != 0) {
            --left;
            return 0;
        }
        if (was_reached && !lasts) return 0;
        was_reached = true;
        if (error == 0) ::kill(::getpid(), SIGKILL);
        return error;
    }
    unsigned left;
    int error;
    bool lasts;
    bool was_reached = false;
};

class TakeOverCrashTest : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
        make();
    }
    void TearDown() override { static_cast<void>(log::open({.program = "test", .path = ""})); }

    static void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

    /// INBOX with more keywords than letters, a message that Courier has not numbered, and a line without a message.
    void make() {
        const fs::path root = fs::path(folder_.path()) / "whole/example.org/bob";
        for (const char* part : {"cur", "new", "tmp", "courierimapkeywords"}) fs::create_directories(root / part);
        std::string names;
        std::string numbers;
        for (int i = 0; i < 30; ++i) {
            names += "Key" + std::to_string(i) + "\n";
            if (i > 0) numbers += " " + std::to_string(i);
        }
        write(root / "cur/a:2,FS", text_of("a"));
        write(root / "cur/b:2,", text_of("b"));
        write(root / "cur/c:2,R", text_of("c"));
        write(root / "new/1700000000.d", text_of("d"));
        write(root / "courierimapuiddb", "1 4000000000 90\n7 a\n9 b\n12 gone\n80 c\n");
        write(root / "courierimapkeywords/:list", names + "\na:" + numbers + "\nb:0\n");
        write(root / "courierimapkeywords/c", "Key0\nOwn\n");
        write(root / "courierimapsubscribed", "INBOX.Sent\nINBOX.Work.Q1\n");
        write(root / "courierpop3dsizelist", "/3 9 17\na:2, 21 5:17:0\nc:2,R 21 8:17:0\n");
    }

    Settings fresh_copy() const {
        Settings tree = settings_for(folder_.path() + "/tree");
        tree.lock_wait = std::chrono::milliseconds(2000);
        fs::remove_all(tree.mail_root);
        fs::copy(folder_.path() + "/whole", tree.mail_root, fs::copy_options::recursive);
        return tree;
    }

    Result<> open(const Settings& tree) const {
        Store store(tree);
        const auto account = store.open(bob_);
        if (!account) return fail(account.error());
        const auto inbox = (*account)->open(MailboxName());
        if (!inbox) return fail(inbox.error());
        const Result<Status> status = (*inbox)->status();
        return status ? Result<>{} : fail(status.error());
    }

    void judge(const Settings& tree) const {
        Store store(tree);
        const auto account = store.open(bob_).value();
        const auto inbox = account->open(MailboxName()).value();
        ASSERT_TRUE(inbox->status());
        EXPECT_EQ(inbox->uid_validity(), UidValidity(4'000'000'000));
        EXPECT_EQ(inbox->status().value().uid_next, Uid(91));
        std::map<std::string, std::string> found;
        for (const MessageRow& row : inbox->rows(UidSet::all(), {.unique_id = true}).value()) {
            Keywords keywords = row.flags.keywords;
            found[token_of(content(*inbox, row.uid))] =
                std::to_string(row.uid.value()) + " " + std::to_string(row.flags.system.bits()) + " " +
                std::to_string(keywords.names().size()) + (keywords.contains("Key0") ? " Key0" : "") +
                (keywords.contains("Key29") ? " Key29" : "") + (keywords.contains("Own") ? " Own" : "") + " " +
                row.unique_id;
        }
        const std::map<std::string, std::string> expected{
            {"a", "7 10 29 Key29 UID5-17"}, {"b", "9 0 1 Key0 "}, {"c", "80 1 2 Key0 Own UID8-17"}, {"d", "90 0 0 "}};
        EXPECT_EQ(found, expected);
        std::vector<std::string> subscribed;
        for (const ListedMailbox& mailbox : account->list().value())
            if (mailbox.subscribed) subscribed.push_back(mailbox.name.text());
        EXPECT_EQ(subscribed, (std::vector<std::string>{"Sent", "Work/Q1"}));
        EXPECT_TRUE(fs::exists(tree.mail_root + "/example.org/bob/subscriptions"));
    }

    TemporaryFolder folder_;
    AccountName bob_ = AccountName::parse("bob@example.org").value();
};

TEST_F(TakeOverCrashTest, ItIsCouriersMailboxWhereverATakeOverIsKilled) {
    unsigned killed = 0;
    for (unsigned call = 0;; ++call) {
        SCOPED_TRACE("killed at call " + std::to_string(call));
        const Settings tree = fresh_copy();
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            StopAt tap(call, 0, false);
            const Tapped tapped(tap);
            ::_exit(open(tree) ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        judge(tree);
        if (HasFailure()) break;
        if (WIFEXITED(status)) {
            EXPECT_EQ(WEXITSTATUS(status), 0);
            break;
        }
        ++killed;
    }
    EXPECT_GT(killed, 100u);
}

TEST_F(TakeOverCrashTest, ItIsCouriersMailboxWhicheverCallFails) {
    unsigned told = 0;
    for (const bool lasts : {false, true})
        for (const int error : {EIO, ENOSPC, EMFILE})
            for (unsigned call = 0;; ++call) {
                SCOPED_TRACE("call " + std::to_string(call) + " failed with " + std::to_string(error) +
                             (lasts ? " and those after it" : ""));
                const Settings tree = fresh_copy();
                StopAt tap(call, error, lasts);
                {
                    const Tapped tapped(tap);
                    if (!open(tree)) ++told;
                }
                if (!tap.was_reached) break;
                judge(tree);
                if (HasFailure()) return;
            }
    EXPECT_GT(told, 50u);
}

}  // namespace
}  // namespace posthouse::storage::crash
