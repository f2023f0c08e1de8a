// The turns of a search, and "$".
#include "imapd/search/find.h"

#include <algorithm>

#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

/// Those of the results that the options return: what "$" and MODSEQ are about (RFC 5182 §2.4, RFC 7162 §3.1.10, RFC
/// 9394 §3.1).
std::vector<std::uint32_t> returned_of(const imap::SearchProgram& command, const std::vector<std::uint32_t>& found) {
    const auto has = [&](int options) { return (command.returns & options) != 0; };
    const bool is_part = has(imap::kReturnMin | imap::kReturnMax | imap::kReturnPartial);
    if (found.empty() || has(imap::kReturnAll | imap::kReturnCount) || !is_part) return found;
    std::vector<std::uint32_t> returned;
    if (has(imap::kReturnMin)) returned.push_back(found.front());
    if (has(imap::kReturnMax)) returned.push_back(found.back());
    if (command.partial) {
        const auto [first, count] = imap::taken_of(*command.partial, found.size());
        const std::span<const std::uint32_t> part = std::span(found).subspan(first, count);
        returned.insert(returned.end(), part.begin(), part.end());
    }
    return returned;
}

}  // namespace

std::optional<Reply> objection(const Session& session, const imap::SearchKey& key) {
    if (!session.enabled().uid_only || !names_numbers(key)) return std::nullopt;
    return bad("[UIDREQUIRED] Messages have no numbers with UIDONLY");
}

net::Async<Result<>> find(Session& session, SearchRun& run, Progress& progress) {
    bool more = true;
    while (more) {
        const Result<bool> advanced = co_await progress.disk([&] { return run.advance(); });
        if (!advanced) co_return fail(advanced.error());
        more = *advanced;
        progress.set_done(run.tested());
        if (more) co_await progress.tell_if_due();
        if (session.ended()) co_return fail(ErrorCode::closed, "Connection lost");
    }
    co_return Result<>{};
}

namespace {

/// The highest of the messages returned, if it is to be told (RFC 7162 §3.1.10).
std::optional<std::uint64_t> modseq_of(const imap::SearchProgram& command, const SearchRun& run,
                                       const std::vector<std::uint32_t>& found) {
    std::optional<std::uint64_t> modseq;
    if (!command.asks_modseq) return modseq;
    for (const std::uint32_t number : returned_of(command, found))
        modseq = std::max(modseq.value_or(0), run.modseq_of(number).value());
    return modseq;
}

void name_by_uid(std::vector<std::uint32_t>& numbers, const storage::UidRanges& uids) {
    for (std::uint32_t& number : numbers) number = uids[number - 1].value();
}

}  // namespace

void save_found(Session& session, const imap::SearchProgram& command, const std::vector<std::uint32_t>& found) {
    if ((command.returns & imap::kReturnSave) == 0) return;
    Selected& selected = session.selected();
    std::vector<storage::Uid> saved;
    for (const std::uint32_t number : returned_of(command, found)) saved.push_back(selected.view.uids()[number - 1]);
    std::ranges::sort(saved);
    selected.saved = storage::UidSet(saved);
}

net::Async<> send_found(Session& session, const imap::SearchProgram& command, const SearchRun& run,
                        std::vector<std::uint32_t> found, PlainResponse plain) {
    save_found(session, command, found);
    const std::optional<std::uint64_t> modseq = modseq_of(command, run, found);
    if (command.by_uid) name_by_uid(found, session.selected().view.uids());
    std::string response;
    if (!command.extended)
        plain(response, found, modseq);
    else if (command.returns != imap::kReturnSave)
        imap::append_esearch(response, session.tag(), command.by_uid,
                             {command.returns, found, modseq, command.partial});
    co_await session.send(response);
}

std::string found_response(const Session& session, const imap::SearchProgram& command, const SearchRun& run,
                           const Selected& place, std::string_view mailbox) {
    std::vector<std::uint32_t> found = run.numbers();
    const std::optional<std::uint64_t> modseq = modseq_of(command, run, found);
    name_by_uid(found, place.view.uids());
    std::string response;
    imap::append_esearch(response, session.tag(), true,
                         {.returns = command.returns,
                          .numbers = found,
                          .modseq = modseq,
                          .partial = command.partial,
                          .mailbox = mailbox,
                          .uid_validity = place.view.mailbox().uid_validity().value()});
    return response;
}

Reply search_failed(Session& session, const imap::SearchProgram& command, const Error& error) {
    if ((command.returns & imap::kReturnSave) != 0) session.selected().saved = {};
    return no(error);
}

}  // namespace posthouse::imapd
