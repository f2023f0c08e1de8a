// What the queue costs: a message of 4 KB accepted, beside the bare system calls for a durable file and two other
// orders of them; the checksum; an event recorded; and 100,000 waiting messages scanned, by names alone, with a stat of
// each, with a look into each. Below the working folder: on the disk that is measured.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/crc32c.h"
#include "lib/base/file.h"
#include "lib/base/random.h"
#include "queued/spool/record.h"
#include "queued/spool/spool.h"
#include "queued/spool/writer.h"

namespace posthouse::spool {
namespace {

const std::string& message() {
    static const std::string text = [] {
        std::string content = "From: a@example.org\r\nSubject: benchmark\r\n\r\n";
        while (content.size() < 4096) content += "The quick brown fox jumps over the lazy dog.\r\n";
        return content;
    }();
    return text;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
};

const std::string& root() {
    static const TemporaryFolder folder;
    return folder.path();
}

const Spool& queue() {
    static const Spool spool = Spool::open(root() + "/spool").value();
    return spool;
}

Envelope envelope() {
    Envelope made;
    made.id = make_id();
    made.arrived = 1'700'000'000;
    made.sender = smtp::parse_mailbox("anna@example.org").value();
    made.recipients.push_back({.address = smtp::parse_mailbox("bob@example.net").value()});
    return made;
}

/// create, write, fsync, rename, fsync of the folder.
void bare_system_calls(benchmark::State& state) {
    const std::string folder = root() + "/bare" + std::to_string(state.thread_index());
    std::filesystem::create_directories(folder);
    const Result<UniqueFd> open = open_file(folder, O_RDONLY | O_DIRECTORY);
    for (auto _ : state) {
        const std::string name = folder + "/" + random_hex(8);
        const Result<UniqueFd> file = open_file(name + ".tmp", O_WRONLY | O_CREAT | O_EXCL);
        if (!write_all(file->get(), message()) || ::fsync(file->get()) != 0 ||
            ::rename((name + ".tmp").c_str(), name.c_str()) != 0 || ::fsync(open->get()) != 0)
            state.SkipWithError("a system call failed");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_system_calls)->Threads(1)->Threads(8)->UseRealTime();

/// The name first, then both syncs: one transaction of the file system's journal, but others see a file that isn't
/// safe.
void named_before_synced(benchmark::State& state) {
    const std::string folder = root() + "/named" + std::to_string(state.thread_index());
    std::filesystem::create_directories(folder);
    const Result<UniqueFd> open = open_file(folder, O_RDONLY | O_DIRECTORY);
    for (auto _ : state) {
        const Result<UniqueFd> file = open_file(folder + "/" + random_hex(8), O_WRONLY | O_CREAT | O_EXCL);
        if (!write_all(file->get(), message()) || ::fsync(file->get()) != 0 || ::fsync(open->get()) != 0)
            state.SkipWithError("a system call failed");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(named_before_synced)->Threads(1)->Threads(8)->UseRealTime();

void accepted(benchmark::State& state) {
    (void)queue();
    const Incoming incoming = Incoming::open(root() + "/spool").value();
    for (auto _ : state) {
        Result<Writer> writer = Writer::begin(incoming);
        if (!writer || !writer->write(message()) || !writer->finish(envelope()))
            state.SkipWithError("a message was not accepted");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(accepted)->Threads(1)->Threads(8)->UseRealTime();

void event_recorded(benchmark::State& state) {
    (void)queue();
    const Incoming incoming = Incoming::open(root() + "/spool").value();
    const Envelope made = envelope();
    if (Writer writer = Writer::begin(incoming).value(); !writer.write(message()) || !writer.finish(made))
        state.SkipWithError("a message was not accepted");
    Entry entry = queue().open({Folder::incoming, {made.id, 0}}).value();
    const Event deferred{
        .kind = EventKind::deferred, .at = 1'700'000'100, .recipients = {0}, .reply = "450 4.2.1 not now"};
    for (auto _ : state)
        if (!entry.record(std::span(&deferred, 1))) state.SkipWithError("an event was not recorded");
    (void)entry.remove();
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(event_recorded)->UseRealTime();

void checksum(benchmark::State& state, bool own) {
    const std::string piece(64u << 10, 'x');
    std::string record;
    for (auto _ : state) {
        if (own) {
            benchmark::DoNotOptimize(crc32c(piece));
            continue;
        }
        record.clear();
        append_record(record, RecordKind::content, piece);
        benchmark::DoNotOptimize(record);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(piece.size()));
}
void record_with_crc32(benchmark::State& state) { checksum(state, false); }
void crc32c_of_lib_base(benchmark::State& state) { checksum(state, true); }
BENCHMARK(record_with_crc32);
BENCHMARK(crc32c_of_lib_base);

constexpr int waiting = 100'000;

/// Messages that wait; their files are alike but for the name and the id.
void fill() {
    static const bool is_filled = [] {
        (void)queue();
        const Incoming incoming = Incoming::open(root() + "/spool").value();
        const Envelope made = envelope();
        Writer writer = Writer::begin(incoming).value();
        if (!writer.write(message()) || !writer.finish(made)) std::abort();
        const std::string folder = root() + "/spool/deferred/";
        for (int i = 0; i < waiting; ++i)
            if (!std::filesystem::copy_file(root() + "/spool/incoming/" + made.id,
                                            folder + to_file_name({make_id(), 1'700'000'000 + i})))
                std::abort();
        return true;
    }();
    (void)is_filled;
}

enum class With { names, stat, look };

void scanned(benchmark::State& state, With with) {
    fill();
    const std::string folder = root() + "/spool/deferred/";
    for (auto _ : state) {
        Scan scan = queue().scan(Folder::deferred).value();
        std::size_t count = 0;
        for (;;) {
            const std::vector<Place> places = scan.next(1000).value();
            if (places.empty()) break;
            count += places.size();
            for (const Place& place : places) {
                struct stat st{};
                if (with == With::stat && ::stat((folder + to_file_name(place.name)).c_str(), &st) != 0)
                    state.SkipWithError("a file is missing");
                // It is another's by its name, which is found only when it has been read.
                if (with != With::look) continue;
                const Result<Listed> listed = queue().look(place);
                benchmark::DoNotOptimize(listed);
            }
        }
        if (count != waiting) state.SkipWithError("not all were found");
    }
    state.SetItemsProcessed(state.iterations() * waiting);
}
void scanned_by_name(benchmark::State& state) { scanned(state, With::names); }
void scanned_with_stat(benchmark::State& state) { scanned(state, With::stat); }
void scanned_with_look(benchmark::State& state) { scanned(state, With::look); }
BENCHMARK(scanned_by_name)->Unit(benchmark::kMillisecond);
BENCHMARK(scanned_with_stat)->Unit(benchmark::kMillisecond);
BENCHMARK(scanned_with_look)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace posthouse::spool
