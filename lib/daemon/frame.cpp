// Frame: starts, serves, reloads and drains one daemon.
#include "lib/daemon/frame.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "lib/base/random.h"
#include "lib/daemon/control.h"
#include "lib/daemon/listeners.h"
#include "lib/daemon/notify.h"
#include "lib/daemon/trimming.h"
#include "lib/net/own_frame.h"
#include "lib/net/proxy.h"

namespace posthouse::daemon {
namespace {

constexpr auto handshake_timeout = std::chrono::seconds(30);
constexpr auto proxy_timeout = std::chrono::seconds(5);
constexpr auto close_timeout = std::chrono::seconds(5);
constexpr std::size_t control_connections = 32;

log::Level level_of(const std::string& word) {
    if (word == "debug") return log::Level::debug;
    if (word == "warning") return log::Level::warning;
    if (word == "error") return log::Level::error;
    return log::Level::info;
}

void unblock_reload() {
    sigset_t waiting;
    sigemptyset(&waiting);
    sigaddset(&waiting, SIGHUP);
    ::pthread_sigmask(SIG_UNBLOCK, &waiting, nullptr);
}

// Keeps a stream of the control socket in the list of those that a drain ends.
class Registered {
  public:
    Registered(std::list<net::Stream*>& list, net::Stream& stream)
        : list_(list), at_(list.insert(list.end(), &stream)) {}
    ~Registered() { list_.erase(at_); }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

  private:
    std::list<net::Stream*>& list_;
    std::list<net::Stream*>::iterator at_;
};

}  // namespace

Frame::Frame(const Spec& spec, config::Bundle bundle, std::function<Result<config::Bundle>()> load)
    : spec_(spec),
      bundle_(std::move(bundle)),
      load_(std::move(load)),
      metrics_({{"daemon", std::string(spec.name)}}),
      accepting_(loop_),
      serving_(loop_),
      background_(loop_),
      stop_requested_(loop_),
      stopping_(loop_),
      sessions_(background_, stopping_) {}

Frame::~Frame() = default;

Result<> Frame::open_log() {
    const auto& settings = bundle_.config->log;
    return log::open({std::string(spec_.name), settings.path, settings.format == "json", level_of(settings.level)});
}

Result<std::shared_ptr<const net::TlsContext>> Frame::make_tls(const config::Bundle& bundle) const {
    const auto& settings = bundle.config->tls;
    if (settings.certificate.empty()) return std::shared_ptr<const net::TlsContext>();
    net::TlsSettings tls;
    tls.minimum_protocol = settings.minimum_protocol;
    const auto text = [&](const std::string& path) {
        const auto found = bundle.files.find(path);
        return found == bundle.files.end() ? std::string() : found->second;
    };
    const auto add = [&](const std::string& certificate, const std::string& key) {
        tls.certificates.push_back({text(certificate), text(key), certificate});
    };
    add(settings.certificate, settings.key);
    for (const config::CertificateFiles& more : settings.additional) add(more.certificate, more.key);
    tls.client_ca_pem = text(settings.client_ca);
    tls.client_ca_origin = settings.client_ca;
    tls.cert_username_field = settings.cert_username_field;
    return net::TlsContext::server(tls);
}

Result<> Frame::take_listeners() {
    const config::Config& config = *bundle_.config;
    std::vector<net::Inherited> sockets = net::inherited_listeners();
    if (sockets.empty()) {
        for (const Service& service : spec_.services) {
            Result<std::vector<net::Inherited>> bound = bind_listener(config, service.listener);
            if (!bound) return fail(bound.error());
            for (net::Inherited& socket : *bound) sockets.push_back(std::move(socket));
        }
    }
    for (net::Inherited& socket : sockets) {
        Transport transport = Transport::plain;
        for (const Service& service : spec_.services)
            if (service.listener == socket.name) transport = service.transport;
        const bool proxy =
            std::ranges::find(config.listen.proxy_protocol, socket.name) != config.listen.proxy_protocol.end();
        if (transport == Transport::implicit_tls && !tls_)
            return fail(ErrorCode::invalid, "listen." + socket.name + " needs tls.certificate and tls.key");
        open_.push_back({socket.name, transport, net::Listener(loop_, std::move(socket.socket)), proxy});
    }
    if (open_.empty()) return fail(ErrorCode::invalid, "No listener for " + std::string(spec_.name) + " is configured");
    return {};
}

Result<> Frame::prepare() {
    ::umask(027);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::signal(SIGPIPE, SIG_IGN);  // NOLINT(bugprone-unused-return-value)
    Result<> opened = open_log();
    if (!opened) return opened;
    Result<std::shared_ptr<const net::TlsContext>> tls = make_tls(bundle_);
    if (!tls) return fail(tls.error());
    tls_ = std::move(*tls);
    return take_listeners();
}

Frame::ListenerMetrics& Frame::metrics_of(const std::string& listener) {
    const auto found = listener_metrics_.find(listener);
    if (found != listener_metrics_.end()) return found->second;
    const metrics::Labels labels = {{"listener", listener}};
    return listener_metrics_
        .emplace(listener,
                 ListenerMetrics{
                     metrics_.counter("posthouse_connections_total", "Connections accepted", labels),
                     metrics_.counter("posthouse_connections_refused_total",
                                      "Connections refused: no room, or not a trusted proxy", labels),
                     metrics_.counter("posthouse_tls_handshake_failures_total", "TLS handshakes that failed", labels),
                     metrics_.gauge("posthouse_connections", "Connections open now", labels)})
        .first->second;
}

net::Async<Result<>> Frame::run() {
    const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
    unblock_reload();
    application_ = spec_.create(*this);
    Result<> started = co_await application_->start();
    if (!started) co_return started;
    for (Open& open : open_) {
        metrics_of(open.name);
        accepting_.spawn(&Frame::accept_loop, this, &open);
    }
    log::info("ready", {{"listeners", open_.size()}});
    background_.spawn(&trim_memory, &loop_, &stopping_);
    notify_supervisor("READY=1");
    while (!draining_) {
        Result<> stop = co_await stop_requested_.wait(net::Deadline::never());
        if (!stop) break;
    }
    notify_supervisor("STOPPING=1");
    co_await drain();
    co_return Result<>{};
}

void Frame::on_signal(int number) {
    if (number == SIGHUP) {
        reload();
        return;
    }
    draining_ = true;
    stop_requested_.notify_all();
}

void Frame::reload() {
    Result<config::Bundle> bundle = load_();
    if (!bundle) {
        log::error("reload failed, going on with the old configuration", {{"reason", bundle.error().message()}});
        return;
    }
    Result<std::shared_ptr<const net::TlsContext>> tls = make_tls(*bundle);
    if (!tls) {
        log::error("reload failed, going on with the old configuration", {{"reason", tls.error().message()}});
        return;
    }
    bundle_ = std::move(*bundle);
    tls_ = std::move(*tls);
    Result<> opened = open_log();
    if (!opened) log::error("cannot reopen the log", {{"reason", opened.error().message()}});
    if (application_) application_->reloaded();
    log::info("reloaded");
}

net::Async<> Frame::accept_loop(Frame* frame, Open* open) {
    const bool control = open->name == control_listener;
    for (;;) {
        Result<net::Accepted> accepted = co_await open->listener.accept();
        if (!accepted) {
            if (accepted.error().code != ErrorCode::cancelled)
                log::error("listener failed", {{"listener", open->name}, {"reason", accepted.error().message()}});
            co_return;
        }
        const std::size_t now = control ? frame->control_sessions_.size() : frame->sessions_.size();
        const std::size_t most = control ? control_connections : frame->spec_.connections(*frame->config());
        if (now >= most) {
            frame->metrics_of(open->name).refused.add();
            if (open->transport == Transport::plain) {
                const std::string reply = frame->application_->overloaded_reply(open->name);
                ::send(accepted->socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            }
            log::warning("too many connections", {{"listener", open->name}, {"client", accepted->peer.to_string()}});
            continue;
        }
        frame->serving_.spawn(&Frame::session, frame, open, std::move(*accepted));
    }
}

// PROXY header and implicit TLS, before the application sees the connection.
POSTHOUSE_OWN_FRAME net::Async<Result<>> Frame::begin(Connection& connection, const Open& open) {
    if (open.proxy) {
        bool trusted = false;
        for (const std::string& text : config()->listen.proxy_trusted_networks) {
            const Result<net::Network> network = net::Network::parse(text);
            trusted = trusted || (network && network->contains(connection.peer));
        }
        if (!trusted) {
            metrics_of(open.name).refused.add();
            co_return fail(ErrorCode::denied, "not a trusted proxy");
        }
        Result<net::ProxyHeader> header =
            co_await net::read_proxy_header(connection.stream, net::Deadline::in(proxy_timeout));
        if (!header) co_return fail(header.error());
        if (!header->local) {
            connection.peer = header->client;
            connection.local = header->server;
        }
    }
    if (open.transport == Transport::implicit_tls) {
        Result<> started = co_await connection.stream.start_tls(tls_, net::Deadline::in(handshake_timeout));
        if (!started) {
            metrics_of(open.name).tls_failures.add();
            co_return started;
        }
    }
    co_return Result<>{};
}

net::Async<> Frame::session(Frame* frame, const Open* open, net::Accepted accepted) {
    Connection connection{net::Stream(frame->loop_, std::move(accepted.socket)), std::move(accepted.peer),
                          std::move(accepted.local), open->name, log::SessionLog(make_id())};
    if (open->name == control_listener) {
        const Registered registered(frame->control_sessions_, connection.stream);
        co_await serve_control(*frame, *frame->application_, frame->sessions_, connection.stream);
        co_await connection.stream.close(net::Deadline::in(close_timeout));
        co_return;
    }
    const SessionTable::Entry entry(frame->sessions_, connection);
    ListenerMetrics& metrics = frame->metrics_of(open->name);
    metrics.accepted.add();
    metrics.open.add(1);
    if (frame->draining_) connection.stream.drain();
    Result<> begun = co_await frame->begin(connection, *open);
    if (begun) {
        try {
            co_await frame->application_->serve(connection);
        } catch (...) {
            net::detail::log_unexpected_exception();
        }
        co_await connection.stream.close(net::Deadline::in(close_timeout));
    } else {
        connection.log.info(
            "connection ended before its session began",
            {{"listener", open->name}, {"client", connection.peer.to_string()}, {"reason", begun.error().message()}});
    }
    metrics.open.add(-1);
}

net::Async<> Frame::cancel_after(Frame* frame, net::Event* done) {
    const auto patience = frame->config()->general.drain_timeout;
    Result<> ended = co_await done->wait(net::Deadline::in(patience));
    if (ended) co_return;
    if (frame->sessions_.size() > 0)
        log::warning("sessions did not end in time", {{"sessions", frame->sessions_.size()}});
    frame->sessions_.cancel();
}

net::Async<> Frame::drain() {
    log::info("stopping", {{"sessions", sessions_.size()}});
    for (Open& open : open_) open.listener.cancel();
    co_await accepting_.join();
    sessions_.drain();
    for (net::Stream* stream : control_sessions_) stream->cancel();
    net::Event ended(loop_);
    net::Scope patience(loop_);
    patience.spawn(&Frame::cancel_after, this, &ended);
    co_await loop_.yield();
    co_await serving_.join();
    ended.notify_all();
    co_await patience.join();
    stopping_.cancel();
    co_await application_->stop();
    co_await background_.join();
    application_.reset();
    log::info("stopped");
}

}  // namespace posthouse::daemon
