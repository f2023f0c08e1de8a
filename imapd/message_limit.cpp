// Narrows the messages of a command to its last ones.
#include "imapd/message_limit.h"

#include <algorithm>
#include <limits>

namespace posthouse::imapd {
namespace {

std::uint64_t limit_of(const Session& session) {
    return static_cast<std::uint64_t>(session.config().imapd.message_limit);
}

/// The numbers in both.
std::vector<imap::NumberRange> common_of(const std::vector<imap::NumberRange>& some,
                                         const std::vector<imap::NumberRange>& others) {
    std::vector<imap::NumberRange> common;
    auto a = some.begin();
    auto b = others.begin();
    while (a != some.end() && b != others.end()) {
        const imap::NumberRange both{std::max(a->first, b->first), std::min(a->last, b->last)};
        if (both.first <= both.last) common.push_back(both);
        if (a->last < b->last)
            ++a;
        else
            ++b;
    }
    return common;
}

}  // namespace

LimitedMessages limited(const Session& session, std::vector<imap::NumberRange> numbers) {
    std::uint64_t left = limit_of(session);
    if (count_of(numbers) <= left) return {std::move(numbers), {}};
    auto from = numbers.end();
    while (left > 0) {
        imap::NumberRange& range = *--from;
        const std::uint64_t length = std::min<std::uint64_t>(range.last - range.first + 1, left);
        range.first = range.last - static_cast<std::uint32_t>(length) + 1;
        left -= length;
    }
    numbers.erase(numbers.begin(), from);
    const storage::Uid lowest = session.selected().view.uids()[numbers.front().first - 1];
    return {std::move(numbers),
            "[MESSAGELIMIT " + std::to_string(limit_of(session)) + " " + std::to_string(lowest.value()) + "] "};
}

std::vector<imap::NumberRange> searched(const Session& session, const imap::SearchKey& key) {
    using Kind = imap::SearchKey::Kind;
    const std::uint32_t count = session.selected().view.count();
    std::vector<imap::NumberRange> numbers;
    if (count > 0) numbers.push_back({1, count});
    if (key.kind == Kind::uid || key.kind == Kind::sequence)
        if (const auto named = numbers_of(session.selected(), key.set, key.kind == Kind::uid)) return *named;
    if (key.kind == Kind::conjunction)
        for (const imap::SearchKey& child : key.children) numbers = common_of(numbers, searched(session, child));
    return numbers;
}

LimitedMessages limit_search(const Session& session, imap::SearchKey& key) {
    LimitedMessages messages = limited(session, searched(session, key));
    if (messages.code.empty()) return messages;
    imap::SearchKey last;
    last.kind = imap::SearchKey::Kind::uid;
    const storage::Uid lowest = session.selected().view.uids()[messages.numbers.front().first - 1];
    last.set.add(lowest.value(), std::numeric_limits<std::uint32_t>::max());
    imap::SearchKey both;
    both.kind = imap::SearchKey::Kind::conjunction;
    both.children.push_back(std::move(last));
    both.children.push_back(std::move(key));
    key = std::move(both);
    return messages;
}

bool are_too_many(const Session& session, const std::vector<imap::NumberRange>& numbers) {
    return count_of(numbers) > limit_of(session);
}

Reply too_many(const Session& session, std::string_view what) {
    return no("[MESSAGELIMIT " + std::to_string(limit_of(session)) + "] Too many messages to " + std::string(what) +
              ", try a smaller subset");
}

std::string limited_text(const Session& session, const LimitedMessages& messages, std::string text) {
    if (messages.code.empty()) return text;
    return messages.code + text + " for the last " + std::to_string(limit_of(session)) + " messages";
}

}  // namespace posthouse::imapd
