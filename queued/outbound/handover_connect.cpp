// Handover: a connection to one address, with the TLS that is demanded.
#include <sys/socket.h>

#include <utility>

#include "lib/base/log.h"
#include "lib/dane/verify.h"
#include "lib/mta-sts/policy.h"
#include "lib/net/connect.h"
#include "lib/smtp/remote_reply.h"
#include "queued/outbound/handover.h"

namespace posthouse::queued {
namespace {

/// Submission by TLS from the first byte (RFC 8314 §3.3).
constexpr std::uint16_t submissions_port = 465;

/// "Connection refused" out of "connect 192.0.2.1:25: Connection refused".
std::string reason_of(const Error& error) {
    if (error.code == ErrorCode::timeout) return "no answer in time";
    const auto colon = error.detail.rfind(": ");
    return colon == std::string::npos ? error.message() : error.detail.substr(colon + 2);
}

std::string local_ip(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
    return net::Address::from_sockaddr(storage, size).ip();
}

}  // namespace

/// nullptr: there is none, and why is told to the fates.
net::Async<std::unique_ptr<Connection>> Handover::connect(const NextHop& next, const Target& target) {
    transfer::Terms terms;
    terms.protocol = route_.kind == Route::Kind::smtp ? transfer::Protocol::smtp : transfer::Protocol::lmtp;
    terms.helo_name = settings_->helo_name;
    terms.timeouts = settings_->timeouts;
    for (bool plain = false;; plain = true) {
        const net::Address source = source_for(*settings_, sender_ ? sender_->domain : std::string(), target.address);
        Result<net::Stream> stream =
            co_await net::connect(out_.loop_, target.address, net::Deadline::in(settings_->connect_timeout), source);
        if (!stream) {
            fates_.failed({.remote = {},
                           .reply = smtp::Reply(
                               451, "4.4.1", "Connection to " + target.peer + " failed: " + reason_of(stream.error())),
                           .outcome = schedule::Outcome::unreachable});
            co_return nullptr;
        }
        if (out_.closing_) co_return nullptr;
        stands("greeting and TLS", target.peer);
        const std::string from = local_ip(stream->fd());
        auto connection = std::make_unique<Connection>(*std::move(stream), terms);
        connection->local_ip = from;
        connection->is_socket = next.hop.unix_socket;
        connection->key = next.key;
        connection->peer = target.peer;
        connection->until = net::Deadline::in(settings_->connection_time);
        Target tried = target;
        if (plain) tried.plan.level = transfer::TlsDemand::Level::none;
        transfer::Conversation::Done<> opened = co_await open(*connection, next, tried);
        if (!plain) report(next, target, *connection, opened);
        if (opened) co_return connection;
        const transfer::Failure& failure = opened.error();
        const bool may_be_plain = target.plan.fall_back && target.address.port() != submissions_port;
        if (!plain && may_be_plain && failure.kind == transfer::Failure::Kind::tls && !out_.closing_) {
            log::info("outbound: TLS failed, plain text follows",
                      {{"id", parcel_.envelope.id}, {"peer", target.peer}, {"reason", failure.text}});
            continue;
        }
        // Whoever greeted was talked to.
        if (failure.kind == transfer::Failure::Kind::refused) ++sessions_;
        Problem problem = problem_of(failure, target.peer);
        if (requires_tls_ && failure.kind == transfer::Failure::Kind::tls &&
            (!failure.offers_tls || failure.verify_result != 0)) {
            problem.reply = smtp::Reply(550, "5.7.30", "The message requires TLS: " + problem.reply.text());
        }
        fates_.failed(std::move(problem));
        co_return nullptr;
    }
}

net::Async<transfer::Conversation::Done<>> Handover::open(Connection& connection, const NextHop& next,
                                                          const Target& target) {
    transfer::TlsDemand demand;
    demand.level = target.plan.level;
    demand.context = settings_->tls_context;
    if (!demand.context && demand.level != transfer::TlsDemand::Level::none) {
        co_return std::unexpected(transfer::Failure{.kind = transfer::Failure::Kind::tls,
                                                    .step = transfer::Step::starttls,
                                                    .text = "TLS is required, and not set up here",
                                                    .reply = {}});
    }
    demand.implicit = target.address.port() == submissions_port && demand.level != transfer::TlsDemand::Level::none;
    if (!net::Address::from_ip(target.host, 0)) demand.server_name = target.host;
    demand.names = target.plan.names;
    if (target.plan.by_dane) {
        // RFC 7672 §3.2.2: the certificate may be for the domain, too.
        const std::vector<std::string> other_names =
            next.hop.find_mx ? std::vector<std::string>{next.hop.host} : std::vector<std::string>{};
        demand.prepare = [decision = target.dane, other_names](ssl_st* ssl) {
            return dane::require(ssl, decision, other_names);
        };
    }
    out_.active_.insert(&connection.conversation);
    transfer::Conversation::Done<> opened = co_await connection.conversation.open(demand, next.credentials.get());
    out_.active_.erase(&connection.conversation);
    co_return opened;
}

/// RFC 8460 §4: what came of the policy, for the domain's report.
void Handover::report(const NextHop& next, const Target& target, Connection& connection,
                      const transfer::Conversation::Done<>& opened) {
    const TlsPlan& plan = target.plan;
    if (!next.hop.find_mx || tls_optional_ || plan.level == transfer::TlsDemand::Level::none) return;
    std::optional<tlsrpt::FailureType> type;
    transfer::Conversation& conversation = connection.conversation;
    if (!opened) {
        type = reported_failure(opened.error());
        if (!type) return;  // TLS was not what failed
    } else if (!conversation.tls()) {
        type = tlsrpt::FailureType::starttls_not_supported;
    } else if (plan.testing && conversation.verify_result() != 0) {
        type = tlsrpt::certificate_failure(conversation.verify_result());
    } else if (plan.testing && next.sts && !mta_sts::allows(next.sts->policy, target.host)) {
        type = tlsrpt::FailureType::validation_failure;
    }
    if (!type) {
        out_.counters_.success(plan.policy);
        return;
    }
    tlsrpt::Failure failure;
    failure.type = *type;
    failure.sending_ip = connection.local_ip;
    failure.receiving_ip = target.address.ip();
    failure.mx_hostname = target.host;
    failure.mx_helo = conversation.capabilities().name;
    if (!opened) failure.additional_information = opened.error().text;
    out_.counters_.failure(plan.policy, failure);
}

}  // namespace posthouse::queued
