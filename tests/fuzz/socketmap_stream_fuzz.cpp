// Fuzzes netstrings that arrive in pieces, and the socketmap requests and replies in them.
#include <cstdint>
#include <cstdlib>

#include "lib/sasl/socketmap.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = data[0] + 1u;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    sasl::NetstringReader reader;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.feed(bytes.substr(at, piece));
        for (;;) {
            const Result<std::optional<std::string>> payload = reader.next();
            if (!payload) return 0;
            if (!*payload) break;
            if ((*payload)->size() > sasl::max_socketmap_payload) std::abort();
            if (const auto request = sasl::parse_socketmap_request(**payload)) {
                if (sasl::encode(*request) != sasl::encode_netstring(**payload)) std::abort();
            }
            if (const auto reply = sasl::parse_socketmap_reply(**payload)) {
                const std::string encoded = sasl::encode(*reply);
                if (encoded.back() != ',') std::abort();
            }
        }
    }
    return 0;
}
