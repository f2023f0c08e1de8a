// posthouse-metadata: one small file per mailbox, replaced by rename.
#include "storage/annotation_file.h"

#include "storage/folder.h"
#include "storage/small_file.h"

namespace posthouse::storage {
namespace {

/// The owner's and the readers'; each octet of a value takes up to four in the file.
constexpr std::size_t max_bytes = 2 * (4 * Annotations::max_total_bytes + 16 * Annotations::max_entries);

}  // namespace

Result<Annotations> read_annotations(int folder, const std::string& file_name) {
    const Result<SmallFile> file = read_small_file(folder, file_name, max_bytes);
    if (!file) return fail(file.error());
    if (!file->is_there) return Annotations();
    // What is too large is none of ours.
    return Annotations::parse(file->is_unfit ? "" : file->text);
}

Result<> write_annotations(int folder, const std::string& file_name, const Annotations& annotations) {
    if (annotations.damaged())
        if (Result<> kept = keep_damaged(folder, file_name); !kept) return kept;
    return replace_file(folder, file_name, annotations.text());
}

}  // namespace posthouse::storage
