// Durable delivery of 4 KB messages against the bare sequence of system calls on the same disk: create, write, fsync,
// rename, fsync of the folder. The ratio of the two is what storage costs. To be run where nothing was deleted in the last
// seconds: ext4 passes over inodes that were freed within five, one by one, which costs more than all else.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "lib/base/file.h"
#include "lib/base/random.h"
#include "storage/delivery.h"
#include "storage/store.h"

namespace posthouse::storage {
namespace {

const std::string& message() {
    static const std::string text = [] {
        std::string content = "From: a@example.org\r\nSubject: benchmark\r\n\r\n";
        while (content.size() < 4096) content += "The quick brown fox jumps over the lazy dog.\r\n";
        return content;
    }();
    return text;
}

/// A folder for one benchmark, below the working folder: on the disk that is measured, not in a tmpfs.
class Folder {
  public:
    Folder() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
};

Folder& shared_folder() {
    static Folder folder;
    return folder;
}

void bare_system_calls(benchmark::State& state) {
    const std::string folder = shared_folder().path() + "/bare" + std::to_string(state.thread_index());
    std::filesystem::create_directories(folder + "/tmp");
    std::filesystem::create_directories(folder + "/new");
    const Result<UniqueFd> fresh = open_file(folder + "/new", O_RDONLY | O_DIRECTORY);
    for (auto _ : state) {
        const std::string name = random_hex(8);
        const std::string from = folder + "/tmp/" + name;
        const Result<UniqueFd> file = open_file(from, O_WRONLY | O_CREAT | O_EXCL);
        if (!write_all(file->get(), message()) || ::fsync(file->get()) != 0 ||
            ::rename(from.c_str(), (folder + "/new/" + name).c_str()) != 0 || ::fsync(fresh->get()) != 0)
            state.SkipWithError("a system call failed");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_system_calls)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

Store& shared_store() {
    static Store store([] {
        Settings settings;
        settings.mail_root = shared_folder().path() + "/mail";
        return settings;
    }());
    return store;
}

void delivery(benchmark::State& state, bool own_mailbox) {
    const std::string user = own_mailbox ? "user" + std::to_string(state.thread_index()) : std::string("user");
    const Result<AccountName> account = AccountName::make(user, "example.org");
    const MailboxName inbox = *MailboxName::parse("INBOX");
    for (auto _ : state) {
        Result<Delivery> one = Delivery::begin(
            shared_store(), {.id = make_id(), .first_until = always, .targets = {{*account, inbox, ""}}});
        if (!one || !one->write(message()) || !one->commit().front()) state.SkipWithError("a delivery failed");
    }
    state.SetItemsProcessed(state.iterations());
}
void delivery_to_own_mailbox(benchmark::State& state) { delivery(state, true); }
void delivery_to_one_mailbox(benchmark::State& state) { delivery(state, false); }
BENCHMARK(delivery_to_own_mailbox)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();
BENCHMARK(delivery_to_one_mailbox)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

}  // namespace
}  // namespace posthouse::storage
