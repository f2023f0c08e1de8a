// The commands of `posthouse queue`, and what they share: which messages are meant.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "queued/spool/spool.h"

namespace posthouse::cli {

/// Messages by id, or by what is known of them; all conditions must hold.
struct QueueFilter {
    std::vector<std::string> ids;
    std::string sender;       ///< an address, a domain, or <> for the null sender
    std::string recipient;    ///< an address or a domain, of recipients that are still due
    std::string destination;  ///< the domain, or the transport, of recipients that are still due
    std::string reason;       ///< part of what was last said of a recipient
    std::string state;        ///< incoming, deferred, hold or corrupt
    std::string older_than;   ///< "2h"
    std::string newer_than;
    bool all = false;

    /// Says which messages at all.
    bool is_empty() const {
        return ids.empty() && sender.empty() && recipient.empty() && destination.empty() && reason.empty() &&
               state.empty() && older_than.empty() && newer_than.empty();
    }
};
/// Adds its options. `with_all`: the command changes messages, so without any condition it wants --all.
void add_filter_options(CLI::App& command, QueueFilter& filter, bool with_all);

/// A message that passed.
using QueueVisitor = std::function<Exit(const spool::Listed& listed)>;

/// The queue, opened as the configuration says.
struct OpenQueue {
    spool::Spool spool;
    config::Snapshot config;
};
/// Errors: not_found, there is no queue yet; denied.
Result<OpenQueue> open_queue(const Context& context);

/// Calls `visit` for those messages that the filter means, the one that is due first at the beginning. Shows how far it
/// is. Ids that aren't there are told on err (Exit::not_found). The first failure of `visit` is the result, the
/// others go on all the same.
Exit for_each_message(Context& context, OpenQueue& queue, const QueueFilter& filter, const QueueVisitor& visit);

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
