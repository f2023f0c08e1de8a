// Asking the directory about accounts, and saying why there is no mail.
#include "cli/standing.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/open_directory.h"

namespace posthouse::cli {

Standings::Standings(const Context& context) {
    if (auto directory = open_directory(context)) directory_ = std::move(*directory);
}

Standing Standings::of(const storage::AccountName& account) {
    if (!directory_) return Standing::unknown;
    const Result<std::optional<auth::User>> user = directory_->find_user(account.text());
    if (!user) return Standing::unknown;
    if (*user) return Standing::user;
    const Result<bool> domain = directory_->has_domain(account.domain());
    return !domain || *domain ? Standing::no_user : Standing::no_domain;
}

std::string mark_of(Standing standing) {
    return standing == Standing::no_user || standing == Standing::no_domain ? " (no user)" : "";
}

nlohmann::json is_user(Standing standing) {
    return standing == Standing::unknown ? nlohmann::json() : nlohmann::json(standing == Standing::user);
}

Error no_mail(const std::string& address, const std::string& folder, Standing standing) {
    struct stat st{};
    if (::stat(folder.c_str(), &st) == 0)
        return {ErrorCode::not_found, "INBOX of " + address + " has no cur/: posthouse mailbox repair " + address, {}};
    switch (standing) {
        case Standing::no_domain:
            return {ErrorCode::not_found, "Domain " + address.substr(address.rfind('@') + 1) + " does not exist", {}};
        case Standing::no_user: return {ErrorCode::not_found, "User " + address + " does not exist", {}};
        default: return {ErrorCode::not_found, address + " has no mail yet", {}};
    }
}

}  // namespace posthouse::cli
