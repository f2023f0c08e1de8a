// Any text as the file in which the counts for TLS reports outlast a restart: what is accepted comes back the same from
// its own text, and what is counted on with it keeps to its bounds and can be reported.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/tlsrpt/counters.h"
#include "lib/tlsrpt/period.h"
#include "lib/tlsrpt/report.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void require_bounded(const tlsrpt::Counters& counters) {
    using Counters = tlsrpt::Counters;
    require(counters.domains().size() <= Counters::max_domains);
    for (const auto& [name, policies] : counters.domains()) {
        require(!policies.empty() && policies.size() <= Counters::max_policies);
        for (const tlsrpt::PolicyResults& results : policies) {
            require(results.policy.domain == name);
            require(results.policy.lines.size() <= Counters::max_lines);
            require(results.policy.mx_hosts.size() <= Counters::max_lines);
            require(results.details.size() <= Counters::max_details);
            for (const auto& [failure, count] : results.details)
                require(failure.additional_information.size() <= Counters::max_text);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Result<tlsrpt::Period> period = tlsrpt::parse_period({reinterpret_cast<const char*>(data), size});
    if (!period) return 0;
    const Result<tlsrpt::Period> again = tlsrpt::parse_period(to_json(*period));
    require(again && *again == *period);
    tlsrpt::Counters counters;
    counters.resume(std::move(period->domains));
    counters.success({.domain = "example.org"});
    require_bounded(counters);
    for (const auto& [name, policies] : counters.domains()) {
        tlsrpt::Report report;
        report.domain = name;
        report.policies = policies;
        require(!to_json(report).empty());
    }
    return 0;
}
