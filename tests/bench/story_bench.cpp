// What the story of messages costs: an event told by a daemon, made a line, indexed, and one message found among many.
// Below the working folder: on the disk that is measured.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "historyd/archive.h"
#include "historyd/indexer.h"
#include "historyd/trace.h"
#include "lib/base/file.h"
#include "lib/base/random.h"
#include "lib/story/telling.h"
#include "lib/story/writer.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::history {
namespace {

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

story::Event accepted(const std::string& id) {
    return story::accept({id, "1M8376V29ZZV1ZKA"}, {.sender = "alice@example.org",
                                                    .recipients = {id + "@example.net"},
                                                    .message_id = "<" + id + "@mail.example.org>",
                                                    .size = 4096,
                                                    .remote = "192.0.2.1",
                                                    .reply = "250 2.0.0 Ok: delivered, id " + id});
}

/// As smtpd does it: values, an event, a line in the buffer. Written on another thread meanwhile.
void tell(benchmark::State& state) {
    const Folder folder;
    config::Config config;
    config.general.state_folder = folder.path();
    net::Loop loop;
    daemon::FakeDaemon daemon(loop, "smtpd", config);
    story::Writer writer(daemon);
    const std::string id = make_id();
    for (auto _ : state) {
        writer.tell(accepted(id));
        if (state.iterations() % 10'000 == 9'999) {
            state.PauseTiming();
            loop.run_until_complete([](net::Loop& on) -> net::Async<> {
                co_await on.sleep_until(net::Deadline::in(std::chrono::milliseconds(250)));
            }(loop));
            state.ResumeTiming();
        }
    }
    loop.run_until_complete(writer.stop());
    state.counters["dropped"] = static_cast<double>(writer.dropped());
}
BENCHMARK(tell);

void make_line(benchmark::State& state) {
    story::Event event = accepted(make_id());
    event.time = 1'700'000'000'000;
    event.daemon = "smtpd";
    std::size_t octets = 0;
    for (auto _ : state) octets += story::to_line(event).size();
    state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}
BENCHMARK(make_line);

/// Four events of each message, each of its own connection.
std::string messages(std::size_t count) {
    std::string text;
    std::int64_t time = 1'700'000'000'000;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string connection = make_id();
        const std::string id = make_id();
        const std::string recipient = "user" + std::to_string(i % 1000) + "@example.net";
        for (story::Event event :
             {story::connect({connection}, {.remote = "192.0.2." + std::to_string(i % 250), .listener = "smtp"}),
              accepted(id),
              story::delivery({id},
                              {.recipient = recipient, .account = recipient, .mailbox = "INBOX", .file = id + ".host"}),
              story::refuse({connection},
                            {.command = "RCPT", .recipients = {recipient}, .reply = "550 5.1.1 no such user"})}) {
            event.time = ++time;
            event.daemon = "smtpd";
            text += story::to_line(event);
        }
    }
    return text;
}

void index_events(benchmark::State& state) {
    const Folder folder;
    if (!make_folders(folder.path() + "/incoming")) std::abort();
    Indexer indexer(folder.path(), std::chrono::seconds(0));
    std::uint64_t events = 0;
    for (auto _ : state) {
        state.PauseTiming();
        {
            const auto file = open_file(folder.path() + "/incoming/smtpd-" + make_id() + ".jsonl", O_WRONLY | O_CREAT);
            if (!file || !write_all(file->get(), messages(5000))) std::abort();
        }
        state.ResumeTiming();
        for (bool more = true; more;) {
            const Result<Pass> pass = indexer.pass();
            if (!pass) std::abort();
            events += pass->events;
            more = pass->more;
        }
    }
    if (!indexer.tidy({}, 1'700'000'000'000)) std::abort();
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
    state.counters["octets/event"] = static_cast<double>(indexer.index().octets()) / static_cast<double>(events);
}
BENCHMARK(index_events)->Unit(benchmark::kMillisecond)->UseRealTime();

void find_one_message(benchmark::State& state) {
    const Folder folder;
    if (!make_folders(folder.path() + "/incoming")) std::abort();
    const std::string id = make_id();
    for (int i = 0; i < 20; ++i) {
        std::string text = messages(5000);
        if (i == 10) {
            story::Event event = accepted(id);
            event.time = 1'700'000'000'000;
            event.daemon = "smtpd";
            text += story::to_line(event);
        }
        const auto file = open_file(folder.path() + "/incoming/smtpd-" + make_id() + ".jsonl", O_WRONLY | O_CREAT);
        if (!file || !write_all(file->get(), text)) std::abort();
    }
    Indexer indexer(folder.path(), std::chrono::seconds(0));
    for (bool more = true; more;) more = indexer.pass()->more;
    for (auto _ : state) {
        Result<Archive> archive = Archive::open(folder.path());
        const auto found = trace(*archive, {.keys = story::parse_term(id + "@example.net").value()});
        if (!found || found->size() != 1) std::abort();
    }
}
BENCHMARK(find_one_message)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace posthouse::history
