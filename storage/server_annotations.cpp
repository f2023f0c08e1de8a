// Reads and changes the annotations of the server.
#include "storage/server_annotations.h"

#include <fcntl.h>

#include <utility>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "storage/annotation_file.h"
#include "storage/folder.h"

namespace posthouse::storage {

Result<Annotations> server_annotations(const Settings& settings) {
    const Result<UniqueFd> folder = open_file(settings.mail_root, O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().code == ErrorCode::not_found) return Annotations();
    if (!folder) return fail(folder.error());
    return read_annotations(folder->get(), server_annotations_file);
}

Result<> set_server_annotation(const Settings& settings, const EntryName& entry, std::optional<std::string> value) {
    if (entry.is_private()) return fail(ErrorCode::invalid, "The server has shared entries only");
    if (Result<> made = make_folders(settings.mail_root, 0700); !made) return made;
    const Result<UniqueFd> folder = open_file(settings.mail_root, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    const Result<FileLock> lock = FileLock::take(folder->get(), settings.lock_wait);
    if (!lock) return fail(lock.error());
    Result<Annotations> annotations = read_annotations(folder->get(), server_annotations_file);
    if (!annotations) return fail(annotations.error());
    const Result<bool> changed = annotations->set(entry, std::nullopt, std::move(value));
    if (!changed) return fail(changed.error());
    return *changed ? write_annotations(folder->get(), server_annotations_file, *annotations) : Result<>{};
}

}  // namespace posthouse::storage
