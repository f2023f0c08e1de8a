// Signal: what queued is told by a datagram on its socket. It may be lost: what lies in the queue is found by the next
// scan.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::wake {

/// Longest datagram.
inline constexpr std::size_t max_signal = 512;

struct Signal {
    enum class Kind {
        arrived,      ///< a message of that id lies in incoming/
        flush,        ///< one of that id is to be tried now, whenever it is due
        destination,  ///< a destination of that name is thought to be alive again
        tls_reports,  ///< TLS reports are to be sent now: "ended" those of periods that have ended, "all" also today's
    };
    Kind kind = Kind::arrived;
    std::string subject{};  ///< an id, the destination's name, or one of those words
    bool operator==(const Signal&) const = default;
};

/// "arrived ID", "flush ID", "destination NAME", "tls-reports ended".
std::string to_datagram(const Signal& signal);
/// nullopt: it is none of these.
std::optional<Signal> parse_signal(std::string_view datagram);

}  // namespace posthouse::wake
