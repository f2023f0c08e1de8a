// Counters: what smtpd counts for Prometheus.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/metrics/metrics.h"
#include "lib/smtp/reply.h"
#include "smtpd/refusal.h"

namespace posthouse::smtpd {

class Counters {
  public:
    explicit Counters(metrics::Registry& registry) : registry_(registry) {}

    /// A command was answered. `verb` comes from the table ("other" for what isn't in it).
    void command(std::string_view verb, const smtp::Reply& reply);
    /// The content of a message was answered: accepted, deferred or refused.
    void message(const smtp::Reply& reply, std::uint64_t size);
    /// A log-in ended: success, failure or unavailable.
    void login(std::string_view result);
    /// A rule refused something.
    void reject(Rule rule);

  private:
    metrics::Registry& registry_;
    std::map<std::string, metrics::Counter, std::less<>> commands_;  ///< by verb and class of the reply
};

}  // namespace posthouse::smtpd
