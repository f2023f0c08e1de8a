// What daemons say to guardd beyond Postfix's own request, in the Postfix policy protocol: request=guard_… and the
// attributes that Postfix uses for the same things.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/policy/policy.h"

namespace posthouse::guard {

/// What a request asks; the table of their names is in questions.cpp.
enum class Question {
    postfix,     ///< smtpd_access_policy: Postfix asks about a client. Answers DUNNO or DEFER text.
    connect,     ///< guard_connect: service, client_address. Answers OK (counted) or REJECT text (not counted).
    disconnect,  ///< guard_disconnect: service, client_address. Answers DUNNO.
    restore,     ///< guard_restore: service, client_address, count: connections let in before. Answers DUNNO.
    penalty,     ///< guard_penalty: client_address, sasl_username. Answers DELAY milliseconds.
    failure,     ///< guard_failure: client_address, sasl_username. Answers DUNNO.
    success,     ///< guard_success: client_address, sasl_username. Answers DUNNO.
};

/// The value of `request=`.
std::string_view name_of(Question question);
/// nullopt: a name that nobody knows.
std::optional<Question> question_named(std::string_view name);

/// connect and disconnect.
policy::Request about_connection(Question question, std::string_view service, std::string_view ip);
policy::Request restore(std::string_view service, std::string_view ip, std::uint64_t count);
/// penalty, failure and success. User names over 1,000 bytes are cut: no account has such a name.
policy::Request about_login(Question question, std::string_view ip, std::string_view user);

/// "DELAY 1500"
std::string delay_action(std::chrono::milliseconds delay);
/// nullopt: not such an action.
std::optional<std::chrono::milliseconds> to_delay(std::string_view action);

}  // namespace posthouse::guard
