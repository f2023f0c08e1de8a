// Handover: from hop to hop, and from host to host.
#include "queued/outbound/handover.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/base/log.h"
#include "lib/dane/lookup.h"

namespace posthouse::queued {
namespace {

smtp::ReversePath sender_of(const Parcel& parcel) {
    const spool::Recipient& first = parcel.envelope.recipients[parcel.recipients.front()];
    return first.sender.value_or(parcel.envelope.sender);
}

bool requires_tls(const Parcel& parcel) {
    return parcel.envelope.require_tls || std::ranges::any_of(parcel.recipients, [&](std::uint32_t place) {
               return parcel.envelope.recipients[place].require_tls;
           });
}

bool is_ip(const std::string& host) { return net::Address::from_ip(host, 0).has_value(); }

}  // namespace

Handover::Handover(Outbound& outbound, const Route& route, const Parcel& parcel)
    : out_(outbound),
      settings_(outbound.settings_),
      route_(route),
      parcel_(parcel),
      sender_(sender_of(parcel)),
      requires_tls_(requires_tls(parcel)),
      tls_optional_(parcel.envelope.tls_optional && !requires_tls_),
      fates_(parcel, route.kind == Route::Kind::smtp ? spool::EventKind::relayed : spool::EventKind::delivered),
      content_(parcel.content, outbound.pool_, settings_->scratch_folder, parcel.envelope.id) {}

bool Handover::may_go_on() const {
    return !finished() && !out_.closing_ && addresses_ < settings_->max_addresses &&
           sessions_ < settings_->max_sessions;
}

void Handover::stands(std::string_view stage, const std::string& host) {
    if (parcel_.standing != nullptr) *parcel_.standing = {host, stage};
}

net::Async<Attempt> Handover::run() {
    if (route_.kind == Route::Kind::local) {
        const Hop lmtpd{.host = settings_->lmtp_socket, .port = 0, .find_mx = false, .unix_socket = true};
        co_await try_hop(lmtpd);
    } else {
        for (const Hop& hop : route_.hops) {
            if (may_go_on()) co_await try_hop(hop);
        }
    }
    if (out_.closing_ && !finished() && !fates_.interrupted()) {
        fates_.failed({.remote = {},
                       .reply = smtp::Reply(451, "4.3.2",
                                            "Delivery was interrupted by the end of queued before a server greeted"),
                       .outcome = schedule::Outcome::cancelled});
    }
    co_return fates_.finish();
}

Handover::NextHop Handover::next_hop(const Hop& hop) const {
    NextHop next{.hop = hop, .key = {}, .credentials = nullptr, .sts = {}};
    const bool lmtp = route_.kind != Route::Kind::smtp;
    const std::string domain = sender_ ? sender_->domain : std::string();
    const bool own_source =
        std::ranges::any_of(settings_->sources, [&](const SourceAddress& s) { return s.sender_domain == domain; });
    next.key = to_string(Route{.kind = lmtp ? Route::Kind::lmtp : Route::Kind::smtp, .hops = {hop}, .text = {}}) + '|' +
               (own_source ? domain : "") + (requires_tls_ ? "|requires TLS" : "");
    next.port = hop.port != 0 ? hop.port : lmtp ? settings_->lmtp_port : settings_->port;
    if (hop.unix_socket) return next;
    set_tls(next);
    next.key += '|' + std::string(to_string(next.level)) + (next.credentials ? '|' + next.credentials->user : "");
    return next;
}

/// The level that is asked of the hop's servers, and who logs in there.
void Handover::set_tls(NextHop& next) const {
    const Hop& hop = next.hop;
    next.credentials = credentials_for(*settings_, route_.kind, hop);
    const auto told = settings_->tls.find(hop);
    next.level = told.value_or(settings_->tls.usual());
    // A password is for the server it belongs to, unless the administrator knows better.
    const bool open = next.level == TlsLevel::none || next.level == TlsLevel::may;
    if (next.credentials && !told) next.level = TlsLevel::verify;
    if (next.credentials && told && open) next.level = TlsLevel::encrypt;
    // Their domains may demand more of a smart host than it is asked for otherwise, and never less.
    for (const std::uint32_t place : parcel_.recipients) {
        const std::string& recipients_domain = parcel_.envelope.recipients[place].address.domain;
        if (recipients_domain == hop.host) continue;
        if (const auto demanded = settings_->tls.find({.host = recipients_domain}))
            next.level = stricter(next.level, *demanded);
    }
    if (tls_optional_ && next.level == TlsLevel::dane) next.level = TlsLevel::may;
    const bool optional = next.level == TlsLevel::may || next.level == TlsLevel::dane;
    if (!settings_->tls_context && optional) next.level = TlsLevel::none;
}

net::Async<> Handover::try_hop(const Hop& hop) {
    NextHop next = next_hop(hop);
    co_await by_kept_connections(next);
    if (!may_go_on()) co_return;
    if (hop.unix_socket)
        co_await try_socket(next);
    else
        co_await try_hosts(next);
}

net::Async<> Handover::by_kept_connections(const NextHop& next) {
    while (may_go_on()) {
        std::unique_ptr<Connection> kept = out_.cache_.take(next.key);
        if (!kept) co_return;
        const bool alive = co_await converse(std::move(kept), true);
        if (alive) ++sessions_;
    }
}

net::Async<> Handover::try_socket(const NextHop& next) {
    Target target{
        .address = net::Address::unix_path(next.hop.host), .peer = next.hop.host, .plan = {}, .dane = {}, .host = {}};
    if (route_.kind == Route::Kind::local) target.peer = "lmtpd";
    co_await try_address(next, std::move(target));
}

net::Async<> Handover::try_hosts(NextHop& next) {
    stands("looking for its hosts", next.hop.host);
    if (!next.hop.find_mx) {
        co_await try_host(next, {next.hop.host, true});
        co_return;
    }
    dns::MailHostRules rules{.own_names = settings_->own_names};
    smtp::Parsed<dns::MailHosts> found = co_await dns::find_mail_hosts(
        out_.resolver_, next.hop.host, std::move(rules), [this](std::size_t below) { return out_.random(below); },
        net::Deadline::in(settings_->dns_timeout));
    if (!found) {
        const bool for_good = found.error().permanent();
        fates_.failed({.remote = {},
                       .reply = std::move(found.error()),
                       .outcome = for_good ? schedule::Outcome::served : schedule::Outcome::unreachable});
        co_return;
    }
    co_await find_sts(next);
    for (const dns::MailHost& host : found->hosts) {
        if (!may_go_on()) break;
        const bool more = co_await try_host(next, {host.name, found->secure});
        if (!more) break;
    }
}

net::Async<> Handover::find_sts(NextHop& next) {
    const bool wanted = next.level == TlsLevel::dane || requires_tls_;
    if (!settings_->mta_sts || out_.policies_ == nullptr || !wanted) co_return;
    const auto now = std::time(nullptr);
    mta_sts::Found found = co_await out_.policies_->find(next.hop.host, now, net::Deadline::in(settings_->dns_timeout));
    next.sts = std::move(found.policy);
    if (found.problem == mta_sts::Problem::none) co_return;
    tlsrpt::Policy policy;
    policy.type = tlsrpt::PolicyType::sts;
    policy.domain = next.hop.host;
    tlsrpt::Failure failure;
    failure.type = found.problem == mta_sts::Problem::webpki_invalid   ? tlsrpt::FailureType::sts_webpki_invalid
                   : found.problem == mta_sts::Problem::policy_invalid ? tlsrpt::FailureType::sts_policy_invalid
                                                                       : tlsrpt::FailureType::sts_policy_fetch_error;
    out_.counters_.failure(policy, failure);
}

/// False: the hosts behind this one are not to be tried.
net::Async<bool> Handover::try_host(const NextHop& next, Host host) {
    dns::HostAddresses addresses;
    addresses.host = addresses.canonical = host.name;
    if (is_ip(host.name)) {
        addresses.addresses.push_back(net::Address::from_ip(host.name, next.port).value());
    } else {
        dns::AddressRules rules{.port = next.port, .ipv4 = settings_->ipv4, .ipv6 = settings_->ipv6};
        if (next.hop.find_mx && next.port == settings_->port) rules.own = settings_->own_addresses;
        smtp::Parsed<dns::HostAddresses> found = co_await dns::find_addresses(
            out_.resolver_, host.name, std::move(rules), net::Deadline::in(settings_->dns_timeout));
        if (!found) {
            // Whoever stands behind this host in the list would send it here (RFC 5321 §5.1).
            const bool is_here = found.error().status == "5.4.6";
            fates_.failed({.remote = {},
                           .reply = std::move(found.error()),
                           .outcome = is_here ? schedule::Outcome::served : schedule::Outcome::unreachable});
            co_return !is_here;
        }
        addresses = *std::move(found);
    }
    HostFacts facts;
    facts.host = host.name;
    facts.domain = next.hop.host;
    facts.from_mx = next.hop.find_mx;
    facts.mx_secure = host.mx_secure;
    facts.sts = next.sts;
    const bool by_dane = next.level == TlsLevel::dane || next.level == TlsLevel::dane_only || requires_tls_;
    if (by_dane && !is_ip(host.name)) {
        facts.dane = co_await dane::find(out_.resolver_, addresses, host.mx_secure, next.port,
                                         net::Deadline::in(settings_->dns_timeout));
    }
    const bool more = co_await try_addresses(next, std::move(addresses), std::move(facts));
    co_return more;
}

net::Async<bool> Handover::try_addresses(const NextHop& next, dns::HostAddresses addresses, HostFacts facts) {
    std::expected<TlsPlan, TlsRefusal> plan = plan_tls(next.level, facts, requires_tls_);
    if (!plan) {
        refused_by_policy(next, facts.host, std::move(plan.error()));
        co_return true;
    }
    for (const net::Address& address : addresses.addresses) {
        if (!may_go_on()) break;
        Target target{.address = address, .peer = {}, .plan = *plan, .dane = facts.dane, .host = facts.host};
        target.peer = is_ip(facts.host) ? '[' + address.ip() + ']' : facts.host + '[' + address.ip() + ']';
        if (address.port() != settings_->port) target.peer += ':' + std::to_string(address.port());
        co_await try_address(next, std::move(target));
    }
    co_return true;
}

void Handover::refused_by_policy(const NextHop& next, const std::string& host, TlsRefusal refusal) {
    log::warning(
        "outbound: nothing is sent to a host",
        {{"id", parcel_.envelope.id}, {"host", host}, {"domain", next.hop.host}, {"reason", refusal.reply.text()}});
    if (next.hop.find_mx) {
        tlsrpt::Failure failure;
        failure.type = refusal.type;
        failure.mx_hostname = host;
        failure.additional_information = refusal.reply.text();
        out_.counters_.failure(refusal.policy, failure);
    }
    const bool for_good = refusal.reply.permanent();
    fates_.failed({.remote = {},
                   .reply = std::move(refusal.reply),
                   .outcome = for_good ? schedule::Outcome::served : schedule::Outcome::unreachable});
}

net::Async<> Handover::try_address(const NextHop& next, Target target) {
    ++addresses_;
    stands("connecting", target.peer);
    std::unique_ptr<Connection> connection = co_await connect(next, target);
    if (!connection) co_return;
    ++sessions_;
    co_await converse(std::move(connection), false);
}

net::Async<> Handover::release(std::unique_ptr<Connection> connection) {
    transfer::Conversation& conversation = connection->conversation;
    if (!conversation.usable()) co_return;
    if (out_.closing_) {
        co_await conversation.quit();
        co_return;
    }
    const std::uint32_t told = conversation.capabilities().limits.mail_max.value_or(smtp::max_limit);
    const bool is_current = settings_ == out_.settings_;  // no reload came meanwhile
    if (is_current && conversation.messages() < std::min(settings_->connection_messages, static_cast<int>(told)))
        out_.cache_.keep(std::move(connection));
    else
        out_.cache_.end(std::move(connection));
}

}  // namespace posthouse::queued
