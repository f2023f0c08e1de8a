// posthouse-aside/ in an account's folder: where a repair puts what it doesn't understand, so that nothing is deleted.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

/// Where things of one mailbox go: posthouse-aside/<mailbox>/<part>/<name>. No layout takes it for a mailbox, no
/// session serves it, no tidying up removes it, and it counts in no quota: it waits for the administrator.
class Aside {
  public:
    /// `account` is the account's open folder, `below` the mailbox's in it; empty: INBOX.
    Aside(int account, std::string_view below);

    /// Moves an entry of an open folder, whatever it is, durably; gives its path below the account's folder. `part`
    /// says where it was: "cur", "new", "tmp" or "files".
    Result<std::string> move(int folder, const std::string& name, std::string_view part) const;
    /// Keeps a small file that is about to be replaced: a second name of it.
    Result<std::string> keep(int folder, const std::string& name) const;

  private:
    struct Place;
    Result<Place> open_place(std::string_view part) const;

    int account_;
    std::string mailbox_;
};

}  // namespace posthouse::storage
