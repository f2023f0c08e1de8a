// Fuzzes SCRAM: each line is a message of the client; and SASLprep, keys and GS2 headers.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/sasl/saslprep.h"
#include "lib/sasl/scram_server.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, std::min<std::size_t>(size - 1, 65536));
    const bool plus = data[0] % 2 != 0;
    const sasl::ScramHash hash = data[0] % 4 < 2 ? sasl::ScramHash::sha_1 : sasl::ScramHash::sha_256;
    sasl::ChannelBindings bindings;
    if (plus) bindings.push_back({"tls-unique", "bound"});
    sasl::ScramServer server(hash, plus, bindings);
    const std::vector<std::string_view> messages = ascii::split(input, '\n');
    if (server.first(messages[0])) {
        if (server.user().empty()) std::abort();
        (void)server.challenge("nonce", "salt", 4096);
        for (std::size_t i = 1; i < messages.size(); ++i) {
            const Result<sasl::ScramProof> proof = server.final(messages[i]);
            // Without the keys nothing but their maker's proof fits.
            if (proof && proof->fits({4096, "salt", std::string(sasl::scram_digest_size(hash), 'k'), {}})) std::abort();
        }
    }
    const Result<std::string> prepared = sasl::saslprep(input);
    if (prepared && sasl::saslprep(*prepared).value_or(*prepared) != *prepared) std::abort();
    const auto keys = sasl::parse_scram_keys(hash, messages[0]);
    if (keys && sasl::encode(*keys) != messages[0] && messages[0].front() != '0') std::abort();
    return 0;
}
