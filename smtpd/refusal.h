// Refusals: what a client is told, and by which rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/smtp/reply.h"

namespace posthouse::smtpd {

/// What can stand against mail beside the protocol's syntax and order. Their names are in metrics, log and story;
/// docs/administration.md lists them.
enum class Rule {
    early_talker,       ///< spoke before the greeting
    connections,        ///< too many of them
    helo,               ///< the client's name for itself
    message_size,       ///< larger than smtpd.message_size_limit
    sender,             ///< not an address of who has logged in
    sender_domain,      ///< takes no mail, by DNS
    network_sender,     ///< smtpd.mynetworks_sender_domains
    unknown_recipient,  ///< nobody has the address
    relay,              ///< another server's, and the client may not relay
    list_poster,        ///< the list is not for everybody
    alias_loop,         ///< the address leads to itself
    recipient_limit,    ///< too many of one message
    quota,              ///< a full mailbox
    rate_limit,         ///< too much in an hour or a day
    hop_count,          ///< smtpd.received_limit
    directory,          ///< it is away or in error, so nobody knows
    storage,            ///< too little space: in the spool, as smtpd.queue_minfree says, or for a mailbox
    error_limit,        ///< smtpd.error_limit
};
std::string_view to_string(Rule rule);

/// A refusal, for now (4xx) or for good (5xx).
struct Refusal {
    smtp::Reply reply;
    std::optional<Rule> rule{};  ///< nullopt: syntax, order, or a failure of this server
    std::string detail{};        ///< what the client is not told, for the story

    Refusal(smtp::Reply told) : reply(std::move(told)) {}  // NOLINT(google-explicit-constructor)
    Refusal(smtp::Reply told, Rule by, std::string hidden = {})
        : reply(std::move(told)), rule(by), detail(std::move(hidden)) {}
};

/// There is no space for the message (RFC 5321 §4.2.3).
Refusal insufficient_storage(std::string detail);

/// What a handler answers to a command: done, or refused.
struct Answer : Refusal {
    using Refusal::Refusal;
    Answer(Refusal refusal) : Refusal(std::move(refusal)) {}  // NOLINT(google-explicit-constructor)
    bool reported = false;                                    ///< counted, logged and told already, as its message was
};

}  // namespace posthouse::smtpd
