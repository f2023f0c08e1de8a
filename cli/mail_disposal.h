// What becomes of the mail of whoever is removed: it is kept, archived, or deleted.
#pragma once

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "auth/directory/directory.h"
#include "cli/command.h"

namespace posthouse::cli {

/// The options --keep-mail (which is what happens without any), --archive FILE and --delete-mail of `remove`.
struct MailDisposal {
    bool keep = false;
    bool remove = false;
    std::string archive;

    bool takes_mail() const { return remove || !archive.empty(); }
    /// "with its mail", "its mail archived": for the audit log; empty: it is kept.
    std::string details() const;
};

void add_mail_options(CLI::App& command, MailDisposal& disposal);

/// Before anything is removed: that an archive can be written. exists, invalid, io, denied.
Result<> check_disposal(const MailDisposal& disposal);
/// What the directory has of `name`, a user or a domain, for the archive; nothing when there is to be none. Before it
/// is removed, in the same transaction.
Result<std::string> document_of(auth::Directory& directory, const MailDisposal& disposal, const std::string& name);
/// After `name` was removed from the directory, where it was as `document` says.
Result<> dispose_of_mail(Context& context, const MailDisposal& disposal, const std::string& name,
                         const std::string& document);

}  // namespace posthouse::cli
