// Tells clients of annotations that others changed.
#include "imapd/metadata_watch.h"

#include <utility>

#include "imapd/mailbox_names.h"
#include "imapd/metadata_response.h"
#include "imapd/session.h"
#include "lib/imap/strings.h"
#include "storage/server_annotations.h"

namespace posthouse::imapd {
namespace {

/// What has changed of the server and of the selected mailbox. Blocks.
Result<std::string> look(Session& session) {
    MetadataWatch& watch = session.metadata();
    const Result<storage::Annotations> of_server = annotations_of(session, session.account(), std::nullopt);
    if (!of_server) return fail(of_server.error());
    std::string lines = watch.look("", *of_server, std::nullopt);
    if (session.state() != kSelected) {
        watch.keep_only("");
        return lines;
    }
    const Place& place = session.selected().place;
    const std::string wire = wire_name(session.enabled(), place.shown);
    if (!may_annotate(place.rights)) return lines;
    const Result<storage::Annotations> of_mailbox = annotations_of(session, *place.account, place.name);
    if (!of_mailbox) return fail(of_mailbox.error());
    watch.keep_only(wire);
    return lines + watch.look(wire, *of_mailbox, annotation_user(session, place));
}

}  // namespace

std::string MetadataWatch::look(const std::string& mailbox, const storage::Annotations& now,
                                const storage::AnnotationUser& user) {
    Values values;
    for (const storage::Annotation& annotation : now.visible_to(user))
        values.emplace(annotation.name.text(), annotation.value);
    const auto [place, is_first] = known_.try_emplace(mailbox);
    std::string entries;
    if (!is_first) {
        for (const auto& [entry, value] : values)
            if (const auto before = place->second.find(entry); before == place->second.end() || before->second != value)
                entries += " " + entry;
        for (const auto& [entry, value] : place->second)
            if (!values.contains(entry)) entries += " " + entry;
    }
    place->second = std::move(values);
    if (entries.empty()) return {};
    std::string line = "* METADATA ";
    if (mailbox.empty())
        line += "\"\"";
    else
        imap::append_astring(line, mailbox);
    return line + entries + "\r\n";
}

void MetadataWatch::set_by_client(const std::string& mailbox, const std::string& entry,
                                  const std::optional<std::string>& value) {
    const auto place = known_.find(mailbox);
    if (place == known_.end()) return;
    if (value)
        place->second.insert_or_assign(entry, *value);
    else
        place->second.erase(entry);
}

void MetadataWatch::keep_only(std::string_view mailbox) {
    std::erase_if(known_, [&](const auto& place) { return !place.first.empty() && place.first != mailbox; });
}

Result<storage::Annotations> annotations_of(const Session& session, const storage::Account& account,
                                            const std::optional<storage::MailboxName>& name) {
    Result<storage::Annotations> annotations = account.annotations(name);
    if (!annotations || name) return annotations;
    const Result<storage::Annotations> of_server = storage::server_annotations(session.services().store.settings());
    if (!of_server) return fail(of_server.error());
    for (const storage::Annotation& annotation : of_server->all())
        if (const Result<bool> set = annotations->set(annotation.name, std::nullopt, annotation.value); !set)
            return fail(set.error());
    return annotations;
}

net::Async<> send_metadata_changes(Session& session) {
    if (!session.enabled().metadata || session.state() == kNotAuthenticated) co_return;
    const Result<std::string> lines = co_await session.disk([&] { return look(session); });
    // A mailbox that is gone is told otherwise.
    if (lines && !lines->empty()) co_await session.send(*lines);
}

}  // namespace posthouse::imapd
