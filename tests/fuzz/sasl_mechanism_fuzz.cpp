// Fuzzes the SASL exchanges: the first byte chooses the mechanism, each line is a response.
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/sasl/external.h"
#include "lib/sasl/mechanism.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    sasl::ServerExchange exchange(data[0] % 2 == 0 ? sasl::Mechanism::plain : sasl::Mechanism::login);
    (void)sasl::parse_external(input);
    bool begun = false;
    for (const std::string_view response : ascii::split(input.substr(0, 65536), '\n')) {
        Result<sasl::ServerStep> step = begun ? exchange.respond(response) : exchange.begin(response);
        begun = true;
        if (!step) continue;
        if (const auto* credentials = std::get_if<sasl::Credentials>(&*step)) {
            const std::string message = sasl::encode_plain(*credentials);
            const Result<sasl::Credentials> again = sasl::parse_plain(message);
            // A user name and a password may each be as long as a response, so that both together may be too long.
            if (!again && again.error().code != ErrorCode::limit) std::abort();
            if (again && again->user != credentials->user) std::abort();
        }
    }
    return 0;
}
