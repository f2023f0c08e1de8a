// posthouse-refile, read, written and removed.
#include "storage/refile.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "posthouse-refile";
constexpr std::size_t max_bytes = 16u << 20;

/// What may be a file's name and stand in dovecot-uidlist.
bool is_base(std::string_view text) {
    constexpr std::size_t max_name_bytes = 255;
    return !text.empty() && text.size() <= max_name_bytes && text.front() != '.' &&
           std::ranges::none_of(text, [](char c) { return c == '/' || c == ':' || ascii::is_control(c); });
}

}  // namespace

BaseChanges parse_refile(std::string_view text) {
    BaseChanges changes;
    for (const std::string_view line : ascii::split(text, '\n')) {
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos || !is_base(line.substr(0, tab)) || !is_base(line.substr(tab + 1))) continue;
        changes.emplace(line.substr(0, tab), line.substr(tab + 1));
    }
    return changes;
}

std::string to_text(const BaseChanges& changes) {
    std::string text;
    for (const auto& [from, to] : changes) text.append(from).append("\t").append(to).append("\n");
    return text;
}

Result<std::optional<BaseChanges>> read_refile(int root) {
    const Result<UniqueFd> file = open_in(root, file_name, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return std::nullopt;
    const Result<std::string> text = file ? read_all(file->get(), max_bytes) : fail(file.error());
    if (!text) return fail(text.error());
    return parse_refile(*text);
}

Result<> write_refile(int root, const BaseChanges& changes) { return replace_file(root, file_name, to_text(changes)); }

Result<> remove_refile(int root) {
    if (::unlinkat(root, file_name, 0) != 0 && errno != ENOENT) return fail_errno("unlink posthouse-refile", errno);
    return sync_fd(root, "mailbox's folder");
}

}  // namespace posthouse::storage
