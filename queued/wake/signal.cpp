// Signals to queued, written and parsed.
#include "queued/wake/signal.h"

#include <array>
#include <utility>

#include "lib/base/random.h"

namespace posthouse::wake {
namespace {

constexpr std::array<std::pair<Signal::Kind, std::string_view>, 4> words{{{Signal::Kind::arrived, "arrived"},
                                                                          {Signal::Kind::flush, "flush"},
                                                                          {Signal::Kind::destination, "destination"},
                                                                          {Signal::Kind::tls_reports, "tls-reports"}}};

bool fits(Signal::Kind kind, std::string_view subject) {
    switch (kind) {
        case Signal::Kind::arrived:
        case Signal::Kind::flush: return is_id(subject);
        case Signal::Kind::destination: return !subject.empty();
        case Signal::Kind::tls_reports: return subject == "ended" || subject == "all";
    }
    return false;
}

}  // namespace

std::string to_datagram(const Signal& signal) {
    return std::string(words[static_cast<std::size_t>(signal.kind)].second) + " " + signal.subject;
}

std::optional<Signal> parse_signal(std::string_view datagram) {
    if (datagram.size() > max_signal) return std::nullopt;
    const auto space = datagram.find(' ');
    const std::string_view word = datagram.substr(0, space);
    const std::string_view subject = space == std::string_view::npos ? "" : datagram.substr(space + 1);
    for (const auto& [kind, name] : words)
        if (word == name && fits(kind, subject)) return Signal{kind, std::string(subject)};
    return std::nullopt;
}

}  // namespace posthouse::wake
