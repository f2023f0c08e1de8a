// posthouse transport add|list|remove
#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/transports.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"
#include "queued/delivery/route.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string source;
    std::string transport;
};

Exit add(Context& context, const Options& options) {
    const Result<std::string> source = auth::parse_transport_source(options.source, local_part(context));
    if (!source) return report(context, source.error());
    const Result<std::string> transport = auth::parse_transport(options.transport);
    if (!transport) return report(context, transport.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().transports().add(*source, *transport); !added)
        return report(context, added.error());
    if (const Result<> kept = change->commit("transport.add", *source, *transport); !kept)
        return report(context, kept.error());
    if (const auto route = queued::parse_route(*transport, "example.org"); !route && !context.json)
        context.err << "Note: Posthouse itself can't use this transport (" << printable(route.error().message())
                    << "); only Postfix beside it may. Mail for it waits.\n";
    return done(context, "Mail for " + *source + " is handed to " + *transport + ".",
                {{"source", *source}, {"transport", *transport}});
}

Exit list(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::Transport>> transports = (*directory)->transports().list();
    if (!transports) return report(context, transports.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& row : *transports)
            rows.push_back({{"source", row.source}, {"transport", row.transport}, {"created_at", row.created_at}});
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"FOR", "TRANSPORT", "CREATED"});
    for (const auto& row : *transports) table.add({row.source, row.transport, format_time(row.created_at)});
    table.print_or("No transports.", context.out);
    return Exit::ok;
}

Exit remove(Context& context, const Options& options) {
    const Result<std::string> source = auth::parse_transport_source(options.source, local_part(context));
    if (!source) return report(context, source.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().transports().remove(*source); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("transport.remove", *source); !kept) return report(context, kept.error());
    return done(context, "Transport for " + *source + " removed.", {{"source", *source}});
}

}  // namespace

void add_transport_commands(CLI::App& app, Context& context) {
    CLI::App* group =
        add_group(app, "transport",
                  "Where mail for an address or a domain is handed to, instead of its mailbox or its mail hosts");
    auto options = std::make_shared<Options>();
    const auto with_source = [options](CLI::App* command) {
        command->add_option("source", options->source, "Address, domain, or .domain for what lies below it")
            ->required();
    };

    CLI::App* command = add_command(*group, context, "add", "Hand mail for an address or a domain elsewhere",
                                    "transport add example.net smtp:[relay.example]:587",
                                    [&context, options] { return add(context, *options); });
    with_source(command);
    command
        ->add_option("transport", options->transport,
                     "transport:nexthop, e.g. smtp:[relay.example]:587, as in Postfix's transport(5)")
        ->required();

    add_command(*group, context, "list", "List transports", "transport list", [&context] { return list(context); });

    command = add_command(*group, context, "remove", "Remove a transport", "transport remove example.net",
                          [&context, options] { return remove(context, *options); });
    with_source(command);
}

}  // namespace posthouse::cli
