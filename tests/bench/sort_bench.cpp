// SORT and THREAD over 100,000 messages, from their records in memory: decoding, ordering, and for THREAD its answer.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "storage/summary.h"
#include "storage/summary_order.h"

namespace posthouse::storage {
namespace {

constexpr std::uint32_t kMessages = 100'000;

imap::MessageIdHash id_of(std::uint64_t number) { return imap::message_id_hash("id" + std::to_string(number)); }

/// A mailbox of conversations: each message answers one of the last thousand or so, or begins a thread.
std::vector<std::string> conversations() {
    std::mt19937 random(1);
    std::vector<std::string> records;
    std::vector<std::vector<imap::MessageIdHash>> ancestors(kMessages);
    const std::string envelope(500, 'e');
    for (std::uint32_t i = 0; i < kMessages; ++i) {
        const bool begins = i == 0 || random() % 4 == 0;
        const std::uint32_t parent = begins ? i : i - 1 - random() % std::min(i, 1000U);
        if (!begins) {
            ancestors[i] = ancestors[parent];
            ancestors[i].push_back(id_of(parent));
        }
        const std::string number = std::to_string(random() % 30'000);
        const std::string subject = random() % 2 == 0 ? number + " ERRORS LAST NIGHT" : "PLANS FOR WEEK " + number;
        const std::string from = "WRITER" + std::to_string(random() % 500);
        HeaderSummary summary;
        summary.envelope = envelope;
        summary.sent = {1'790'000'000 + static_cast<std::int64_t>(i) * 60 + static_cast<std::int64_t>(random() % 9000),
                        60};
        summary.subject = subject;
        summary.from = summary.display_from = from;
        summary.is_reply = !begins;
        summary.message_id = id_of(i);
        summary.references =
            imap::MessageIdHashes({reinterpret_cast<const char*>(ancestors[i].data()), ancestors[i].size() * 8});
        records.push_back(encode(summary));
    }
    return records;
}

/// Each message answers the one before: one thread, a hundred thousand deep, in which each names all it may.
std::vector<std::string> one_chain() {
    std::vector<std::string> records;
    for (std::uint32_t i = 0; i < kMessages; ++i) {
        std::vector<imap::MessageIdHash> ids;
        for (std::uint32_t k = i > kMaxSummaryReferences ? i - kMaxSummaryReferences : 0; k < i; ++k) {
            ids.push_back(k * 0x9e3779b97f4a7c15 + 1);
        }
        HeaderSummary summary;
        summary.sent = {i, 0};
        summary.message_id = i * 0x9e3779b97f4a7c15 + 1;
        summary.references = imap::MessageIdHashes({reinterpret_cast<const char*>(ids.data()), ids.size() * 8});
        records.push_back(encode(summary));
    }
    return records;
}

/// All have one id, one subject, and name it.
std::vector<std::string> one_id() {
    const imap::MessageIdHash id = 7;
    const std::string subject(kMaxSummaryKey, 'S');
    HeaderSummary summary;
    summary.message_id = id;
    summary.subject = subject;
    summary.is_reply = true;
    summary.references = imap::MessageIdHashes({reinterpret_cast<const char*>(&id), sizeof id});
    return std::vector<std::string>(kMessages, encode(summary));
}

using Records = std::vector<std::string> (*)();

void sort(benchmark::State& state, Records make, imap::SortKey key) {
    const std::vector<std::string> records = make();
    const std::vector<imap::SortCriterion> criteria = {{key}};
    for (auto _ : state) {
        std::vector<imap::SortMessage> messages;
        messages.reserve(records.size());
        for (const std::string& record : records) {
            messages.push_back(
                sort_message(static_cast<std::uint32_t>(messages.size() + 1), *decode_header(record), {}, 0));
        }
        benchmark::DoNotOptimize(imap::sort_messages(messages, criteria));
    }
}
BENCHMARK_CAPTURE(sort, by_date, conversations, imap::SortKey::date)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sort, by_subject, conversations, imap::SortKey::subject)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sort, by_from, conversations, imap::SortKey::from)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sort, by_one_subject, one_id, imap::SortKey::subject)->Unit(benchmark::kMillisecond);

void thread(benchmark::State& state, Records make, imap::Threads (*algorithm)(std::span<const imap::ThreadMessage>)) {
    const std::vector<std::string> records = make();
    for (auto _ : state) {
        std::vector<imap::ThreadMessage> messages;
        messages.reserve(records.size());
        for (const std::string& record : records) {
            messages.push_back(
                thread_message(static_cast<std::uint32_t>(messages.size() + 1), *decode_header(record), {}));
        }
        std::string out;
        imap::append_threads(out, algorithm(messages));
        benchmark::DoNotOptimize(out);
    }
}
BENCHMARK_CAPTURE(thread, references, conversations, imap::thread_by_references)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(thread, refs, conversations, imap::thread_by_refs)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(thread, orderedsubject, conversations, imap::thread_by_subject)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(thread, one_chain, one_chain, imap::thread_by_references)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(thread, one_id, one_id, imap::thread_by_references)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace posthouse::storage
