// The METADATA response (RFC 5464 §4.4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "imapd/place.h"
#include "lib/base/result.h"
#include "lib/imap/metadata_commands.h"
#include "storage/annotations.h"

namespace posthouse::imapd {

/// What a client asks of annotations.
struct MetadataQuery {
    std::span<const std::string> entries;  ///< as read_queried gives them
    imap::GetMetadata::Depth depth = imap::GetMetadata::Depth::zero;
    std::optional<std::uint32_t> max_size = std::nullopt;
    storage::AnnotationUser user = std::nullopt;  ///< whose private entries
};

/// Whose private entries the session's user sees and sets there: the owner's are kept under no name.
storage::AnnotationUser annotation_user(const Session& session, const Place& place);
/// RFC 5464 §4: the user may read and set annotations.
bool may_annotate(storage::Rights rights);

/// Names that are asked for, in lower case and each once; "/private" and "/shared" lead to what is below them. invalid:
/// one makes no sense.
Result<std::vector<std::string>> read_queried(std::span<const std::string> names);
/// Appends the response that tells unasked that an entry has changed (RFC 5464 §4.4.2).
void append_changed_entry(std::string& out, std::string_view mailbox, std::string_view entry);
/// Appends the response: each entry once, by however many names it was asked for, so that it is as long as a mailbox's
/// annotations may be; one that was named and has no value is NIL. What it gives: the length of the longest value that
/// was left out for max_size, or nothing.
std::optional<std::size_t> append_metadata(std::string& out, std::string_view mailbox,
                                           const storage::Annotations& annotations, const MetadataQuery& query);

}  // namespace posthouse::imapd
