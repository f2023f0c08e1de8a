// The turns of a search, and "$".
#include "imapd/search/find.h"

#include <algorithm>

namespace posthouse::imapd {

std::optional<Reply> objection(const Session& session, const imap::SearchKey& key) {
    if (!session.enabled().uid_only || !names_numbers(key)) return std::nullopt;
    return bad("[UIDREQUIRED] Messages have no numbers with UIDONLY");
}

net::Async<Result<>> find(Session& session, SearchRun& run) {
    bool more = true;
    while (more) {
        const Result<bool> advanced = co_await session.disk([&] { return run.advance(); });
        if (!advanced) co_return fail(advanced.error());
        more = *advanced;
    }
    co_return Result<>{};
}

void save_result(Selected& selected, const imap::SearchProgram& command, std::span<const std::uint32_t> found) {
    if ((command.returns & imap::kReturnSave) == 0) return;
    std::vector<storage::Uid> saved;
    const auto add = [&](std::uint32_t uid) { saved.emplace_back(uid); };
    const bool is_part = (command.returns & (imap::kReturnMin | imap::kReturnMax | imap::kReturnPartial)) != 0;
    const bool is_whole = (command.returns & (imap::kReturnAll | imap::kReturnCount)) != 0 || !is_part;
    if (is_whole) {
        std::ranges::for_each(found, add);
    } else if (!found.empty()) {
        if ((command.returns & imap::kReturnMin) != 0) add(found.front());
        if ((command.returns & imap::kReturnMax) != 0) add(found.back());
        if (command.partial) {
            const auto [first, count] = imap::taken_of(*command.partial, found.size());
            std::ranges::for_each(found.subspan(first, count), add);
        }
    }
    std::ranges::sort(saved);
    selected.saved = storage::UidSet(saved);
}

}  // namespace posthouse::imapd
