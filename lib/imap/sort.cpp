// The order of messages. Of each key 16 bytes are compared at a time, side by side in memory: what is equal in them is
// ordered by the next 16, then by the next key. So no comparison looks into a message, for what lies there is in no
// cache.
#include "lib/imap/sort.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace posthouse::imap {
namespace {

constexpr std::size_t part_bytes = 2 * sizeof(std::uint64_t);

/// A part of a key: orders as these bytes of the key do.
struct KeyPart {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    /// Bytes of the key that are in it; one more than part_bytes: more follow. A NUL is then another thing than the
    /// nothing behind a shorter text.
    std::uint8_t length = 0;

    bool has_more() const { return length > part_bytes; }
    bool operator==(const KeyPart&) const = default;
};

struct Entry {
    KeyPart part;
    std::uint32_t index = 0;
};

bool in_order(const Entry& a, const Entry& b) {
    return std::tie(a.part.high, a.part.low, a.part.length, a.index) <
           std::tie(b.part.high, b.part.low, b.part.length, b.index);
}
bool in_reverse_order(const Entry& a, const Entry& b) {
    return std::tie(b.part.high, b.part.low, b.part.length, a.index) <
           std::tie(a.part.high, a.part.low, a.part.length, b.index);
}

std::string_view text_of(const SortMessage& message, const SortCriterion& criterion) {
    switch (criterion.key) {
        case SortKey::annotation: return message.annotations.at(criterion.annotation);
        case SortKey::cc: return message.cc;
        case SortKey::from: return message.from;
        case SortKey::subject: return message.subject;
        case SortKey::to: return message.to;
        case SortKey::display_from: return message.display_from;
        case SortKey::display_to: return message.display_to;
        case SortKey::arrival:
        case SortKey::date:
        case SortKey::size: break;
    }
    return {};
}

/// A signed number so that it orders as an unsigned one.
std::uint64_t ordered(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63U); }

std::uint64_t eight_bytes(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value = value << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    return value;
}

KeyPart part_of(std::string_view text, std::size_t offset) {
    const std::string_view rest = text.substr(std::min(offset, text.size()));
    return {eight_bytes(rest), eight_bytes(rest.substr(std::min(sizeof(std::uint64_t), rest.size()))),
            static_cast<std::uint8_t>(std::min(rest.size(), part_bytes + 1))};
}

/// The part of a message's key that begins at `offset`; numbers have one part.
KeyPart part_of(const SortMessage& message, const SortCriterion& criterion, std::size_t offset) {
    switch (criterion.key) {
        case SortKey::arrival: return {.high = ordered(message.arrival)};
        case SortKey::date: return {.high = ordered(message.sent)};
        case SortKey::size: return {.high = message.size};
        default: return part_of(text_of(message, criterion), offset);
    }
}

/// Messages that are equal so far, and what is to be compared next of them.
struct Run {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t criterion = 0;
    std::size_t offset = 0;
};

}  // namespace

std::vector<std::uint32_t> sort_messages(std::span<const SortMessage> messages,
                                         std::span<const SortCriterion> criteria) {
    std::vector<Entry> entries(messages.size());
    for (std::uint32_t i = 0; i < entries.size(); ++i) entries[i].index = i;
    std::vector<Run> runs = {{.end = entries.size()}};
    while (!runs.empty()) {
        const Run run = runs.back();
        runs.pop_back();
        if (run.criterion == criteria.size()) continue;
        const SortCriterion& criterion = criteria[run.criterion];
        const std::span<Entry> equal = std::span(entries).subspan(run.begin, run.end - run.begin);
        for (Entry& entry : equal) entry.part = part_of(messages[entry.index], criterion, run.offset);
        const auto before = criterion.reverse ? in_reverse_order : in_order;
        if (!std::ranges::is_sorted(equal, before)) std::ranges::sort(equal, before);
        for (std::size_t begin = 0, end = 0; begin < equal.size(); begin = end) {
            while (end < equal.size() && equal[end].part == equal[begin].part) ++end;
            if (end - begin < 2) continue;
            Run next = {run.begin + begin, run.begin + end, run.criterion, run.offset + part_bytes};
            if (!equal[begin].part.has_more()) next = {next.begin, next.end, run.criterion + 1, 0};
            runs.push_back(next);
        }
    }
    std::vector<std::uint32_t> numbers;
    numbers.reserve(entries.size());
    for (const Entry& entry : entries) numbers.push_back(messages[entry.index].number);
    return numbers;
}

}  // namespace posthouse::imap
