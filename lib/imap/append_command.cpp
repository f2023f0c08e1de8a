// APPEND and REPLACE, read up to octets of a message.
#include "lib/imap/append_command.h"

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

/// The announcement of octets.
void read_octets(Arguments& arguments, AppendSection& section, AppendPlace place) {
    MessageOctets octets;
    octets.place = place;
    octets.binary = arguments.accept('~');
    if (place == AppendPlace::utf8 && !octets.binary) return arguments.fail("Expected a literal8 after UTF8");
    if (!arguments.failed() && arguments.peek() != '{') return arguments.fail("Expected the message as a literal");
    arguments.expect('{');
    octets.size = arguments.number64();
    arguments.accept('+');
    arguments.expect('}');
    // When the octets were streamed, the command goes on behind them with a line of its own.
    arguments.accept_text("\r\n");
    section.steps.emplace_back(octets);
}

/// cat-part *(SP cat-part) ")", or up to a TEXT.
void read_parts(Arguments& arguments, AppendSection& section) {
    do {
        if (section.steps.size() >= kMaxAppendSteps)
            return arguments.fail("Too many parts of messages", ErrorCode::limit);
        if (arguments.accept_word("TEXT")) {
            arguments.space();
            return read_octets(arguments, section, AppendPlace::list);
        }
        if (!arguments.accept_word("URL")) return arguments.fail("Expected TEXT or URL");
        arguments.space();
        section.steps.emplace_back(MessagePart{arguments.astring()});
    } while (arguments.accept(' '));
    arguments.expect(')');
    section.steps.emplace_back(MessageEnd{});
}

/// append-message (RFC 3502 §6.3.11, RFC 4469 §5), up to octets of it or to its end.
void read_message(Arguments& arguments, AppendSection& section) {
    arguments.space();
    MessageBegin message;
    if (arguments.peek() == '(') {
        message.flags = read_flag_list(arguments);
        arguments.space();
    }
    if (arguments.peek() == '"') {
        message.date = read_date_time(arguments);
        arguments.space();
    }
    if (arguments.accept_word("ANNOTATION")) {
        arguments.space();
        message.annotations = read_annotation_values(arguments);
        arguments.space();
    }
    section.steps.emplace_back(std::move(message));
    if (arguments.accept_text("UTF8 (")) return read_octets(arguments, section, AppendPlace::utf8);
    if (!arguments.accept_word("CATENATE")) return read_octets(arguments, section, AppendPlace::message);
    arguments.space();
    arguments.expect('(');
    read_parts(arguments, section);
}

void read_messages(Arguments& arguments, AppendSection& section) {
    while (!arguments.failed() && section.octets() == nullptr && !arguments.at_end()) {
        if (section.steps.size() >= kMaxAppendSteps)
            return arguments.fail("Too many parts of messages", ErrorCode::limit);
        read_message(arguments, section);
    }
}

}  // namespace

void read(Arguments& arguments, Append& command) {
    arguments.space();
    command.mailbox = arguments.mailbox();
    read_message(arguments, command.section);
    read_messages(arguments, command.section);
}

void read(Arguments& arguments, Replace& command) {
    arguments.space();
    if (!arguments.accept('*')) command.message = arguments.nz_number();
    arguments.space();
    command.mailbox = arguments.mailbox();
    read_message(arguments, command.section);
}

Result<AppendSection> parse_append_section(std::string_view text, AppendPlace place) {
    Arguments arguments(text);
    AppendSection section;
    if (place == AppendPlace::utf8) {
        arguments.expect(')');
    } else if (place == AppendPlace::list && arguments.accept(')')) {
        section.steps.emplace_back(MessageEnd{});
    } else if (place == AppendPlace::list) {
        arguments.space();
        read_parts(arguments, section);
    }
    read_messages(arguments, section);
    arguments.end();
    if (arguments.failed()) return fail(*arguments.error());
    return section;
}

bool ends_in_message_literal(std::string_view command, const Limits& limits) {
    const auto head = read_head(command);
    if (!head) return false;
    if (head->verb == "APPEND") {
        const Result<Append> append = parse_arguments<Append>(*head, limits);
        return append && append->section.octets() != nullptr;
    }
    if (head->verb != "REPLACE" && head->verb != "UID REPLACE") return false;
    const Result<Replace> replace = parse_arguments<Replace>(*head, limits);
    return replace && replace->section.octets() != nullptr;
}

}  // namespace posthouse::imap
