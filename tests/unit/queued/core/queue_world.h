// QueueWorld: queued's parts over a spool in memory, a stand-in for authd, and a courier who does what a test says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "queued/core/active.h"
#include "queued/core/parts.h"
#include "queued/core/scanner.h"
#include "tests/unit/daemon/fake_daemon.h"
#include "tests/unit/queued/spool/spool_folder.h"
#include "tests/unit/smtpd/stand_in_authd.h"

namespace posthouse::queued {

/// Notes what it is given, and answers at once, or when a destination hangs no more.
class ScriptedCourier final : public Courier {
  public:
    explicit ScriptedCourier(net::Loop& loop) : loop_(loop) {}
    struct Delivery {
        std::string id{}, destination{}, sender{}, content{};
        std::vector<std::string> recipients{};
        bool certainly_first = false;
    };
    net::Async<Attempt> deliver(const Route& route, const Parcel& parcel) override;
    net::Async<> close() override { co_return; }

    std::vector<Delivery> deliveries;
    /// What becomes of a recipient; delivered or relayed when it isn't set.
    std::function<Fate(const std::string& destination, const std::string& recipient)> fate;
    schedule::Outcome outcome = schedule::Outcome::served;
    std::string hangs;  ///< a destination

  private:
    net::Loop& loop_;
};

/// Its clock is the real one; pauses are as the configuration says.
class QueueWorld {
  public:
    QueueWorld();
    ~QueueWorld();

    /// Puts a message into incoming/.
    std::string accept(const spool::Envelope& envelope, std::string_view content = "Subject: hello\r\n\r\nHi.\r\n");
    /// Runs until `condition` holds, for 20 s at most.
    void until(const std::function<bool()>& condition);
    /// Starts what queued runs in the background.
    void start();
    /// Ends it, and begins anew with what lies on disk.
    void restart();
    /// Ends it.
    void stop();
    /// Files of a folder.
    std::vector<std::string> files(spool::Folder folder) const;
    /// What is known of the only message in that folder.
    spool::Listed only(spool::Folder folder) const;
    /// What is known of all messages in that folder.
    std::vector<spool::Listed> listed(spool::Folder folder) const;

    TemporaryFolder folder;
    net::Loop loop;
    config::Config config;
    ScriptedCourier courier{loop};
    std::optional<daemon::FakeDaemon> daemon;
    std::optional<smtpd::StandInSocketmap> authd;
    std::optional<Parts> parts;
    std::optional<Active> active;
    std::optional<Scanner> scanner;
};

}  // namespace posthouse::queued
