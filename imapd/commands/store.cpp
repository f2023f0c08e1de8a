// STORE and UID STORE (RFC 3501 §6.4.6, §6.4.8), also of annotations (RFC 5257 §4.5).
#include <algorithm>
#include <iterator>
#include <string>

#include "imapd/changes.h"
#include "imapd/commands/commands.h"
#include "imapd/flag_mapping.h"
#include "imapd/message_annotations.h"
#include "imapd/message_limit.h"
#include "imapd/progress.h"
#include "imapd/session.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imapd {
namespace {

constexpr std::size_t kPiece = 32 << 10;

storage::FlagAction action_of(imap::Store::Mode mode) {
    switch (mode) {
        case imap::Store::Mode::replace: return storage::FlagAction::replace;
        case imap::Store::Mode::add: return storage::FlagAction::add;
        case imap::Store::Mode::remove: break;
    }
    return storage::FlagAction::remove;
}

/// The responses which tell the client the flags as they are now.
net::Async<> send_flags(Session& session, const std::vector<storage::MessageFlags>& changed, FlagsFetch shows) {
    Selected& selected = session.selected();
    std::string lines;
    if (selected.view.mailbox().keywords().size() != selected.keywords_told) lines = flags_of_mailbox(selected);
    for (const storage::MessageFlags& message : changed) {
        append_flags_fetch(lines, selected.view, message, shows);
        if (lines.size() < kPiece) continue;
        co_await session.send(lines);
        lines.clear();
        if (session.ended()) co_return;
    }
    co_await session.send(lines);
}

/// What a STORE did.
struct Stored {
    storage::ConditionalStore done;
    std::vector<storage::MessageFlags> known;  ///< the flags that the client is told, or knows by itself
};

/// Those messages first that have not changed since the client was told of them: it knows what becomes of their flags.
/// Of the others it doesn't, and will be told (RFC 9051 §6.4.6: whether or not .SILENT was given).
Result<Stored> store_silently(storage::View& view, const storage::UidSet& uids, const storage::FlagChange& change,
                              std::optional<storage::ModSeq> unchanged_since) {
    const storage::ModSeq told = view.highest_modseq();
    const bool may_have_changed = !unchanged_since || *unchanged_since > told;
    Result<storage::ConditionalStore> done = view.store_flags(uids, change, may_have_changed ? told : *unchanged_since);
    if (!done) return fail(done.error());
    Stored stored{std::move(*done), {}};
    stored.known = stored.done.stored;
    if (!may_have_changed || stored.done.modified.empty()) return stored;
    const storage::UidSet others(stored.done.modified);
    Result<storage::ConditionalStore> rest = view.store_flags(others, change, unchanged_since);
    if (!rest) return fail(rest.error());
    std::ranges::move(rest->stored, std::back_inserter(stored.done.stored));
    std::ranges::sort(stored.done.stored, {}, &storage::MessageFlags::uid);
    stored.done.modified = std::move(rest->modified);
    return stored;
}

/// Stores, and finds out which MODSEQ that gave, if it is to be told. Blocks.
Result<Stored> change_flags(storage::View& view, const storage::UidSet& uids, const storage::FlagChange& change,
                            const imap::Store& command, bool tells_modseq) {
    std::optional<storage::ModSeq> unchanged_since;
    if (command.unchanged_since) unchanged_since.emplace(*command.unchanged_since);
    Stored stored;
    if (command.silent) {
        Result<Stored> silently = store_silently(view, uids, change, unchanged_since);
        if (!silently) return silently;
        stored = std::move(*silently);
    } else {
        Result<storage::ConditionalStore> done = view.store_flags(uids, change, unchanged_since);
        if (!done) return fail(done.error());
        stored.done = std::move(*done);
    }
    std::vector<storage::MessageFlags>& shown = stored.done.stored;
    if (tells_modseq) {
        storage::UidSet changed;
        for (const storage::MessageFlags& message : shown) changed.add(message.uid);
        const Result<std::vector<storage::MessageRow>> rows = view.rows(changed);
        if (!rows) return fail(rows.error());
        shown.clear();
        for (const storage::MessageRow& row : *rows) shown.push_back({row.uid, row.flags, row.modseq});
    }
    if (!command.silent) stored.known = shown;
    return stored;
}

/// "[MODIFIED 7,9] …" (RFC 7162 §3.1.3): numbers, or UIDs for UID STORE.
std::string modified_code(const storage::View& view, const std::vector<storage::Uid>& modified, bool by_uid) {
    std::vector<std::uint32_t> named;
    for (const storage::Uid uid : modified) {
        if (by_uid)
            named.push_back(uid.value());
        else if (const auto number = view.number(uid))
            named.push_back(number->value());
    }
    return "[MODIFIED " + imap::print_numbers(named) + "] Some messages have changed meanwhile";
}

/// RFC 4314 §4: a STORE fails when nothing of it may be done.
bool is_permitted(const storage::FlagChange& change) {
    if (change.flags == storage::Flags()) return change.scope != storage::FlagScope{{}, false};
    return change.scope.of(change.flags) != storage::Flags();
}

/// Stores annotations, and finds out which MODSEQ that gave, if it is to be told. Blocks.
Result<storage::ConditionalStore> change_annotations(Selected& selected, const storage::UidSet& uids,
                                                     const imap::Store& command, bool tells_modseq) {
    std::optional<storage::ModSeq> unchanged_since;
    if (command.unchanged_since) unchanged_since.emplace(*command.unchanged_since);
    storage::View& view = selected.view;
    Result<storage::ConditionalStore> done =
        view.store_annotations(uids, command.annotations, selected.annotates_as, unchanged_since);
    if (!done || !tells_modseq) return done;
    storage::UidSet stored;
    for (const storage::MessageFlags& message : done->stored) stored.add(message.uid);
    const Result<std::vector<storage::MessageRow>> rows = view.rows(stored);
    if (!rows) return fail(rows.error());
    done->stored.clear();
    for (const storage::MessageRow& row : *rows) done->stored.push_back({row.uid, row.flags, row.modseq});
    return done;
}

/// The tagged reply, and what goes before it where some messages could not be stored.
net::Async<Reply> finish(Session& session, const imap::Store& command, const LimitedMessages& messages,
                         const storage::ConditionalStore& done, std::uint64_t asked) {
    // RFC 2180 §4.2: messages that another session has removed.
    const bool some_gone = done.stored.size() + done.modified.size() < asked;
    if (!messages.code.empty() && !done.modified.empty()) {
        const std::string line = "* OK " + limited_text(session, messages, "Done") + "\r\n";
        co_await session.send(line);
    }
    if (!done.modified.empty()) {
        const std::string text = modified_code(session.selected().view, done.modified, command.by_uid);
        co_return some_gone ? no(text) : ok(text);
    }
    if (some_gone) co_return no("[EXPUNGEISSUED] Some of the messages no longer exist");
    co_return ok(limited_text(session, messages, command.by_uid ? "UID STORE completed" : "STORE completed"));
}

/// Annotations (RFC 5257 §4.5): as flags with .SILENT.
net::Async<Reply> store_annotations(Session& session, const imap::Store& command,
                                    std::vector<imap::NumberRange> numbers) {
    Selected& selected = session.selected();
    if (selected.view.is_examined()) co_return no("[READ-ONLY] Mailbox is open read-only");
    if (std::optional<Reply> wrong = annotations_objection(command.annotations, selected.view.rights()))
        co_return std::move(*wrong);
    if (command.unchanged_since) co_await session.enable_condstore();
    const LimitedMessages messages = limited(session, std::move(numbers));
    const storage::UidSet uids = uids_of(selected.view, messages.numbers);
    const std::uint64_t asked = count_of(messages.numbers);
    const bool tells_modseq = session.enabled().condstore;
    Progress progress(session, asked);
    const Result<storage::ConditionalStore> done =
        co_await progress.disk([&] { return change_annotations(selected, uids, command, tells_modseq); });
    if (!done && done.error().code == ErrorCode::limit) co_return too_many_annotations();
    if (!done) co_return no(done.error());
    if (tells_modseq)
        co_await send_flags(
            session, done->stored,
            {.uid = command.by_uid, .flags = false, .modseq = true, .uid_only = session.enabled().uid_only});
    co_return co_await finish(session, command, messages, *done, asked);
}

}  // namespace

net::Async<Reply> store(Session& session, imap::Store command) {
    storage::View& view = session.selected().view;
    Result<std::vector<imap::NumberRange>> numbers = numbers_of(session.selected(), command.messages, command.by_uid);
    if (!numbers) co_return bad(numbers.error().text);
    if (!command.annotations.empty()) co_return co_await store_annotations(session, command, std::move(*numbers));
    if (view.read_only()) co_return no("[READ-ONLY] Mailbox is open read-only");
    Result<storage::Flags> flags = to_storage(command.flags);
    if (!flags) co_return bad(flags.error().text);
    const LimitedMessages messages = limited(session, std::move(*numbers));
    const storage::UidSet uids = uids_of(view, messages.numbers);
    const storage::FlagChange change{action_of(command.mode), std::move(*flags),
                                     storage::changeable_flags(view.rights())};
    if (!is_permitted(change)) co_return no("[NOPERM] No right to change these flags");
    if (command.unchanged_since) co_await session.enable_condstore();
    const bool tells_modseq = session.enabled().condstore;
    const std::uint64_t asked = count_of(messages.numbers);
    Progress progress(session, asked);
    const Result<Stored> stored =
        co_await progress.disk([&] { return change_flags(view, uids, change, command, tells_modseq); });
    if (!stored) co_return no(stored.error());
    view.acknowledge(stored->known);
    const storage::ConditionalStore& done = stored->done;
    // Who counts by MODSEQ is told it of a silent STORE as well (RFC 7162 §3.1.3).
    if (!command.silent || tells_modseq)
        co_await send_flags(session, done.stored,
                            {.uid = command.by_uid,
                             .flags = !command.silent,
                             .modseq = tells_modseq,
                             .uid_only = session.enabled().uid_only,
                             .recent = !session.enabled().rev2});
    co_return co_await finish(session, command, messages, done, asked);
}

}  // namespace posthouse::imapd
