// Working on mail as its owner: what an administrator's command makes must stay usable for the daemons.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::cli {

/// As long as it lives, a program run by root acts as the user that the server runs as; anybody else stays who he is.
/// One at a time.
class ActingAsOwner {
  public:
    /// Whoever owns mail_root; if that is root, the state folder; if both are root's, the account's folder: so that
    /// what keeps the server out keeps the command out as well. No such folders: nothing changes.
    static Result<ActingAsOwner> of_mail(const config::Config& config, const std::string& account_folder);
    /// The program acts as somebody else than root.
    bool is_other() const { return acting_; }
    ActingAsOwner(ActingAsOwner&& other) noexcept
        : acting_(std::exchange(other.acting_, false)), group_(other.group_), groups_(std::move(other.groups_)) {}
    ActingAsOwner& operator=(ActingAsOwner&&) = delete;
    ~ActingAsOwner();

  private:
    ActingAsOwner() = default;
    bool acting_ = false;
    gid_t group_ = 0;  ///< root's own
    std::vector<gid_t> groups_;
};

}  // namespace posthouse::cli
