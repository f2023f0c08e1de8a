// posthouse queue cat
#include <CLI/Option.hpp>
#include <memory>
#include <ostream>

#include "cli/queue_commands.h"

namespace posthouse::cli {
namespace {

/// The message as it is, read without a lock: it can't change.
Exit cat(Context& context, const std::string& id) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    QueueFilter filter;
    filter.ids = {id};
    return for_each_message(context, *queue, filter, [&](const spool::Listed& listed) {
        Result<spool::MessageReader> message = queue->spool.read_message(listed.place);
        if (!message) return report(context, message.error());
        std::string buffer(64u << 10, '\0');
        for (std::uint64_t offset = 0;;) {
            const Result<std::size_t> got = message->read(offset, buffer);
            if (!got) return report(context, got.error());
            if (*got == 0) return Exit::ok;
            context.out.write(buffer.data(), static_cast<std::streamsize>(*got));
            offset += *got;
        }
    });
}

}  // namespace

void add_queue_cat_command(CLI::App& group, Context& context) {
    auto id = std::make_shared<std::string>();
    CLI::App* command = add_command(group, context, "cat", "Print a message as it lies in the queue",
                                    "queue cat 1M8FZR97B5NSDEKZ", [&context, id] { return cat(context, *id); });
    command->add_option("id", *id, "Its id")->required();
}

}  // namespace posthouse::cli
