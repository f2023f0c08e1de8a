// What a document holds, put into the directory.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/directory.h"
#include "cli/directory_document.h"

namespace posthouse::cli {

/// What became of the rows of one kind.
struct ImportCounts {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t unchanged = 0;
    std::size_t kept = 0;  ///< there already, otherwise than in the document
};

struct ImportReport {
    std::map<std::string, ImportCounts> kinds;  ///< by the names of the document: "users"
    std::vector<std::string> kept;              ///< what differs, one by one; at most max_told
    std::vector<std::string> problems;          ///< what can't be taken, and why; at most max_told
    std::size_t problem_count = 0;
    std::set<std::string> deprived;  ///< users from whom something was taken: whose sessions are to end

    static constexpr std::size_t max_told = 1000;
    void add_problem(std::string text);
    /// Something of the document was added or changed.
    bool changes() const;
};

/// Adds what is missing; what is there otherwise is changed when `update`, else kept. Nothing is removed: lists and
/// aliases keep further members and destinations. A row that can't be taken is told in the report. Belongs into a
/// transaction. Errors: unavailable and the like, not those of single rows, unless the row's forerunner is gone by
/// then: after any, the transaction is to be undone.
Result<> import_document(auth::Directory& directory, const DirectoryDocument& document, bool update,
                         ImportReport& report);

}  // namespace posthouse::cli
