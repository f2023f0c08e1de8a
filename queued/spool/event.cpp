// An event's text. Recipients are written as ranges: "0-99,104".
#include "queued/spool/event.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lib/base/ascii.h"
#include "queued/spool/envelope.h"
#include "queued/spool/fields.h"

namespace posthouse::spool {
namespace {

constexpr std::array<std::pair<EventKind, std::string_view>, 9> names{{
    {EventKind::deferred, "deferred"},
    {EventKind::delivered, "delivered"},
    {EventKind::relayed, "relayed"},
    {EventKind::bounced, "bounced"},
    {EventKind::postponed, "postponed"},
    {EventKind::warned, "warned"},
    {EventKind::notified, "notified"},
    {EventKind::held, "held"},
    {EventKind::released, "released"},
}};

std::unexpected<Error> wrong(std::string_view key) {
    return fail(ErrorCode::invalid, "Malformed queue file", "event: " + std::string(key));
}

std::string_view cut(std::string_view text, std::size_t max) {
    if (text.size() <= max) return text;
    // Not in the midst of a character: its bytes after the first are 10xxxxxx.
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
    return text.substr(0, max);
}

std::string to_ranges(const std::vector<std::uint32_t>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(numbers[i]);
        if (last > i) text += "-" + std::to_string(numbers[last]);
        i = last + 1;
    }
    return text;
}

std::optional<std::vector<std::uint32_t>> parse_ranges(std::string_view text) {
    std::vector<std::uint32_t> numbers;
    for (const std::string_view part : ascii::split(text, ',')) {
        const auto dash = part.find('-');
        const std::optional<std::uint64_t> first = ascii::parse_number(part.substr(0, dash));
        const std::optional<std::uint64_t> last =
            dash == std::string_view::npos ? first : ascii::parse_number(part.substr(dash + 1));
        if (!first || !last || *last < *first || *last >= max_recipients) return std::nullopt;
        if (!numbers.empty() && *first <= numbers.back()) return std::nullopt;
        for (std::uint64_t number = *first; number <= *last; ++number)
            numbers.push_back(static_cast<std::uint32_t>(number));
    }
    return numbers;
}

bool take_text(std::string&& value, std::size_t max, std::string& to) {
    if (value.empty() || value.size() > max) return false;
    to = std::move(value);
    return true;
}

/// False: the value is wrong. `known` becomes false when the field, or a word in it, belongs to a later version.
bool take_field(Event& event, std::string_view key, std::string&& value, bool& known) {
    if (key == "event") {
        const auto* const found =
            std::ranges::find(names, std::string_view(value), &std::pair<EventKind, std::string_view>::second);
        known = found != names.end();
        if (known) event.kind = found->first;
        return true;
    }
    if (key == "at") {
        const std::optional<std::int64_t> time = parse_time(value);
        event.at = time.value_or(0);
        return time.has_value();
    }
    if (key == "recipients") {
        std::optional<std::vector<std::uint32_t>> numbers = parse_ranges(value);
        if (numbers) event.recipients = *std::move(numbers);
        return numbers.has_value();
    }
    if (key == "notice") {
        event.promise = NoticePromise::yes;
        return value == "promised";
    }
    if (key == "remote") return take_text(std::move(value), max_remote_bytes, event.remote);
    if (key == "status") return take_text(std::move(value), max_status_bytes, event.status);
    if (key == "reply") return take_text(std::move(value), max_reply_bytes, event.reply);
    known = false;
    return true;
}

}  // namespace

std::string_view to_string(EventKind kind) {
    for (const auto& [known, name] : names)
        if (known == kind) return name;
    return "";
}

std::string to_text(const Event& event) {
    std::string text;
    append_field(text, "event", to_string(event.kind));
    append_field(text, "at", event.at);
    if (!event.recipients.empty()) append_field(text, "recipients", to_ranges(event.recipients));
    if (event.promise == NoticePromise::yes) append_field(text, "notice", "promised");
    if (!event.remote.empty()) append_field(text, "remote", cut(event.remote, max_remote_bytes));
    if (!event.status.empty()) append_field(text, "status", cut(event.status, max_status_bytes));
    if (!event.reply.empty()) append_field(text, "reply", cut(event.reply, max_reply_bytes));
    return text;
}

Result<Event> parse_event(std::string_view text) {
    if (text.size() > max_event_bytes) return fail(ErrorCode::limit, "Malformed queue file", "event: too long");
    Event event;
    std::set<std::string, std::less<>> seen;
    const Result<> parsed = parse_fields(text, [&](std::string_view key, std::string&& value) -> Result<> {
        if (!seen.emplace(key).second) return wrong(key);
        bool known = true;
        if (!take_field(event, key, std::move(value), known)) return wrong(key);
        if (!known) return fail(ErrorCode::unsupported, "Queue file of a later version", "event: " + std::string(key));
        return {};
    });
    if (!parsed) return fail(parsed.error());
    if (!seen.contains("event") || !seen.contains("at")) return wrong("no event");
    if (has_recipients(event.kind) == event.recipients.empty()) return wrong("recipients");
    if (event.promise == NoticePromise::yes && event.kind != EventKind::relayed) return wrong("notice");
    return event;
}

}  // namespace posthouse::spool
