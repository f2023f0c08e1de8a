// What daemons report about mailboxes, for the directory's mailbox_usage. In the Postfix policy protocol:
// request=mailbox_usage, recipient=<address>, size=<bytes>, messages=<number>; the answer is OK (it will be written),
// DUNNO (there is no place for it), or REJECT and why.
#pragma once

#include <cstdint>
#include <string>

#include "auth/directory/address.h"
#include "auth/directory/sql_directory.h"
#include "auth/server/directory_keeper.h"
#include "lib/net/stream.h"
#include "lib/policy/policy.h"

namespace posthouse::auth {

/// A report.
struct UsageReport {
    std::string user;
    std::int64_t bytes = 0;
    std::int64_t messages = 0;
};
/// invalid: it is none, or a number in it makes no sense.
Result<UsageReport> parse_usage_report(const policy::Request& request, LocalPart local_part);

/// Answers one connection; what is reported is written by `keeper`. Tables of another program are left alone.
net::Async<Result<>> serve_usage_reports(net::Stream& stream, DirectoryKeeper& keeper,
                                         const SqlDirectorySettings& settings);

}  // namespace posthouse::auth
