// Courier's small files, bounded.
#include "storage/courier_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* keyword_folder = "courierimapkeywords";
constexpr const char* keyword_list = ":list";
/// Of a message's own file.
constexpr std::size_t max_keyword_file = 1u << 16;

/// What lies there, a link itself and not what it points to; 0: nothing.
Result<mode_t> kind_of(int folder, const std::string& name) {
    struct stat st{};
    if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) return st.st_mode & S_IFMT;
    return errno == ENOENT ? Result<mode_t>(0) : fail_errno("stat " + name, errno);
}

}  // namespace

Result<std::optional<std::string>> read_courier_file(int folder, const std::string& name, std::size_t max_bytes) {
    const Result<mode_t> kind = kind_of(folder, name);
    if (!kind) return fail(kind.error());
    if (*kind != S_IFREG) return std::nullopt;
    const Result<UniqueFd> fd = open_in(folder, name, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) return std::nullopt;
    if (!fd) return fail(fd.error());
    struct stat st{};
    if (::fstat(fd->get(), &st) != 0) return fail_errno("stat " + name, errno);
    // Replaced between the two looks.
    if (!S_ISREG(st.st_mode)) return std::nullopt;
    Result<std::string> text = read_all(fd->get(), max_bytes);
    if (text) return std::optional(std::move(*text));
    if (text.error().code != ErrorCode::limit) return fail(text.error());
    log::error("Courier's file is too large to be taken over", {{"folder", path_of(folder)}, {"file", name}});
    return std::nullopt;
}

Result<CourierKeywords> read_courier_keywords(int root) {
    const Result<mode_t> kind = kind_of(root, keyword_folder);
    if (!kind) return fail(kind.error());
    if (*kind != S_IFDIR) return CourierKeywords();
    const Result<UniqueFd> folder = open_in(root, keyword_folder, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    const Result<std::optional<std::string>> list = read_courier_file(folder->get(), keyword_list);
    if (!list) return fail(list.error());
    CourierKeywords keywords = *list ? parse_courier_keywords(**list) : CourierKeywords();
    const Result<std::vector<std::string>> names = names_in(folder->get());
    if (!names) return fail(names.error());
    std::size_t room = max_courier_bytes;
    for (const std::string& name : *names) {
        if (name.front() == ':') continue;
        const Result<std::optional<std::string>> text =
            read_courier_file(folder->get(), name, std::min(room, max_keyword_file));
        if (!text) return fail(text.error());
        if (!*text) continue;
        room -= (*text)->size();
        keywords[name] = parse_courier_keyword_lines(**text);
    }
    return keywords;
}

}  // namespace posthouse::storage
