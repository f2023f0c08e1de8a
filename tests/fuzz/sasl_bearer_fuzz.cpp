// Fuzzes the messages of OAUTHBEARER and XOAUTH2: the first byte chooses the mechanism.
#include <cstdint>
#include <cstdlib>

#include "lib/sasl/bearer.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto mechanism = data[0] % 2 == 0 ? sasl::BearerMechanism::oauthbearer : sasl::BearerMechanism::xoauth2;
    const Result<sasl::BearerMessage> message = sasl::parse_bearer(mechanism, input);
    if (message && (message->token.empty() || message->user.find('\0') != std::string::npos)) std::abort();
    return 0;
}
