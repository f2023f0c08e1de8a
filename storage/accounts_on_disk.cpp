// mail_root/<domain>/<local part>/, read back.
#include "storage/accounts_on_disk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "lib/base/file.h"
#include "storage/folder.h"
#include "storage/moved.h"

namespace posthouse::storage {
namespace {

/// The folders in a folder; links to folders are some.
Result<std::vector<std::string>> folders_in(const std::string& path) {
    const Result<UniqueFd> folder = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    Result<std::vector<std::string>> names = names_in(folder->get());
    if (!names) return names;
    std::erase_if(*names, [&](const std::string& name) {
        struct stat st{};
        return ::fstatat(folder->get(), name.c_str(), &st, 0) != 0 || !S_ISDIR(st.st_mode);
    });
    std::ranges::sort(*names);
    return names;
}

Result<> add_domain(const std::string& mail_root, const std::string& domain, std::vector<AccountName>& accounts) {
    const Result<std::vector<std::string>> names = folders_in(mail_root + "/" + domain);
    if (!names) return fail(names.error());
    for (const std::string& name : *names)
        // A removed account's name holds what no account's can.
        if (Result<AccountName> account = AccountName::make(name, domain); account && account->domain() == domain) {
            const Result<bool> is_gone = has_moved(mail_root + "/" + domain + "/" + name);
            if (!is_gone) return fail(is_gone.error());
            if (!*is_gone) accounts.push_back(std::move(*account));
        }
    return {};
}

}  // namespace

Result<std::vector<AccountName>> accounts_on_disk(const std::string& mail_root, std::string_view domain) {
    std::vector<AccountName> accounts;
    if (!domain.empty()) {
        if (Result<> added = add_domain(mail_root, std::string(domain), accounts); !added) return fail(added.error());
        return accounts;
    }
    const Result<std::vector<std::string>> domains = folders_in(mail_root);
    if (!domains) return fail(domains.error());
    for (const std::string& name : *domains)
        if (Result<> added = add_domain(mail_root, name, accounts); !added) return fail(added.error());
    return accounts;
}

}  // namespace posthouse::storage
