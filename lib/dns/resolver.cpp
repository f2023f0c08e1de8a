// Resolver: the choice of a mode, and the queries.
#include "lib/dns/resolver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "lib/dns/name.h"

namespace posthouse::dns {
namespace {

/// How soon a probe that nobody answered is repeated, at the latest.
constexpr std::chrono::seconds away_interval{30};

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::forwarding: return "forwarding";
        case Mode::recursing: return "recursing";
        case Mode::unvalidated: return "unvalidated";
    }
    return "unknown";
}

net::Async<> close_later(std::shared_ptr<Context> context) { co_await context->close(); }

RawAnswer failed(std::string reason) {
    RawAnswer answer;
    answer.reason = std::move(reason);
    return answer;
}

}  // namespace

Resolver::Resolver(net::Loop& loop, Settings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      has_forwarders_(!settings_.forwarders.empty() || !settings_.resolv_conf.empty()),
      permits_(loop, settings_.max_concurrent),
      stopping_(loop),
      scope_(loop),
      mode_(has_forwarders_ ? Mode::forwarding : Mode::recursing) {}

Resolver::~Resolver() = default;

net::Async<Result<>> Resolver::start() {
    Result<> probed = co_await probe();
    if (!probed) co_return probed;
    scope_.spawn([](Resolver* self) -> net::Async<> { co_await self->probe_regularly(); }, this);
    co_return Result<>{};
}

net::Async<> Resolver::stop() {
    stopping_.cancel();
    for (Context* probed : probing_) probed->cancel();
    if (context_) {
        context_->cancel();
        scope_.spawn(close_later, std::exchange(context_, nullptr));
    }
    co_await scope_.join();
}

net::Async<> Resolver::probe_regularly() {
    for (;;) {
        const auto pause = away_ ? std::min(away_interval, settings_.probe_interval) : settings_.probe_interval;
        Result<> waited = co_await stopping_.wait(net::Deadline::in(pause));
        if (stopping_.cancelled()) co_return;
        Result<> probed = co_await probe();
        if (!probed) log::error("dns: probing failed", {{"reason", probed.error().message()}});
    }
}

// A context of its own for each probe: what is in a cache says nothing about what comes through now.
net::Async<Result<Resolver::Probed>> Resolver::try_mode(Mode mode) {
    Result<std::unique_ptr<Context>> opened = Context::open(loop_, settings_, mode);
    if (!opened) co_return fail(opened.error());
    Probed probed;
    probed.context = std::move(*opened);
    probing_.insert(probed.context.get());
    const auto deadline = net::Deadline::in(settings_.probe_timeout);
    const std::string proof = "_25._tcp." + (settings_.probe_zone == "." ? std::string() : settings_.probe_zone);
    if (stopping_.cancelled()) probed.context->cancel();
    RawAnswer soa = co_await probed.context->query(settings_.probe_zone, Type::soa, deadline);
    RawAnswer absent = co_await probed.context->query(proof, Type::tlsa, deadline);
    probing_.erase(probed.context.get());
    const auto gone = [](const RawAnswer& answer) { return answer.failed() && answer.dnssec != Dnssec::bogus; };
    if (soa.secure() && absent.secure()) {
        probed.verdict = Verdict::validates;
        co_return probed;
    }
    probed.verdict = gone(soa) || (soa.secure() && gone(absent)) ? Verdict::away : Verdict::strips;
    probed.reason = soa.secure() ? absent.reason : soa.reason;
    if (probed.reason.empty()) probed.reason = "the probe's answer is insecure";
    co_await probed.context->close();
    probed.context.reset();
    co_return probed;
}

net::Async<Result<>> Resolver::probe() {
    if (settings_.trust_anchor_file.empty()) co_return without_validation("there is no trust anchor");
    std::string stripped;
    std::string away;
    for (const Mode mode : {Mode::forwarding, Mode::recursing}) {
        if (mode == Mode::forwarding && !has_forwarders_) continue;
        Result<Probed> probed = co_await try_mode(mode);
        if (!probed) co_return fail(probed.error());
        if (stopping_.cancelled()) {
            if (probed->context) co_await probed->context->close();
            co_return Result<>{};
        }
        if (probed->verdict == Verdict::validates) {
            away_ = false;
            adopt(std::move(probed->context), mode);
            co_return Result<>{};
        }
        (probed->verdict == Verdict::strips ? stripped : away) += (stripped.empty() ? "" : "; ") + probed->reason;
        // Forwarders that are away are no reason to go past them: they come back, or the network is away as a whole.
        if (mode == Mode::forwarding && probed->verdict == Verdict::away) break;
    }
    away_ = stripped.empty();
    if (!away_ && !settings_.require_dnssec) co_return without_validation(stripped);
    log::warning(away_ ? "dns: no server answers" : "dns: signatures do not reach this host, and DNSSEC is required",
                 {{"reason", away_ ? away : stripped}});
    co_return with_validation();
}

Result<> Resolver::without_validation(std::string_view reason) {
    if (context_ && mode_ == Mode::unvalidated) return {};
    Result<std::unique_ptr<Context>> opened = Context::open(loop_, settings_, Mode::unvalidated);
    if (!opened) return fail(opened.error());
    log::error("dns: answers cannot be validated: DANE IS OFF", {{"reason", reason}});
    adopt(std::move(*opened), Mode::unvalidated);
    return {};
}

/// Whatever was chosen before stays. At the start: as if all were well, so that nothing is sent unprotected.
Result<> Resolver::with_validation() {
    if (context_ && !(settings_.require_dnssec && mode_ == Mode::unvalidated)) return {};
    const Mode strict = has_forwarders_ ? Mode::forwarding : Mode::recursing;
    Result<std::unique_ptr<Context>> opened = Context::open(loop_, settings_, strict);
    if (!opened) return fail(opened.error());
    adopt(std::move(*opened), strict);
    return {};
}

void Resolver::adopt(std::shared_ptr<Context> context, Mode mode) {
    // The one in use keeps its cache.
    if (context_ && mode == mode_) {
        scope_.spawn(close_later, std::move(context));
        return;
    }
    if (context_) scope_.spawn(close_later, std::move(context_));
    context_ = std::move(context);
    mode_ = mode;
    log::info("dns: resolver", {{"mode", to_string(mode)}});
}

net::Async<RawAnswer> Resolver::ask(std::string name, Type type, net::Deadline deadline) {
    name = normal_name(name);
    if (!is_query_name(name)) {
        RawAnswer never;
        never.outcome = Outcome::no_name;
        never.name = std::move(name);
        never.reason = "not a domain name";
        co_return never;
    }
    if (permits_.waiting() >= settings_.max_waiting) co_return failed("too many queries are waiting");
    Result<> permitted = co_await permits_.acquire(deadline);
    if (!permitted) co_return failed("too many queries at one time");
    struct Permit {
        net::Semaphore& permits;
        ~Permit() { permits.release(); }
    } const permit{permits_};
    const std::shared_ptr<Context> context = context_;
    if (!context) co_return failed("the resolver is not running");
    RawAnswer answer = co_await context->query(std::move(name), type, deadline);
    co_return answer;
}

net::Async<Answer<Mx>> Resolver::mx(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(std::move(name), Type::mx, deadline);
    co_return parse_answer(std::move(raw), parse_mx);
}

net::Async<Answer<net::Address>> Resolver::a(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(std::move(name), Type::a, deadline);
    co_return parse_answer(std::move(raw), parse_a);
}

net::Async<Answer<net::Address>> Resolver::aaaa(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(std::move(name), Type::aaaa, deadline);
    co_return parse_answer(std::move(raw), parse_aaaa);
}

net::Async<Answer<Tlsa>> Resolver::tlsa(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(std::move(name), Type::tlsa, deadline);
    co_return parse_answer(std::move(raw), parse_tlsa);
}

net::Async<Answer<std::string>> Resolver::txt(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(std::move(name), Type::txt, deadline);
    co_return parse_answer(std::move(raw), parse_txt);
}

net::Async<Answer<std::string>> Resolver::ptr(net::Address address, net::Deadline deadline) {
    RawAnswer raw = co_await ask(reverse_name(address), Type::ptr, deadline);
    co_return parse_answer(std::move(raw), parse_name);
}

net::Async<Answer<std::string>> Resolver::cname(std::string name, net::Deadline deadline) {
    RawAnswer raw = co_await ask(name, Type::cname, deadline);
    raw.name = normal_name(name);
    co_return parse_answer(std::move(raw), parse_name);
}

}  // namespace posthouse::dns
