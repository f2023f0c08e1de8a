// CRC-32C (Castagnoli): a checksum that tells torn and damaged records; no protection against intent.
#pragma once

#include <cstdint>
#include <string_view>

namespace posthouse {

/// Of "123456789" it is e3069283 (hexadecimal).
std::uint32_t crc32c(std::string_view bytes);

}  // namespace posthouse
