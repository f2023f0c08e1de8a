// Events of commands, written at once.
#include "cli/queue_story.h"

#include <chrono>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/table.h"

namespace posthouse::cli {
namespace {

/// Who tells it.
constexpr const char* program = "posthouse";

std::string sender_of(const spool::Envelope& envelope) {
    return envelope.sender ? envelope.sender->to_string() : std::string();
}

}  // namespace

QueueStory::QueueStory(Context& context, const config::Config& config)
    : context_(context), enabled_(config.history.enabled), file_(story::SegmentFile::settings_for(config, program)) {}

void QueueStory::tell(const spool::Envelope& envelope, story::Queue::Action action, const std::string& reason) {
    write(story::queue({envelope.id}, {.action = action, .sender = sender_of(envelope), .reason = reason}));
}

void QueueStory::tell_bounced(const spool::Envelope& envelope, const spool::Event& event) {
    std::vector<std::string> recipients;
    for (const std::uint32_t number : event.recipients)
        recipients.push_back(envelope.recipients[number].address.to_string());
    write(story::answer({envelope.id}, {.result = story::Answer::Result::bounced,
                                        .recipients = std::move(recipients),
                                        .status = event.status,
                                        .reply = event.reply}));
}

void QueueStory::tell_requeued(const spool::Envelope& envelope, const spool::Envelope& next) {
    std::vector<std::string> recipients;
    for (const spool::Recipient& recipient : next.recipients) recipients.push_back(recipient.address.to_string());
    write(story::accept({next.id, envelope.id}, {.sender = sender_of(next), .recipients = std::move(recipients)}));
    tell(envelope, story::Queue::Action::requeued, "it is " + next.id + " now");
}

void QueueStory::write(story::Event event) {
    if (!enabled_) return;
    event.time =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    event.daemon = program;
    const Result<> written = file_.append(story::to_line(event));
    if (!written && !std::exchange(failed_, true))
        context_.err << "Note: the story of messages can't be written (" << printable(written.error().message())
                     << ")\n";
}

}  // namespace posthouse::cli
