// Fuzzes the auth protocol's server lines: what parses is encoded and must parse to the same bytes again.
#include <cstdint>
#include <cstdlib>

#include "lib/sasl/auth_reply.h"

using namespace posthouse;

namespace {

std::string encode_line(const sasl::ServerLine& line) {
    return std::visit(
        [](const auto& value) -> std::string {
            if constexpr (requires { sasl::encode(value); })
                return sasl::encode(value);
            else
                return {};
        },
        line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Result<sasl::ServerLine> line = sasl::parse_server_line({reinterpret_cast<const char*>(data), size});
    if (!line) return 0;
    std::string once = encode_line(*line);
    if (once.empty()) return 0;
    once.pop_back();
    const Result<sasl::ServerLine> again = sasl::parse_server_line(once);
    if (!again) {
        if (again.error().code != ErrorCode::limit) std::abort();  // escaping and new fields may cross a bound
        return 0;
    }
    if (encode_line(*again) != once + '\n') std::abort();
    return 0;
}
