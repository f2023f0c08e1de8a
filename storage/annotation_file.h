// posthouse-metadata on disk: read, whatever it holds; replaced durably, what was damaged kept aside.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "storage/annotations.h"

namespace posthouse::storage {

/// The annotations of the mailbox whose folder is open.
constexpr const char* mailbox_annotations = "posthouse-metadata";
/// Those of the account as a whole, for which IMAP has the empty mailbox name (RFC 5464 §3): in the account's folder,
/// where INBOX has its own.
constexpr const char* account_annotations = "posthouse-account-metadata";

/// Without a file: none. Something that is no file is taken for a damaged one.
Result<Annotations> read_annotations(int folder, const std::string& file_name);
/// Replaces the file, durably. When it holds what can't be understood it stays as `<file_name>.damaged.<16 hex
/// digits>`. With the account's lock held.
Result<> write_annotations(int folder, const std::string& file_name, const Annotations& annotations);

}  // namespace posthouse::storage
