// Arguments of GETMETADATA and SETMETADATA (RFC 5464 §4), and of LIST's return option METADATA (RFC 9590).
#include "lib/imap/metadata_commands.h"

#include "lib/imap/limits.h"

namespace posthouse::imap {
namespace {

/// "(MAXSIZE 1024 DEPTH 1)".
void read_options(Arguments& arguments, GetMetadata& command) {
    arguments.expect('(');
    do {
        const std::string option = arguments.keyword();
        if (option == "MAXSIZE") {
            arguments.space();
            command.max_size = arguments.number();
        } else if (option == "DEPTH") {
            arguments.space();
            if (arguments.accept_word("INFINITY"))
                command.depth = GetMetadata::Depth::infinity;
            else if (arguments.accept_word("1"))
                command.depth = GetMetadata::Depth::one;
            else if (!arguments.accept_word("0"))
                arguments.fail("Unknown DEPTH");
        } else {
            return arguments.fail("Unknown GETMETADATA option");
        }
    } while (arguments.accept(' '));
    arguments.expect(')');
}

}  // namespace

std::vector<std::string> read_entries(Arguments& arguments) {
    std::vector<std::string> entries;
    if (!arguments.accept('(')) {
        entries.push_back(arguments.astring());
        return entries;
    }
    do {
        if (entries.size() >= kMaxWords) {
            arguments.fail("Too many entries", ErrorCode::limit);
            return entries;
        }
        entries.push_back(arguments.astring());
    } while (arguments.accept(' '));
    arguments.expect(')');
    return entries;
}

void read(Arguments& arguments, GetMetadata& command) {
    arguments.space();
    if (arguments.peek() == '(') {
        read_options(arguments, command);
        arguments.space();
    }
    command.mailbox = arguments.mailbox();
    arguments.space();
    // Clients of the draft, and some of the RFC, give the options behind the mailbox.
    if (arguments.rest().starts_with("(MAXSIZE ") || arguments.rest().starts_with("(DEPTH ")) {
        read_options(arguments, command);
        arguments.space();
    }
    command.entries = read_entries(arguments);
}

void read(Arguments& arguments, SetMetadata& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    arguments.space();
    arguments.expect('(');
    do {
        if (command.values.size() >= kMaxWords) return arguments.fail("Too many entries", ErrorCode::limit);
        std::string entry = arguments.astring();
        arguments.space();
        std::optional<std::string> value = arguments.nstring();
        if (!arguments.failed()) command.values.emplace_back(std::move(entry), std::move(value));
    } while (arguments.accept(' '));
    arguments.expect(')');
}

}  // namespace posthouse::imap
