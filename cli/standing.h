// Whether the mail that a command works on is a user's.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "auth/directory/directory.h"
#include "cli/command.h"
#include "storage/store.h"

namespace posthouse::cli {

/// What the directory says of an account.
enum class Standing {
    user,
    no_user,
    no_domain,
    unknown,  ///< the directory can't be asked
};

/// The directory, for questions that go on without it.
class Standings {
  public:
    explicit Standings(const Context& context);
    /// To be asked with the program's own rights (mail_owner.h).
    Standing of(const storage::AccountName& account);

  private:
    std::unique_ptr<auth::Directory> directory_;
};

/// After the name of an account in a table: " (no user)", or nothing.
std::string mark_of(Standing standing);
/// The same for JSON: true, false, or null when it can't be said.
nlohmann::json is_user(Standing standing);

/// not_found, in the one way to say it: there is no such domain or user, the user has no mail yet, INBOX's cur/ is
/// gone. `folder` is the account's.
Error no_mail(const std::string& address, const std::string& folder, Standing standing);

}  // namespace posthouse::cli
