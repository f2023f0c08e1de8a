// posthouse queue hold|release|flush|bounce|delete
#include <CLI/Option.hpp>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "queued/wake/sender.h"

namespace posthouse::cli {
namespace {

/// How long queued may take to read what it is told.
constexpr std::chrono::seconds patience{5};

struct ChangeOptions {
    QueueFilter filter;
    std::string reason;
};

/// One way of changing a message.
struct Change {
    const char* done;      ///< "Held"
    const char* question;  ///< asked before many; null: never
    std::function<Result<>(OpenQueue& queue, const spool::Listed& listed, wake::Sender& queued)> make;
};

std::vector<std::uint32_t> due_of(const spool::Entry& entry) {
    std::vector<std::uint32_t> due;
    for (std::uint32_t number = 0; number < entry.states().size(); ++number)
        if (entry.states()[number].is_due()) due.push_back(number);
    return due;
}

Error busy_error(const Error& error) {
    if (error.code != ErrorCode::busy) return error;
    return {ErrorCode::busy, "it is being delivered this moment; try again", error.detail};
}

/// Does `action` with the message's file opened and locked.
template <typename F>
Result<> with_entry(OpenQueue& queue, const spool::Listed& listed, F action) {
    Result<spool::Entry> entry = queue.spool.open(listed.place);
    if (!entry) return fail(busy_error(entry.error()));
    return action(*entry);
}

std::string by_hand(const std::string& reason) { return reason.empty() ? "by the administrator" : reason; }

Result<> hold(OpenQueue& queue, const spool::Listed& listed, const std::string& reason) {
    if (listed.place.folder == spool::Folder::hold) return {};
    return with_entry(queue, listed, [&](spool::Entry& entry) {
        return entry.hold({.kind = spool::EventKind::held, .at = std::time(nullptr), .reply = by_hand(reason)});
    });
}

/// Ends with a signal: queued hears of it at once.
Result<> tell(wake::Sender& queued, wake::Signal::Kind kind, const std::string& subject) {
    if (queued.tell_within({kind, subject}, patience)) return {};
    return fail(ErrorCode::unavailable, "queued does not listen: it will be tried when queued runs");
}

Result<> release(OpenQueue& queue, const spool::Listed& listed, wake::Sender& queued) {
    if (listed.place.folder != spool::Folder::hold) return {};
    const Result<> released = with_entry(queue, listed, [&](spool::Entry& entry) {
        const std::int64_t now = std::time(nullptr);
        return entry.release({.kind = spool::EventKind::released, .at = now, .reply = by_hand("")}, now);
    });
    if (!released) return released;
    return tell(queued, wake::Signal::Kind::flush, listed.envelope.id);
}

Result<> flush(const spool::Listed& listed, wake::Sender& queued) {
    if (listed.place.folder == spool::Folder::hold)
        return fail(ErrorCode::invalid, "it is held: see `posthouse queue release`");
    return tell(queued, wake::Signal::Kind::flush, listed.envelope.id);
}

/// Gives up whoever is still due; queued tells the sender.
Result<> bounce(OpenQueue& queue, const spool::Listed& listed, const std::string& reason, wake::Sender& queued) {
    const Result<> given_up = with_entry(queue, listed, [&](spool::Entry& entry) -> Result<> {
        const std::vector<std::uint32_t> due = due_of(entry);
        const std::int64_t now = std::time(nullptr);
        if (!due.empty()) {
            const spool::Event event{.kind = spool::EventKind::bounced,
                                     .at = now,
                                     .recipients = due,
                                     .status = "5.7.1",
                                     .reply = reason.empty() ? "Given up by the administrator" : reason};
            if (Result<> recorded = entry.record(std::span(&event, 1)); !recorded) return recorded;
        }
        if (entry.place().folder != spool::Folder::hold) return {};
        return entry.release({.kind = spool::EventKind::released, .at = now, .reply = by_hand("")}, now);
    });
    if (!given_up) return given_up;
    return tell(queued, wake::Signal::Kind::flush, listed.envelope.id);
}

Result<> remove(OpenQueue& queue, const spool::Listed& listed) {
    return with_entry(queue, listed, [](spool::Entry& entry) { return entry.remove(); });
}

/// How many are meant, so that a question can name the number.
std::uint64_t count(Context& context, OpenQueue& queue, const QueueFilter& filter) {
    std::uint64_t number = 0;
    for_each_message(context, queue, filter, [&](const spool::Listed&) {
        ++number;
        return Exit::ok;
    });
    return number;
}

Exit change(Context& context, const QueueFilter& filter, const Change& change) {
    if (filter.is_empty() && !filter.all)
        return report(context, {ErrorCode::invalid, "Which messages? Give ids, a condition, or --all", {}}),
               Exit::usage;
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    if (change.question != nullptr && filter.ids.empty() && !context.yes) {
        const std::uint64_t number = count(context, *queue, filter);
        if (number == 0) return done(context, "No messages.", {{"messages", 0}});
        const Exit answer = confirm(context, std::string(change.question) + " " + with_commas(number) +
                                                 (number == 1 ? " message?" : " messages?"));
        if (answer != Exit::ok) return answer;
    }
    wake::Sender queued(queue->config->general.run_folder + "/" + wake::socket_name);
    std::uint64_t changed = 0;
    nlohmann::json ids = nlohmann::json::array();
    const Exit exit = for_each_message(context, *queue, filter, [&](const spool::Listed& listed) {
        const Result<> made = change.make(*queue, listed, queued);
        if (!made)
            return report(context,
                          {made.error().code, listed.envelope.id + ": " + made.error().text, made.error().detail});
        ++changed;
        if (context.json) ids.push_back(listed.envelope.id);
        return Exit::ok;
    });
    const Exit told = done(
        context, std::string(change.done) + " " + with_commas(changed) + (changed == 1 ? " message." : " messages."),
        {{"messages", changed}, {"ids", ids}});
    return exit == Exit::ok ? told : exit;
}

void add_change(CLI::App& group, Context& context, const char* name, const char* description, const char* example,
                const std::shared_ptr<ChangeOptions>& options, Change how) {
    CLI::App* command =
        add_command(group, context, name, description, example,
                    [&context, options, how = std::move(how)] { return change(context, options->filter, how); });
    add_filter_options(*command, options->filter, true);
}

/// Tries a destination again that counts as dead, and its messages.
Exit flush_all(Context& context, const ChangeOptions& options) {
    if (!options.filter.destination.empty()) {
        const Result<config::Snapshot> config = context.config();
        if (!config) return report(context, config.error());
        wake::Sender queued((*config)->general.run_folder + "/" + wake::socket_name);
        const std::string& name = options.filter.destination;
        const bool is_transport = name == "local" || name.find(':') != std::string::npos;
        // When queued doesn't listen, each message says so.
        (void)queued.tell_within({wake::Signal::Kind::destination, is_transport ? name : "smtp:" + name}, patience);
    }
    return change(context, options.filter,
                  {"Asked for", nullptr, [](OpenQueue&, const spool::Listed& listed, wake::Sender& queued) {
                       return flush(listed, queued);
                   }});
}

}  // namespace

void add_queue_change_commands(CLI::App& group, Context& context) {
    auto holding = std::make_shared<ChangeOptions>();
    add_change(group, context, "hold", "Keep messages back until they are released",
               "queue hold --sender newsletter@example.org", holding,
               {"Held", "Hold", [holding](OpenQueue& queue, const spool::Listed& listed, wake::Sender&) {
                    return hold(queue, listed, holding->reason);
                }});
    group.get_subcommand("hold")
        ->add_option("--because", holding->reason, "Why; noted in the message's story")
        ->type_name("TEXT");
    auto releasing = std::make_shared<ChangeOptions>();
    add_change(group, context, "release", "Let held messages go, at once", "queue release --all", releasing,
               {"Released", nullptr, release});
    auto flushing = std::make_shared<ChangeOptions>();
    CLI::App* flush_command = add_command(group, context, "flush", "Try messages now, whenever they are due",
                                          "queue flush --destination example.net",
                                          [&context, flushing] { return flush_all(context, *flushing); });
    add_filter_options(*flush_command, flushing->filter, true);
    auto bouncing = std::make_shared<ChangeOptions>();
    add_change(group, context, "bounce", "Give messages up now; their senders are told, as after days of trying",
               "queue bounce 1M8FZR97B5NSDEKZ --because \"No such company any more\"", bouncing,
               {"Gave up", "Give up", [bouncing](OpenQueue& queue, const spool::Listed& listed, wake::Sender& queued) {
                    return bounce(queue, listed, bouncing->reason, queued);
                }});
    group.get_subcommand("bounce")
        ->add_option("--because", bouncing->reason, "What the senders are told")
        ->type_name("TEXT");
    auto deleting = std::make_shared<ChangeOptions>();
    add_change(group, context, "delete", "Remove messages; nobody is told, and they can't be got back",
               "queue delete 1M8FZR97B5NSDEKZ", deleting,
               {"Deleted", "Delete, without telling anybody,",
                [](OpenQueue& queue, const spool::Listed& listed, wake::Sender&) { return remove(queue, listed); }});
}

}  // namespace posthouse::cli
