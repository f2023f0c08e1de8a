// The commands of `posthouse queue`, and what they share: which messages are meant.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/queue_errors.h"
#include "queued/spool/spool.h"

namespace posthouse::cli {

/// Messages by id, or by what is known of them; all conditions must hold.
struct QueueFilter {
    std::vector<std::string> ids;
    std::string sender;       ///< an address, a domain, or <> for the null sender
    std::string user;         ///< who had logged in: an address or a domain
    std::string recipient;    ///< an address or a domain, of recipients that are still due
    std::string destination;  ///< the domain, or the transport, of recipients that are still due
    std::string reason;       ///< part of what was last said of a recipient
    std::string state;        ///< incoming, deferred, hold or corrupt
    std::string older_than;   ///< "2h"
    std::string newer_than;
    bool all = false;
    bool changes = false;  ///< for a command that changes messages: what lies in corrupt/ has to be named

    /// Says which messages at all.
    bool is_empty() const { return ids.empty() && reason.empty() && state.empty() && !asks_for_content(); }
    /// Asks what only a file that can be read tells.
    bool asks_for_content() const {
        return !(sender.empty() && user.empty() && recipient.empty() && destination.empty() && older_than.empty() &&
                 newer_than.empty());
    }
};
/// Adds its options. `with_all`: the command changes messages, so without any condition it wants --all.
void add_filter_options(CLI::App& command, QueueFilter& filter, bool with_all);

/// What is done with those that the filter means.
struct QueueVisitor {
    std::function<Result<>(const spool::Listed& listed)> message;
    /// A file that can't be read as a message; empty: that is an error.
    std::function<Result<>(const spool::Place& place, const Error& error)> unreadable = {};
};

/// The queue, opened as the configuration says.
struct OpenQueue {
    spool::Spool spool;
    config::Snapshot config;
};
/// Errors: not_found, there is no queue yet; denied.
Result<OpenQueue> open_queue(const Context& context);

/// Visits those messages that the filter means, the one that is due first at the beginning, and shows how far it is. A
/// file that can't be read is meant when nothing is asked of what it can't tell. What goes wrong with one of them, and
/// ids that aren't there, go into `errors`; the others are visited all the same. Errors: invalid (of the filter), io;
/// nothing was visited then.
Result<> for_each_message(Context& context, OpenQueue& queue, const QueueFilter& filter, QueueErrors& errors,
                          const QueueVisitor& visitor);

/// Why nothing can be done with a file that can't be read.
Error unreadable(const spool::Place& place, const Error& error);

/// "joe@example.org" as people see it; the null sender as <>.
std::string shown(const smtp::ReversePath& sender);

void add_queue_list_command(CLI::App& group, Context& context);
void add_queue_summary_command(CLI::App& group, Context& context);
void add_queue_show_command(CLI::App& group, Context& context);
void add_queue_cat_command(CLI::App& group, Context& context);
void add_queue_hold_command(CLI::App& group, Context& context);
void add_queue_release_command(CLI::App& group, Context& context);
void add_queue_flush_command(CLI::App& group, Context& context);
void add_queue_bounce_command(CLI::App& group, Context& context);
void add_queue_delete_command(CLI::App& group, Context& context);
void add_queue_requeue_command(CLI::App& group, Context& context);

}  // namespace posthouse::cli
