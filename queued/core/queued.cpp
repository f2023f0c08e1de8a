// Queued: the application of queued.
#include "queued/core/queued.h"

#include <utility>

#include "lib/base/log.h"
#include "queued/core/attempts_document.h"
#include "queued/wake/sender.h"

namespace posthouse::queued {

net::Async<Result<>> Queued::start() {
    const config::Snapshot config = daemon_.config();
    const std::string root = config->general.spool_folder;
    Result<spool::Spool> spool = spool::Spool::open(root);
    if (!spool) co_return fail(spool.error());
    Result<spool::Incoming> incoming = spool::Incoming::open(root);
    if (!incoming) co_return fail(incoming.error());
    Result<wake::Receiver> wake = wake::Receiver::bind(daemon_.loop(), wake::socket_path(config->general.run_folder));
    if (!wake) co_return fail(wake.error());
    Result<std::unique_ptr<WayOut>> way_out = WayOut::make(daemon_);
    if (!way_out) co_return fail(way_out.error());
    way_out_ = *std::move(way_out);
    parts_.emplace(daemon_, *std::move(spool), *std::move(incoming), *way_out_);
    active_.emplace(*parts_);
    scanner_.emplace(*parts_, *active_);
    disk_space_.emplace(*parts_);
    tls_reports_.emplace(*parts_, way_out_->resolver(), way_out_->tls_counters(),
                         TlsReportsSettings{.folder = config->general.state_folder + "/tlsrpt"});
    tls_reports_->on_mail = [this](const std::string& id) { active_->look_at(id); };
    wake_.emplace(*std::move(wake));
    daemon_.background().spawn([](Active* running, net::Event* stopping) { return running->run(*stopping); }, &*active_,
                               &daemon_.stopping());
    daemon_.background().spawn([](Scanner* running, net::Event* stopping) { return running->run(*stopping); },
                               &*scanner_, &daemon_.stopping());
    daemon_.background().spawn([](DiskSpace* running, net::Event* stopping) { return running->run(*stopping); },
                               &*disk_space_, &daemon_.stopping());
    daemon_.background().spawn([](WayOut* running, net::Event* stopping) { return running->run(*stopping); },
                               way_out_.get(), &daemon_.stopping());
    daemon_.background().spawn(
        [](WayOut* way_out, TlsReports* running, net::Event* stopping) -> net::Async<> {
            co_await way_out->asking();
            co_await running->run(*stopping);
        },
        way_out_.get(), &*tls_reports_, &daemon_.stopping());
    daemon_.background().spawn([](Queued* queued) { return queued->listen(); }, this);
    co_return Result<>{};
}

net::Async<> Queued::serve(daemon::Connection&) { co_return; }

/// Datagrams until the daemon stops.
net::Async<> Queued::listen() {
    for (;;) {
        const Result<wake::Signal> signal = co_await wake_->next(net::Deadline::never());
        if (!signal) {
            if (signal.error().code != ErrorCode::cancelled)
                log::error("cannot hear of new messages: they are found by scans only",
                           {{"error", signal.error().message()}});
            co_return;
        }
        switch (signal->kind) {
            case wake::Signal::Kind::arrived:
                active_->look_at(signal->subject);
                scanner_->heard();
                break;
            case wake::Signal::Kind::flush: active_->flush(signal->subject); break;
            case wake::Signal::Kind::destination: active_->revive(signal->subject); break;
            case wake::Signal::Kind::tls_reports: tls_reports_->send_now(signal->subject == "all"); break;
        }
    }
}

net::Async<Result<>> Queued::ready() {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(2));
    const Result<bool> directory = co_await parts_->directory.is_local_domain("invalid", deadline);
    if (!directory) co_return fail(ErrorCode::unavailable, "authd: " + directory.error().text);
    Result<> space = co_await disk_space_->look();
    co_return space;
}

net::Async<std::optional<http::Response>> Queued::control(const http::Request& request) {
    if (request.method == "GET" && request.path() == "/attempts")
        co_return http::response(200, "application/json", attempts_document(*active_));
    if (request.method == "POST" && request.path() == "/orders") {
        const auto order = parse_order(request.body);
        if (!order) co_return http::response(400, "text/plain", "No order\n");
        if (!active_->order(order->first, order->second))
            co_return http::response(404, "text/plain", "It is not being tried\n");
        co_return http::response(200, "application/json", attempts_document(*active_));
    }
    co_return std::nullopt;
}

void Queued::reloaded() { way_out_->reloaded(); }

net::Async<> Queued::stop() {
    wake_->cancel();
    co_await way_out_->close();
    co_await parts_->directory.close();
}

daemon::Spec spec() {
    return {.name = "queued",
            .services = {},
            .connections = [](const config::Config&) { return std::size_t{1}; },
            .create = [](daemon::Daemon& frame) { return std::make_unique<Queued>(frame); }};
}

}  // namespace posthouse::queued
