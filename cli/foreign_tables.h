// The tables of other programs, read as a document to import.
#pragma once

#include "auth/directory/connection.h"
#include "cli/passwd_file.h"

namespace posthouse::cli {

/// Reads PostfixAdmin's tables domain, mailbox, alias and alias_domain, in one state of the database. Mailboxes that
/// are not active become disabled users; domains and aliases that are not active, or a backup MX, aren't taken. What
/// isn't taken, or otherwise than it is, stands in `remarks`. An alias that only leads to its own mailbox needs none
/// here. Errors: unavailable; internal (the tables are others).
Result<DirectoryDocument> read_postfixadmin(auth::Connection& connection, auth::LocalPart local_part, Remarks& remarks);

/// The same of mailcow's tables, with its table sender_acl as grants.
Result<DirectoryDocument> read_mailcow(auth::Connection& connection, auth::LocalPart local_part, Remarks& remarks);

}  // namespace posthouse::cli
