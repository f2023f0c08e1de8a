// The order of messages. Each is represented by the first bytes of its first key: few comparisons look further, for
// what lies there is in no cache.
#include "lib/imap/sort.h"

#include <algorithm>
#include <compare>
#include <cstddef>

namespace posthouse::imap {
namespace {

/// The beginning of a key; orders as the key does, as far as it goes.
struct Beginning {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool whole = true;  ///< it is all of the key

    friend bool operator==(const Beginning& a, const Beginning& b) { return a.high == b.high && a.low == b.low; }
    friend bool operator<(const Beginning& a, const Beginning& b) {
        return a.high != b.high ? a.high < b.high : a.low < b.low;
    }
};

struct Entry {
    Beginning first;  ///< of the first criterion's key
    std::uint32_t index = 0;
};

std::string_view text_of(const SortMessage& message, SortKey key) {
    switch (key) {
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

Beginning beginning_of(std::string_view text) {
    constexpr std::size_t half = sizeof(std::uint64_t);
    // A NUL at the end looks like the nothing behind a shorter text.
    const bool whole = text.size() <= 2 * half && !text.ends_with('\0');
    return {eight_bytes(text), eight_bytes(text.substr(std::min(half, text.size()))), whole};
}

Beginning beginning_of(const SortMessage& message, const SortCriterion& criterion) {
    Beginning value;
    switch (criterion.key) {
        case SortKey::arrival: value.high = ordered(message.arrival); break;
        case SortKey::date: value.high = ordered(message.sent); break;
        case SortKey::size: value.high = message.size; break;
        default: value = beginning_of(text_of(message, criterion.key)); break;
    }
    if (criterion.reverse) value = {~value.high, ~value.low, value.whole};
    return value;
}

std::strong_ordering compare(const SortMessage& a, const SortMessage& b, const SortCriterion& criterion) {
    const SortMessage& left = criterion.reverse ? b : a;
    const SortMessage& right = criterion.reverse ? a : b;
    switch (criterion.key) {
        case SortKey::arrival: return left.arrival <=> right.arrival;
        case SortKey::date: return left.sent <=> right.sent;
        case SortKey::size: return left.size <=> right.size;
        default: return text_of(left, criterion.key) <=> text_of(right, criterion.key);
    }
}

}  // namespace

std::vector<std::uint32_t> sort_messages(std::span<const SortMessage> messages,
                                         std::span<const SortCriterion> criteria) {
    std::vector<Entry> entries(messages.size());
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
        entries[i].index = i;
        if (!criteria.empty()) entries[i].first = beginning_of(messages[i], criteria.front());
    }
    std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
        if (!(a.first == b.first)) return a.first < b.first;
        const bool decided = !criteria.empty() && a.first.whole && b.first.whole;
        for (const SortCriterion& criterion : criteria.subspan(decided ? 1 : 0)) {
            const std::strong_ordering order = compare(messages[a.index], messages[b.index], criterion);
            if (order != std::strong_ordering::equal) return order == std::strong_ordering::less;
        }
        return a.index < b.index;
    });
    std::vector<std::uint32_t> numbers;
    numbers.reserve(entries.size());
    for (const Entry& entry : entries) numbers.push_back(messages[entry.index].number);
    return numbers;
}

}  // namespace posthouse::imap
