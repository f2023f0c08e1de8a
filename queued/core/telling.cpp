// What queued tells of a message's story.
#include "queued/core/telling.h"

#include <utility>
#include <vector>

#include "lib/story/telling.h"

namespace posthouse::queued {
namespace {

using spool::EventKind;

std::vector<std::string> addresses(const spool::Envelope& envelope, const std::vector<std::uint32_t>& numbers) {
    std::vector<std::string> result;
    result.reserve(numbers.size());
    for (const std::uint32_t number : numbers) result.push_back(envelope.recipients[number].address.to_string());
    return result;
}

/// "failure", "delay", "success": what the report is about. Of fates that differ the worst counts.
std::string kind_of(const Notice& notice, const std::vector<spool::RecipientState>& states) {
    if (notice.delayed) return "delay";
    for (const std::uint32_t number : notice.recipients)
        if (states[number].fate == EventKind::bounced) return "failure";
    return "success";
}

}  // namespace

void tell_attempt(Parts& parts, const spool::Entry& entry, const Group& group) {
    const spool::Envelope& envelope = entry.envelope();
    parts.story.tell(story::attempt({envelope.id}, {.recipients = addresses(envelope, group.recipients),
                                                    .route = group.destination,
                                                    .attempt = next_attempt(entry.states())}));
}

void tell_event(Parts& parts, const spool::Envelope& envelope, const spool::Event& event) {
    if (event.kind == EventKind::postponed) {
        parts.story.tell(story::queue({envelope.id}, {.action = story::Queue::Action::postponed,
                                                      .recipients = addresses(envelope, event.recipients),
                                                      .sender = smtp::to_text(envelope.sender),
                                                      .reason = event.reply}));
        return;
    }
    using Result = story::Answer::Result;
    Result result = Result::deferred;
    switch (event.kind) {
        case EventKind::delivered:
        case EventKind::relayed: result = Result::delivered; break;
        case EventKind::bounced: result = Result::bounced; break;
        case EventKind::deferred: break;
        case EventKind::warned:
        case EventKind::notified: return;  // tell_report has told it
        case EventKind::held:
        case EventKind::released: return;   // whoever does it tells it
        case EventKind::postponed: return;  // above
    }
    auto [host, address] = host_and_address(event.remote);
    parts.story.tell(story::answer({envelope.id}, {.result = result,
                                                   .recipients = addresses(envelope, event.recipients),
                                                   .host = std::move(host),
                                                   .remote = std::move(address),
                                                   .status = event.status,
                                                   .reply = event.reply}));
}

void tell_report(Parts& parts, const spool::Envelope& about, const Notice& notice, const std::string& report,
                 const std::vector<spool::RecipientState>& states) {
    const std::string to = notice.to.to_string();
    parts.story.tell(story::bounce({about.id}, {.report = kind_of(notice, states),
                                                .notice = report,
                                                .to = to,
                                                .recipients = addresses(about, notice.recipients)}));
    parts.story.tell(story::accept({report, about.id}, {.sender = "", .recipients = {to}}));
}

void tell_rest(Parts& parts, const spool::Envelope& envelope, std::int64_t due) {
    parts.story.tell(
        story::queue({envelope.id},
                     {.action = story::Queue::Action::deferred, .sender = smtp::to_text(envelope.sender), .due = due}));
}

void tell_removed(Parts& parts, const spool::Envelope& envelope) {
    parts.story.tell(story::queue({envelope.id},
                                  {.action = story::Queue::Action::removed, .sender = smtp::to_text(envelope.sender)}));
}

void tell_order(Parts& parts, const spool::Envelope& envelope, const spool::Order& order) {
    using Action = story::Queue::Action;
    parts.story.tell(
        story::queue({envelope.id}, {.action = order.kind == spool::Order::Kind::hold ? Action::held : Action::deleted,
                                     .sender = smtp::to_text(envelope.sender),
                                     .reason = spool::by_hand(order.reason)}));
}

void tell_tls_report(Parts& parts, const spool::Envelope& report, const smtp::Mailbox& to) {
    parts.story.tell(
        story::accept({report.id}, {.sender = smtp::to_text(report.sender), .recipients = {to.to_string()}}));
}

}  // namespace posthouse::queued
