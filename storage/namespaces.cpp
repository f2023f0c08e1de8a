// Names in the namespaces of others, taken apart.
#include "storage/namespaces.h"

#include <algorithm>
#include <optional>

namespace posthouse::storage {
namespace {

/// What follows "root/"; nothing when the name isn't below the root.
std::optional<std::string_view> below(std::string_view name, std::string_view root) {
    if (name.size() <= root.size() + 1 || !name.starts_with(root) || name[root.size()] != hierarchy_separator)
        return std::nullopt;
    return name.substr(root.size() + 1);
}

void add(std::vector<ForeignName>& meanings, std::string_view address, std::string_view mailbox,
         std::string_view user) {
    Result<AccountName> account = AccountName::parse(address);
    Result<MailboxName> name = MailboxName::parse(mailbox);
    if (account && name && account->text() != user) meanings.push_back({std::move(*account), std::move(*name)});
}

}  // namespace

Namespaces namespaces_of(const config::Config::Imapd& config) {
    return {config.shared_namespaces, config.shared_namespaces && !config.shared_accounts.empty()};
}

bool is_in_namespace(const MailboxName& name, Namespaces namespaces) {
    const std::string_view text = name.text();
    const auto is_in = [&](std::string_view root) { return text == root || below(text, root); };
    return (namespaces.other_users && is_in(other_users_root)) || (namespaces.shared && is_in(shared_root));
}

std::vector<ForeignName> meanings_of(const MailboxName& name, std::string_view user,
                                     std::span<const std::string> shared) {
    std::vector<ForeignName> meanings;
    if (const auto rest = below(name.text(), other_users_root)) {
        const std::size_t end = rest->find(hierarchy_separator);
        if (end != std::string_view::npos) add(meanings, rest->substr(0, end), rest->substr(end + 1), user);
    } else if (const auto mailbox = below(name.text(), shared_root)) {
        for (const std::string& address : shared) add(meanings, address, *mailbox, user);
    }
    return meanings;
}

bool is_shared(const AccountName& account, std::span<const std::string> shared) {
    return std::ranges::any_of(shared, [&](const std::string& address) {
        const Result<AccountName> name = AccountName::parse(address);
        return name && *name == account;
    });
}

std::string prefix_of_user(const AccountName& owner) {
    return std::string(other_users_root) + hierarchy_separator + owner.text() + hierarchy_separator;
}

std::string prefix_of_shared() { return std::string(shared_root) + hierarchy_separator; }

}  // namespace posthouse::storage
