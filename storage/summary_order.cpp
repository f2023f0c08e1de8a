// From records to what is compared.
#include "storage/summary_order.h"

namespace posthouse::storage {
namespace {

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }

std::int64_t sent_date(const HeaderSummary& summary, Time internal_date) {
    return summary.sent ? summary.sent->seconds : seconds(internal_date);
}

}  // namespace

imap::SortMessage sort_message(std::uint32_t number, const HeaderSummary& summary, Time internal_date,
                               std::uint64_t wire_size) {
    return {.number = number,
            .arrival = seconds(internal_date),
            .sent = sent_date(summary, internal_date),
            .size = wire_size,
            .subject = summary.subject,
            .from = summary.from,
            .to = summary.to,
            .cc = summary.cc,
            .display_from = summary.display_from,
            .display_to = summary.display_to};
}

imap::ThreadMessage thread_message(std::uint32_t number, const HeaderSummary& summary, Time internal_date) {
    return {.number = number,
            .sent = sent_date(summary, internal_date),
            .arrival = seconds(internal_date),
            .subject = summary.subject,
            .is_reply = summary.is_reply,
            .id = summary.message_id,
            .references = summary.references};
}

}  // namespace posthouse::storage
