// Context: one context of libunbound and its thread, as coroutines see it. The only file that sees unbound.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "lib/dns/records.h"
#include "lib/dns/settings.h"
#include "lib/net/event.h"
#include "lib/net/poller.h"
#include "lib/net/scope.h"

struct ub_ctx;
struct ub_result;

namespace posthouse::dns {

/// libunbound resolves and validates on a thread of its own and tells by a descriptor when there are results; a
/// coroutine waits for that on the loop. What it knows (the cache) goes with it.
class Context {
  public:
    /// Errors: invalid (a setting or a file that can't be used; the text names it).
    static Result<std::unique_ptr<Context>> open(net::Loop& loop, const Settings& settings, Mode mode);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    /// Must be closed.
    ~Context();

    /// One query. After the deadline, or cancel(), the answer is `failed`.
    net::Async<RawAnswer> query(std::string name, Type type, net::Deadline deadline);
    /// Ends all queries, as failed.
    void cancel();
    /// Waits until the queries that run have ended, each at its deadline at the latest, and stops.
    net::Async<> close();

  private:
    struct Query;
    Context(net::Loop& loop, ub_ctx* raw, std::size_t max_queries);
    net::Async<> process();
    static void finished(void* query, int error, ub_result* result);

    net::Loop& loop_;
    ub_ctx* raw_;
    std::optional<net::Poller> poller_;  ///< none once closed: libunbound owns the descriptor
    net::Scope scope_;
    net::Event idle_;
    const std::size_t max_queries_;
    std::size_t waiting_ = 0;  ///< coroutines in query()
    bool cancelled_ = false;
    /// Those libunbound works on; a coroutine that waits for it shares it.
    std::unordered_map<Query*, std::shared_ptr<Query>> queries_;
};

}  // namespace posthouse::dns
