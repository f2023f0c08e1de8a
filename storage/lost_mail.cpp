// Indexes without mail.
#include "storage/lost_mail.h"

#include <filesystem>
#include <string>

#include "storage/configure.h"

namespace posthouse::storage {
namespace {

namespace fs = std::filesystem;

bool is_empty(const std::string& folder) {
    std::error_code error;
    const fs::directory_iterator first(folder, error);
    if (error) return error == std::errc::no_such_file_or_directory;
    return first == fs::directory_iterator();
}

/// An account's index lies in <domain>/<local part>/.
bool has_indexes(const std::string& index_root) {
    std::error_code error;
    for (fs::directory_iterator domain(index_root, error), end; !error && domain != end; domain.increment(error)) {
        std::error_code none;
        for (fs::directory_iterator account(domain->path(), none), last; !none && account != last;
             account.increment(none))
            if (fs::exists(account->path() / "data.mdb", none)) return true;
    }
    return false;
}

}  // namespace

config::Problems lost_mail_problems(const config::Config& config, const config::Origins& origins) {
    const std::string index_root = index_root_of(config);
    const std::string& mail = config.general.mail_root;
    if (mail.empty() || !is_empty(mail) || !has_indexes(index_root)) return {};
    const std::string parameter = "general.mail_root";
    const auto origin = origins.find(parameter);
    return {{origin == origins.end() ? parameter : origin->second + ": " + parameter,
             mail + " has no mail, though there are indexes of mailboxes in " + index_root +
                 ": is its file system mounted? If the mail is gone for good, remove these indexes"}};
}

}  // namespace posthouse::storage
