// Any bytes as HTTP, as server and as client: pieces of any size give the same requests, within the bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/http/parser.h"

namespace {

using namespace posthouse::http;
constexpr Limits limits{.header_octets = 512, .body_octets = 256};

std::vector<std::string> requests(std::string_view bytes, std::size_t piece) {
    RequestParser parser(limits);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        parser.feed(bytes.substr(at, piece));
        while (true) {
            auto request = parser.next();
            if (!request) {
                if (parser.status() < 400) std::abort();
                return found;
            }
            if (!*request) break;
            if ((*request)->body.size() > limits.body_octets) std::abort();
            found.push_back(to_wire(**request));
        }
    }
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = data[0] % 32 + 1;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (requests(bytes, piece) != requests(bytes, bytes.size() + 1)) std::abort();
    ResponseParser client(limits);
    if (!client.feed(bytes) || !client.end()) return 0;
    if (client.complete() && client.take().body.size() > limits.body_octets) std::abort();
    return 0;
}
