// What an account of many mailboxes costs: LIST, asking its change log, and a CREATE and DELETE, which write to it.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "storage/account.h"
#include "storage/account_log.h"
#include "storage/store.h"

namespace posthouse::storage {
namespace {

MailboxName named(const std::string& name) { return MailboxName::parse(name).value(); }

/// An account with so many mailboxes, below the working folder: on the disk that is measured.
class ManyMailboxes {
  public:
    explicit ManyMailboxes(std::int64_t count) {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        Settings settings;
        settings.mail_root = path_ + "/mail";
        settings.host_name = "bench";
        store_ = std::make_unique<Store>(settings);
        account = store_->open(AccountName::parse("bob@example.org").value()).value();
        // As another program makes them: without a sync for each.
        for (std::int64_t i = 0; i < count; ++i)
            for (const char* part : {"cur", "new", "tmp"})
                std::filesystem::create_directories(account->root() + "/.Box" + std::to_string(i) + "/" + part);
        since = account->changes_since(ModSeq()).value().now;
    }
    ~ManyMailboxes() { std::filesystem::remove_all(path_); }
    ManyMailboxes(const ManyMailboxes&) = delete;
    ManyMailboxes& operator=(const ManyMailboxes&) = delete;

    std::shared_ptr<Account> account;
    ModSeq since;

  private:
    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
    std::unique_ptr<Store> store_;
};

void list(benchmark::State& state) {
    const ManyMailboxes mailboxes(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(mailboxes.account->list().value());
}
BENCHMARK(list)->Arg(10)->Arg(1'000);

void ask_the_log_when_nothing_changed(benchmark::State& state) {
    const ManyMailboxes mailboxes(state.range(0));
    for (auto _ : state)
        if (!mailboxes.account->changes_since(mailboxes.since).value().changes.empty()) std::abort();
}
BENCHMARK(ask_the_log_when_nothing_changed)->Arg(10)->Arg(1'000)->MinTime(3);

void compare_the_tree(benchmark::State& state) {
    const ManyMailboxes mailboxes(state.range(0));
    const AccountLog log(mailboxes.account->store(), mailboxes.account->root());
    const int root = ::open(mailboxes.account->root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (auto _ : state)
        if (!log.catch_up(root)) std::abort();
    ::close(root);
}
BENCHMARK(compare_the_tree)->Arg(10)->Arg(1'000);

void create_and_delete(benchmark::State& state) {
    const ManyMailboxes mailboxes(state.range(0));
    for (auto _ : state)
        if (!mailboxes.account->create(named("New")) || !mailboxes.account->remove(named("New"))) std::abort();
}
BENCHMARK(create_and_delete)->Arg(10)->Arg(1'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace posthouse::storage
