// posthouse queue requeue
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/client/socketmap_client.h"
#include "cli/mail_owner.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "cli/queue_story.h"
#include "cli/tell_queued.h"
#include "lib/base/random.h"
#include "queued/spool/writer.h"

namespace posthouse::cli {
namespace {

/// For the directory's answer.
constexpr std::chrono::seconds lookup_timeout{10};

/// What a requeue needs of the running server, and where new messages go.
struct Tools {
    net::Loop loop;
    auth::SocketmapClient directory;
    spool::Incoming incoming;
    wake::Sender queued;
    QueueStory story;

    Tools(Context& context, const config::Config& config, spool::Incoming open_incoming)
        : directory(loop, config.listen.socketmap),
          incoming(std::move(open_incoming)),
          queued(to_queued(config)),
          story(context, config) {}
};

/// Where mail for a recipient goes as the directory is now. What isn't known any more keeps its place, so that its
/// sender is told.
Result<std::vector<spool::Recipient>> resolve(Tools& tools, const spool::Recipient& recipient) {
    const auto resolved = tools.loop.run_until_complete(
        tools.directory.resolve(recipient.address.to_string(), net::Deadline::in(lookup_timeout)));
    if (!resolved && resolved.error().code != ErrorCode::denied) return fail(resolved.error());
    if (!resolved || !*resolved) {
        spool::Recipient unknown = recipient;
        unknown.transport = resolved ? "error:5.1.1 No such user here" : "error:5.4.6 " + resolved.error().text;
        return std::vector{std::move(unknown)};
    }
    std::vector<spool::Recipient> targets;
    for (const auth::Recipient& target : (*resolved)->recipients) {
        Result<smtp::Mailbox> address = smtp::parse_mailbox(target.address, smtp::Utf8::allowed);
        if (!address) return fail(ErrorCode::invalid, "The directory has a malformed address", target.address);
        spool::Recipient next = recipient;
        next.address = *std::move(address);
        const bool local = target.transport == auth::Recipient::Transport::local && target.route.empty();
        next.transport = local ? "local" : target.route;
        targets.push_back(std::move(next));
    }
    return targets;
}

struct Options {
    QueueFilter filter;
    bool release = false;  ///< also what is held goes at once
};

/// The same message to whoever is still due.
Result<spool::Envelope> resolved_anew(Tools& tools, const spool::Entry& entry, bool release) {
    spool::Envelope envelope = entry.envelope();
    envelope.id = make_id();
    if (release) envelope.hold_until.reset();
    envelope.recipients.clear();
    for (std::size_t i = 0; i < entry.states().size(); ++i) {
        if (!entry.states()[i].is_due()) continue;
        Result<std::vector<spool::Recipient>> targets = resolve(tools, entry.envelope().recipients[i]);
        if (!targets) return fail(targets.error());
        for (spool::Recipient& target : *targets) envelope.recipients.push_back(std::move(target));
    }
    if (envelope.recipients.empty()) return fail(ErrorCode::invalid, "nobody is due any more");
    return envelope;
}

Result<> copy(spool::Entry& entry, spool::Writer& writer) {
    std::string buffer(64u << 10, '\0');
    for (std::uint64_t offset = 0;;) {
        const Result<std::size_t> got = entry.read(offset, buffer);
        if (!got) return fail(got.error());
        if (*got == 0) return {};
        if (Result<> written = writer.write(std::string_view(buffer).substr(0, *got)); !written) return written;
        offset += *got;
    }
}

/// The new message is safe before the old one goes. Gives its id.
Result<std::string> requeue(Tools& tools, OpenQueue& queue, const spool::Listed& listed, bool release) {
    Result<spool::Entry> entry = queue.spool.open(listed.place);
    if (!entry && entry.error().code == ErrorCode::busy)
        return fail(ErrorCode::busy, "it is in use this moment; try again");
    if (!entry) return fail(entry.error());
    const Result<spool::Envelope> envelope = resolved_anew(tools, *entry, release);
    if (!envelope) return fail(envelope.error());
    Result<spool::Writer> writer = spool::Writer::begin(tools.incoming);
    if (!writer) return fail(writer.error());
    if (Result<> copied = copy(*entry, *writer); !copied) return fail(copied.error());
    const bool stays_held = listed.place.folder == spool::Folder::hold && !release;
    const spool::Event held{.kind = spool::EventKind::held, .at = std::time(nullptr), .reply = listed.held};
    const Result<> finished =
        stays_held ? queue.spool.finish_held(*writer, *envelope, held) : writer->finish(*envelope);
    if (!finished) return fail(finished.error());
    if (Result<> removed = entry->remove(); !removed) return fail(removed.error());
    tools.story.tell_requeued(entry->envelope(), *envelope);
    if (stays_held) tools.story.tell(*envelope, story::Queue::Action::held, listed.held);
    // When queued is away it finds the message at its start.
    (void)tell_queued(tools.queued, wake::Signal::Kind::arrived, envelope->id);
    return envelope->id;
}

Exit requeue_all(Context& context, const Options& options) {
    const QueueFilter& filter = options.filter;
    if (filter.is_empty() && !filter.all)
        return report(context, {ErrorCode::invalid, "Which messages? Give ids, a condition, or --all", {}}),
               Exit::usage;
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    // Files that are made by root must be good for the server's user.
    const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(*queue->config, queue->config->general.spool_folder);
    if (!acting) return report(context, acting.error());
    Result<spool::Incoming> incoming = spool::Incoming::open(queue->config->general.spool_folder);
    if (!incoming) return report(context, incoming.error());
    Tools tools(context, *queue->config, *std::move(incoming));
    nlohmann::json ids = nlohmann::json::object();
    std::uint64_t count = 0;
    QueueErrors errors(context);
    const Result<> visited =
        for_each_message(context, *queue, filter, errors, {.message = [&](const spool::Listed& listed) -> Result<> {
                             const Result<std::string> id = requeue(tools, *queue, listed, options.release);
                             if (!id) return fail(id.error());
                             ++count;
                             ids[listed.envelope.id] = *id;
                             if (!context.json) context.out << listed.envelope.id << " is " << *id << " now\n";
                             return {};
                         }});
    tools.loop.run_until_complete(tools.directory.close());
    if (!visited) return report(context, visited.error());
    if (context.json) print_json(context, {{"messages", count}, {"ids", ids}, {"errors", errors.list()}});
    if (!context.json && count == 0) context.out << "No messages.\n";
    return errors.exit();
}

}  // namespace

void add_queue_requeue_command(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(
        group, context, "requeue",
        "Look up again where messages go, as the directory is now; they get new ids, and are tried at once",
        "queue requeue --recipient old.example.net", [&context, options] { return requeue_all(context, *options); });
    add_filter_options(*command, options->filter, true);
    command->add_flag("--release", options->release, "Also let go what is held, or was sent for a later time");
}

}  // namespace posthouse::cli
