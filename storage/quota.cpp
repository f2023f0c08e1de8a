// Quota: rules become limits, and limits decisions.
#include "storage/quota.h"

#include <algorithm>
#include <string_view>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

using config::QuotaAmount;
using config::QuotaRule;
using config::QuotaWarning;

std::uint64_t percent_of(std::uint64_t value, std::uint64_t percent) {
    return value / 100 * percent + value % 100 * percent / 100;
}

/// "*" stands for any characters, "?" for one.
bool matches(std::string_view mask, std::string_view name) {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;  // where to go on when a guess for the last "*" was wrong
    std::size_t guess = 0;
    while (n < name.size()) {
        if (m < mask.size() && mask[m] == '*') {
            star = ++m;
            guess = n;
        } else if (m < mask.size() && (mask[m] == '?' || mask[m] == name[n])) {
            ++m;
            ++n;
        } else if (star != std::string_view::npos) {
            m = star;
            n = ++guess;
        } else {
            return false;
        }
    }
    while (m < mask.size() && mask[m] == '*') ++m;
    return m == mask.size();
}

/// A rule's amount beside the one of all. No limit stays none, whatever is added to it.
std::uint64_t apply(const QuotaAmount& amount, std::uint64_t total) {
    using enum QuotaAmount::Kind;
    if (amount.kind == exactly) return amount.value;
    if (amount.kind == unsaid || total == 0) return total;
    const std::uint64_t part = amount.kind >= percent ? percent_of(total, amount.value) : amount.value;
    switch (amount.kind) {
        case percent: return std::max<std::uint64_t>(part, 1);
        case more:
        case more_percent: return total + part;
        // Less than everything is no space, which isn't the same as no limit.
        default: return total > part ? total - part : 1;
    }
}

std::uint64_t with_grace(std::uint64_t limit, const QuotaAmount& grace) {
    if (limit == 0 || grace.kind == QuotaAmount::Kind::unsaid) return limit;
    return limit + (grace.kind == QuotaAmount::Kind::percent ? percent_of(limit, grace.value) : grace.value);
}

/// One of the two things that are counted.
struct Count {
    std::uint64_t used;
    std::uint64_t added;
    std::uint64_t soft;
    std::uint64_t hard;

    bool too_large() const { return soft != 0 && added > hard; }
    bool full(LastMail last) const {
        if (soft == 0) return false;
        return used + added > hard || (last == LastMail::may_exceed && used >= soft);
    }
};

std::uint64_t positive(std::int64_t value) { return value > 0 ? static_cast<std::uint64_t>(value) : 0; }

bool crosses(std::uint64_t before, std::uint64_t added, std::uint64_t limit, std::uint64_t percent) {
    if (limit == 0) return false;
    const std::uint64_t threshold = std::max<std::uint64_t>(percent_of(limit, percent), 1);
    return before < threshold && before + added >= threshold;
}

/// From `used` on it is far to `limit`.
bool is_far(std::uint64_t used, std::uint64_t added, std::int64_t ample, std::uint64_t limit) {
    return limit == 0 || used + added + static_cast<std::uint64_t>(ample) <= limit;
}

}  // namespace

Result<QuotaLimits> QuotaLimits::parse(const QuotaWords& words) {
    QuotaLimits limits;
    for (const std::string& text : words.rules) {
        Result<QuotaRule> rule = config::parse_quota_rule(text);
        if (!rule) return fail(rule.error());
        if (rule->mask == "*") {
            limits.total_.bytes = apply(rule->storage, limits.total_.bytes);
            limits.total_.messages = apply(rule->messages, limits.total_.messages);
            continue;
        }
        const auto same = std::ranges::find(limits.rules_, rule->mask, &QuotaRule::mask);
        if (same != limits.rules_.end())
            *same = std::move(*rule);
        else
            limits.rules_.push_back(std::move(*rule));
    }
    for (const std::string& text : words.warnings) {
        const Result<QuotaWarning> warning = config::parse_quota_warning(text);
        if (!warning) return fail(warning.error());
        limits.warnings_.push_back(*warning);
    }
    std::ranges::sort(limits.warnings_, std::ranges::greater(), &QuotaWarning::percent);
    if (words.grace.empty()) return limits;
    const Result<QuotaAmount> grace = config::parse_quota_grace(words.grace);
    if (!grace) return fail(grace.error());
    limits.grace_ = *grace;
    return limits;
}

/// The rule for just this name, else the first whose mask matches.
const QuotaRule* QuotaLimits::rule_for(const MailboxName& mailbox) const {
    const std::string& name = mailbox.text();
    if (const auto same = std::ranges::find(rules_, name, &QuotaRule::mask); same != rules_.end()) return &*same;
    const auto found = std::ranges::find_if(rules_, [&](const QuotaRule& rule) { return matches(rule.mask, name); });
    return found == rules_.end() ? nullptr : &*found;
}

bool QuotaLimits::limited() const {
    const auto limits = [](const QuotaRule& rule) {
        return (rule.storage.kind == QuotaAmount::Kind::exactly && rule.storage.value > 0) ||
               (rule.messages.kind == QuotaAmount::Kind::exactly && rule.messages.value > 0);
    };
    return total_ != QuotaLimit{} || std::ranges::any_of(rules_, limits);
}

bool QuotaLimits::counts(const MailboxName& mailbox) const {
    const QuotaRule* rule = rule_for(mailbox);
    return rule == nullptr || !rule->ignore;
}

QuotaLimit QuotaLimits::soft(const MailboxName& mailbox) const {
    const QuotaRule* rule = rule_for(mailbox);
    if (rule == nullptr) return total_;
    if (rule->ignore) return {};
    return {apply(rule->storage, total_.bytes), apply(rule->messages, total_.messages)};
}

QuotaLimit QuotaLimits::hard(const MailboxName& mailbox) const {
    const QuotaLimit limit = soft(mailbox);
    // A grace in bytes says nothing about messages.
    const bool percent = grace_.kind == QuotaAmount::Kind::percent;
    return {with_grace(limit.bytes, grace_), percent ? with_grace(limit.messages, grace_) : limit.messages};
}

QuotaDecision check(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox, const Usage& added,
                    LastMail last) {
    QuotaDecision decision;
    if (!limits.counts(mailbox)) return decision;
    const QuotaLimit soft = limits.soft(mailbox);
    const QuotaLimit hard = last == LastMail::may_exceed ? limits.hard(mailbox) : soft;
    const Count bytes{positive(usage.bytes), positive(added.bytes), soft.bytes, hard.bytes};
    const Count messages{positive(usage.messages), positive(added.messages), soft.messages, hard.messages};
    if (bytes.too_large() || messages.too_large()) {
        decision.verdict = QuotaDecision::Verdict::too_large;
        return decision;
    }
    if (bytes.full(last) || messages.full(last)) {
        decision.verdict = QuotaDecision::Verdict::full;
        return decision;
    }
    for (const QuotaWarning& warning : limits.warnings_) {
        const bool is_crossed = warning.of == QuotaWarning::Of::storage
                                    ? crosses(bytes.used, bytes.added, limits.total_.bytes, warning.percent)
                                    : crosses(messages.used, messages.added, limits.total_.messages, warning.percent);
        if (!is_crossed) continue;
        decision.crossed = warning;
        break;
    }
    return decision;
}

bool has_ample_room(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox, const Usage& added) {
    if (!limits.counts(mailbox)) return true;
    const QuotaLimit soft = limits.soft(mailbox);
    const std::uint64_t bytes = positive(usage.bytes);
    const std::uint64_t messages = positive(usage.messages);
    if (!is_far(bytes, positive(added.bytes), ample_room.bytes, soft.bytes) ||
        !is_far(messages, positive(added.messages), ample_room.messages, soft.messages))
        return false;
    return std::ranges::all_of(limits.warnings_, [&](const QuotaWarning& warning) {
        const bool of_storage = warning.of == QuotaWarning::Of::storage;
        const std::uint64_t used = of_storage ? bytes : messages;
        const std::uint64_t threshold =
            percent_of(of_storage ? limits.total_.bytes : limits.total_.messages, warning.percent);
        return used >= threshold || is_far(used, positive(of_storage ? added.bytes : added.messages),
                                           of_storage ? ample_room.bytes : ample_room.messages, threshold);
    });
}

}  // namespace posthouse::storage
