// An account's rows as bytes: numbers, then strings with their lengths before them.
#include "storage/index/account_rows.h"

#include <cstring>

namespace posthouse::storage {
namespace {

void put(std::string& to, std::string_view text) {
    const auto size = static_cast<std::uint16_t>(text.size());  // names and GUIDs are short
    to.append(reinterpret_cast<const char*>(&size), sizeof size);
    to.append(text.substr(0, size));
}

bool take(std::string_view& from, void* to, std::size_t size) {
    if (from.size() < size) return false;
    std::memcpy(to, from.data(), size);
    from.remove_prefix(size);
    return true;
}

bool take(std::string_view& from, std::string& to) {
    std::uint16_t size = 0;
    if (!take(from, &size, sizeof size) || from.size() < size) return false;
    to = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

}  // namespace

std::string encode(const TreeRow& row) {
    std::string bytes;
    put(bytes, row.guid);
    put(bytes, row.name);
    return bytes;
}

bool decode(std::string_view bytes, TreeRow& row) {
    return take(bytes, row.guid) && take(bytes, row.name) && bytes.empty() && !row.name.empty();
}

std::string encode(const AccountLogEntry& entry) {
    std::string bytes(1, static_cast<char>(entry.event));
    bytes.append(reinterpret_cast<const char*>(&entry.folder), sizeof entry.folder);
    put(bytes, entry.guid);
    put(bytes, entry.name);
    put(bytes, entry.old_name);
    return bytes;
}

bool decode(std::string_view bytes, AccountLogEntry& entry) {
    std::uint8_t event = 0;
    if (!take(bytes, &event, sizeof event) || !take(bytes, &entry.folder, sizeof entry.folder)) return false;
    if (event < static_cast<std::uint8_t>(AccountEvent::created) ||
        event > static_cast<std::uint8_t>(AccountEvent::annotated_account))
        return false;
    entry.event = static_cast<AccountEvent>(event);
    return take(bytes, entry.guid) && take(bytes, entry.name) && take(bytes, entry.old_name) && bytes.empty();
}

}  // namespace posthouse::storage
