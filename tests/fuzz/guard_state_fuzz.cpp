// Any text as guardd's snapshot, its journal, or its answer about bans: what is accepted can be worked with, and comes
// back the same from its own text.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "guardd/answers.h"
#include "lib/base/ascii.h"

namespace {

using namespace posthouse;

guard::Answers fresh() {
    guard::Rules rules;
    rules.rates.limits[guard::index(guard::RateKind::user)] = {{{0, 5, 50}, {0, 9, 90}}};
    return {rules, {[] { return guard::Time(1'000'000); }, [] { return guard::WallTime(1'700'000'000'000); }}};
}

void work_with(guard::Answers& answers) {
    for (const char* ip : {"192.0.2.1", "2001:db8::1", "unknown"}) {
        const guard::Answer answer = answers.answer(guard::Asker::administrator, 1,
                                                    guard::about_login(guard::Question::penalty, ip, "a@example.org"));
        if (!guard::to_penalty(answer.reply.action)) std::abort();
        (void)answers.answer(guard::Asker::administrator, 1,
                             guard::about_login(guard::Question::failure, ip, "a@example.org"));
        (void)answers.answer(guard::Asker::administrator, 1,
                             guard::about_login(guard::Question::success, ip, "a@example.org"));
        (void)answers.answer(guard::Asker::administrator, 1, guard::lift_request({ip, {}}));
        (void)answers.answer(guard::Asker::administrator, 1,
                             guard::about_message(ip, "a@example.org", "a@example.org", 3));
    }
    if (!guard::to_rates(answers.answer(guard::Asker::administrator, 1, guard::rates_after({})).reply.action))
        std::abort();
    (void)answers.answer(guard::Asker::administrator, 1,
                         guard::reset_request({guard::RateKind::user, "a@example.org"}));
    const Result<std::vector<guard::Ban>> bans =
        guard::to_bans(answers.answer(guard::Asker::administrator, 1, guard::bans_after({})).reply.action);
    if (!bans) std::abort();
    const Result<guard::SnapshotFile> again = guard::parse_snapshot(guard::to_json(answers.snapshot()));
    if (!again || !again->damage.empty()) std::abort();
    for (const guard::Event& event : answers.take_events()) {
        const std::string line = guard::to_line(event);
        if (!guard::parse_event(std::string_view(line).substr(0, line.size() - 1))) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const Result<guard::SnapshotFile> snapshot = guard::parse_snapshot(text)) {
        guard::Answers answers = fresh();
        answers.restore(*snapshot);
        work_with(answers);
    }
    guard::Answers answers = fresh();
    for (const std::string_view line : ascii::split(text, '\n'))
        if (const Result<guard::Event> event = guard::parse_event(line)) answers.replay(*event);
    if (answers.last_event() > 0) work_with(answers);
    if (const Result<std::vector<guard::Ban>> bans = guard::to_bans(text))
        for (const guard::Ban& ban : *bans)
            if (!guard::ban_from(guard::to_json(ban))) std::abort();
    if (const Result<std::vector<guard::Rate>> rates = guard::to_rates(text))
        for (const guard::Rate& rate : *rates)
            if (!guard::rate_from(guard::to_json(rate))) std::abort();
    return 0;
}
