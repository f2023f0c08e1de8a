// What is told of each kind of event: values in, an event out, so that every daemon uses the same words for the same
// thing. docs/history.md lists the fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/story/event.h"

namespace posthouse::story {

/// The message or connection that an event is about.
struct About {
    std::string id;        ///< of the transaction, or of the connection before there is one
    std::string parent{};  ///< of the connection, or of the message that this one comes from; empty: none
};

/// Addresses are bare (no angle brackets); the null reverse-path is "". Empty texts and zeros are left out.
struct Connect {
    std::string remote;    ///< IP address of the client
    std::string listener;  ///< "submission"
};
Event connect(const About& about, const Connect& told);

struct Tls {
    std::string protocol;  ///< "TLSv1.3"
    std::string cipher;
};
Event tls(const About& about, const Tls& told);

struct Login {
    std::string user;
    std::string mechanism{};
    std::string remote{};
    std::string reason{};  ///< why it failed; empty: it did not
};
Event login(const About& about, const Login& told);

/// A filter or a check said what it thinks of a message or of its client.
struct Verdict {
    std::string check;     ///< "spf", "greylisting", "milter rspamd"
    std::string verdict;   ///< "pass", "fail", "quarantine"
    std::string reason{};  ///< what it says of it
};
Event verdict(const About& about, const Verdict& told);

/// The message is ours: the client was told 250; or it was made here (a report), then there is no remote and no reply.
struct Accept {
    std::string sender;
    std::vector<std::string> recipients;  ///< as the client named them
    std::string message_id{};             ///< value of the field Message-ID
    std::uint64_t size = 0;               ///< octets
    std::string remote{};                 ///< IP address of the client
    std::string user{};                   ///< who had logged in
    std::string reply{};                  ///< what the client was told, "250 2.0.0 Ok"
};
Event accept(const About& about, const Accept& told);

/// Something was refused, for now (4xx) or for good (5xx): a connection, a command, a message.
struct Refuse {
    std::string command{};  ///< "RCPT"; empty: the connection
    std::string sender{};
    std::vector<std::string> recipients{};
    std::string message_id{};
    std::string remote{};
    std::string user{};
    std::string reply{};   ///< what the client was told
    std::string reason{};  ///< what it was not told
};
Event refuse(const About& about, const Refuse& told);

/// What the queue does with a message without trying to deliver it.
struct Queue {
    enum class Action {
        deferred,   ///< it rests until it is due again
        postponed,  ///< it was due, but was not tried
        held,       ///< kept back
        released,   ///< may go again
        deleted,    ///< taken out by an administrator, whoever was still due
        requeued,   ///< goes on under another id
        removed,    ///< nothing is left to do
    };
    Action action = Action::deferred;
    std::vector<std::string> recipients{};  ///< empty: all
    std::string sender{};
    std::string reason{};
    std::int64_t due = 0;  ///< seconds since 1970: when it is tried next
};
Event queue(const About& about, const Queue& told);

/// A delivery begins.
struct Attempt {
    std::vector<std::string> recipients;
    std::string route;          ///< "smtp:example.net"
    std::string host{};         ///< of the server, when it is known yet
    std::string remote{};       ///< its IP address
    std::uint32_t attempt = 0;  ///< counted from 1
};
Event attempt(const About& about, const Attempt& told);

/// What came of one recipient (or several alike) at an attempt.
struct Answer {
    enum class Result { delivered, deferred, bounced };
    Result result = Result::deferred;
    std::vector<std::string> recipients;
    std::string host{};    ///< who said so; empty: this server itself
    std::string remote{};  ///< its IP address
    std::string status{};  ///< RFC 3463
    std::string reply{};   ///< its words, with the code
    std::int64_t due = 0;  ///< of what is deferred: when it is tried next, seconds since 1970
};
Event answer(const About& about, const Answer& told);

/// It is in a mailbox, durable.
struct Delivery {
    std::string recipient;
    std::string account;
    std::string mailbox;  ///< "INBOX"
    std::string file;     ///< its base name
    std::uint64_t size = 0;
    bool repeated = false;  ///< it was there already
    std::string sender{};
    std::string message_id{};
};
Event delivery(const About& about, const Delivery& told);

struct Uid {
    std::string account;
    std::string mailbox;
    std::string file;
    std::uint32_t uid = 0;
};
Event uid(const About& about, const Uid& told);

/// A report of the message was written; it is a message of its own, whose parent this one is.
struct Bounce {
    std::string report;                   ///< "failure", "delay", "success"
    std::string notice;                   ///< the report's id
    std::string to;                       ///< who gets it
    std::vector<std::string> recipients;  ///< of which it reports
};
Event bounce(const About& about, const Bounce& told);

/// Events that a daemon could not write, or did not for this reason.
Event lost(const std::string& id, std::uint64_t count, const std::string& reason = {});

/// The addresses in a field of these names (`recipients`, and where it was too small `recipients_2` …).
std::vector<std::string> recipients_of(const Event& event);
/// The value of a field; empty when there is none.
std::string_view field(const Event& event, std::string_view name);

}  // namespace posthouse::story
