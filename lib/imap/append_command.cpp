// APPEND, read up to its message.
#include "lib/imap/append_command.h"

#include "lib/imap/command.h"

namespace posthouse::imap {

void read(Arguments& arguments, Append& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    arguments.space();
    if (arguments.peek() == '(') {
        command.flags = read_flag_list(arguments);
        arguments.space();
    }
    if (arguments.peek() == '"') {
        command.date = read_date_time(arguments);
        arguments.space();
    }
    command.binary = arguments.accept('~');
    if (!arguments.failed() && arguments.peek() != '{') return arguments.fail("Expected the message as a literal");
    arguments.expect('{');
    command.size = arguments.number64();
    arguments.accept('+');
    arguments.expect('}');
    // When the message was streamed, the command goes on behind it with a line that must be empty.
    arguments.accept_text("\r\n");
}

bool ends_in_message_literal(std::string_view command) {
    const auto head = read_head(command);
    if (!head || head->verb != "APPEND") return false;
    return parse_arguments<Append>(*head).has_value();
}

}  // namespace posthouse::imap
