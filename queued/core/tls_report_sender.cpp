// TlsReportSender: a domain's places, and a report for each.
#include "queued/core/tls_report_sender.h"

#include <utility>

#include "lib/base/hash.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/dns/mail_hosts.h"
#include "queued/core/targets.h"
#include "queued/core/telling.h"

namespace posthouse::queued {
namespace {

/// For those who want it by HTTPS.
constexpr std::size_t threads = 2;
constexpr std::chrono::seconds lookup_timeout{30};

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

TlsReportSender::TlsReportSender(Parts& parts, dns::Resolver& resolver, https::Settings https,
                                 std::function<std::int64_t()> clock)
    : parts_(parts),
      resolver_(resolver),
      https_(std::move(https)),
      clock_(std::move(clock)),
      posting_(parts.daemon.loop(), threads) {}

/// RFC 8460 §3: to each place that the domain names; one that takes it is enough.
net::Async<TlsReportSender::Sent> TlsReportSender::send(const tlsrpt::Period& period, std::string domain) {
    const dns::Answer<std::string> record =
        co_await resolver_.txt("_smtp._tls." + domain, net::Deadline::in(lookup_timeout));
    if (record.failed()) co_return Sent::later;
    const std::optional<tlsrpt::Destinations> destinations = tlsrpt::find_destinations(record.records);
    if (!destinations) co_return Sent::unwanted;
    const std::optional<smtp::Mailbox> from = co_await contact();
    const tlsrpt::Report report = report_of(period, domain, from);
    bool taken = false;
    for (const std::string& url : destinations->urls) {
        const bool posted = co_await post(report, url);
        taken = taken || posted;
    }
    for (const smtp::Mailbox& mailbox : destinations->mailboxes) {
        const bool mailed = co_await mail(report, from, mailbox);
        taken = taken || mailed;
    }
    co_return taken ? Sent::yes : Sent::later;
}

/// Whom reports come from; nullopt: nobody can be asked, or not now.
net::Async<std::optional<smtp::Mailbox>> TlsReportSender::contact() {
    const std::string own = parts_.daemon.config()->outbound.tls_report_contact;
    if (!own.empty()) {
        const Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(own);
        co_return mailbox ? std::optional(*mailbox) : std::nullopt;
    }
    const Result<std::optional<Postmaster>> postmaster = co_await find_postmaster(parts_);
    if (!postmaster || !*postmaster) co_return std::nullopt;
    co_return (*postmaster)->address;
}

tlsrpt::Report TlsReportSender::report_of(const tlsrpt::Period& period, const std::string& domain,
                                          const std::optional<smtp::Mailbox>& from) const {
    const config::Snapshot config = parts_.daemon.config();
    const std::string& organization = config->outbound.tls_report_organization;
    tlsrpt::Report report;
    report.organization = organization.empty() ? config->general.hostname : organization;
    if (from) report.contact = from->to_string();
    // Always the same of a period and a domain: whoever gets it twice, after a crash, can tell.
    const std::string hash = blake2b(config->general.hostname + " " + domain);
    report.id = std::to_string(period.start) + "." + hex::encode(hash.substr(0, 8));
    report.domain = domain;
    report.start = period.start;
    report.end = period.end;
    report.policies = period.domains.at(domain);
    return report;
}

net::Async<bool> TlsReportSender::mail(const tlsrpt::Report& report, std::optional<smtp::Mailbox> from,
                                       smtp::Mailbox to) {
    if (!from) {
        log::error("TLS reports have no sender: there is no postmaster",
                   {{"contact", parts_.daemon.config()->outbound.tls_report_contact}});
        co_return false;
    }
    const Result<std::string> content = tlsrpt::report_mail(report, from->domain, *from, to, clock_());
    if (!content) {
        log::warning("a TLS report can't be written",
                     {{"domain", report.domain}, {"error", content.error().message()}});
        co_return false;
    }
    const Result<std::optional<NoticeTargets>> targets = co_await find_targets(parts_, to.to_string());
    if (!targets || !*targets) co_return false;
    spool::Envelope envelope;
    envelope.id = make_id(blake2b("TLS report " + report.id + " " + to.to_string()));
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

net::Async<bool> TlsReportSender::post(const tlsrpt::Report& report, std::string url) {
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
    https::Settings how = https_;
    if (how.ca_file.empty()) how.ca_file = parts_.daemon.config()->outbound.tls_ca_file;
    const Result<https::Answer> answer = co_await posting_.run([&] { return https::ask(how, request); });
    if (!answer) co_return failed(answer.error().message());
    if (answer->status < 200 || answer->status > 299) co_return failed("status " + std::to_string(answer->status));
    parts_.counters.tls_posted.add();
    log::info("TLS report", {{"domain", report.domain}, {"url", url}});
    co_return true;
}

}  // namespace posthouse::queued
