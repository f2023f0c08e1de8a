// KnownDomains: the rules by which mail would find its way to them (RFC 5321 §5.1).
#include "smtpd/known_domains.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/dns/configure.h"
#include "lib/dns/mail_hosts.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

KnownDomains::Verdict verdict_of(const smtp::Reply& refusal) {
    if (refusal.transient()) return KnownDomains::Verdict::unsure;
    return refusal.code == 556 ? KnownDomains::Verdict::null_mx : KnownDomains::Verdict::unknown;
}

}  // namespace

/// nullptr: DNS can't be asked, which was logged.
net::Async<dns::Resolver*> KnownDomains::resolver() {
    if (!std::exchange(begun_, true)) {
        Result<dns::Settings> settings = dns::settings_of(*daemon_.config());
        if (settings) {
            resolver_.emplace(daemon_.loop(), *std::move(settings));
            Result<> started = co_await resolver_->start();
            if (!started) log::error("DNS can't be asked", {{"error", started.error().message()}});
        } else {
            log::error("DNS can't be asked", {{"error", settings.error().message()}});
        }
        ready_ = true;
        changed_.notify_all();
    }
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->dns.timeout);
    while (!ready_ && !deadline.passed()) (void)co_await changed_.wait(deadline);
    co_return ready_&& resolver_ ? &*resolver_ : nullptr;
}

net::Async<KnownDomains::Verdict> KnownDomains::look_up(std::string domain) {
    dns::Resolver* const resolver = co_await this->resolver();
    if (resolver == nullptr) co_return Verdict::unsure;
    const net::Deadline deadline = net::Deadline::in(daemon_.config()->dns.timeout);
    const std::string name = smtp::ascii_domain(domain);
    const auto any_order = [](std::size_t) { return std::size_t{0}; };
    smtp::Parsed<dns::MailHosts> hosts = co_await dns::find_mail_hosts(*resolver, name, {}, any_order, deadline);
    if (!hosts) co_return verdict_of(hosts.error());
    if (!hosts->implicit) co_return Verdict::known;
    smtp::Parsed<dns::HostAddresses> addresses =
        co_await dns::find_addresses(*resolver, hosts->hosts.front().name, {}, deadline);
    co_return addresses ? Verdict::known : verdict_of(addresses.error());
}

net::Async<> KnownDomains::stop() {
    if (resolver_) co_await resolver_->stop();
}

}  // namespace posthouse::smtpd
