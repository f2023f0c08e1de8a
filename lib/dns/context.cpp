// Context: libunbound.
#include "lib/dns/context.h"

#include <unbound.h>

#include <utility>

#include "lib/base/file.h"
#include "lib/dns/name.h"

namespace posthouse::dns {
namespace {

constexpr int class_in = 1;
constexpr int rcode_noerror = 0;
constexpr int rcode_nxdomain = 3;
constexpr std::size_t max_trust_anchor_file = 64u << 10;

struct Free {
    void operator()(ub_ctx* p) const { ub_ctx_delete(p); }
    void operator()(ub_result* p) const { ub_resolve_free(p); }
};

/// "192.0.2.1@53", as libunbound wants it.
std::string with_port(const net::Address& address) {
    return address.ip() + "@" + std::to_string(address.port() == 0 ? 53 : address.port());
}

Result<> check(int error, const std::string& what) {
    if (error == UB_NOERROR) return {};
    return fail(ErrorCode::invalid, "DNS: " + what, ub_strerror(error));
}

Result<> set(ub_ctx* context, const char* option, const std::string& value) {
    return check(ub_ctx_set_option(context, option, value.c_str()), std::string(option) + " " + value);
}

Result<> set_all(ub_ctx* context, const Settings& settings) {
    const std::string half = std::to_string(settings.cache_bytes / 2);
    const std::pair<const char*, std::string> options[] = {
        {"do-not-query-localhost:", "no"},  // a resolver on this host is the best there is
        {"msg-cache-size:", half},
        {"rrset-cache-size:", half},
        {"key-cache-size:", "1m"},
        {"neg-cache-size:", "1m"},
        {"infra-host-ttl:", "60"},   // a server that was away is asked again after a
                                     // minute, not a quarter of an hour
        {"outgoing-range:", "256"},  // sockets at one time
    };
    for (const auto& [option, value] : options)
        if (Result<> done = set(context, option, value); !done) return done;
    return {};
}

Result<> trust(ub_ctx* context, const Settings& settings) {
    // libunbound itself would tell by failing all queries.
    Result<std::string> anchor = read_file(settings.trust_anchor_file, max_trust_anchor_file);
    if (!anchor) return fail(ErrorCode::invalid, "DNS: no trust anchor", anchor.error().message());
    return check(ub_ctx_add_ta_file(context, settings.trust_anchor_file.c_str()), settings.trust_anchor_file);
}

Result<> forward(ub_ctx* context, const Settings& settings) {
    // Names of private addresses are for the forwarder to know.
    for (const char* option : {"unblock-lan-zones:", "insecure-lan-zones:"})
        if (Result<> done = set(context, option, "yes"); !done) return done;
    for (const net::Address& forwarder : settings.forwarders) {
        const std::string where = with_port(forwarder);
        if (Result<> done = check(ub_ctx_set_fwd(context, where.c_str()), where); !done) return done;
    }
    if (!settings.forwarders.empty()) return {};
    return check(ub_ctx_resolvconf(context, settings.resolv_conf.c_str()), settings.resolv_conf);
}

Result<> recurse(ub_ctx* context, const Settings& settings) {
    for (const StubZone& stub : settings.stub_zones) {
        const std::string where = with_port(stub.server);
        if (Result<> done = check(ub_ctx_set_stub(context, stub.name.c_str(), where.c_str(), 0), where); !done)
            return done;
    }
    return {};
}

RawAnswer failed(std::string reason) {
    RawAnswer answer;
    answer.reason = std::move(reason);
    return answer;
}

RawAnswer convert(const ub_result& result) {
    RawAnswer answer;
    answer.name = normal_name(result.canonname != nullptr ? result.canonname : result.qname);
    answer.ttl = result.ttl > 0 ? static_cast<std::uint32_t>(result.ttl) : 0;
    // A bogus answer comes with its data: not to be looked at.
    if (result.bogus != 0) {
        answer.dnssec = Dnssec::bogus;
        answer.reason = result.why_bogus != nullptr ? result.why_bogus : "validation failed";
        return answer;
    }
    if (result.secure != 0) answer.dnssec = Dnssec::secure;
    if (result.rcode == rcode_nxdomain && result.nxdomain != 0) {
        answer.outcome = Outcome::no_name;
    } else if (result.rcode != rcode_noerror) {
        answer.dnssec = Dnssec::insecure;
        answer.reason = "the servers fail (RCODE " + std::to_string(result.rcode) + ")";
    } else if (result.havedata == 0) {
        answer.outcome = Outcome::no_data;
    } else {
        for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
            if (i == max_records) return failed("more than " + std::to_string(max_records) + " records");
            answer.records.emplace_back(result.data[i], static_cast<std::size_t>(result.len[i]));
        }
        answer.outcome = Outcome::records;
    }
    return answer;
}

}  // namespace

/// Shared by the coroutine that waits and libunbound; whoever is last lets it go.
struct Context::Query {
    Context& context;
    net::Event done;
    RawAnswer answer = failed("no answer in time");
    bool waits = true;  ///< for a coroutine
    explicit Query(Context& c) : context(c), done(c.loop_) {}
};

Result<std::unique_ptr<Context>> Context::open(net::Loop& loop, const Settings& settings, Mode mode) {
    std::unique_ptr<ub_ctx, Free> raw(ub_ctx_create());
    if (!raw) return fail(ErrorCode::internal, "DNS: libunbound can't be used");
    ub_ctx_debugout(raw.get(), nullptr);  // it would write to standard error; what went wrong is in the answers
    const bool forwards = mode != Mode::recursing && (!settings.forwarders.empty() || !settings.resolv_conf.empty());
    if (Result<> done = set_all(raw.get(), settings); !done) return fail(done.error());
    if (mode != Mode::unvalidated)
        if (Result<> done = trust(raw.get(), settings); !done) return fail(done.error());
    if (Result<> done = forwards ? forward(raw.get(), settings) : recurse(raw.get(), settings); !done)
        return fail(done.error());
    if (Result<> done = check(ub_ctx_async(raw.get(), 1), "threads"); !done) return fail(done.error());
    return std::unique_ptr<Context>(new Context(loop, raw.release(), settings.max_concurrent + settings.max_abandoned));
}

Context::Context(net::Loop& loop, ub_ctx* raw, std::size_t max_queries)
    : loop_(loop),
      raw_(raw),
      poller_(std::in_place, loop, ub_fd(raw)),
      scope_(loop),
      idle_(loop),
      max_queries_(max_queries) {
    scope_.spawn([](Context* self) -> net::Async<> { co_await self->process(); }, this);
}

Context::~Context() {
    ub_ctx_delete(raw_);  // joins its thread, and calls back nobody
}

net::Async<> Context::process() {
    for (;;) {
        Result<> ready = co_await poller_->wait(net::Direction::read, net::Deadline::never());
        if (!ready) co_return;
        ub_process(raw_);
    }
}

void Context::finished(void* query, int error, ub_result* result) {
    const std::unique_ptr<ub_result, Free> owned(result);
    auto& self = *static_cast<Query*>(query);
    if (self.waits) {
        self.answer = error == UB_NOERROR && result != nullptr ? convert(*result) : failed(ub_strerror(error));
        self.done.notify_all();
    }
    self.context.queries_.erase(&self);
}

net::Async<RawAnswer> Context::query(std::string name, Type type, net::Deadline deadline) {
    if (cancelled_) co_return failed("cancelled");
    if (queries_.size() >= max_queries_) co_return failed("too many queries are not answered");
    const auto query = std::make_shared<Query>(*this);
    int id = 0;
    const int error =
        ub_resolve_async(raw_, name.c_str(), static_cast<int>(type), class_in, query.get(), &Context::finished, &id);
    if (error != UB_NOERROR) co_return failed(ub_strerror(error));
    queries_.emplace(query.get(), query);
    ++waiting_;
    (void)co_await query->done.wait(deadline);  // the answer tells
    query->waits = false;
    if (--waiting_ == 0) idle_.notify_all();
    co_return std::move(query->answer);
}

void Context::cancel() {
    cancelled_ = true;
    for (const auto& [raw, query] : queries_) query->done.cancel();
}

net::Async<> Context::close() {
    while (waiting_ > 0) (void)co_await idle_.wait(net::Deadline::never());
    cancelled_ = true;
    poller_->cancel();
    co_await scope_.join();
    poller_.reset();
}

}  // namespace posthouse::dns
