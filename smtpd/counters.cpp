// Counters: what smtpd counts for Prometheus.
#include "smtpd/counters.h"

namespace posthouse::smtpd {

void Counters::command(std::string_view verb, const smtp::Reply& reply) {
    const std::string reply_class = reply.code == 0 ? "none" : std::to_string(reply.code / 100) + "xx";
    const std::string key = std::string(verb) + reply_class;
    auto found = commands_.find(key);
    if (found == commands_.end()) {
        found = commands_
                    .emplace(key, registry_.counter("posthouse_smtp_commands_total", "Commands by verb and reply class",
                                                    {{"verb", std::string(verb)}, {"reply", reply_class}}))
                    .first;
    }
    found->second.add();
}

void Counters::message(const smtp::Reply& reply, std::uint64_t size) {
    const char* result = reply.positive() ? "accepted" : reply.transient() ? "deferred" : "refused";
    registry_.counter("posthouse_smtp_messages_total", "Messages received, by result", {{"result", result}}).add();
    if (!reply.positive()) return;
    registry_.counter("posthouse_smtp_message_bytes_total", "Bytes of accepted messages")
        .add(static_cast<double>(size));
}

void Counters::login(std::string_view result) {
    registry_.counter("posthouse_smtp_logins_total", "Log-ins, by result", {{"result", std::string(result)}}).add();
}

void Counters::reject(Rule rule) {
    registry_
        .counter("posthouse_smtp_rejects_total", "Refusals by a rule, by reason",
                 {{"reason", std::string(to_string(rule))}})
        .add();
}

}  // namespace posthouse::smtpd
