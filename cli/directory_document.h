// DirectoryDocument: what a directory holds, as it is exported and imported.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/address.h"
#include "auth/directory/directory.h"
#include "lib/base/result.h"

namespace posthouse::cli {

/// The version of the JSON form, its member `posthouse_directory`.
inline constexpr int document_version = 1;

/// Names and addresses are in the form of address.h; everything has been checked as the commands check it.
struct DirectoryDocument {
    struct User {
        auth::NewUser row;  ///< a password that is empty was not told
        bool app_passwords_only = false;
        std::string scram_keys{};  ///< that are kept beside the password; empty: not told
    };
    struct AppPassword {
        std::string user;
        auth::AppPassword app;  ///< without its id and the times of making and use
    };
    struct Alias {
        std::string source;
        std::string destination;
    };
    struct List {
        std::string address;
        std::string description;
        std::vector<std::string> members;
        std::optional<auth::ListRules> rules{};  ///< not told: anyone may post, or what the list has stays
        std::vector<std::string> posters{};      ///< that are named
    };
    struct RelayDomain {
        std::string name;
        auth::RelayRecipients recipients = auth::RelayRecipients::any;
        std::vector<std::string> listed{};
    };
    std::vector<std::string> domains;
    std::vector<RelayDomain> relay_domains;
    std::vector<auth::DomainAlias> domain_aliases;
    std::vector<User> users;
    std::vector<Alias> aliases;
    std::vector<List> lists;
    std::vector<auth::SendAsGrant> grants;
    std::vector<auth::Transport> transports;
    std::vector<AppPassword> app_passwords;
    std::vector<auth::SendingLimit> limits;
};

/// From JSON, as `posthouse export` writes it; what a document doesn't have may be left out. `default_scheme`: of
/// hashes without `{SCHEME}`. Errors: invalid, with all that is wrong (at most 20 places, such as `users[3].email`).
Result<DirectoryDocument> parse_document(std::string_view json, auth::LocalPart local_part,
                                         std::string_view default_scheme);

}  // namespace posthouse::cli
