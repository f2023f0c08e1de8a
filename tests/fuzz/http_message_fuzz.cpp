// Any bytes as HTTP, as server and as client: pieces of any size give the same requests, within the bounds. Where the
// bound of a header lies to the byte depends on the pieces, so requests after such a failure are not compared.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/http/parser.h"

namespace {

using namespace posthouse::http;
constexpr Limits limits{.header_octets = 512, .body_octets = 256};

struct Outcome {
    std::vector<std::string> requests;
    int status = 0;  ///< of the failure; 0: none
};

Outcome read(std::string_view bytes, std::size_t piece) {
    RequestParser parser(limits);
    Outcome outcome;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        parser.feed(bytes.substr(at, piece));
        while (true) {
            auto request = parser.next();
            if (!request) {
                outcome.status = parser.status();
                if (outcome.status < 400) std::abort();
                return outcome;
            }
            if (!*request) break;
            if ((*request)->body.size() > limits.body_octets) std::abort();
            outcome.requests.push_back(to_wire(**request));
        }
    }
    return outcome;
}

bool begins_with(const std::vector<std::string>& longer, const std::vector<std::string>& start) {
    return longer.size() >= start.size() && std::equal(start.begin(), start.end(), longer.begin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = data[0] % 32 + 1;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome pieces = read(bytes, piece);
    const Outcome whole = read(bytes, bytes.size() + 1);
    constexpr int header_too_large = 431;
    const bool same = pieces.requests == whole.requests;
    if (!same && !(pieces.status == header_too_large && begins_with(whole.requests, pieces.requests)) &&
        !(whole.status == header_too_large && begins_with(pieces.requests, whole.requests)))
        std::abort();
    ResponseParser client(limits);
    if (!client.feed(bytes) || !client.end()) return 0;
    if (client.complete() && client.take().body.size() > limits.body_octets) std::abort();
    return 0;
}
