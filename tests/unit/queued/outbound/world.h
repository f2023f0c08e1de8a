// World: a DNS server, the way out, and messages to send by it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/dane/verify.h"
#include "queued/outbound/fitted_content.h"
#include "queued/outbound/outbound.h"
#include "tests/unit/dns/asking.h"
#include "tests/unit/dns/running_nsd.h"
#include "tests/unit/net/test_certificate.h"
#include "tests/unit/temporary_folder.h"
#include "tests/unit/transfer/scripted_server.h"

namespace posthouse::queued {

using dns::soon;
using transfer::Script;
using transfer::ScriptedServer;

inline smtp::Mailbox box(const std::string& address) {
    return smtp::parse_mailbox(address, smtp::Utf8::allowed).value();
}

inline const std::string short_message = "Subject: x\r\n\r\nhello\r\n";

class World : public testing::Test {
  protected:
    World() {
        settings_.helo_name = "client.example";
        settings_.tls = TlsPolicies(TlsLevel::dane);
        settings_.ipv6 = false;
        settings_.connection_idle = std::chrono::seconds(30);
        settings_.timeouts.quit = std::chrono::seconds(1);
        envelope_.id = "abcdef0123456789";
        envelope_.sender = box("joe@example.org");
    }
    ~World() override {
        if (outbound_) wait(outbound_->close());
        for (auto& server : servers_) wait(server->stop());
        for (auto& server : servers_) EXPECT_EQ(server->wrong, std::vector<std::string>{});
        outbound_.reset();
    }

    /// `zone`: lines for the zone `example`.
    void resolve(const std::string& zone) {
        nsd_ = std::make_unique<dns::RunningNsd>(zone);
        asking_ = std::make_unique<dns::Asking>(nsd_->settings());
    }
    net::Loop& loop() {
        if (!asking_) resolve("");
        return asking_->loop();
    }
    template <typename T>
    T wait(net::Async<T> work) {
        return loop().run_until_complete(std::move(work));
    }
    void wait(net::Async<void> work) { loop().run_until_complete(std::move(work)); }

    /// A server of a script; the first one's port becomes the usual one.
    ScriptedServer& serve(std::vector<Script> scripts, std::shared_ptr<const net::TlsContext> tls = nullptr) {
        servers_.push_back(std::make_unique<ScriptedServer>(loop(), std::move(scripts), std::move(tls)));
        return *servers_.back();
    }
    /// The next hop that leads to it.
    static std::string hop(const ScriptedServer& server) {
        return "smtp:[127.0.0.1]:" + std::to_string(server.address().port());
    }

    Outbound& outbound() {
        if (!outbound_) {
            pool_ = std::make_unique<net::Pool>(loop(), 2);
            if (sts_) policies_ = std::make_unique<mta_sts::Policies>(loop(), *pool_, **asking_, *sts_);
            outbound_ = std::make_unique<Outbound>(loop(), *pool_, **asking_, policies_.get(), counters_,
                                                   std::make_shared<const OutboundSettings>(std::move(settings_)));
        }
        return *outbound_;
    }
    /// To these recipients, which are the envelope's.
    Attempt deliver(const std::string& transport, const std::vector<std::string>& recipients,
                    const std::string& content = short_message) {
        envelope_.recipients.clear();
        for (const std::string& one : recipients) {
            spool::Recipient recipient{.address = box(one)};
            recipient.notify = notify_;
            envelope_.recipients.push_back(std::move(recipient));
        }
        TextSource source(content);
        Parcel parcel{.envelope = envelope_, .recipients = {}, .content = source};
        for (std::uint32_t i = 0; i < recipients.size(); ++i) parcel.recipients.push_back(i);
        const std::string domain = envelope_.recipients.front().address.domain;
        const Route route = parse_route(transport, domain).value();
        return wait(outbound().deliver(route, parcel));
    }
    static std::vector<spool::EventKind> kinds(const Attempt& attempt) {
        std::vector<spool::EventKind> out;
        for (const Fate& fate : attempt.fates) out.push_back(fate.kind);
        return out;
    }

    std::unique_ptr<dns::RunningNsd> nsd_;
    std::unique_ptr<dns::Asking> asking_;
    std::unique_ptr<net::Pool> pool_;
    std::optional<mta_sts::PoliciesSettings> sts_;
    std::unique_ptr<mta_sts::Policies> policies_;
    tlsrpt::Counters counters_;
    OutboundSettings settings_;
    spool::Envelope envelope_;
    std::optional<smtp::DsnNotify> notify_;
    std::vector<std::unique_ptr<ScriptedServer>> servers_;
    std::unique_ptr<Outbound> outbound_;
};

constexpr auto relayed = spool::EventKind::relayed;
constexpr auto delivered = spool::EventKind::delivered;
constexpr auto deferred = spool::EventKind::deferred;
constexpr auto bounced = spool::EventKind::bounced;

}  // namespace posthouse::queued
