// Reading up to the bound, and a second name for what is replaced.
#include "storage/small_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/beneath.h"
#include "storage/folder.h"

namespace posthouse::storage {

std::string_view SmallFile::whole_lines() const {
    const std::string_view all = text;
    return is_unfit ? all.substr(0, all.rfind('\n') + 1) : all;
}

Result<SmallFile> read_small_file(int folder, const std::string& name, std::size_t max_bytes) {
    const Result<UniqueFd> fd = open_in(folder, name, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) return SmallFile{};
    SmallFile file{.text = {}, .is_there = true, .is_unfit = false};
    const Result<struct stat> st = stat_in(folder, name);
    if (!st) return st.error().code == ErrorCode::not_found ? Result<SmallFile>(SmallFile{}) : fail(st.error());
    // Also a socket, which can't be opened.
    if (!S_ISREG(st->st_mode)) {
        file.is_unfit = true;
        return file;
    }
    if (!fd) return fail(fd.error());
    constexpr std::size_t piece = 1u << 16;
    for (;;) {
        const std::size_t had = file.text.size();
        file.text.resize(had + std::min(piece, max_bytes + 1 - had));
        const ssize_t n = ::read(fd->get(), file.text.data() + had, file.text.size() - had);
        file.text.resize(had + (n > 0 ? static_cast<std::size_t>(n) : 0));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read " + name, errno);
        if (n == 0) return file;
        if (file.text.size() <= max_bytes) continue;
        file.text.resize(max_bytes);
        file.is_unfit = true;
        return file;
    }
}

Result<> keep_damaged(int folder, const std::string& name) {
    constexpr std::string_view prefix = "posthouse-";
    const std::string aside = std::string(name.starts_with(prefix) ? "" : prefix) + name + ".damaged." + random_hex(8);
    // A second name: the file itself is there until it is replaced. What can't have one (a folder) is moved away.
    if (::linkat(folder, name.c_str(), folder, aside.c_str(), 0) != 0 && errno != ENOENT &&
        (errno != EPERM || ::renameat(folder, name.c_str(), folder, aside.c_str()) != 0))
        return fail_errno("keep " + name + " as " + aside, errno);
    log::error("a file was damaged: what could be read of it goes on",
               {{"folder", path_of(folder)}, {"file", name}, {"kept_as", aside}});
    return {};
}

}  // namespace posthouse::storage
