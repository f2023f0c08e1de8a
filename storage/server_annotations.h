// The annotations of the server (RFC 5464 §6.2.1): the administrator sets them, and all users see them.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "storage/annotations.h"
#include "storage/store.h"

namespace posthouse::storage {

/// Their file in mail_root, as annotation_file.h has them.
constexpr const char* server_annotations_file = "posthouse-server-metadata";

/// All of them. Without a file: none.
Result<Annotations> server_annotations(const Settings& settings);
/// Sets a shared entry, or removes it. invalid: a private entry; limit, as Annotations::set; busy.
Result<> set_server_annotation(const Settings& settings, const EntryName& entry, std::optional<std::string> value);

}  // namespace posthouse::storage
