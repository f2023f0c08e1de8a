// Policies of MTA-STS: what is understood is bounded, and says the same when it is written again.
#include <cstdint>
#include <cstdlib>

#include "lib/mta-sts/policy.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto policy = mta_sts::parse_policy({reinterpret_cast<const char*>(data), size});
    if (!policy) return 0;
    require(policy->patterns.size() <= mta_sts::max_patterns);
    require(policy->max_age.count() >= 0 && policy->max_age <= mta_sts::longest_max_age);
    std::string text = "version: STSv1\nmode: " + std::string(mta_sts::to_string(policy->mode)) +
                       "\nmax_age: " + std::to_string(policy->max_age.count()) + "\n";
    for (const std::string& pattern : policy->patterns) {
        text += "mx: " + pattern + "\n";
        std::string host = pattern;
        if (host.starts_with("*")) host.replace(0, 1, "x");
        require(mta_sts::allows(*policy, host));
    }
    if (text.size() <= mta_sts::max_policy_bytes) require(mta_sts::parse_policy(text) == *policy);
    return 0;
}
