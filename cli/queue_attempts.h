// Deliveries that go on: asked of queued, which alone knows of them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "queued/spool/order.h"

namespace posthouse::cli {

/// One of them.
struct Attempt {
    std::int64_t since = 0;                   ///< seconds since 1970
    std::string route;                        ///< "smtp:example.net"
    std::string host;                         ///< "mx.example.net[192.0.2.1]"; empty: none is asked yet
    std::string stage;                        ///< in words
    std::vector<std::uint32_t> recipients{};  ///< places in the envelope's list
};
/// For people: "since 2026-11-23 09:15 at mx.example.net[192.0.2.1] (connecting)".
std::string to_words(const Attempt& attempt);

class Attempts {
  public:
    /// Those of now. None when queued is away; that it doesn't answer is noted on err.
    static Attempts ask(Context& context, const config::Config& config);
    /// `document`: what queued says.
    static Attempts parse(const std::string& document);
    /// Of that message.
    std::span<const Attempt> of(const std::string& id) const&;
    std::span<const Attempt> of(const std::string& id) && = delete;

  private:
    std::map<std::string, std::vector<Attempt>> by_id_;
};

/// Leaves an order for a message that is being tried with queued, and gives the message's attempts. Errors: not_found,
/// it is not being tried; unavailable, timeout.
Result<std::vector<Attempt>> leave_order(const config::Config& config, const std::string& id,
                                         const spool::Order& order);

}  // namespace posthouse::cli
