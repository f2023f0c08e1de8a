// Dovecot's passwd-file: users, one a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/address.h"
#include "cli/directory_document.h"

namespace posthouse::cli {

struct PasswdFileOptions {
    std::string domain;                    ///< of names without one; empty: these can't be taken
    std::string default_scheme = "CRYPT";  ///< of passwords without `{SCHEME}`
    auth::LocalPart local_part = auth::LocalPart::ignore_case;
};

/// Something of another program that isn't taken as it is.
using Remarks = std::vector<std::string>;

/// `user:{SCHEME}password:uid:gid:gecos:home:shell:extra` (trailing fields may be missing; empty lines and those that
/// begin with # are passed over). Of the extra fields, `userdb_quota_rule` (for everything, in storage) becomes the
/// quota, and `nologin` a disabled user. What can't be taken is told line by line in `remarks`: other fields that limit
/// log-ins, names that are no addresses, passwords that can't be verified (such a user has none then). The domains of
/// the users are the document's.
DirectoryDocument parse_passwd_file(std::string_view text, const PasswdFileOptions& options, Remarks& remarks);

/// A hash of another program as it is stored here; empty, with a remark, when it can't be verified.
std::string taken_hash(const std::string& email, std::string_view hash, const std::string& default_scheme,
                       Remarks& remarks);

}  // namespace posthouse::cli
