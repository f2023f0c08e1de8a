// A large mailbox (100,000 messages; POSTHOUSE_BENCH_MESSAGES sets another number) with a warm index: opening, flags,
// STORE, SEARCH's rows, and building the index from nothing against reading every file's header block.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "storage/account.h"
#include "storage/delivery.h"
#include "storage/folder.h"
#include "storage/mailbox.h"
#include "storage/maildir_name.h"
#include "storage/store.h"
#include "storage/summary.h"
#include "storage/summary_order.h"
#include "storage/view.h"

namespace posthouse::storage {
namespace {

std::uint32_t wanted_messages() {
    const char* text = ::getenv("POSTHOUSE_BENCH_MESSAGES");
    return text != nullptr ? static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10)) : 100'000;
}

/// Of every four messages three answer one of the fifty before.
std::optional<std::uint32_t> answered_by(std::uint32_t number) {
    if (number % 4 == 0 || number < 51) return std::nullopt;
    return number - 1 - number * 7919u % 50;
}

std::string content_of(std::uint32_t number) {
    const std::optional<std::uint32_t> parent = answered_by(number);
    std::string text =
        "Received: from mx.example.org by mail.example.org; Mon, 23 Nov 2026 10:00:00 +0000\nFrom: Ann <ann" +
        std::to_string(number % 97) + "@example.org>\nTo: bob@example.org\nSubject: " + (parent ? "Re: " : "") +
        "Message number " + std::to_string(number * 7919u % 30'011) + "\nDate: Mon, " +
        std::to_string(1 + number * 31 % 28) + " Nov 2026 10:" + std::to_string(10 + number % 50) +
        ":00 +0000\nMessage-ID: <" + std::to_string(number) + "@example.org>\n";
    std::string references;
    for (std::optional<std::uint32_t> id = parent; id && references.size() < 500; id = answered_by(*id))
        references.insert(0, " <" + std::to_string(*id) + "@example.org>");
    if (parent) text += "References:" + references + "\n";
    text += "\n";
    while (text.size() < 4096) text += "The quick brown fox jumps over the lazy dog.\n";
    return text;
}

/// The mailbox, made once: as a foreign program would drop it, files in cur/ without syncs.
class Place {
  public:
    Place() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        const Result<std::shared_ptr<Account>> made = Store(settings()).open(name());
        const std::string cur = (*made)->root() + "/cur/";
        for (std::uint32_t i = 0; i < wanted_messages(); ++i) {
            const std::string text = content_of(i);
            const std::uint64_t lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
            const std::string base = make_base_name("bench", {}, text.size(), text.size() + lines);
            const Result<UniqueFd> file = open_file(cur + base + (i % 3 == 0 ? ":2,S" : ":2,"), O_WRONLY | O_CREAT);
            if (!file || !write_all(file->get(), text)) std::abort();
        }
    }
    ~Place() { std::filesystem::remove_all(path_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Settings settings() const {
        Settings settings;
        settings.mail_root = path_ + "/mail";
        return settings;
    }
    static AccountName name() { return *AccountName::make("bob", "example.org"); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
};

Place& place() {
    static Place one;
    return one;
}

Store& store() {
    static Store one(place().settings());
    return one;
}

std::shared_ptr<Mailbox> inbox() { return *(*store().open(Place::name()))->open(MailboxName()); }

/// The index is there and nothing is in doubt.
void warm() {
    static const bool done = [] {
        const Result<View> view = View::open(inbox(), Access::read_write);
        return view.has_value() && inbox()->verify().has_value();
    }();
    if (!done) std::abort();
}

void read_every_header(benchmark::State& state) {
    const std::string cur = (*store().open(Place::name()))->root() + "/cur";
    for (auto _ : state) {
        const Result<UniqueFd> folder = open_file(cur, O_RDONLY | O_DIRECTORY);
        std::array<char, 4096> head{};
        for (const std::string& name : *names_in(folder->get())) {
            const Result<UniqueFd> file = open_in(folder->get(), name, O_RDONLY);
            benchmark::DoNotOptimize(::read(file->get(), head.data(), head.size()));
        }
    }
}
BENCHMARK(read_every_header)->Unit(benchmark::kMillisecond)->Iterations(1);

void build_the_index(benchmark::State& state) {
    const Result<std::shared_ptr<Account>> account = store().open(Place::name());
    for (auto _ : state) {
        state.PauseTiming();
        std::filesystem::remove_all(place().settings().mail_root + ".index");
        state.ResumeTiming();
        if ((*account)->status(MailboxName())->messages != wanted_messages())
            state.SkipWithError("messages are missing");
    }
}
BENCHMARK(build_the_index)->Unit(benchmark::kMillisecond)->Iterations(3);

void open_with_a_warm_index(benchmark::State& state) {
    warm();
    for (auto _ : state) {
        const Result<View> view = View::open(inbox(), Access::read_write);
        if (view->count() < wanted_messages()) state.SkipWithError("messages are missing");
    }
}
BENCHMARK(open_with_a_warm_index)->Unit(benchmark::kMillisecond);

void open_after_one_delivery(benchmark::State& state) {
    warm();
    for (auto _ : state) {
        state.PauseTiming();
        Result<Delivery> one = Delivery::begin(
            store(), {.id = {}, .first_until = always, .targets = {{Place::name(), MailboxName(), ""}}});
        if (!one || !one->write("Subject: x\r\n\r\nx\r\n") || !one->commit().front()) state.SkipWithError("delivery");
        state.ResumeTiming();
        const Result<View> view = View::open(inbox(), Access::read_write);
        if (view->recent() == 0) state.SkipWithError("the message isn't seen");
    }
}
BENCHMARK(open_after_one_delivery)->Unit(benchmark::kMillisecond)->Iterations(50);

void flags_of_all(benchmark::State& state) {
    warm();
    for (auto _ : state) benchmark::DoNotOptimize(inbox()->rows(UidSet::all())->size());
}
BENCHMARK(flags_of_all)->Unit(benchmark::kMillisecond);

void sizes_and_dates_of_all(benchmark::State& state) {
    warm();
    for (auto _ : state)
        benchmark::DoNotOptimize(inbox()->rows(UidSet::all(), {.internal_date = true, .wire_size = true})->size());
}
BENCHMARK(sizes_and_dates_of_all)->Unit(benchmark::kMillisecond);

void summarise_all_headers(benchmark::State& state) {
    warm();
    for (auto _ : state) {
        state.PauseTiming();
        std::filesystem::remove_all(place().settings().mail_root + ".index");
        const auto mailbox = inbox();
        state.ResumeTiming();
        std::size_t bytes = 0;
        if (!mailbox->each_summary(UidSet::all(), SummaryPart::header,
                                   [&](Uid, std::string_view record) { bytes += record.size(); }))
            state.SkipWithError("summaries");
        benchmark::DoNotOptimize(bytes);
    }
}
BENCHMARK(summarise_all_headers)->Unit(benchmark::kMillisecond)->Iterations(1);

void cached_envelopes_of_all(benchmark::State& state) {
    warm();
    for (auto _ : state) {
        std::size_t bytes = 0;
        if (!inbox()->each_summary(UidSet::all(), SummaryPart::header, [&](Uid, std::string_view record) {
                if (const auto header = decode_header(record); header && header->envelope)
                    bytes += header->envelope->size();
            }))
            state.SkipWithError("summaries");
        if (bytes < std::size_t{100} * wanted_messages()) state.SkipWithError("envelopes are missing");
    }
}
BENCHMARK(cached_envelopes_of_all)->Unit(benchmark::kMillisecond);

/// Decodes the header records of all messages and has `finish` order them, while their texts are still in the index.
void order_all(benchmark::State& state, const std::function<void(Uid, const HeaderSummary&)>& take,
               const std::function<void()>& finish) {
    const auto visit = [&](Uid uid, std::string_view record) {
        if (const auto header = decode_header(record)) take(uid, *header);
    };
    if (!inbox()->each_summary(UidSet::all(), SummaryPart::header, visit, finish)) state.SkipWithError("summaries");
}

void sort_all(benchmark::State& state, imap::SortKey key) {
    warm();
    const std::vector<imap::SortCriterion> criteria = {{key}};
    for (auto _ : state) {
        std::vector<imap::SortMessage> messages;
        std::vector<std::uint32_t> order;
        order_all(
            state,
            [&](Uid uid, const HeaderSummary& header) { messages.push_back(sort_message(uid.value(), header, {}, 0)); },
            [&] { order = imap::sort_messages(messages, criteria); });
        if (order.size() < wanted_messages()) state.SkipWithError("messages are missing");
    }
}
BENCHMARK_CAPTURE(sort_all, by_date, imap::SortKey::date)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sort_all, by_subject, imap::SortKey::subject)->Unit(benchmark::kMillisecond);

void thread_all_by_references(benchmark::State& state) {
    warm();
    for (auto _ : state) {
        std::vector<imap::ThreadMessage> messages;
        std::string answer;
        order_all(
            state,
            [&](Uid uid, const HeaderSummary& header) { messages.push_back(thread_message(uid.value(), header, {})); },
            [&] { imap::append_threads(answer, imap::thread_by_references(messages)); });
        if (answer.empty()) state.SkipWithError("threads are missing");
    }
}
BENCHMARK(thread_all_by_references)->Unit(benchmark::kMillisecond);

void store_a_flag(benchmark::State& state) {
    warm();
    const auto mailbox = inbox();
    std::uint32_t at = 0;
    for (auto _ : state) {
        UidSet one;
        one.add(Uid(1 + at++ % wanted_messages()));
        const FlagChange change{at % 2 == 0 ? FlagAction::add : FlagAction::remove, {SystemFlags{Flag::flagged}, {}}};
        if (!mailbox->store_flags(one, change)) state.SkipWithError("STORE failed");
    }
}
BENCHMARK(store_a_flag)->Unit(benchmark::kMicrosecond);

/// Keywords above the letters: a hundred names, three on each message.
FlagChange some_further(std::uint32_t number, FlagAction action) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < 3; ++i) names.push_back("further-" + std::to_string((number + 31 * i) % 100));
    return {action, {{}, *Keywords::make(std::move(names))}};
}

/// The letters are used up, and every message has further keywords.
void use_further_keywords() {
    static const bool done = [] {
        std::vector<std::string> letters;
        for (std::uint32_t i = 0; i < 26; ++i) letters.push_back("letter-" + std::to_string(i));
        const auto mailbox = inbox();
        UidSet first;
        first.add(Uid(1));
        const Keywords used = *Keywords::make(std::move(letters));
        if (!mailbox->store_flags(first, {FlagAction::add, {{}, used}})) return false;
        if (!mailbox->store_flags(first, {FlagAction::remove, {{}, used}})) return false;
        for (std::uint32_t number = 0; number < 100; ++number) {
            UidSet part;
            for (std::uint32_t uid = 1 + number; uid <= wanted_messages(); uid += 100) part.add(Uid(uid));
            if (!mailbox->store_flags(part, some_further(number, FlagAction::add))) return false;
        }
        return true;
    }();
    if (!done) std::abort();
}

void store_a_further_keyword(benchmark::State& state) {
    warm();
    use_further_keywords();
    const auto mailbox = inbox();
    std::uint32_t at = 0;
    for (auto _ : state) {
        UidSet one;
        one.add(Uid(1 + at++ % wanted_messages()));
        const FlagAction action = at % 2 == 0 ? FlagAction::add : FlagAction::replace;
        if (!mailbox->store_flags(one, some_further(at, action))) state.SkipWithError("STORE failed");
    }
}
BENCHMARK(store_a_further_keyword)->Unit(benchmark::kMicrosecond);

void flags_of_all_with_further_keywords(benchmark::State& state) {
    warm();
    use_further_keywords();
    for (auto _ : state) benchmark::DoNotOptimize(inbox()->rows(UidSet::all())->size());
}
BENCHMARK(flags_of_all_with_further_keywords)->Unit(benchmark::kMillisecond);

void refresh_without_a_change(benchmark::State& state) {
    warm();
    View view = *View::open(inbox(), Access::read_write);
    for (auto _ : state) benchmark::DoNotOptimize(view.refresh(Expunges::reveal));
}
BENCHMARK(refresh_without_a_change)->Unit(benchmark::kMicrosecond);

void memory_of_one_more_session(benchmark::State& state) {
    warm();
    const auto mailbox = inbox();
    std::size_t bytes = 0;
    for (auto _ : state) {
        std::vector<View> views;
        views.reserve(1000);
        views.push_back(*View::open(mailbox, Access::read_write));
        const std::size_t before = ::mallinfo2().uordblks;
        for (int i = 1; i < 1000; ++i) views.push_back(*View::open(mailbox, Access::read_write));
        bytes = sizeof(View) + (::mallinfo2().uordblks - before) / 999;
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(memory_of_one_more_session)->Iterations(1);

}  // namespace
}  // namespace posthouse::storage
