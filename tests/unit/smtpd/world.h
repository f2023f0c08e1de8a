// World: smtpd's Receiver with stand-ins for authd, lmtpd and the frame, in one process and one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/story/event.h"
#include "queued/spool/envelope.h"
#include "smtpd/receiver.h"
#include "tests/unit/smtpd/stand_in_authd.h"
#include "tests/unit/smtpd/stand_in_guard.h"
#include "tests/unit/smtpd/stand_in_lmtpd.h"
#include "tests/unit/smtpd/stand_in_quota.h"

namespace posthouse::smtpd {

/// The frame, as far as smtpd sees it.
class StandInFrame final : public daemon::Daemon {
  public:
    explicit StandInFrame(const std::string& folder);
    net::Loop& loop() override { return loop_; }
    config::Snapshot config() const override { return std::make_shared<config::Config>(settings); }
    std::shared_ptr<const net::TlsContext> tls() const override { return certificate; }
    metrics::Registry& metrics() override { return metrics_; }
    std::string_view name() const override { return "smtpd"; }
    net::Scope& background() override { return background_; }
    net::Event& stopping() override { return stopping_; }
    std::size_t sessions() const override { return 0; }

    config::Config settings;
    std::shared_ptr<const net::TlsContext> certificate;

  private:
    net::Loop loop_;
    metrics::Registry metrics_;
    net::Scope background_;
    net::Event stopping_;
};

struct QueuedMessage {
    spool::Envelope envelope;
    std::string content;
    std::int64_t due = 0;
};

class World {
  public:
    World();
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    using Client = std::function<net::Async<std::string>(net::Stream& stream)>;
    /// Connects a client to `listener`; runs both sides to their ends; gives what the client returns.
    std::string connect(std::string_view listener, const Client& client);
    /// Sends all of `input` at once, and gives everything that comes back.
    std::string talk(std::string_view input, std::string_view listener = "smtp");
    /// The same after STARTTLS, which is done first (on submissions: at once).
    std::string talk_encrypted(std::string_view input, std::string_view listener);
    /// Runs work on the loop to its end.
    void run(net::Async<> work) { frame.loop().run_until_complete(std::move(work)); }
    /// Makes a certificate, so that STARTTLS is offered.
    void with_certificate();
    const std::string& folder() const { return folder_; }
    /// What lies in the queue.
    std::vector<QueuedMessage> queued();
    /// The one that does.
    QueuedMessage only_queued();
    /// Ends smtpd; all that it told of its sessions and messages.
    std::vector<story::Event> story();
    /// How often a rule refused something.
    int rejects(std::string_view reason);

  private:
    std::string folder_;

  public:
    StandInFrame frame;
    StandInLmtpd lmtpd;
    StandInSocketmap socketmap;
    StandInLogin login;
    StandInQuota quota;
    StandInGuard guard;
    /// The session that runs now, for drain().
    net::Stream* session = nullptr;

  private:
    struct Play;
    void stop_receiver();
    Receiver receiver_;
    bool stopped_ = false;
};

/// The replies in `output`, one per line: "250 2.1.0 Sender ok|354 …".
std::string codes(std::string_view output);

}  // namespace posthouse::smtpd
