// What daemons say to guardd beyond Postfix's own request, in the Postfix policy protocol: request=guard_… and the
// attributes that Postfix uses for the same things.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/ban.h"
#include "guardd/rate.h"
#include "lib/policy/policy.h"

namespace posthouse::guard {

/// Who may ask: any daemon that may open the socket, or administrators alone.
enum class Asker { client, administrator };

/// What a request asks; the table of their names, and of who may ask them, is in questions.cpp.
enum class Question {
    postfix,     ///< smtpd_access_policy: Postfix asks about a client, in the protocol_state DATA about a message, as
                 ///< `message` does. Answers DUNNO, DEFER text or REJECT text.
    connect,     ///< guard_connect: service, client_address. Answers OK (counted) or REJECT text (not counted).
    disconnect,  ///< guard_disconnect: service, client_address. Answers DUNNO.
    restore,     ///< guard_restore: service, client_address, count: connections let in before. Answers DUNNO.
    penalty,     ///< guard_penalty: client_address, sasl_username. Answers DELAY milliseconds, or REFUSE reason.
    failure,     ///< guard_failure: client_address, sasl_username. Answers DUNNO.
    success,     ///< guard_success: client_address, sasl_username. Answers DUNNO.
    message,  ///< guard_message: client_address, sasl_username, sender, recipient_count, and limits of the user or of
              ///< the sender's domain that hold instead of the settings. Answers OK (counted), DEFER status text (a
              ///< limit is reached) or REJECT status text (one that this message alone exceeds).
    // Of administrators:
    bans,  ///< guard_bans: client_network, sasl_username of the last ban that is known. Answers BANS and the next ones.
    ban,   ///< guard_ban: client_network, sasl_username, duration, reason. Answers OK, or REJECT text.
    lift,  ///< guard_lift: client_network, sasl_username. Answers LIFTED and how many there were, or REJECT text.
    rates,  ///< guard_rates: kind, name of the last rate that is known. Answers RATES and the next ones.
    reset,  ///< guard_reset: kind, name. Answers LIFTED and 1 or 0, or REJECT text.
};

/// What the next log-in has to expect.
struct Penalty {
    std::chrono::milliseconds delay{};  ///< before its answer
    bool refused = false;               ///< without a look at the password
    std::string reason{};               ///< for the log, when it is refused
};

/// All of them.
std::vector<Question> questions();
/// The value of `request=`.
std::string_view name_of(Question question);
/// nullopt: a name that nobody knows.
std::optional<Question> question_named(std::string_view name);
/// Who may ask that at least: administrators may ask whatever clients may.
Asker asker_of(Question question);

/// connect and disconnect.
policy::Request about_connection(Question question, std::string_view service, std::string_view ip);
policy::Request restore(std::string_view service, std::string_view ip, std::uint64_t count);
/// penalty, failure and success. User names over 1,000 bytes are cut: no account has such a name.
policy::Request about_login(Question question, std::string_view ip, std::string_view user);

/// message. `sender`: its address; empty: the null sender.
policy::Request about_message(std::string_view ip, std::string_view user, std::string_view sender,
                              std::uint64_t recipients);
/// Limits that hold for the message's subject of that kind, instead of the settings: attributes such as
/// user_recipients_hour and user_domain_messages_day, of all but connections.
void add_own_limits(policy::Request& request, RateKind kind, const RateLimits& limits);
/// nullopt: the request tells none, the settings hold. What is no number is no limit.
std::optional<RateLimits> own_limits(const policy::Request& request, RateKind kind);

/// Bans after `after`, in their order; all empty: from the first on.
policy::Request bans_after(const BanSubject& after);
/// `duration` is left out for a ban without end. Longer reasons are cut to max_reason_octets.
policy::Request ban_request(const BanSubject& subject, std::optional<std::chrono::seconds> duration,
                            std::string_view reason);
policy::Request lift_request(const BanSubject& subject);
/// Rates after `after`, in the order of kinds and names; an empty name: from the first of that kind on.
policy::Request rates_after(const RateSubject& after);
policy::Request reset_request(const RateSubject& subject);

/// "DELAY 1500", "REFUSE banned since …"
std::string penalty_action(const Penalty& penalty);
/// nullopt: not such an action.
std::optional<Penalty> to_penalty(std::string_view action);
/// "BANS [{…}, …]"; an empty list: there are no more.
std::string bans_action(const std::vector<Ban>& bans);
/// Errors: invalid.
Result<std::vector<Ban>> to_bans(std::string_view action);
/// "RATES [{…}, …]"; an empty list: there are no more.
std::string rates_action(const std::vector<Rate>& rates);
/// Errors: invalid.
Result<std::vector<Rate>> to_rates(std::string_view action);

}  // namespace posthouse::guard
