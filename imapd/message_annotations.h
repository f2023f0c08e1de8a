// Annotations of messages (RFC 5257) between the protocol and the storage: what a mailbox offers, what may be stored,
// and what others have changed.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "imapd/enabled.h"
#include "imapd/reply.h"
#include "lib/imap/annotations.h"
#include "storage/message_annotations.h"
#include "storage/rights.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// "* OK [ANNOTATIONS 32768]", or READ-ONLY of a mailbox that was opened by EXAMINE (RFC 5257 §4.1). Of others the user
/// has annotations of their own at least.
std::string annotations_of_mailbox(const storage::View& view);

/// Why these can't be stored: a value is too large (RFC 5257 §4.5), or a right is missing: `n` for those that all see,
/// `r` for one's own (RFC 5257 §3.4).
std::optional<Reply> annotations_objection(std::span<const imap::AnnotationValue> values, storage::Rights rights);
/// [ANNOTATE TOOMANY] (RFC 5257 §4.5).
Reply too_many_annotations();

/// What a new message gets; NIL is nothing.
storage::MessageAnnotations to_storage(std::span<const imap::AnnotationValue> values, storage::AnnotationUser user);
/// For one message.
bool are_too_many(const storage::MessageAnnotations& annotations);

/// Appends "* 1 FETCH (UID 7 ANNOTATION (/comment) MODSEQ (12))": which ones have changed, and no values (RFC 5257
/// §4.4). Nothing when the message isn't in the view.
void append_annotations_fetch(std::string& out, const storage::View& view, const storage::Annotated& message,
                              const Enabled& enabled);

}  // namespace posthouse::imapd
