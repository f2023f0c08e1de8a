// A record's head: CRC-32 of all that follows it in the record, its kind, its length.
#include "queued/spool/record.h"

#include <zlib.h>

namespace posthouse::spool {
namespace {

constexpr std::size_t checksum_bytes = 4;

std::uint32_t checksum(std::string_view bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

void put_number(char* to, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i, value >>= 8) to[i] = static_cast<char>(value & 0xff);
}

}  // namespace

void finish_record(std::string& out, std::size_t at, RecordKind kind) {
    out[at + checksum_bytes] = static_cast<char>(kind);
    put_number(out.data() + at + checksum_bytes + 1, out.size() - at - record_head_bytes, 3);
    put_number(out.data() + at, checksum(std::string_view(out).substr(at + checksum_bytes)), checksum_bytes);
}

void append_record(std::string& out, RecordKind kind, std::string_view body) {
    const std::size_t at = out.size();
    out.append(record_head_bytes, '\0').append(body);
    finish_record(out, at, kind);
}

std::size_t record_bytes(std::string_view head) {
    return record_head_bytes + static_cast<std::size_t>(number_at(head, checksum_bytes + 1, 3));
}

std::optional<std::string_view> body_of(std::string_view bytes, RecordKind kind) {
    if (bytes.size() < record_head_bytes || bytes[checksum_bytes] != static_cast<char>(kind)) return std::nullopt;
    const std::size_t size = record_bytes(bytes);
    if (bytes.size() < size) return std::nullopt;
    if (number_at(bytes, 0, checksum_bytes) != checksum(bytes.substr(checksum_bytes, size - checksum_bytes)))
        return std::nullopt;
    return bytes.substr(record_head_bytes, size - record_head_bytes);
}

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
    const std::size_t at = out.size();
    out.append(bytes, '\0');
    put_number(out.data() + at, value, bytes);
}

std::uint64_t number_at(std::string_view bytes, std::size_t offset, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = count; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[offset + i - 1]);
    return value;
}

}  // namespace posthouse::spool
