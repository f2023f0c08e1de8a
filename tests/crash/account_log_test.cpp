// CREATE, RENAME, DELETE, SUBSCRIBE killed at every system call that changes something: whatever of it happened, the
// account's log tells it once, and who follows the log knows the account as it is.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <set>

#include "tests/crash/system_calls.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage::crash {
namespace {

/// The process ends before its n-th system call that changes something.
class KilledBefore : public Tap {
  public:
    explicit KilledBefore(unsigned call) : left_(call) {}
    int before(const Call& call) override {
        switch (call.kind) {
            case CallKind::open:
            case CallKind::read:
            case CallKind::stat:
            case CallKind::descriptor:
            case CallKind::lock: return 0;
            default: break;
        }
        if (--left_ == 0) {
            ::kill(::getpid(), SIGKILL);
            for (;;) ::pause();
        }
        return 0;
    }

  private:
    unsigned left_;
};

/// A client that knows the account by its log alone.
class Follower {
  public:
    void follow(const Account& account) {
        const AccountChanges changes = account.changes_since(since_).value();
        since_ = changes.now;
        if (changes.whole) {
            names_.clear();
            subscribed_.clear();
            for (const ListedMailbox& listed : account.list().value()) {
                if (listed.exists) names_.insert(listed.name.text());
                if (listed.subscribed) subscribed_.insert(listed.name.text());
            }
            return;
        }
        for (const AccountChange& change : changes.changes) {
            const std::string& name = change.name.text();
            switch (change.event) {
                case AccountEvent::created: EXPECT_TRUE(names_.insert(name).second) << name << " a second time"; break;
                case AccountEvent::deleted: EXPECT_EQ(names_.erase(name), 1u) << name << " wasn't there"; break;
                case AccountEvent::renamed:
                    EXPECT_EQ(names_.erase(change.old_name.text()), 1u) << name;
                    EXPECT_TRUE(names_.insert(name).second) << name;
                    break;
                case AccountEvent::subscribed: EXPECT_TRUE(subscribed_.insert(name).second) << name; break;
                case AccountEvent::unsubscribed: EXPECT_EQ(subscribed_.erase(name), 1u) << name; break;
                case AccountEvent::annotated:
                case AccountEvent::annotated_account: break;
                case AccountEvent::messages: EXPECT_TRUE(names_.contains(name)) << name; break;
            }
        }
    }
    void compare(const Account& account) const {
        std::set<std::string> names;
        std::set<std::string> subscribed;
        for (const ListedMailbox& listed : account.list().value()) {
            if (listed.exists) names.insert(listed.name.text());
            if (listed.subscribed) subscribed.insert(listed.name.text());
        }
        EXPECT_EQ(names_, names);
        EXPECT_EQ(subscribed_, subscribed);
    }

  private:
    ModSeq since_;
    std::set<std::string> names_;
    std::set<std::string> subscribed_;
};

class AccountLogCrashTest : public MailRoot {
  protected:
    /// Runs `change` in a process that dies at the n-th call; false: it lived to its end.
    bool is_killed_at(unsigned call, const std::function<void(Account&)>& change) const {
        const pid_t child = ::fork();
        if (child == 0) {
            Store own(settings_for(folder.path()));
            const auto theirs = own.open(bob).value();
            KilledBefore tap(call);
            const Tapped tapped(tap);
            change(*theirs);
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
};

TEST_F(AccountLogCrashTest, ChangeThatIsCutOffIsToldOnceOrDidNotHappen) {
    Follower follower;
    follower.follow(*account);
    unsigned killed = 0;
    const auto try_all = [&](const char* what, const std::function<void(Account&)>& change,
                             const std::function<void(Account&)>& undo) {
        SCOPED_TRACE(what);
        bool is_killed = true;
        for (unsigned call = 1; is_killed && !HasFailure(); ++call) {
            is_killed = is_killed_at(call, change);
            killed += is_killed ? 1 : 0;
            // Another process finishes what can be finished, and looks.
            Store other(settings_for(folder.path()));
            const auto theirs = other.open(bob).value();
            follower.follow(*theirs);
            follower.compare(*theirs);
            undo(*theirs);
            follower.follow(*theirs);
            follower.compare(*theirs);
        }
    };
    const auto nothing = [](Account&) {};
    try_all(
        "CREATE", [](Account& a) { (void)a.create(named("Box")); }, [](Account& a) { (void)a.remove(named("Box")); });
    ASSERT_TRUE(account->create(named("Box")));
    ASSERT_TRUE(account->create(named("Box/Inner")));
    try_all(
        "RENAME", [](Account& a) { (void)a.rename(named("Box"), named("Crate")); },
        [](Account& a) { (void)a.rename(named("Crate"), named("Box")); });
    try_all(
        "SUBSCRIBE", [](Account& a) { (void)a.subscribe(named("Box")); },
        [](Account& a) { (void)a.unsubscribe(named("Box")); });
    try_all(
        "DELETE", [](Account& a) { (void)a.remove(named("Box")); }, [](Account& a) { (void)a.create(named("Box")); });
    try_all("nothing", nothing, nothing);
    EXPECT_GT(killed, 20u);
    std::cout << "killed " << killed << " times\n";
}

}  // namespace
}  // namespace posthouse::storage::crash
