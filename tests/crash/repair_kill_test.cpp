// kill -9 at system calls of a repair: no message is lost, no UID changes, and the next repair brings it to its end.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "lib/base/log.h"
#include "storage/repair/repair.h"
#include "tests/crash/damages.h"
#include "tests/crash/setting.h"
#include "tests/crash/system_calls.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

namespace fs = std::filesystem;

struct KillAt : Tap {
    explicit KillAt(unsigned call) : left(call) {}
    int before(const Call&) override {
        if (left-- == 0) ::kill(::getpid(), SIGKILL);
        return 0;
    }
    unsigned left;
};

struct Counting : RepairListener {
    void found(const Finding& finding) override {
        if (finding.is_note) return;
        ++count;
        text += finding.mailbox + " " + finding.subject + ": " + finding.found + "\n";
    }
    unsigned count = 0;
    std::string text;
};

class RepairKillTest : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
        make();
    }
    void TearDown() override { static_cast<void>(log::open({.program = "test", .path = ""})); }

    Settings settings(const std::string& name) const {
        Settings made = settings_for(folder_.path() + "/" + name);
        made.lock_wait = std::chrono::milliseconds(2000);
        return made;
    }

    /// A tree with all that a repair can mend, and the UIDs that have to stay.
    void make() {
        const Settings whole = settings("whole");
        std::string root;
        {
            Store store(whole);
            const auto account = store.open(bob_).value();
            const auto inbox = account->open(MailboxName()).value();
            for (const char* token : {"one", "two", "three", "four"})
                append(*inbox, text_of(token), flags({Flag::seen}, {"Kept"}));
            append(*account->open(MailboxName::parse("Archive").value()).value(), text_of("old"), flags({Flag::seen}));
            root = account->root();
        }
        const Victim v{root};
        std::string list = v.read("dovecot-uidlist");
        for (const char* token : {"one", "two"}) {
            // As a server writes it that counted wrongly: in the name and in the line.
            const std::string name = v.file_of(token);
            std::string wrong = name;
            wrong.insert(wrong.find(",S=") + 3, "9");
            v.rename("cur/" + name, "cur/" + wrong);
            const std::string base = name.substr(0, name.find(':'));
            list.replace(list.find(base), base.size(), wrong.substr(0, wrong.find(':')));
        }
        v.write("dovecot-uidlist", list.insert(list.find('\n') + 1, "no sense\n"));
        uids_ = uids_of(whole);
        ASSERT_EQ(uids_.size(), 4u);
        const std::string third = v.file_of("three");
        v.write_message("cur/" + third.substr(0, third.find(':')) + ":2,F", "double");
        v.write_message("new/:2,S", "hidden");
        fs::create_directory(root + "/cur/folder");
        v.link("nowhere", "cur/link");
        v.write("dovecot-keywords", "0 Kept\nno sense\n");
        v.write("subscriptions", "V\t2\n\nArchive\n&&&\n");
        fs::copy(root + "/" + in_layout(".Archive", layout_of_tests()),
                 root + "/" + in_layout(".Copy", layout_of_tests()), fs::copy_options::recursive);
    }

    std::map<std::string, std::uint32_t> uids_of(const Settings& tree) const {
        Store store(tree);
        std::map<std::string, std::uint32_t> found;
        const auto inbox = store.open(bob_).value()->open(MailboxName());
        EXPECT_TRUE(inbox) << inbox.error().message();
        if (!inbox) return found;
        for (const MessageRow& row : (*inbox)->rows(UidSet::all()).value())
            EXPECT_TRUE(found.emplace(token_of(content(**inbox, row.uid)), row.uid.value()).second);
        return found;
    }

    void judge(const Settings& tree, bool is_repaired) {
        const auto found = uids_of(tree);
        for (const auto& [token, uid] : uids_) {
            ASSERT_TRUE(found.contains(token)) << token << " is lost";
            EXPECT_EQ(found.at(token), uid) << token;
        }
        EXPECT_TRUE(found.contains("double"));
        if (is_repaired) EXPECT_TRUE(found.contains("hidden"));
    }

    Counting repair(const Settings& tree, bool mends) const {
        Store store(tree);
        Counting findings;
        const Result<> run = repair_account(store, bob_, {.mends = mends, .contents = true, .only = {}}, findings);
        EXPECT_TRUE(run) << run.error().message();
        return findings;
    }

    TemporaryFolder folder_;
    AccountName bob_ = AccountName::parse("bob@example.org").value();
    std::map<std::string, std::uint32_t> uids_;
};

TEST_F(RepairKillTest, NothingIsLostWhereverARepairEnds) {
    const unsigned step = setting("POSTHOUSE_CRASH_ALL_FAULTS", 0) != 0 ? 1 : 11;
    unsigned killed = 0;
    for (unsigned call = 0;; call += step) {
        SCOPED_TRACE("killed at call " + std::to_string(call));
        const Settings tree = settings("tree");
        fs::remove_all(tree.mail_root);
        fs::copy(folder_.path() + "/whole", tree.mail_root,
                 fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            KillAt tap(call);
            const Tapped tapped(tap);
            repair(tree, true);
            ::_exit(HasFailure() ? 1 : 0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        const bool is_whole = WIFEXITED(status);
        if (is_whole) ASSERT_EQ(WEXITSTATUS(status), 0);
        if (!is_whole) ++killed;
        judge(tree, is_whole);
        repair(tree, true);
        judge(tree, true);
        const Counting left = repair(tree, false);
        EXPECT_EQ(left.count, 0u) << left.text;
        if (is_whole || HasFailure()) break;
    }
    EXPECT_GT(killed, 20u);
}

}  // namespace
}  // namespace posthouse::storage::crash
