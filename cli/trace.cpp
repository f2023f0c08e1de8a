// posthouse trace
#include <poll.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/past_moment.h"
#include "cli/table.h"
#include "historyd/archive.h"
#include "historyd/folder_watch.h"
#include "historyd/follower.h"
#include "historyd/trace.h"
#include "lib/base/ascii.h"
#include "lib/story/telling.h"
#include "lib/story/words.h"

namespace posthouse::cli {
namespace {

using history::Story;
using Json = nlohmann::ordered_json;
using story::Event;

/// So many ids are known at once to belong to what is followed.
constexpr std::size_t max_followed = 100'000;
/// How long to wait for the kernel to tell that there is something new.
constexpr int look_again_ms = 1000;

struct Options {
    std::string what;
    std::string since;
    std::string until;
    std::string result;
    std::size_t limit = 100;
    bool follow = false;
};

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Result<history::Question> question_of(const Options& options) {
    history::Question question;
    question.limit = options.limit;
    if (!options.what.empty()) {
        Result<std::vector<std::string>> keys = story::parse_term(options.what);
        if (!keys) return fail(keys.error());
        question.keys = std::move(*keys);
    }
    question.outcome = story::parse_outcome(options.result);
    for (const auto& [text, end] :
         {std::pair(&options.since, &question.span.since), {&options.until, &question.span.until}}) {
        if (text->empty()) continue;
        const std::optional<std::int64_t> moment = past_moment(*text, now());
        if (!moment)
            return fail(ErrorCode::invalid,
                        "\"" + *text +
                            "\" is neither a time ago, such as 2h or 3d, nor a time in UTC, such as 2026-11-28 or "
                            "2026-11-28T09:30");
        *end = *moment;
    }
    return question;
}

Json json_of(const Event& event) {
    Json object = {{"time", event.time}, {"id", event.id}};
    if (!event.parent.empty()) object["parent"] = event.parent;
    object["daemon"] = event.daemon;
    object["event"] = story::to_string(event.kind);
    for (const auto& [name, value] : event.fields)
        if (!name.starts_with("recipients")) object[name] = value;
    if (const std::vector<std::string> recipients = story::recipients_of(event); !recipients.empty())
        object["recipients"] = recipients;
    object["words"] = story::in_words(event);
    return object;
}

std::string line_of(const Event& event) {
    std::string daemon = event.daemon;
    daemon.resize(std::max<std::size_t>(daemon.size(), 8), ' ');
    return story::format_time(event.time) + "  " + printable(daemon) + " " + printable(story::in_words(event));
}

/// From whom and to whom, and what the message is called.
std::string heading_of(const Story& story) {
    std::string heading = printable(story.id);
    std::set<std::string> recipients;
    const Event* first = nullptr;
    for (const Event& event : story.events) {
        if (event.id != story.id) continue;
        const bool has_sender = std::ranges::find(event.fields, "sender", &story::Field::first) != event.fields.end();
        if (has_sender && (first == nullptr || event.kind == story::Kind::accept)) first = &event;
    }
    if (first == nullptr) return heading;
    heading += "  from <" + printable(story::field(*first, "sender")) + ">";
    const std::vector<std::string> to = story::recipients_of(*first);
    if (!to.empty()) heading += " to <" + printable(to.front()) + ">";
    if (to.size() > 1) heading += " and " + std::to_string(to.size() - 1) + " more";
    return heading;
}

void print(const Context& context, const std::vector<Story>& stories) {
    bool first = true;
    for (const Story& story : stories) {
        if (!std::exchange(first, false)) context.out << '\n';
        context.out << heading_of(story) << '\n';
        for (const Event& event : story.events) {
            context.out << "  " << line_of(event);
            if (event.id != story.id && event.kind == story::Kind::accept)
                context.out << " (" << printable(event.id) << ")";
            context.out << '\n';
        }
    }
}

void print_as_json(Context& context, const std::vector<Story>& stories, bool lines) {
    Json all = Json::array();
    for (const Story& story : stories) {
        Json events = Json::array();
        for (const Event& event : story.events) {
            events.push_back(json_of(event));
            if (lines) context.out << events.back().dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
        }
        all.push_back({{"id", story.id}, {"events", std::move(events)}});
    }
    if (!lines) print_ordered_json(context, all);
}

/// What was shown already, as far as it may come again, and what belongs to it.
struct Shown {
    std::set<std::string> lines;
    std::set<std::string> ids;
};

Shown shown_by(const std::vector<Story>& stories) {
    Shown shown;
    for (const Story& story : stories) {
        std::set<std::string> connections;
        for (const Event& event : story.events) {
            shown.lines.insert(story::to_line(event));
            if (event.kind == story::Kind::connect) connections.insert(event.id);
        }
        for (const Event& event : story.events)
            if (event.id == story.id || !connections.contains(event.id)) shown.ids.insert(event.id);
    }
    return shown;
}

/// What comes from now on, until somebody ends the program.
Exit follow(Context& context, const std::string& folder, const history::Question& question, history::Follower& follower,
            Shown shown) {
    const Result<history::FolderWatch> watch = history::FolderWatch::open(folder + "/incoming");
    std::set<std::string>& ids = shown.ids;
    const auto tell = [&](const Event& event) {
        if (!shown.lines.empty() && shown.lines.erase(story::to_line(event)) > 0) return;
        const bool meant = question.keys.empty() || story::has_key(event, question.keys) || ids.contains(event.id) ||
                           (!event.parent.empty() && ids.contains(event.parent));
        if (!meant) return;
        if (!question.keys.empty() && ids.size() < max_followed) ids.insert(event.id);
        if (question.outcome && story::outcome_of(event) != question.outcome) return;
        if (context.json)
            context.out << json_of(event).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
        else
            context.out << printable(event.id) << "  " << line_of(event) << '\n';
    };
    while (context.out.good()) {
        if (watch) watch->drain();
        if (const Result<> looked = follower.look(tell); !looked) return report(context, looked.error());
        context.out.flush();
        pollfd changes{watch ? watch->fd() : -1, POLLIN, 0};
        ::poll(&changes, 1, look_again_ms);
    }
    return Exit::failure;
}

Exit trace(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<history::Question> question = question_of(options);
    if (!question) return report(context, question.error());
    const std::string folder = (*config)->general.state_folder + "/history";
    // Before the look at what was told before: nothing is between the two.
    std::optional<history::Follower> follower;
    if (options.follow) follower.emplace(folder);
    std::vector<Story> stories;
    Result<history::Archive> archive = history::Archive::open(folder);
    const bool nothing_yet = !archive && archive.error().code == ErrorCode::not_found;
    if (!archive && !(nothing_yet && options.follow)) return report(context, archive.error());
    const bool looks_back = !options.follow || !options.what.empty() || !options.since.empty();
    if (archive && looks_back) {
        Result<std::vector<Story>> found = history::trace(*archive, *question);
        if (!found) return report(context, found.error());
        stories = std::move(*found);
        for (const std::string& note : archive->notes())
            context.err << "Note: passed over " << printable(note) << ".\n";
    }
    if (context.json)
        print_as_json(context, stories, options.follow);
    else
        print(context, stories);
    if (options.follow) {
        if (!context.json && !stories.empty()) context.out << '\n';
        context.out.flush();
        return follow(context, folder, *question, *follower, shown_by(stories));
    }
    if (!stories.empty() || context.json) return stories.empty() ? Exit::not_found : Exit::ok;
    return report(context, {ErrorCode::not_found, "No message is known of which that is told", {}});
}

}  // namespace

void add_trace_command(CLI::App& app, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(app, context, "trace", "Tell what happened to messages, and why",
                    "trace joe@example.org --since 2h", [&context, options] { return trace(context, *options); });
    command->add_option(
        "message", options->what,
        "An id, an address (of sender or recipient), @domain, a Message-ID, or the IP address of a client or server");
    command
        ->add_option("--since", options->since,
                     "Only messages of which something is told after this: 2h, 3d, 2026-11-28T09:30 (UTC)")
        ->type_name("TIME");
    command
        ->add_option("--until", options->until,
                     "Only messages of which something is told before this, in the same forms")
        ->type_name("TIME");
    command->add_option("--result", options->result, "Only messages with this result at some time, for one recipient")
        ->type_name("RESULT")
        ->check(CLI::IsMember(std::vector<std::string>(story::outcome_words.begin(), story::outcome_words.end())));
    command->add_option("--limit", options->limit, "At most so many messages, the latest")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
    command->add_flag("--follow,-f", options->follow, "Go on with what happens now, an event on a line");
}

}  // namespace posthouse::cli
