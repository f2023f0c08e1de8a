// Messages that a search has found, in the order of SORT and as the trees of THREAD (RFC 5256 §3), from what the index
// knows of their headers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imapd/selected.h"
#include "lib/base/result.h"
#include "lib/imap/search_command.h"

namespace posthouse::imapd {

/// Messages whose headers are got ready in one turn.
inline constexpr std::size_t kOrderedPerTurn = 1000;

/// Makes what ordering needs of these messages (numbers, ascending), if it isn't there yet. Blocks.
Result<> prepare_order(const Selected& selected, std::span<const std::uint32_t> numbers);
/// The numbers in the order of the criteria. Blocks.
Result<std::vector<std::uint32_t>> sort_found(const Selected& selected, std::span<const std::uint32_t> numbers,
                                              std::span<const imap::SortCriterion> criteria);
/// Where `number` belongs among `ordered` (in the order of the criteria), not before `from`: the place of the one that
/// is to come after it. Costs a look at some twenty messages. Blocks.
Result<std::size_t> place_among(const Selected& selected, std::span<const std::uint32_t> ordered, std::size_t from,
                                std::uint32_t number, std::span<const imap::SortCriterion> criteria);
/// The same among UIDs of the view.
Result<std::size_t> place_among(const Selected& selected, std::span<const storage::Uid> ordered, std::size_t from,
                                std::uint32_t number, std::span<const imap::SortCriterion> criteria);
/// Appends what follows "* THREAD". Blocks.
Result<> append_thread(std::string& out, const Selected& selected, std::span<const std::uint32_t> numbers,
                       imap::Thread::Algorithm algorithm, bool by_uid);
/// Whether the criteria look at headers.
bool reads_headers(std::span<const imap::SortCriterion> criteria);

}  // namespace posthouse::imapd
