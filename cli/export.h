// The directory, or a part of it, as the JSON form that `posthouse import json` reads.
#pragma once

#include <iosfwd>
#include <string>

#include "auth/directory/directory.h"
#include "lib/base/result.h"

namespace posthouse::cli {

/// What of the directory is written.
struct ExportSelection {
    std::string domain;        ///< only of this domain; empty: everything
    bool with_hashes = false;  ///< of passwords; app passwords are nothing without
    std::string user{};        ///< only what is removed with this user of the domain
};

/// Writes the document row by row: a directory may have a million of them. Belongs into a transaction or a snapshot.
/// Errors: those of the directory; the document is not complete then.
Result<> write_document(std::ostream& out, auth::Directory& directory, const ExportSelection& selection);

}  // namespace posthouse::cli
