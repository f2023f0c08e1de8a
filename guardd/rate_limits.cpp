// Limits of section [smtpd], and of single users and domains.
#include "guardd/rate_limits.h"

namespace posthouse::guard {
namespace {

Amounts amounts(std::int64_t connections, std::int64_t messages, std::int64_t recipients) {
    return {static_cast<std::uint64_t>(connections), static_cast<std::uint64_t>(messages),
            static_cast<std::uint64_t>(recipients)};
}

}  // namespace

KindLimits rate_limits_of(const config::Config::Smtpd& smtpd) {
    KindLimits limits{};
    const auto set = [&limits](RateKind kind, Period period, const Amounts& most) {
        limits[index(kind)][index(period)] = most;
    };
    set(RateKind::client, Period::hour,
        amounts(smtpd.client_connection_rate_limit, smtpd.client_message_rate_limit,
                smtpd.client_recipient_rate_limit));
    set(RateKind::client, Period::day,
        amounts(smtpd.client_connection_day_limit, smtpd.client_message_day_limit, smtpd.client_recipient_day_limit));
    set(RateKind::user, Period::hour, amounts(0, smtpd.user_message_rate_limit, smtpd.user_recipient_rate_limit));
    set(RateKind::user, Period::day, amounts(0, smtpd.user_message_day_limit, smtpd.user_recipient_day_limit));
    for (const RateKind kind : {RateKind::sender_domain, RateKind::user_domain}) {
        set(kind, Period::hour,
            amounts(0, smtpd.sender_domain_message_rate_limit, smtpd.sender_domain_recipient_rate_limit));
        set(kind, Period::day,
            amounts(0, smtpd.sender_domain_message_day_limit, smtpd.sender_domain_recipient_day_limit));
    }
    return limits;
}

RateLimits with_own(RateLimits limits, const auth::SendingLimit& own) {
    const auto set = [&limits](Period period, Measure measure, const std::optional<std::int64_t>& most) {
        if (most) limits[index(period)][index(measure)] = static_cast<std::uint64_t>(*most);
    };
    set(Period::hour, Measure::messages, own.messages_per_hour);
    set(Period::hour, Measure::recipients, own.recipients_per_hour);
    set(Period::day, Measure::messages, own.messages_per_day);
    set(Period::day, Measure::recipients, own.recipients_per_day);
    return limits;
}

}  // namespace posthouse::guard
