// Rows to bytes and back, and a message's name from its parts.
#include "storage/index/rows.h"

#include <cstring>
#include <limits>

#include "storage/maildir_name.h"
#include "storage/uidlist.h"

namespace posthouse::storage {
namespace {

struct FileHead {
    std::int64_t internal_date;
    std::int64_t save_date;
    std::int64_t physical_size;
    std::int64_t wire_size;
    std::uint16_t base_bytes;
    std::uint16_t suffix_bytes;
    std::uint32_t extras_bytes;
};
static_assert(sizeof(FileHead) == 40);

}  // namespace

std::string encode(const FileRow& row) {
    // Names come from the file system: at most 255 bytes.
    const FileHead head{row.internal_date,
                        row.save_date,
                        row.physical_size,
                        row.wire_size,
                        static_cast<std::uint16_t>(row.base.size()),
                        static_cast<std::uint16_t>(row.suffix.size()),
                        static_cast<std::uint32_t>(row.extras.size())};
    std::string bytes(sizeof head + row.base.size() + row.suffix.size() + row.extras.size(), '\0');
    char* at = bytes.data();
    const auto put = [&](const void* from, std::size_t size) {
        std::memcpy(at, from, size);
        at += size;
    };
    put(&head, sizeof head);
    put(row.base.data(), row.base.size());
    put(row.suffix.data(), row.suffix.size());
    put(row.extras.data(), row.extras.size());
    return bytes;
}

bool decode(std::string_view bytes, FileRow& row) {
    FileHead head{};
    if (bytes.size() < sizeof head) return false;
    std::memcpy(&head, bytes.data(), sizeof head);
    bytes.remove_prefix(sizeof head);
    if (bytes.size() != std::size_t{head.base_bytes} + head.suffix_bytes + head.extras_bytes || head.base_bytes == 0)
        return false;
    row.internal_date = head.internal_date;
    row.save_date = head.save_date;
    row.physical_size = head.physical_size;
    row.wire_size = head.wire_size;
    row.base = bytes.substr(0, head.base_bytes);
    row.suffix = bytes.substr(head.base_bytes, head.suffix_bytes);
    row.extras = bytes.substr(std::size_t{head.base_bytes} + head.suffix_bytes);
    return true;
}

std::string Record::name() const {
    if (flags.has_suffix != 0) return file.base + file.suffix;
    if (fresh()) return file.base;
    return name_with_flags(file.base, {system(), flags.keywords, {}});
}

void Record::set_name(std::string_view file_name, bool is_fresh) {
    const NameFlags told = flags_of(file_name);
    flags.place = is_fresh ? Place::fresh : Place::cur;
    flags.system = told.system.bits();
    flags.keywords = told.keywords;
    flags.has_suffix = 0;
    if (name() == file_name) {
        file.suffix.clear();
        return;
    }
    flags.has_suffix = 1;
    file.suffix = file_name.substr(base_of(file_name).size());
}

std::string Record::guid() const {
    const auto given = extra_in(file.extras, 'G');
    return std::string(given ? *given : file.base);
}

}  // namespace posthouse::storage
