// What the fault test does with a mail root while system calls fail: each operation, and what it leaves behind.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/tree.h"

namespace posthouse::storage::crash {

/// How often a message lies in a mailbox: name and token.
using Counts = std::map<std::pair<std::string, std::string>, int>;

/// A small account, opened, with a session on its INBOX.
struct Bench {
    explicit Bench(const Settings& settings);

    Settings settings;
    AccountName bob = AccountName::parse("bob@example.org").value();
    std::optional<Store> store;
    std::shared_ptr<Account> account;
    std::shared_ptr<Mailbox> inbox;
    std::shared_ptr<Mailbox> archive;
    std::optional<View> session;

    /// Opens what is above; also an operation of its own.
    Result<> open();
    /// Ends the session and everything behind it.
    void close();
    /// What this process sees in INBOX and Archive now, every message read whole.
    Result<Counts> see();

    /// Makes the account: messages with and without flags, one not numbered yet, two more mailboxes.
    static void make(const Settings& settings);
};

struct Operation {
    std::string name;
    std::function<Result<>(Bench&)> run;
    Counts change = {};           ///< what success adds to and takes from INBOX and Archive
    bool may_leave_both = false;  ///< MOVE: a failure after the copy leaves the message in both
    /// It had its effect although it failed: what trying again is told then.
    std::optional<ErrorCode> done_already = {};
    /// The account as it must be after success.
    std::function<bool(const SeenTree&)> holds = {};
};

std::vector<Operation> operations();
/// For GoogleTest's messages.
inline void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

}  // namespace posthouse::storage::crash
