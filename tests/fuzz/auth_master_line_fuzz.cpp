// Fuzzes the master protocol's lines of both sides: what parses is encoded and must parse to the same bytes again.
#include <cstdint>
#include <cstdlib>

#include "lib/sasl/master.h"

using namespace posthouse;

namespace {

template <typename Line>
std::string encode_line(const Line& line) {
    return std::visit(
        [](const auto& value) -> std::string {
            if constexpr (requires { sasl::encode(value); })
                return sasl::encode(value);
            else
                return {};
        },
        line);
}

template <typename Parse>
void check(Parse parse, std::string_view bytes) {
    const auto line = parse(bytes);
    if (!line) return;
    std::string once = encode_line(*line);
    if (once.empty()) return;
    once.pop_back();
    const auto again = parse(once);
    if (!again) {
        if (again.error().code != ErrorCode::limit) std::abort();  // escaping and new fields may cross a bound
        return;
    }
    if (encode_line(*again) != once + '\n') std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check(sasl::parse_master_line, bytes);
    check(sasl::parse_master_reply, bytes);
    return 0;
}
