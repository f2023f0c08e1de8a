// Commands that change messages in the queue: what hold, release, flush, bounce and delete share.
#pragma once

#include <functional>
#include <string>

#include "cli/queue_attempts.h"
#include "cli/queue_commands.h"
#include "cli/queue_story.h"
#include "cli/tell_queued.h"
#include "queued/spool/entry.h"
#include "queued/spool/order.h"

namespace posthouse::cli {

/// What such a command works with.
struct QueueTools {
    Context& context;
    OpenQueue queue;
    wake::Sender queued;
    QueueStory story;
    bool queued_is_away = false;  ///< it did not hear what it was asked for
};

/// What became of a message.
enum class Made {
    nothing,  ///< it was so already
    done,
    later,  ///< it is being tried: queued does it as soon as that ends
    left,   ///< it is held, and stays so: nobody has named it
};

/// One way of changing a message.
struct QueueChange {
    const char* done;      ///< "Held"
    const char* question;  ///< asked before many; null: never
    std::function<Result<Made>(QueueTools& tools, const spool::Listed& listed)> make;
    /// The same for a file that can't be read; empty: that is an error.
    std::function<Result<Made>(QueueTools& tools, const spool::Place& place, const Error& error)> make_unreadable = {};
};

/// Does it to all messages that the filter means, and says how many it has changed, and how many were held and left.
Exit change_queue(Context& context, const QueueFilter& filter, const QueueChange& change);

/// Opens and locks the message's file and does that with it; while it is being tried, leaves the order with queued.
/// Errors: busy, in words for people; as Spool::open, and those of `make`.
Result<Made> change_entry(QueueTools& tools, const spool::Listed& listed, const spool::Order& order,
                          const std::function<Result<>(spool::Entry& entry)>& make);
/// queued tries the message now. False: it is away, and tries it when it is due and queued runs. Once it did not hear,
/// it is not asked again: each time costs what tell_queued waits.
bool ask_for(QueueTools& tools, const spool::Listed& listed);

}  // namespace posthouse::cli
