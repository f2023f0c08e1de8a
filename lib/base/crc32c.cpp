// CRC-32C, a byte at a time from a table.
#include "lib/base/crc32c.h"

#include <array>
#include <cstddef>

namespace posthouse {
namespace {

constexpr std::array<std::uint32_t, 256> table = [] {
    constexpr std::uint32_t polynomial = 0x82f63b78;  // 1edc6f41, bits reversed
    std::array<std::uint32_t, 256> values{};
    for (std::uint32_t byte = 0; byte < values.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
        values[byte] = value;
    }
    return values;
}();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t value = ~0u;
    for (const char c : bytes) value = value >> 8 ^ table[(value ^ static_cast<unsigned char>(c)) & 0xff];
    return ~value;
}

}  // namespace posthouse
