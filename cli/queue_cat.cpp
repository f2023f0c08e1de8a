// posthouse queue cat
#include <CLI/Option.hpp>
#include <memory>
#include <ostream>

#include "cli/queue_commands.h"

namespace posthouse::cli {
namespace {

/// Prints it from there on; gives where it ended, and what kept it from going on.
struct Printed {
    std::uint64_t octets = 0;
    Result<> whole{};
};
Printed print(Context& context, spool::MessageReader& message, std::uint64_t from) {
    std::string buffer(64u << 10, '\0');
    for (std::uint64_t offset = from;;) {
        const Result<std::size_t> got = message.read(offset, buffer);
        if (!got) return {offset, fail(got.error())};
        if (*got == 0) return {offset, {}};
        context.out.write(buffer.data(), static_cast<std::streamsize>(*got));
        offset += *got;
    }
}

/// What is damaged is printed as it is, as far as it is there.
Result<> print_damaged(Context& context, OpenQueue& queue, const spool::Place& place, std::uint64_t from,
                       const Error& why) {
    Result<spool::MessageReader> message = queue.spool.read_damaged(place);
    if (message) (void)print(context, *message, from);  // the file is malformed in any case
    return fail(unreadable(place, why));
}

/// The message as it is, read without a lock: it can't change.
Result<> print_message(Context& context, OpenQueue& queue, const spool::Place& place) {
    Result<spool::MessageReader> message = queue.spool.read_message(place);
    if (!message) return fail(message.error());
    Printed printed = print(context, *message, 0);
    if (printed.whole) return {};
    return print_damaged(context, queue, place, printed.octets, printed.whole.error());
}

Exit cat(Context& context, const std::string& id) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    QueueFilter filter;
    filter.ids = {id};
    QueueErrors errors(context);
    const Result<> visited = for_each_message(
        context, *queue, filter, errors,
        {.message = [&](const spool::Listed& listed) { return print_message(context, *queue, listed.place); },
         .unreadable = [&](const spool::Place& place,
                           const Error& error) { return print_damaged(context, *queue, place, 0, error); }});
    if (!visited) return report(context, visited.error());
    errors.tell();
    return errors.exit();
}

}  // namespace

void add_queue_cat_command(CLI::App& group, Context& context) {
    auto id = std::make_shared<std::string>();
    CLI::App* command = add_command(group, context, "cat", "Print a message as it lies in the queue",
                                    "queue cat 1M8FZR97B5NSDEKZ", [&context, id] { return cat(context, *id); });
    command->add_option("id", *id, "Its id")->required();
}

}  // namespace posthouse::cli
