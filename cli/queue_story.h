// What commands do to queued messages, told in the messages' story: queued needn't run for that.
#pragma once

#include <string>

#include "cli/command.h"
#include "lib/config/config.h"
#include "lib/story/segment_file.h"
#include "lib/story/telling.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"

namespace posthouse::cli {

/// Each event is in the file when the call returns. Does nothing when config history.enabled is off. What can't be told
/// is no failure of the command: the first time it is noted on standard error.
class QueueStory {
  public:
    QueueStory(Context& context, const config::Config& config);

    void tell(const spool::Envelope& envelope, story::Queue::Action action, const std::string& reason);
    /// These recipients were given up.
    void tell_bounced(const spool::Envelope& envelope, const spool::Event& event);
    /// It goes on as `next`.
    void tell_requeued(const spool::Envelope& envelope, const spool::Envelope& next);

  private:
    void write(story::Event event);

    Context& context_;
    const bool enabled_;
    story::SegmentFile file_;
    bool failed_ = false;
};

}  // namespace posthouse::cli
