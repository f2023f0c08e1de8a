// Annotations of messages, from values of commands to those of storage, and from there to responses.
#include "imapd/message_annotations.h"

#include <utility>

#include "imapd/changes.h"

namespace posthouse::imapd {

std::string annotations_of_mailbox(const storage::View& view) {
    const std::string what = view.is_examined() ? "READ-ONLY" : std::to_string(storage::max_message_annotation_bytes);
    return "* OK [ANNOTATIONS " + what + "] Annotations\r\n";
}

std::optional<Reply> annotations_objection(std::span<const imap::AnnotationValue> values, storage::Rights rights) {
    for (const imap::AnnotationValue& value : values) {
        if (value.scope == imap::AnnotationScope::shared && !rights.has(storage::Right::annotate))
            return no("[NOPERM] No right to change annotations that all see");
        if (value.scope == imap::AnnotationScope::priv && !rights.has(storage::Right::read))
            return no("[NOPERM] No right to annotate messages here");
        if (value.value && value.value->size() > storage::max_message_annotation_bytes)
            return no("[ANNOTATE TOOBIG] An annotation is larger than " +
                      std::to_string(storage::max_message_annotation_bytes) + " octets");
    }
    return std::nullopt;
}

Reply too_many_annotations() { return no("[ANNOTATE TOOMANY] Too many annotations"); }

storage::MessageAnnotations to_storage(std::span<const imap::AnnotationValue> values, storage::AnnotationUser user) {
    storage::MessageAnnotations annotations;
    annotations.user = std::move(user);
    for (const imap::AnnotationValue& value : values) {
        auto& entries = value.scope == imap::AnnotationScope::shared ? annotations.shared : annotations.own;
        if (value.value)
            entries.insert_or_assign(value.entry, *value.value);
        else
            entries.erase(value.entry);
    }
    return annotations;
}

bool are_too_many(const storage::MessageAnnotations& annotations) {
    return annotations.shared.size() > storage::max_message_annotations ||
           annotations.own.size() > storage::max_message_annotations;
}

void append_annotations_fetch(std::string& out, const storage::View& view, const storage::Annotated& message,
                              const Enabled& enabled) {
    const auto number = view.number(message.uid);
    if (!number) return;
    begin_fetch(out, *number, message.uid, enabled.uid_only);
    if (!enabled.uid_only) out += "UID " + std::to_string(message.uid.value()) + " ";
    imap::append_changed_annotations(out, message.entries);
    if (enabled.condstore) out += " MODSEQ (" + std::to_string(message.modseq.value()) + ")";
    out += ")\r\n";
}

}  // namespace posthouse::imapd
