// Which messages of the queue a command means.
#include <CLI/Option.hpp>
#include <algorithm>
#include <ctime>
#include <limits>
#include <ostream>
#include <set>

#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "lib/base/ascii.h"
#include "lib/base/random.h"
#include "lib/config/value.h"

namespace posthouse::cli {
namespace {

using spool::Folder;

/// Conditions, parsed.
struct Wanted {
    std::optional<Folder> folder;
    std::int64_t arrived_before = std::numeric_limits<std::int64_t>::max();
    std::int64_t arrived_after = std::numeric_limits<std::int64_t>::min();
    std::set<std::string> ids;
};

Result<std::int64_t> seconds_ago(const std::string& option, const std::string& text) {
    const std::optional<config::Duration> duration = config::parse_duration(text);
    if (!duration) return fail(ErrorCode::invalid, option + " takes a time such as 30m, 12h or 7d");
    return std::time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(*duration).count();
}

Result<Wanted> parse(const QueueFilter& filter) {
    Wanted wanted;
    for (const std::string& id : filter.ids) {
        std::string upper = ascii::upper(id);
        if (!is_id(upper))
            return fail(ErrorCode::invalid, id + " is no id of a message: these have 16 letters and digits");
        wanted.ids.insert(std::move(upper));
    }
    if (!filter.older_than.empty()) {
        const Result<std::int64_t> time = seconds_ago("--older-than", filter.older_than);
        if (!time) return fail(time.error());
        wanted.arrived_before = *time;
    }
    if (!filter.newer_than.empty()) {
        const Result<std::int64_t> time = seconds_ago("--newer-than", filter.newer_than);
        if (!time) return fail(time.error());
        wanted.arrived_after = *time;
    }
    for (const Folder folder : spool::all_folders)
        if (filter.state == to_string(folder)) wanted.folder = folder;
    return wanted;
}

/// `pattern` is an address, or a domain with or without the @ before it.
bool matches(const smtp::Mailbox& address, const std::string& pattern) {
    const auto at = pattern.rfind('@');
    if (at == std::string::npos) return ascii::iequals(address.domain, pattern);
    if (at == 0) return ascii::iequals(address.domain, pattern.substr(1));
    return ascii::iequals(address.to_string(), pattern);
}

/// Of who handed it in; nobody had logged in: none.
bool matches_user(const std::string& user, const std::string& pattern) {
    const Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(user, smtp::Utf8::allowed);
    return mailbox ? matches(*mailbox, pattern) : !user.empty() && ascii::iequals(user, pattern);
}

bool matches_sender(const smtp::ReversePath& sender, const std::string& pattern) {
    if (pattern == "<>") return !sender;
    return sender && matches(*sender, pattern);
}

/// Of a file that can't be read nothing is known but its name and why.
bool matches(const Error& error, const QueueFilter& filter) {
    return !filter.asks_for_content() &&
           ascii::lower(error.message()).find(ascii::lower(filter.reason)) != std::string::npos;
}

bool matches(const spool::Listed& listed, const QueueFilter& filter, const Wanted& wanted) {
    const spool::Envelope& envelope = listed.envelope;
    if (envelope.arrived > wanted.arrived_before || envelope.arrived < wanted.arrived_after) return false;
    if (!filter.sender.empty() && !matches_sender(envelope.sender, filter.sender)) return false;
    if (!filter.user.empty() && !matches_user(envelope.client.user, filter.user)) return false;
    if (filter.recipient.empty() && filter.destination.empty() && filter.reason.empty()) return true;
    for (std::size_t i = 0; i < listed.states.size(); ++i) {
        const spool::Recipient& recipient = envelope.recipients[i];
        const spool::RecipientState& state = listed.states[i];
        if (!state.is_due()) continue;
        if (!filter.recipient.empty() && !matches(recipient.address, filter.recipient)) continue;
        if (!filter.destination.empty() && !ascii::iequals(recipient.address.domain, filter.destination) &&
            !ascii::iequals(recipient.transport, filter.destination) &&
            !ascii::iequals("smtp:" + recipient.address.domain, filter.destination))
            continue;
        const std::string told = state.remote + " " + state.status + " " + state.reply;
        if (!filter.reason.empty() && ascii::lower(told).find(ascii::lower(filter.reason)) == std::string::npos)
            continue;
        return true;
    }
    return false;
}

bool wants(Folder folder, const QueueFilter& filter, const Wanted& wanted) {
    if (wanted.folder) return *wanted.folder == folder;
    return folder != Folder::corrupt || !filter.changes || !wanted.ids.empty();
}

/// Names of those folders, those due first at the beginning.
Result<std::vector<spool::Place>> places(spool::Spool& spool, const QueueFilter& filter, const Wanted& wanted) {
    constexpr std::size_t batch = 10'000;
    std::vector<spool::Place> all;
    for (const Folder folder : spool::all_folders) {
        if (!wants(folder, filter, wanted)) continue;
        Result<spool::Scan> scan = spool.scan(folder);
        if (!scan) return fail(scan.error());
        for (;;) {
            Result<std::vector<spool::Place>> some = scan->next(batch);
            if (!some) return fail(some.error());
            if (some->empty()) break;
            for (spool::Place& place : *some)
                if (wanted.ids.empty() || wanted.ids.contains(place.name.id)) all.push_back(std::move(place));
        }
    }
    std::ranges::sort(all, {}, [](const spool::Place& place) { return std::pair(place.name.due, place.name.id); });
    return all;
}

}  // namespace

void add_filter_options(CLI::App& command, QueueFilter& filter, bool with_all) {
    command.add_option("id", filter.ids, "Ids of messages");
    command.add_option("--sender", filter.sender, "From this address or domain; <> for reports")->type_name("ADDRESS");
    command
        .add_option("--user", filter.user, "Handed in by this user, whatever the sender; or by users of this domain")
        ->type_name("ADDRESS");
    command.add_option("--recipient", filter.recipient, "Still due for this address or domain")->type_name("ADDRESS");
    command.add_option("--destination", filter.destination, "Still due for this domain, or by this transport")
        ->type_name("DOMAIN");
    command.add_option("--reason", filter.reason, "Put off with this in its reason, e.g. \"4.4.1\" or \"refused\"")
        ->type_name("TEXT");
    command.add_option("--state", filter.state, "Only what lies in this folder of the queue")
        ->type_name("STATE")
        ->check(CLI::IsMember({"incoming", "deferred", "hold", "corrupt"}));
    command.add_option("--older-than", filter.older_than, "Came longer ago than this: 30m, 12h, 7d")->type_name("TIME");
    command.add_option("--newer-than", filter.newer_than, "Came within this time: 30m, 12h, 7d")->type_name("TIME");
    filter.changes = with_all;
    if (with_all) command.add_flag("--all", filter.all, "All messages, those in corrupt/ apart");
}

Result<OpenQueue> open_queue(const Context& context) {
    Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const std::string& folder = (*config)->general.spool_folder;
    Result<spool::Spool> spool = spool::Spool::open_existing(folder);
    if (!spool && spool.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, "There is no queue in " + folder + " yet: has the server been started?");
    if (!spool && spool.error().code == ErrorCode::denied)
        return fail(ErrorCode::denied, "The queue in " + folder + " can't be opened: try it as root",
                    spool.error().detail);
    if (!spool) return fail(spool.error());
    return OpenQueue{*std::move(spool), *std::move(config)};
}

Result<> for_each_message(Context& context, OpenQueue& queue, const QueueFilter& filter, QueueErrors& errors,
                          const QueueVisitor& visitor) {
    Result<Wanted> wanted = parse(filter);
    if (!wanted) return fail(wanted.error());
    const Result<std::vector<spool::Place>> all = places(queue.spool, filter, *wanted);
    if (!all) return fail(all.error());
    Progress progress(context, "messages");
    std::uint64_t done = 0;
    for (const spool::Place& place : *all) {
        progress.update(done++, all->size());
        wanted->ids.erase(place.name.id);
        const Result<spool::Listed> listed = queue.spool.look(place);
        if (!listed && listed.error().code == ErrorCode::not_found) continue;  // it left the queue this moment
        if (listed ? !matches(*listed, filter, *wanted) : !matches(listed.error(), filter)) continue;
        progress.clear();
        const Result<> visited = listed               ? visitor.message(*listed)
                                 : visitor.unreadable ? visitor.unreadable(place, listed.error())
                                                      : fail(unreadable(place, listed.error()));
        if (!visited) errors.add(place.name.id, visited.error());
    }
    progress.clear();
    for (const std::string& id : wanted->ids)
        errors.add(id, {ErrorCode::not_found, "There is no such message in the queue", {}});
    return {};
}

Error unreadable(const spool::Place& place, const Error& error) {
    // Nothing was wrong with the command.
    const bool malformed = error.code == ErrorCode::invalid || error.code == ErrorCode::limit;
    return {malformed ? ErrorCode::io : error.code, to_string(place) + ": " + error.text, error.detail};
}

std::string shown(const smtp::ReversePath& sender) { return sender ? sender->to_string() : "<>"; }

}  // namespace posthouse::cli
