// How much room annotations take in an account, for they are outside its quota.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lib/base/result.h"
#include "storage/layout.h"

namespace posthouse::storage {

/// Octets that files of annotations take in all mailboxes of an account together: those of the mailboxes (RFC 5464),
/// and those of messages (RFC 5257) that the owner and all see, or that one reader has.
constexpr std::uint64_t annotation_room = 64u << 20;
/// Other users may fill so much of the room that they share with the owner.
constexpr std::uint64_t annotation_room_of_readers = annotation_room / 2;
/// A file up to this size isn't counted: a mailbox takes as much itself.
constexpr std::uint64_t uncounted_annotations = 64u << 10;

/// Whether a file of annotations may become so large: in its account, whose folder is open as `root`, the files that
/// have these names in whichever mailbox take less than `room`. limit: they don't. Costs a stat for each of them.
Result<> check_annotation_room(int root, const Layout& layout, std::span<const std::string> names, std::uint64_t size,
                               std::uint64_t room);

}  // namespace posthouse::storage
