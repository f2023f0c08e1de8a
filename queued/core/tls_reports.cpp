// TlsReports: days that end, and reports that leave.
#include "queued/core/tls_reports.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/dns/mail_hosts.h"
#include "queued/core/targets.h"
#include "queued/core/telling.h"

namespace posthouse::queued {
namespace {

constexpr std::int64_t day = 86'400;
/// After a day's end: that not all senders of the world come at midnight (RFC 8460 §4.1).
constexpr std::int64_t spread = 4 * 3600;
/// Whom nothing could be sent to is tried again so often, until so long after the period's end.
constexpr std::int64_t retry_pause = 3600;
constexpr std::int64_t patience = 2 * day;
/// Domains that are looked up and sent to at one time, and threads for those who want it by HTTPS.
constexpr int at_once = 8;
constexpr std::size_t threads = 2;
constexpr std::chrono::seconds longest_nap{60};
constexpr std::chrono::seconds lookup_timeout{30};

std::array<unsigned char, crypto_generichash_BYTES> hash_of(const std::string& text) {
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       nullptr, 0);
    return hash;
}

Result<std::string> put_into_queue(const spool::Incoming& incoming, const spool::Envelope& envelope,
                                   const std::string& content) {
    Result<spool::Writer> writer = spool::Writer::begin(incoming);
    if (!writer) return fail(writer.error());
    if (Result<> written = writer->write(content); !written) return fail(written.error());
    const Result<> finished = writer->finish(envelope);
    if (!finished && finished.error().code != ErrorCode::exists) return fail(finished.error());
    return envelope.id;
}

}  // namespace

TlsReports::TlsReports(Parts& parts, dns::Resolver& resolver, tlsrpt::Counters& counters, TlsReportsSettings settings)
    : parts_(parts),
      resolver_(resolver),
      counters_(counters),
      settings_(std::move(settings)),
      files_(settings_.folder),
      posting_(parts.daemon.loop(), threads),
      wake_(parts.daemon.loop()) {}

std::int64_t TlsReports::now() const { return settings_.clock ? settings_.clock() : unix_now(); }

bool TlsReports::enabled() const { return parts_.daemon.config()->outbound.tls_reports; }

/// When the reports of a day leave: always the same time after its end, another on each server.
std::int64_t TlsReports::sending_time(std::int64_t of_day) const {
    const auto hash = hash_of("TLS reports of " + parts_.daemon.config()->general.hostname);
    std::uint32_t number = 0;
    std::memcpy(&number, hash.data(), sizeof number);
    return of_day + day + static_cast<std::int64_t>(number % spread);
}

void TlsReports::send_now(bool all) {
    asked_ = true;
    asked_all_ = asked_all_ || all;
    wake_.notify_all();
}

net::Async<> TlsReports::run(net::Event& stopping) {
    parts_.daemon.background().spawn(
        [](net::Event* end, net::Event* wake) -> net::Async<> {
            while (!end->cancelled()) (void)co_await end->wait(net::Deadline::never());
            wake->notify_all();
        },
        &stopping, &wake_);
    co_await begin();
    while (!stopping.cancelled()) {
        const std::int64_t time = now();
        if (!enabled()) {
            (void)counters_.take();
            saved_ = counters_.counted();
        }
        if (tlsrpt::day_of(time) > tlsrpt::day_of(start_) || std::exchange(asked_all_, false)) co_await turn_over(time);
        const bool asked = std::exchange(asked_, false);
        const bool is_time =
            !owed_.empty() && time >= retry_at_ && time >= sending_time(tlsrpt::day_of(owed_.front().start));
        if (enabled() && (asked || is_time)) co_await send_owed(stopping);
        if (time - saved_at_ >= settings_.save_interval.count()) co_await save();
        if (stopping.cancelled() || asked_) continue;
        const Result<> woken = co_await wake_.wait(net::Deadline::in(longest_nap));
        (void)woken;  // whatever ended it, the state is looked at again
    }
    co_await save();
}

/// Goes on where an earlier process was.
net::Async<> TlsReports::begin() {
    start_ = now();
    saved_at_ = start_;
    Result<std::vector<tlsrpt::Period>> known = co_await parts_.disk.run([this] { return files_.load(); });
    if (!known) {
        log::error("what was counted for TLS reports can't be read", {{"error", known.error().message()}});
        co_return;
    }
    for (tlsrpt::Period& period : *known) {
        if (period.end == 0 && tlsrpt::day_of(period.start) == tlsrpt::day_of(start_)) {
            start_ = period.start;
            tlsrpt::Domains since = counters_.take();
            counters_.resume(std::move(period.domains));
            counters_.resume(std::move(since));
            continue;
        }
        if (period.end == 0) period.end = tlsrpt::day_of(period.start) + day - 1;
        owed_.push_back(std::move(period));
    }
}

/// The period ends, and the next one begins.
net::Async<> TlsReports::turn_over(std::int64_t time) {
    tlsrpt::Period ended{
        .start = start_, .end = std::min(time, tlsrpt::day_of(start_) + day - 1), .domains = counters_.take()};
    saved_ = counters_.counted();
    saved_at_ = time;
    start_ = std::max(time, ended.end + 1);
    if (const Result<> saved = co_await parts_.disk.run([&] { return files_.save(ended); }); !saved)
        log::error("what was counted for TLS reports can't be saved", {{"error", saved.error().message()}});
    if (!ended.domains.empty()) owed_.push_back(std::move(ended));
}

net::Async<> TlsReports::save() {
    saved_at_ = now();
    if (counters_.counted() == saved_) co_return;
    saved_ = counters_.counted();
    const tlsrpt::Period period{.start = start_, .end = 0, .domains = counters_.domains()};
    const Result<> saved = co_await parts_.disk.run([&] { return files_.save(period); });
    if (!saved) log::error("what was counted for TLS reports can't be saved", {{"error", saved.error().message()}});
}

net::Async<> TlsReports::send_owed(net::Event& stopping) {
    for (tlsrpt::Period& period : owed_) {
        std::vector<std::string> domains;
        for (const auto& [domain, results] : period.domains) domains.push_back(domain);
        net::Scope sending(parts_.daemon.loop());
        for (int i = 0; i < at_once; ++i) sending.spawn(&TlsReports::send_some, this, &period, &domains, &stopping);
        co_await sending.join();
        if (!period.domains.empty() && now() >= period.end + patience) {
            log::warning("TLS reports could not be sent in time", {{"domains", period.domains.size()}});
            parts_.counters.tls_given_up.add(static_cast<double>(period.domains.size()));
            period.domains.clear();
        }
        const Result<> saved = co_await parts_.disk.run([&] { return files_.save(period); });
        if (!saved) log::error("what was sent of TLS reports can't be saved", {{"error", saved.error().message()}});
    }
    std::erase_if(owed_, [](const tlsrpt::Period& period) { return period.domains.empty(); });
    retry_at_ = now() + retry_pause;
}

net::Async<> TlsReports::send_some(TlsReports* self, tlsrpt::Period* period, std::vector<std::string>* domains,
                                   net::Event* stopping) {
    while (!domains->empty() && !stopping->cancelled()) {
        std::string domain = std::move(domains->back());
        domains->pop_back();
        const Sent sent = co_await self->send(*period, domain);
        if (sent != Sent::later) period->domains.erase(domain);
    }
}

/// RFC 8460 §3: to each place that the domain names; one that takes it is enough.
net::Async<TlsReports::Sent> TlsReports::send(const tlsrpt::Period& period, std::string domain) {
    const dns::Answer<std::string> record =
        co_await resolver_.txt("_smtp._tls." + domain, net::Deadline::in(lookup_timeout));
    if (record.failed()) co_return Sent::later;
    const std::optional<tlsrpt::Destinations> destinations = tlsrpt::find_destinations(record.records);
    if (!destinations) co_return Sent::unwanted;
    const tlsrpt::Report report = report_of(period, domain);
    bool taken = false;
    for (const std::string& url : destinations->urls) {
        const bool posted = co_await post(report, url);
        taken = taken || posted;
    }
    for (const smtp::Mailbox& mailbox : destinations->mailboxes) {
        const bool mailed = co_await mail(report, mailbox);
        taken = taken || mailed;
    }
    co_return taken ? Sent::yes : Sent::later;
}

std::optional<smtp::Mailbox> TlsReports::contact() const {
    const std::string& own = parts_.daemon.config()->outbound.tls_report_contact;
    const Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(own.empty() ? parts_.notice_rules().postmaster : own);
    if (!mailbox) return std::nullopt;
    return *mailbox;
}

tlsrpt::Report TlsReports::report_of(const tlsrpt::Period& period, const std::string& domain) const {
    const config::Snapshot config = parts_.daemon.config();
    const std::string& organization = config->outbound.tls_report_organization;
    tlsrpt::Report report;
    report.organization = organization.empty() ? config->general.hostname : organization;
    if (const auto mailbox = contact()) report.contact = mailbox->to_string();
    // Always the same of a period and a domain: whoever gets it twice, after a crash, can tell.
    const auto hash = hash_of(config->general.hostname + " " + domain);
    report.id = std::to_string(period.start) + "." +
                hex::encode(std::string_view(reinterpret_cast<const char*>(hash.data()), 8));
    report.domain = domain;
    report.start = period.start;
    report.end = period.end;
    report.policies = period.domains.at(domain);
    return report;
}

net::Async<bool> TlsReports::mail(const tlsrpt::Report& report, const smtp::Mailbox& to) {
    const std::optional<smtp::Mailbox> from = contact();
    if (!from) {
        log::error("TLS reports have no sender", {{"contact", parts_.notice_rules().postmaster}});
        co_return false;
    }
    const Result<std::string> content = tlsrpt::report_mail(report, from->domain, *from, to, now());
    if (!content) {
        log::warning("a TLS report can't be written",
                     {{"domain", report.domain}, {"error", content.error().message()}});
        co_return false;
    }
    const Result<std::optional<NoticeTargets>> targets = co_await find_targets(parts_, to.to_string());
    if (!targets || !*targets) co_return false;
    const auto hash = hash_of("TLS report " + report.id + " " + to.to_string());
    spool::Envelope envelope;
    envelope.id = make_id(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
    envelope.arrived = unix_now();
    envelope.sender = *from;
    envelope.tls_optional = true;
    envelope.recipients = **targets;
    for (spool::Recipient& recipient : envelope.recipients) recipient.notify = smtp::DsnNotify{};
    const Result<std::string> id =
        co_await parts_.disk.run([&] { return put_into_queue(parts_.incoming, envelope, *content); });
    if (!id) {
        log::error("a TLS report can't be queued", {{"domain", report.domain}, {"error", id.error().message()}});
        co_return false;
    }
    tell_tls_report(parts_, envelope, to);
    parts_.counters.tls_mailed.add();
    log::write(log::Level::info, *id, "TLS report", {{"domain", report.domain}, {"to", to.to_path()}});
    if (on_mail) on_mail(*id);
    co_return true;
}

net::Async<bool> TlsReports::post(const tlsrpt::Report& report, std::string url) {
    const auto failed = [&](const std::string& why) {
        log::warning("a TLS report can't be posted", {{"domain", report.domain}, {"url", url}, {"error", why}});
        return false;
    };
    Result<https::Place> place = https::parse_url(url);
    if (!place) co_return failed(place.error().message());
    Result<std::string> content = tlsrpt::gzip(tlsrpt::to_json(report));
    if (!content) co_return failed(content.error().message());
    dns::AddressRules rules;
    rules.port = place->port;
    smtp::Parsed<dns::HostAddresses> host =
        co_await dns::find_addresses(resolver_, place->host, std::move(rules), net::Deadline::in(lookup_timeout));
    if (!host) co_return failed(host.error().text());
    const https::Request request{.place = *std::move(place),
                                 .addresses = host->addresses,
                                 .content_type = "application/tlsrpt+gzip",
                                 .content = *std::move(content)};
    https::Settings how = settings_.https;
    if (how.ca_file.empty()) how.ca_file = parts_.daemon.config()->outbound.tls_ca_file;
    const Result<https::Answer> answer = co_await posting_.run([&] { return https::ask(how, request); });
    if (!answer) co_return failed(answer.error().message());
    if (answer->status < 200 || answer->status > 299) co_return failed("status " + std::to_string(answer->status));
    parts_.counters.tls_posted.add();
    log::info("TLS report", {{"domain", report.domain}, {"url", url}});
    co_return true;
}

}  // namespace posthouse::queued
