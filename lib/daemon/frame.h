// Frame: the Daemon that run_daemon makes: configuration, certificates, listeners and the sessions that run.
#pragma once

#include <list>
#include <map>
#include <optional>

#include "lib/config/bundle.h"
#include "lib/daemon/daemon.h"
#include "lib/daemon/session_table.h"
#include "lib/net/listener.h"
#include "lib/net/signals.h"

namespace posthouse::daemon {

class Frame final : public Daemon {
  public:
    Frame(const Spec& spec, config::Bundle bundle, std::function<Result<config::Bundle>()> load);
    ~Frame() override;

    /// Opens the log, makes the TLS context and takes the listeners. Errors: one line that says what and where.
    Result<> prepare();
    /// Starts the application and serves until a signal to stop, then drains. Errors of the start.
    net::Async<Result<>> run();

    net::Loop& loop() override { return loop_; }
    config::Snapshot config() const override { return bundle_.config; }
    std::shared_ptr<const net::TlsContext> tls() const override { return tls_; }
    metrics::Registry& metrics() override { return metrics_; }
    std::string_view name() const override { return spec_.name; }
    net::Scope& background() override { return background_; }
    net::Event& stopping() override { return stopping_; }
    std::size_t sessions() const override { return sessions_.size(); }

  private:
    struct Open {
        std::string name;
        Transport transport = Transport::plain;
        net::Listener listener;
        bool proxy = false;
    };
    struct ListenerMetrics {
        metrics::Counter accepted;
        metrics::Counter refused;
        metrics::Counter tls_failures;
        metrics::Gauge open;
    };

    Result<> take_listeners();
    Result<> open_log();
    Result<std::shared_ptr<const net::TlsContext>> make_tls(const config::Bundle& bundle) const;
    ListenerMetrics& metrics_of(const std::string& listener);
    void on_signal(int number);
    void reload();
    static net::Async<> accept_loop(Frame* frame, Open* open);
    static net::Async<> session(Frame* frame, const Open* open, net::Accepted accepted);
    net::Async<Result<>> begin(Connection& connection, const Open& open);
    net::Async<> drain();
    static net::Async<> cancel_after(Frame* frame, net::Event* done);

    const Spec& spec_;
    config::Bundle bundle_;
    std::function<Result<config::Bundle>()> load_;
    net::Loop loop_;
    metrics::Registry metrics_;
    std::map<std::string, ListenerMetrics> listener_metrics_;
    std::shared_ptr<const net::TlsContext> tls_;
    std::unique_ptr<Application> application_;
    std::list<Open> open_;
    std::list<net::Stream*> control_sessions_;  // not counted, not drained for
    net::Scope accepting_;
    net::Scope serving_;
    net::Scope background_;
    net::Event stop_requested_;
    net::Event stopping_;
    SessionTable sessions_;  // of clients
    bool draining_ = false;
};

}  // namespace posthouse::daemon
