// APPEND and REPLACE, read up to a message.
#include "lib/imap/append_command.h"

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

/// [flags SP] [date SP] and the announcement of a literal.
void read_item(Arguments& arguments, AppendItem& item) {
    arguments.space();
    if (arguments.peek() == '(') {
        item.flags = read_flag_list(arguments);
        arguments.space();
    }
    if (arguments.peek() == '"') {
        item.date = read_date_time(arguments);
        arguments.space();
    }
    item.utf8 = arguments.accept_text("UTF8 (");
    item.binary = arguments.accept('~');
    if (item.utf8 && !item.binary) return arguments.fail("Expected a literal8 after UTF8");
    if (!arguments.failed() && arguments.peek() != '{') return arguments.fail("Expected the message as a literal");
    arguments.expect('{');
    item.size = arguments.number64();
    arguments.accept('+');
    arguments.expect('}');
    // When the message was streamed, the command goes on behind it with a line of its own.
    arguments.accept_text("\r\n");
}

}  // namespace

void read(Arguments& arguments, Append& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    read_item(arguments, command.item);
}

void read(Arguments& arguments, Replace& command) {
    arguments.space();
    if (!arguments.accept('*')) command.message = arguments.nz_number();
    arguments.space();
    command.mailbox = arguments.mailbox();
    read_item(arguments, command.item);
}

Result<AppendItem> parse_next_item(std::string_view line) {
    Arguments arguments(line);
    AppendItem item;
    read_item(arguments, item);
    arguments.end();
    if (arguments.failed()) return fail(*arguments.error());
    return item;
}

bool ends_in_message_literal(std::string_view command, const Limits& limits) {
    const auto head = read_head(command);
    if (!head) return false;
    if (head->verb == "APPEND") return parse_arguments<Append>(*head, limits).has_value();
    const bool replaces = head->verb == "REPLACE" || head->verb == "UID REPLACE";
    return replaces && parse_arguments<Replace>(*head, limits).has_value();
}

}  // namespace posthouse::imap
