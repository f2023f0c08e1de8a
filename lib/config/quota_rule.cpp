// Parses quota rules, warnings and grace.
#include "lib/config/quota_rule.h"

#include <optional>

#include "lib/base/ascii.h"

namespace posthouse::config {
namespace {

using Kind = QuotaAmount::Kind;

constexpr std::uint64_t kib = 1024;

std::unexpected<Error> senseless(std::string_view text, std::string_view what) {
    return fail(ErrorCode::invalid, "\"" + std::string(text) + "\": " + std::string(what));
}

/// What a unit stands for; nullopt: no unit.
std::optional<std::uint64_t> factor_of(char unit) {
    switch (unit) {
        case 'b':
        case 'B': return 1;
        case 'k':
        case 'K': return kib;
        case 'm':
        case 'M': return kib * kib;
        case 'g':
        case 'G': return kib * kib * kib;
        case 't':
        case 'T': return kib * kib * kib * kib;
        default: return std::nullopt;
    }
}

/// A number with its unit. `plain`: what a number without one is multiplied with; 0: units make no sense.
std::optional<QuotaAmount> parse_amount(std::string_view text, std::uint64_t plain) {
    char sign = 0;
    if (text.starts_with('+') || text.starts_with('-')) {
        sign = text.front();
        text.remove_prefix(1);
    }
    QuotaAmount amount;
    std::uint64_t factor = plain == 0 ? 1 : plain;
    if (text.ends_with('%')) {
        text.remove_suffix(text.ends_with("%%") ? 2 : 1);
        factor = 1;
        amount.kind = sign == 0 ? Kind::percent : sign == '+' ? Kind::more_percent : Kind::less_percent;
    } else {
        amount.kind = sign == 0 ? Kind::exactly : sign == '+' ? Kind::more : Kind::less;
        if (plain != 0 && !text.empty()) {
            if (const auto unit = factor_of(text.back())) {
                factor = *unit;
                text.remove_suffix(1);
            }
        }
    }
    const std::optional<std::uint64_t> number = ascii::parse_number(text);
    const bool is_percent = amount.kind >= Kind::percent;
    if (!number || *number > (is_percent ? max_quota_percent : max_quota_value / factor)) return std::nullopt;
    amount.value = *number * factor;
    return amount;
}

bool is_relative(const QuotaAmount& amount) { return amount.kind != Kind::unsaid && amount.kind != Kind::exactly; }

}  // namespace

Result<QuotaRule> parse_quota_rule(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return senseless(text, "a rule is \"<mailbox>:storage=<size>\", \"<mailbox>:messages=<number>\" or both");
    QuotaRule rule;
    rule.mask = text.substr(0, colon);
    if (ascii::iequals(rule.mask, "INBOX")) rule.mask = "INBOX";
    if (rule.mask == "?") return senseless(text, "rules for \"?\" are not known here");
    for (const std::string_view part : ascii::split(text.substr(colon + 1), ':')) {
        if (part == "ignore") {
            rule.ignore = true;
            continue;
        }
        const std::size_t equals = part.find('=');
        const std::string_view key = part.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        const bool is_messages = key == "messages";
        if (!is_messages && key != "storage" && key != "bytes")
            return senseless(text, "\"" + std::string(part) + "\" is none of storage=, bytes=, messages=, ignore");
        const auto amount = parse_amount(value, is_messages ? 0 : key == "bytes" ? 1 : kib);
        if (!amount) return senseless(text, "\"" + std::string(value) + "\" is no amount, such as 500M, +10% or 1000");
        (is_messages ? rule.messages : rule.storage) = *amount;
    }
    if (rule.mask == "*" && (rule.ignore || is_relative(rule.storage) || is_relative(rule.messages)))
        return senseless(text, "the rule for \"*\" can be neither relative nor ignored");
    return rule;
}

Result<QuotaWarning> parse_quota_warning(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view key = text.substr(0, equals);
    const auto amount =
        equals == std::string_view::npos ? std::nullopt : parse_amount(text.substr(equals + 1), std::uint64_t{0});
    if ((key != "storage" && key != "messages") || !amount || amount->kind != Kind::percent || amount->value < 1 ||
        amount->value > 100)
        return senseless(text, "a warning is \"storage=80%\" or \"messages=80%\", with 1 to 100 per cent");
    return QuotaWarning{key == "storage" ? QuotaWarning::Of::storage : QuotaWarning::Of::messages, amount->value};
}

Result<QuotaAmount> parse_quota_grace(std::string_view text) {
    const auto amount = parse_amount(text, 1);
    if (!amount || (amount->kind != Kind::percent && amount->kind != Kind::exactly))
        return senseless(text, "a grace is a percentage such as 10%, or a size such as 50M");
    return *amount;
}

}  // namespace posthouse::config
