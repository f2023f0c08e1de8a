// Arguments of STORE, COPY, MOVE and UID EXPUNGE.
#include "lib/imap/command.h"

namespace posthouse::imap {

void read(Arguments& arguments, Store& command) {
    arguments.space();
    command.messages = read_sequence_set(arguments);
    arguments.space();
    if (arguments.accept('(')) {
        if (!arguments.accept_word("UNCHANGEDSINCE")) return arguments.fail("Unknown STORE modifier");
        arguments.space();
        command.unchanged_since = arguments.number64();
        arguments.expect(')');
        arguments.space();
    }
    if (arguments.accept_word("ANNOTATION")) {
        arguments.space();
        command.annotations = read_annotation_values(arguments);
        return;
    }
    if (arguments.accept('+')) {
        command.mode = Store::Mode::add;
    } else if (arguments.accept('-')) {
        command.mode = Store::Mode::remove;
    }
    const std::string item = arguments.keyword();
    if (arguments.failed()) return;
    if (item != "FLAGS" && item != "FLAGS.SILENT") return arguments.fail("Unknown STORE item");
    command.silent = item == "FLAGS.SILENT";
    arguments.space();
    if (arguments.peek() == '(') {
        command.flags = read_flag_list(arguments);
        return;
    }
    do {
        read_flag(arguments, command.flags);
    } while (arguments.accept(' '));
}

void read(Arguments& arguments, Copy& command) {
    arguments.space();
    command.messages = read_sequence_set(arguments);
    arguments.space();
    command.mailbox = arguments.mailbox();
}

void read(Arguments& arguments, UidExpunge& command) {
    arguments.space();
    command.messages = read_sequence_set(arguments);
}

}  // namespace posthouse::imap
