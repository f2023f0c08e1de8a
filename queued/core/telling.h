// What queued tells of a message's story.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queued/core/notice.h"
#include "queued/core/parts.h"
#include "queued/core/plan.h"
#include "queued/spool/entry.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"
#include "queued/spool/order.h"
#include "queued/spool/recipient_state.h"

namespace posthouse::queued {

/// A delivery to that group begins.
void tell_attempt(Parts& parts, const spool::Entry& entry, const Group& group);
/// What became of recipients, as the journal has it now.
void tell_event(Parts& parts, const spool::Envelope& envelope, const spool::Event& event);
/// A report was written, under that id; `states`: of the recipients of what it is about.
void tell_report(Parts& parts, const spool::Envelope& about, const Notice& notice, const std::string& report,
                 const std::vector<spool::RecipientState>& states);
/// It rests until it is due again, or nothing of it is left.
void tell_rest(Parts& parts, const spool::Envelope& envelope, std::int64_t due);
void tell_removed(Parts& parts, const spool::Envelope& envelope);

/// It is held or deleted, as an administrator ordered while it was being tried.
void tell_order(Parts& parts, const spool::Envelope& envelope, const spool::Order& order);

/// A TLS report lies in the queue.
void tell_tls_report(Parts& parts, const spool::Envelope& report, const smtp::Mailbox& to);

}  // namespace posthouse::queued
