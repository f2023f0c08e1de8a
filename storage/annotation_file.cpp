// posthouse-metadata: one small file per mailbox, replaced by rename.
#include "storage/annotation_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

/// Each octet of a value takes up to four in the file.
constexpr std::size_t max_bytes = 4 * Annotations::max_total_bytes + 16 * Annotations::max_entries;

Result<> keep_aside(int folder, const std::string& file_name) {
    const std::string aside = file_name + ".damaged." + random_hex(8);
    // A second name: the file itself is there until it is replaced. What can't have one (a folder) is moved away.
    if (::linkat(folder, file_name.c_str(), folder, aside.c_str(), 0) != 0 &&
        (errno != EPERM || ::renameat(folder, file_name.c_str(), folder, aside.c_str()) != 0))
        return fail_errno("keep " + file_name + " as " + aside, errno);
    log::error("annotations were damaged: what could be read is kept", {{"file", aside}});
    return {};
}

}  // namespace

Result<Annotations> read_annotations(int folder, const std::string& file_name) {
    const Result<UniqueFd> fd = open_in(folder, file_name, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) return Annotations();
    if (!fd) return fail(fd.error());
    struct stat st{};
    if (::fstat(fd->get(), &st) != 0) return fail_errno("stat " + file_name, errno);
    if (!S_ISREG(st.st_mode)) return Annotations::parse("");
    const Result<std::string> text = read_all(fd->get(), max_bytes);
    // What is too large is none of ours.
    if (!text && text.error().code == ErrorCode::limit) return Annotations::parse("");
    if (!text) return fail(text.error());
    return Annotations::parse(*text);
}

Result<> write_annotations(int folder, const std::string& file_name, const Annotations& annotations) {
    if (annotations.damaged())
        if (Result<> kept = keep_aside(folder, file_name); !kept) return kept;
    return replace_file(folder, file_name, annotations.text());
}

}  // namespace posthouse::storage
