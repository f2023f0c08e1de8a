// GETMETADATA and SETMETADATA (RFC 5464 §4.2, §4.3), of mailboxes and, with the name "", of the account as a whole.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "imapd/commands/commands.h"
#include "imapd/mailbox_names.h"
#include "imapd/metadata_response.h"
#include "imapd/metadata_watch.h"
#include "imapd/session.h"
#include "storage/server_annotations.h"

namespace posthouse::imapd {
namespace {

/// What a command is about.
struct Target {
    std::shared_ptr<storage::Account> account;
    std::optional<storage::MailboxName> name;  ///< nothing for ""
    storage::AnnotationUser user;
    bool may_set_shared = true;
};

net::Async<Result<Target>> find_target(Session& session, std::string_view wire) {
    if (wire.empty()) co_return Target{session.shared_account(), std::nullopt, std::nullopt};
    const Result<Place> place = co_await find_place(session, wire);
    if (!place) co_return fail(place.error());
    if (!may_annotate(place->rights)) co_return fail(ErrorCode::denied, "No right to the mailbox's annotations");
    // Who only reads gets no share of what all see, and of the room for it.
    const bool may_set_shared = !place->is_foreign || place->rights.has(storage::Right::write);
    co_return Target{place->account, place->name, annotation_user(session, *place), may_set_shared};
}

/// Of GETMETADATA.
struct Answer {
    std::string line;
    std::optional<std::size_t> longest;  ///< as append_metadata gives it
};

/// `wire`: the mailbox as it was sent. Blocks.
Result<Answer> answer_to(const Session& session, const Target& target, std::string_view wire,
                         const MetadataQuery& query) {
    const Result<storage::Annotations> annotations = annotations_of(session, *target.account, target.name);
    if (!annotations) return fail(annotations.error());
    Answer answer;
    answer.longest = append_metadata(answer.line, wire, *annotations, query);
    return answer;
}

/// The first of the entries that only the administrator sets. Blocks.
Result<std::optional<std::string>> administrators_entry(const Session& session,
                                                        const std::vector<storage::EntryName>& entries) {
    static const storage::EntryName admin = storage::EntryName::parse("/shared/admin").value();
    const Result<storage::Annotations> of_server = storage::server_annotations(session.services().store.settings());
    if (!of_server) return fail(of_server.error());
    for (const storage::EntryName& entry : entries)
        if (!entry.is_private() && (entry == admin || of_server->find(entry, std::nullopt))) return entry.text();
    return std::nullopt;
}

/// RFC 5464 §4.3: why a value of so many octets can't be stored.
Reply refusal(const Error& error, std::size_t size) {
    if (error.code != ErrorCode::limit) return no(error);
    if (size <= storage::Annotations::max_value_bytes) return no("[METADATA TOOMANY] Too many annotations");
    return no("[METADATA MAXSIZE " + std::to_string(storage::Annotations::max_value_bytes) + "] " +
              "Value is too large");
}

}  // namespace

net::Async<Reply> get_metadata(Session& session, imap::GetMetadata command) {
    const Result<Target> target = co_await find_target(session, command.mailbox);
    if (!target) co_return no(target.error());
    const Result<std::vector<std::string>> entries = read_queried(command.entries);
    if (!entries) co_return bad(entries.error().text);
    const MetadataQuery query{*entries, command.depth, command.max_size, target->user};
    const Result<Answer> answer =
        co_await session.disk([&] { return answer_to(session, *target, command.mailbox, query); });
    if (!answer) co_return no(answer.error());
    co_await session.send(answer->line);
    if (answer->longest)
        co_return ok("[METADATA LONGENTRIES " + std::to_string(*answer->longest) + "] GETMETADATA completed");
    co_return ok("GETMETADATA completed");
}

/// One entry after the other: what fails leaves those before it set, as RFC 5464 §4.3 lets it.
net::Async<Reply> set_metadata(Session& session, imap::SetMetadata command) {
    const Result<Target> target = co_await find_target(session, command.mailbox);
    if (!target) co_return no(target.error());
    std::vector<storage::EntryName> entries;
    for (const auto& [name, value] : command.values) {
        Result<storage::EntryName> entry = storage::EntryName::parse(name);
        if (!entry) co_return bad(entry.error().text);
        if (!entry->is_private() && !target->may_set_shared)
            co_return no("[NOPERM] No right to set what all users of the mailbox see");
        entries.push_back(std::move(*entry));
    }
    if (!target->name) {
        const Result<std::optional<std::string>> reserved =
            co_await session.disk([&] { return administrators_entry(session, entries); });
        if (!reserved) co_return no(reserved.error());
        if (*reserved) co_return no("[NOPERM] Only the administrator sets " + **reserved);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::size_t size = command.values[i].second.value_or("").size();
        const storage::AnnotationUser user = entries[i].is_private() ? target->user : std::nullopt;
        const Result<> set = co_await session.disk(
            [&] { return target->account->set_annotation(target->name, entries[i], user, command.values[i].second); });
        if (!set) co_return refusal(set.error(), size);
        session.metadata().set_by_client(command.mailbox, entries[i].text(), command.values[i].second);
    }
    co_return ok("SETMETADATA completed");
}

}  // namespace posthouse::imapd
