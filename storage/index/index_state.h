// Whether an index on disk may be believed: its STATE file, and the list of boots that ended in an orderly way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"

namespace posthouse::storage {

/// Raised when rows or tables change their form.
constexpr unsigned index_version = 4;

/// What STATE beside data.mdb says. Commits to the index aren't synced, so it is good for the boot it was opened in, or
/// when that boot ended after everything was synced.
struct IndexState {
    unsigned version = index_version;
    std::string boot_id;
    std::uint64_t device = 0;  ///< of data.mdb: a copied index isn't believed
    std::uint64_t inode = 0;
    std::uint64_t map_bytes = 0;
    bool operator==(const IndexState&) const = default;
};
std::string to_text(const IndexState& state);
std::optional<IndexState> parse_index_state(std::string_view text);

/// This boot of the machine.
const std::string& current_boot_id();
/// Boots that ended cleanly, newest last: index_root/CLEAN.
bool ended_cleanly(const std::string& index_root, const std::string& boot_id);
/// Syncs what the indexes below `index_root` hold and notes that this boot ends cleanly. For the supervisor, after all
/// daemons ended.
Result<> note_clean_end(const std::string& index_root);
/// This boot goes on after a clean end: takes the note back, durably, before anything is changed. Cheap without a note.
Result<> note_use(const std::string& index_root);

/// The first modseq of a new index: above all that were ever told, also by an index that is lost. Durable in the
/// account's folder before it is returned, with a promise for the next modseq_step.
constexpr std::uint64_t modseq_step = 1u << 20;
Result<std::uint64_t> next_modseq_base(const std::string& account_root);
/// No index that is made later gives modseqs up to this one: so far the present one may go. 0: nothing was promised.
Result<std::uint64_t> promised_modseq(const std::string& account_root);
/// Promises modseqs up to `reached` + modseq_step; gives that limit.
Result<std::uint64_t> promise_modseq(const std::string& account_root, std::uint64_t reached);

}  // namespace posthouse::storage
