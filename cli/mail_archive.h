// Archives of mail: tar files that any tar reads.
#pragma once

#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// What goes into an archive.
struct ArchiveOrder {
    std::string file;       ///< its name tells the format: .tar, .tar.gz, .tgz, .tar.zst, .tar.xz
    std::string mail_root;  ///< entries are named from here on
    std::string folder;     ///< below mail_root: "example.org", "example.org/joe"; not there: no mail
    std::string document;   ///< whose mail it is, as directory.json, for `posthouse import json`
};

/// invalid: the file's name tells no format.
Result<> check_archive_name(const std::string& file);

/// Writes the archive, durably, readable by its owner only; shows how far it is. Links are left out. Errors: exists
/// (the file; nothing was done), invalid (its name tells no format), io, no_space: what was written is removed.
Result<> write_archive(Context& context, const ArchiveOrder& order);

}  // namespace posthouse::cli
