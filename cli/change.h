// Change: what a command changes in the directory, as one transaction with its line in the audit log.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/directory/database.h"
#include "cli/command.h"

namespace posthouse::cli {

/// Begun, used, committed; or undone as a whole.
class Change {
  public:
    /// Opens the directory to write (an SQLite database that is missing is made) and waits for its turn. Errors: as
    /// Context::config and auth::create_directory; unavailable (another change takes too long).
    static Result<Change> begin(Context& context);
    /// The same, but what is missing is not made. Errors: as Context::config and auth::open_directory; unavailable.
    static Result<Change> begin_existing(Context& context);
    /// The same with a directory that is open already.
    static Result<Change> begin(Context& context, std::unique_ptr<auth::Directory> directory);

    auth::Directory& directory() { return *directory_; }
    /// Keeps the change, and has authd forget what it remembers of the subject's domain, so that it counts at once.
    /// `action` is what the audit log calls it ("user.add"), `subject` the address or domain it is about.
    Result<> commit(const std::string& action, const std::string& subject, const std::string& details = {});

  private:
    Change(Context& context, std::unique_ptr<auth::Directory> directory, auth::Transaction transaction)
        : context_(&context), directory_(std::move(directory)), transaction_(std::move(transaction)) {}
    Context* context_;
    std::unique_ptr<auth::Directory> directory_;
    auth::Transaction transaction_;
};

/// Has authd forget what it remembers of the domains of these addresses and domains (of everything when there are
/// none). A server that does not run has nothing to forget; one that does not answer is pointed out on err.
void tell_authd(Context& context, std::vector<std::string> names);

}  // namespace posthouse::cli
