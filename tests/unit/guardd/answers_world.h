// AnswersTest: what guardd answers, with a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "guardd/answers.h"

namespace posthouse::guard {

using std::chrono::milliseconds;

inline constexpr WallTime epoch = std::chrono::hours(24 * 365 * 50);

class AnswersTest : public testing::Test {
  protected:
    static Rules rules() {
        Rules rules;
        rules.connections_per_address = 2;
        rules.trusted_networks = {*net::Network::parse("127.0.0.0/8")};
        return rules;
    }
    std::string ask(const policy::Request& request, ConnectionCounts::Owner owner = 1) {
        return answers_.answer(Asker::administrator, owner, request).reply.action;
    }
    Outcome outcome_of(const policy::Request& request) {
        return answers_.answer(Asker::administrator, 1, request).outcome;
    }
    std::string connect(std::string_view ip, ConnectionCounts::Owner owner = 1, std::string_view service = "smtp") {
        return ask(about_connection(Question::connect, service, ip), owner);
    }
    static policy::Request postfix(std::string_view ip) {
        policy::Request request;
        request.add("request", "smtpd_access_policy");
        request.add("protocol_state", "CONNECT");
        request.add("protocol_name", "SMTP");
        request.add("client_address", ip);
        request.add("client_name", "unknown");
        return request;
    }

    Time now_ = milliseconds(1'000'000);
    Answers answers_{rules(), {[this] { return now_; }, [this] { return epoch + now_; }}};
};

}  // namespace posthouse::guard
